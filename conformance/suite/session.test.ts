/** The tests of spec/session.md. */
import * as Effect from "effect/Effect"
import { type Client, type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"

// ---------------------------------------------------------------------------------------------------------------------
// The greeting
// ---------------------------------------------------------------------------------------------------------------------

scenario("the server greets before anything is asked of it", ["HELLO-1", "HELLO-4"], function* (t) {
  const client = yield* t.connect()
  const hello = yield* client.greeting()
  yield* t.judge("HELLO-1", hello.nth === 1, { expected: "`hello` first", got: hello })
  yield* t.judge("HELLO-4", hello.protocol === 1, { expected: `"protocol":1`, got: hello.protocol })
})

scenario("the server greets once", ["HELLO-2"], function* (t) {
  const ana = yield* t.connection()
  yield* ana.login(t.nick())
  yield* ana.join(t.roomName())
  const more = (yield* ana.fence).filter(({ type }) => type === "hello")
  yield* t.judge("HELLO-2", more.length === 0, { expected: "no second `hello`", got: more.map(({ line }) => line) })
})

scenario("the greeting fits 4,096 bytes", ["HELLO-3"], function* (t) {
  const client = yield* t.connect()
  const { line, type } = yield* client.object()
  const bytes = Buffer.byteLength(line) + 1
  yield* t.judge("HELLO-3", type === "hello" && bytes <= 4_096, {
    expected: "a `hello` of at most 4,096 bytes, its LF included",
    got: `${type} of ${bytes} bytes`
  })
})

scenario("a connection too many is told so", ["HELLO-5"], { connections: "all" }, function* (t) {
  const max = t.limits.connections
  const open: Array<Client> = []
  // Others may be connected from this address too, so the door may close before the suite has them all.
  while (true) {
    const client = yield* t.connect()
    const first = yield* client.object()
    if (first.type === "hello" && open.push(client) <= max) continue
    yield* t.judge("HELLO-5", first.type === "bye" && first.object["code"] === "too-many-connections", {
      sent: `${open.length} connections`,
      expected: "`bye` with too-many-connections in place of `hello`",
      got: first.line
    })
    yield* client.ended()
    break
  }
  const [first] = open
  if (first !== undefined) yield* first.ping
})

// ---------------------------------------------------------------------------------------------------------------------
// Requests and replies
// ---------------------------------------------------------------------------------------------------------------------

scenario("every request has exactly one reply", ["REPLY-1", "REPLY-2"], function* (t) {
  const ana = yield* t.person()
  const room = t.roomName()
  const ids = [
    yield* ana.post({ type: "ping" }),
    yield* ana.post({ type: "join", room }),
    yield* ana.post({ type: "send", room, text: "hola" }),
    yield* ana.post({ type: "members", room }),
    yield* ana.post({ type: "rooms" }),
    yield* ana.post({ type: "sync" }),
    yield* ana.post({ type: "leave", room }),
    yield* ana.post({ type: "leave", room }),
    yield* ana.post({ type: "ping" })
  ]
  const last = yield* ana.post({ type: "sync" })
  const answered: Array<number | undefined> = []
  while (answered.at(-1) !== last) answered.push((yield* ana.answer({ id: "REPLY-1" })).re)
  answered.pop()
  yield* t.judge("REPLY-1", answered.length === ids.length, {
    sent: `${ids.length} requests, and a \`sync\``,
    expected: `${ids.length} replies before \`synced\``,
    got: `${answered.length} replies, with re ${answered.join()}`
  })
  yield* t.judge("REPLY-2", answered.join() === ids.join(), { expected: `re ${ids.join()}`, got: answered.join() })
})

scenario("replies keep the order of requests, even of 100 sent at once", ["REPLY-3", "REPLY-1"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const kinds = ["ping", "send", "rooms", "sync", "members"] as const
  const ids: Array<number> = []
  for (let nth = 0; nth < 100; nth++) {
    const type = kinds[nth % kinds.length]!
    ids.push(
      yield* type === "send"
        ? ana.post({ type, room, text: `${nth}` })
        : type === "members"
          ? ana.post({ type, room })
          : ana.post({ type })
    )
  }
  const got: Array<unknown> = []
  for (const _ of ids) got.push((yield* ana.answer()).re)
  const wrong = ids.findIndex((id, nth) => got[nth] !== id)
  yield* t.judge("REPLY-3", wrong === -1, {
    sent: `the requests ${ids[0]} to ${ids.at(-1)}, one after the other, without waiting`,
    expected: `the reply to request ${ids[wrong]}, as reply number ${wrong + 1} of ${ids.length}`,
    got: `the reply to request ${got[wrong]}; in their order: ${got.slice(Math.max(0, wrong - 3), wrong + 10).join(", ")}`
  })
  const extra = (yield* ana.fence).filter(({ object }) => "re" in object)
  yield* t.judge("REPLY-1", extra.length === 0, { expected: "no further reply", got: extra.map(({ line }) => line) })
})

scenario("requests sent at once take effect in their order", ["REPLY-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.bytes(
    [
      `{"type":"send","id":501,"room":"${room}","text":"one"}`,
      `{"type":"leave","id":502,"room":"${room}"}`,
      `{"type":"send","id":503,"room":"${room}","text":"from outside"}`,
      `{"type":"join","id":504,"room":"${room}"}`,
      `{"type":"send","id":505,"room":"${room}","text":"two"}`,
      ""
    ].join("\n")
  )
  const replies = []
  for (let nth = 0; nth < 5; nth++) {
    const reply = yield* ana.answer()
    replies.push(reply.type === "error" ? reply.code : reply.type)
  }
  yield* t.judge("REPLY-4", replies.join() === "sent,left,not-joined,joined,sent", {
    sent: "send, leave, send, join, send in one write",
    expected: "sent, left, not-joined, joined, sent",
    got: replies.join()
  })
  const seen = (yield* leo.messages(room)).map(({ text }) => text)
  yield* t.judge("REPLY-4", seen.join() === "one,two", { expected: "leo sees one, two", got: seen })
})

scenario("a request without a usable id is answered without re, in its place", ["REPLY-5"], function* (t) {
  const client = yield* t.connection()
  yield* client.bytes(
    [
      '{"type":"ping","id":1}',
      '{"type":"ping","id":"one"}',
      '{"type":"ping"}',
      "oops",
      '{"type":"ping","id":2}',
      ""
    ].join("\n")
  )
  const answers = []
  for (let nth = 0; nth < 5; nth++) {
    const answer = yield* client.answer({ id: "REPLY-5" })
    answers.push(answer.type === "error" ? `${answer.code} ${String(answer.re)}` : `${answer.type} ${answer.re}`)
  }
  const expected = ["pong 1", "bad-request undefined", "bad-request undefined", "bad-json undefined", "pong 2"]
  yield* t.judge("REPLY-5", answers.join() === expected.join(), {
    expected: expected.join(", "),
    got: answers.join(", ")
  })
})

scenario("an id may be used again", ["REPLY-6"], function* (t) {
  const client = yield* t.connection()
  for (let nth = 0; nth < 3; nth++) {
    yield* client.line('{"type":"ping","id":42}')
    const reply = yield* client.reply(42, { id: "REPLY-6" })
    yield* t.judge("REPLY-6", reply.type === "pong", { expected: "`pong`, each time", got: reply })
  }
})

scenario("no request waits longer than two heartbeats for its reply", ["REPLY-7"], function* (t) {
  const ana = yield* t.person()
  const room = t.roomName()
  const requests = [
    { type: "ping" },
    { type: "join", room },
    { type: "send", room, text: "hola" },
    { type: "members", room },
    { type: "rooms" },
    { type: "sync" },
    { type: "leave", room }
  ] as const
  for (const request of requests) {
    const asked = yield* t.now
    const reply = yield* ana.reply(yield* ana.post(request), { id: "REPLY-7", seconds: 2 * t.heartbeat })
    yield* t.judge("REPLY-7", reply.arrived - asked <= 2_000 * t.heartbeat, {
      sent: JSON.stringify(request),
      expected: `a reply within ${2 * t.heartbeat} s`,
      got: `${reply.arrived - asked} ms`
    })
  }
})

scenario("when a reply has come its effect holds for everybody", ["REPLY-8"], { connections: 24 }, function* (t) {
  const leo = yield* t.person("leo")
  for (let round = 0; round < 5; round++) {
    const ana = yield* t.connection()
    const rival = yield* t.connection()
    const nick = t.nick()
    const room = t.roomName()
    yield* ana.login(nick)
    yield* rival.refused({ type: "login", nick }, "nick-taken", { id: "REPLY-8" })
    yield* ana.join(room)
    yield* leo.ask({ type: "join", room, create: false }, "REPLY-8")
    yield* ana.leave(room)
    const left = yield* leo.ask({ type: "members", room }, "REPLY-8")
    yield* t.judge("REPLY-8", left.members.join() === leo.nick, { expected: "only leo is left", got: left.members })
    yield* ana.ask({ type: "bye" })
    yield* rival.ask({ type: "login", nick }, "REPLY-8")
  }
})

scenario("ping is answered before login and after", ["REPLY-10"], function* (t) {
  const client = yield* t.connection()
  const before = yield* client.ask({ type: "ping" }, "REPLY-10")
  yield* client.login(t.nick())
  const after = yield* client.ask({ type: "ping" }, "REPLY-10")
  yield* t.judge("REPLY-10", before.type === "pong" && after.type === "pong", {
    expected: "`pong`",
    got: [before, after]
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Logging in
// ---------------------------------------------------------------------------------------------------------------------

scenario("a nick that is free is given", ["LOGIN-1"], function* (t) {
  const client = yield* t.connection()
  const nick = t.nick()
  const welcome = yield* client.ask({ type: "login", nick }, "LOGIN-1")
  yield* t.judge("LOGIN-1", welcome.nick === nick, { sent: nick, expected: `"nick":"${nick}"`, got: welcome })
})

scenario("a nick has one holder", ["LOGIN-2"], function* (t) {
  const ana = yield* t.person()
  const rival = yield* t.connection()
  yield* rival.refused({ type: "login", nick: ana.nick }, "nick-taken")
  yield* rival.refused({ type: "login", nick: ana.nick.toUpperCase() }, "nick-taken")
  yield* ana.ping
})

scenario("of several who race for one nick exactly one is welcome", ["LOGIN-2"], { connections: 8 }, function* (t) {
  let racers = yield* t.connections(8)
  // Who has lost races on, for another nick: a server that is right by luck would have to be lucky seven times.
  while (racers.length > 1) {
    const nick = t.nick()
    const ids: Array<number> = []
    for (const racer of racers) ids.push(yield* racer.post({ type: "login", nick }))
    const replies: Array<string> = []
    for (const [nth, racer] of racers.entries()) {
      const reply = yield* racer.reply(ids[nth]!)
      replies.push(reply.type === "error" ? reply.code : reply.type)
    }
    const welcome = replies.filter((reply) => reply === "welcome").length
    const taken = replies.filter((reply) => reply === "nick-taken").length
    yield* t.judge("LOGIN-2", welcome === 1 && welcome + taken === racers.length, {
      sent: `login as ${nick}, from ${racers.length} connections at once`,
      expected: "one `welcome`, and `nick-taken` to all others",
      got: replies
    })
    racers = racers.filter((_, nth) => replies[nth] !== "welcome")
  }
})

scenario("connections that log in in another order than they came don't get mixed up", ["LOGIN-1"], function* (t) {
  const first = yield* t.connection("first")
  const second = yield* t.connection("second")
  const nicks = [t.nick("ana"), t.nick("leo")] as const
  const later = yield* second.login(nicks[1])
  const sooner = yield* first.login(nicks[0])
  const room = yield* t.room(first, second)
  yield* first.send(room, "from ana")
  yield* second.send(room, "from leo")
  const seen = (yield* first.messages(room)).map(({ from, text }) => `${from}: ${text}`)
  yield* t.judge("LOGIN-1", seen.join() === `${sooner.nick}: from ana,${later.nick}: from leo`, {
    expected: "each under its own nick",
    got: seen
  })
})

scenario("only login, ping and bye come before welcome", ["LOGIN-3"], function* (t) {
  const client = yield* t.connection()
  const room = t.roomName()
  yield* client.refused({ type: "join", room }, "login-first")
  yield* client.refused({ type: "send", room, text: "hola" }, "login-first")
  yield* client.refused({ type: "leave", room }, "login-first")
  yield* client.refused({ type: "rooms" }, "login-first")
  yield* client.refused({ type: "members", room }, "login-first")
  yield* client.refused({ type: "sync" }, "login-first")
  const ana = yield* t.person()
  yield* ana.refused({ type: "join", room, create: false }, "no-such-room", { id: "LOGIN-3" })
})

scenario("one logs in once per connection", ["LOGIN-4"], function* (t) {
  const ana = yield* t.person()
  const other = t.nick("eva")
  yield* ana.refused({ type: "login", nick: other }, "already-logged-in")
  yield* ana.refused({ type: "login", nick: ana.nick }, "already-logged-in")
  const eva = yield* t.connection()
  yield* eva.ask({ type: "login", nick: other }, "LOGIN-4")
})

scenario("whose login was refused may try again", ["LOGIN-5"], function* (t) {
  const ana = yield* t.person()
  const client = yield* t.connection()
  yield* client.refused({ type: "login", nick: ana.nick }, "nick-taken")
  yield* client.refused({ type: "login", nick: "not a nick" }, "bad-name")
  yield* client.refused({ type: "login" }, "bad-request")
  yield* client.ask({ type: "login", nick: t.nick() }, "LOGIN-5")
})

scenario("after the reply to bye the nick is free", ["LOGIN-6"], { connections: 13 }, function* (t) {
  const nick = t.nick()
  const other = yield* t.connection()
  for (let round = 0; round < 6; round++) {
    const holder = yield* t.connection()
    const next = yield* holder.ask({ type: "login", nick }, "LOGIN-6")
    yield* t.judge("LOGIN-6", next.nick === nick, { expected: "`welcome`, at the first try", got: next })
    // That it is free says nothing unless it was taken.
    yield* other.refused({ type: "login", nick }, "nick-taken", { id: "LOGIN-2" })
    yield* holder.ask({ type: "bye" })
  }
})

/** Tries to log in until it is welcome, and gives the milliseconds that it took; gives up after `seconds`. */
const whenFree = function* (t: Scenario, nick: string, seconds: number) {
  const began = yield* t.now
  let client = yield* t.connection("heir")
  let connected = began
  while (true) {
    const reply = yield* client.reply(yield* client.post({ type: "login", nick }))
    const now = yield* t.now
    if (reply.type === "welcome" || now - began > 1_000 * seconds) return { reply, took: now - began }
    // Nobody may stand at the door for long.
    if (now - connected > 500 * t.limits.loginSeconds) {
      yield* client.ask({ type: "bye" })
      client = yield* t.connection("heir")
      connected = now
    }
    // The next question comes a few round trips later.
    for (let nth = 0; nth < 4; nth++) yield* client.ping
  }
}

for (const how of ["FIN", "RST"] as const) {
  scenario(`a nick is free again soon after its holder's ${how}`, ["LOGIN-7"], { connections: 3 }, function* (t) {
    const ana = yield* t.person()
    const rival = yield* t.connection("rival")
    yield* rival.refused({ type: "login", nick: ana.nick }, "nick-taken", { id: "LOGIN-2" })
    yield* how === "FIN" ? ana.end : ana.reset
    const { reply, took } = yield* whenFree(t, ana.nick, 2 * t.heartbeat + 2)
    yield* t.judge("LOGIN-7", reply.type === "welcome", {
      sent: `${how}, then login under the same nick`,
      expected: `\`welcome\` within two heartbeats (${2 * t.heartbeat} s)`,
      got: `${JSON.stringify(reply)} after ${took} ms`
    })
  })
}

scenario(
  "who doesn't log in is sent away in time, however much it pings",
  ["LOGIN-8"],
  { connections: 1 },
  function* (t) {
    const client = yield* t.connect()
    const hello = yield* client.greeting()
    const bye = yield* client.pingUntilBye({ seconds: t.limits.loginSeconds + 2 * t.heartbeat })
    const seconds = (bye.arrived - hello.arrived) / 1_000
    const { loginSeconds } = t.limits
    yield* t.judge(
      "LOGIN-8",
      bye.code === "login-timeout" && seconds > loginSeconds - 0.5 && seconds < loginSeconds + 2 * t.heartbeat + 0.5,
      {
        sent: "`ping`, again and again, and no login",
        expected: `\`bye\` with login-timeout after ${loginSeconds} s, at most ${2 * t.heartbeat} s late`,
        got: `${bye.code} after ${seconds} s`
      }
    )
    yield* client.ended()
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Heartbeats
// ---------------------------------------------------------------------------------------------------------------------

scenario(
  "silence is asked about, and then ends the connection",
  ["HEART-1", "HEART-2"],
  { connections: 2 },
  function* (t) {
    const ana = yield* t.person()
    yield* ana.fallSilent
    yield* ana.ping
    const began = yield* t.now
    const ping = yield* ana.find("ping", undefined, { id: "HEART-1", seconds: 2 * t.heartbeat })
    const asked = (ping.arrived - began) / 1_000
    yield* t.judge("HEART-1", asked > t.heartbeat - 0.5 && asked < 2 * t.heartbeat + 0.5, {
      expected: `the event \`ping\` after ${t.heartbeat} s of silence, at most ${t.heartbeat} s late`,
      got: `${asked} s`
    })
    const bye = yield* ana.find("bye", undefined, { id: "HEART-2", seconds: 2 * t.heartbeat })
    const ended = (bye.arrived - began) / 1_000
    const due = Math.max(2 * t.heartbeat, asked + t.heartbeat)
    yield* t.judge("HEART-2", bye.code === "idle" && ended > due - 0.5 && ended < due + t.heartbeat + 0.5, {
      expected: `\`bye\` with idle after ${due} s of silence, at most ${t.heartbeat} s late`,
      got: `${bye.code} after ${ended} s`
    })
    yield* ana.ended({ id: "HEART-2" })
  }
)

scenario("any byte is a sign of life", ["HEART-3"], { connections: 3 }, function* (t) {
  const [blank, torso, rubbish] = yield* t.people(3)
  const people = [blank, torso, rubbish]
  for (const person of people) yield* person.fallSilent
  yield* torso.bytes('{"type":"ping","pad":"')
  // Each `ping` of the server is the clock: whoever answers it with a byte must be alive at the third.
  for (let round = 0; round < 3; round++) {
    for (const person of people) yield* person.find("ping", undefined, { seconds: 2 * t.heartbeat })
    yield* blank.bytes("\n")
    yield* torso.bytes("x")
    yield* rubbish.line("rubbish")
  }
  yield* torso.bytes('","id":7}\n')
  const pong = yield* torso.reply(7, { id: "HEART-3" })
  yield* t.judge("HEART-3", pong.type === "pong", {
    sent: "a blank line, one byte of a line, or rubbish, for each `ping` of the server",
    expected: "the connections live on",
    got: pong
  })
  yield* blank.ping
})

const mostPings = 50_000

scenario("who is read slowly isn't silent", ["HEART-4"], { connections: 1 }, function* (t) {
  const ana = yield* t.person()
  yield* ana.fallSilent
  // As much as a server may take three heartbeats to read, by the rate that it announces.
  const count = t.limits.burst + Math.ceil(3 * t.heartbeat * t.limits.rate)
  if (count > mostPings) yield* t.notRun(`${count} pings are too many for a test, at the announced limits.rate`)
  const pings = Array.from({ length: count }, (_, nth) => `{"type":"ping","id":${nth + 1}}\n`)
  yield* ana.bytes(pings.join(""))
  for (let id = 1; id < count; id++) yield* ana.reply(id, { id: "HEART-4", seconds: 3 * t.heartbeat })
  const last = yield* ana.reply(count, { id: "HEART-4", seconds: 3 * t.heartbeat })
  yield* t.judge("HEART-4", last.type === "pong", {
    sent: `${count} pings at once, which takes ${3 * t.heartbeat} s to read at the announced rate`,
    expected: "every `pong`",
    got: last
  })
})

scenario(
  "a server that has stood still asks before it takes anybody for gone",
  ["HEART-7"],
  { needs: "start", connections: 2 },
  function* (t) {
    const server = yield* t.ownServer
    const [ana, leo] = yield* t.people(2)
    yield* leo.fallSilent
    yield* leo.ping
    const seconds = 2.1 * t.heartbeat
    yield* Effect.all([server.standStill(seconds), ana.post({ type: "ping" })], { concurrency: "unbounded" })
    const sent = `nothing, by leo; \`ping\`, by ana, while the server stood still for ${seconds} s`
    const ping = yield* leo.find("ping", undefined, { seconds: 2 * t.heartbeat })
    const bye = yield* leo.find("bye", undefined, { seconds: 3 * t.heartbeat })
    const waited = (bye.arrived - ping.arrived) / 1_000
    yield* t.judge("HEART-7", waited > t.heartbeat - 0.5, {
      sent,
      expected: `${t.heartbeat} s between \`ping\` and \`bye\``,
      got: `${waited} s`
    })
    yield* ana.answer()
    const alive = yield* ana.ask({ type: "ping" }, "HEART-7")
    yield* t.judge("HEART-7", alive.type === "pong", { sent, expected: "ana is still connected", got: alive })
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Endings
// ---------------------------------------------------------------------------------------------------------------------

scenario("goodbye is answered last, and then the connection ends", ["END-1", "END-3"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  yield* ana.post({ type: "send", room, text: "one" })
  yield* ana.post({ type: "ping" })
  const id = yield* ana.post({ type: "bye" })
  const { before, how } = yield* ana.rest({ id: "END-3" })
  const said = before
    .filter(({ type }) => type !== "member")
    .map(({ object }) => `${object["type"]} ${object["re"] ?? ""}`.trim())
  yield* t.judge(
    "END-1",
    said.at(-1) === `bye ${id}` && said.length === 4 && !("code" in (before.at(-1)?.object ?? {})),
    {
      expected: "message, sent, pong, bye with `re` and without `code`",
      got: said
    }
  )
  yield* t.judge("END-3", how === "FIN", { expected: "FIN", got: how })
})

scenario("goodbye before login is answered too", ["END-1"], function* (t) {
  const client = yield* t.connection()
  const bye = yield* client.ask({ type: "bye" }, "END-1")
  yield* t.judge("END-1", bye.type === "bye", { expected: "`bye`", got: bye })
  yield* client.ended()
})

scenario("what comes after goodbye has no effect and no reply", ["END-2", "END-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.bytes(
    `{"type":"bye","id":1}\n{"type":"send","id":2,"room":"${room}","text":"ghost"}\n{"type":"ping","id":3}\n`
  )
  const bye = yield* ana.reply(1, { id: "END-2" })
  const { before } = yield* ana.rest({ id: "END-3" })
  yield* t.judge("END-3", bye.type === "bye" && before.length === 0, {
    expected: "nothing after `bye`",
    got: before.map(({ line }) => line)
  })
  const seen = yield* leo.messages(room)
  yield* t.judge("END-2", seen.length === 0, { expected: "no message from beyond", got: seen })
})

scenario("the last word isn't lost to a reset", ["END-4"], function* (t) {
  for (let round = 0; round < 3; round++) {
    const client = yield* t.connection()
    yield* client.ping
    // 512 KiB follow the `bye`: a server that closes with unread input resets the connection.
    yield* client.bytes('{"type":"bye","id":1}\n', ...Array.from({ length: 8 }, () => "x".repeat(65_536)))
    const { before, how } = yield* client.rest()
    yield* t.judge("END-4", how === "FIN" && before.some(({ type }) => type === "bye"), {
      sent: "`bye` and 512 KiB after it",
      expected: "`bye`, then FIN: the server reads on and throws away what comes",
      got: `${before.map(({ line }) => line).join(" ")} then ${how}`
    })
  }
})

scenario("the last word about a line too long isn't lost either", ["END-4"], { over: "tcp" }, function* (t) {
  const client = yield* t.connection()
  yield* client.ping
  yield* client.bytes(...Array.from({ length: 12 }, () => "x".repeat(65_536)))
  const { before, how } = yield* client.rest()
  yield* t.judge("END-4", how === "FIN" && before.at(-1)?.object["code"] === "line-too-long", {
    sent: "768 KiB without LF",
    expected: "`bye` with line-too-long, then FIN",
    got: `${before.map(({ line }) => line).join(" ")} then ${how}`
  })
})

scenario("who has sent FIN still gets every reply", ["END-5"], function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const script = yield* t.connection("script")
  const nick = t.nick()
  yield* script.bytes(
    [
      `{"type":"login","id":1,"nick":"${nick}"}`,
      `{"type":"join","id":2,"room":"${room}"}`,
      `{"type":"send","id":3,"room":"${room}","text":"hola"}`,
      '{"type":"sync","id":4}',
      '{"type":"bye","id":5}',
      ""
    ].join("\n")
  )
  yield* script.end
  const { before, how } = yield* script.rest()
  const replies = before.filter(({ object }) => "re" in object).map(({ type }) => type)
  yield* t.judge("END-5", how === "FIN" && replies.join() === "welcome,joined,sent,synced,bye", {
    sent: "five requests and FIN",
    expected: "welcome, joined, sent, synced, bye, then FIN",
    got: `${replies.join(", ")}, then ${how}`
  })
})

scenario("FIN without goodbye ends the connection after the replies", ["END-5"], function* (t) {
  const client = yield* t.connection()
  const pings = Array.from({ length: 20 }, (_, nth) => `{"type":"ping","id":${nth + 1}}\n`)
  yield* client.bytes(pings.join(""))
  yield* client.end
  const { before, how } = yield* client.rest()
  const pongs = before.filter(({ type }) => type === "pong")
  yield* t.judge("END-5", how === "FIN" && pongs.length === 20, {
    sent: "20 pings and FIN",
    expected: "20 times `pong`, then FIN",
    got: `${pongs.length} times \`pong\` among ${before.length} objects, then ${how}`
  })
})

scenario("a last line without LF is not a line", ["END-6"], function* (t) {
  const leo = yield* t.person("leo")
  const room = yield* t.room(leo)
  const ana = yield* t.person("ana")
  yield* ana.join(room)
  yield* ana.bytes(`{"type":"ping","id":1}\n{"type":"send","id":2,"room":"${room}","text":"torso"}`)
  yield* ana.end
  const { before } = yield* ana.rest()
  const replies = before.filter(({ object, type }) => "re" in object || type === "error").map(({ line }) => line)
  yield* t.judge("END-6", replies.length === 1, { expected: "one reply, to the `ping`", got: replies })
  const seen = yield* leo.messages(room)
  yield* t.judge("END-6", seen.length === 0, { expected: "no message from the unended line", got: seen })
})

scenario("what one connection leaves unsaid is not said by the next", ["END-6"], { connections: 12 }, function* (t) {
  const torso = '{"type":"ping","id":1,"x":"'
  const gone: Array<Client> = []
  for (let nth = 0; nth < 6; nth++) gone.push(yield* t.connection(`gone${nth}`))
  // These may have places that others had before them.
  for (const client of gone) yield* client.ask({ type: "ping" }, "END-6")
  for (const client of gone) yield* client.bytes(torso)
  for (const client of gone) yield* client.end
  for (const client of gone) yield* client.rest()
  // A server that keeps connections in a table gives them the places of those who have gone.
  for (let nth = 0; nth < 6; nth++) {
    const client = yield* t.connection()
    const id = yield* client.post({ type: "ping" })
    const reply = yield* client.object({ id: "END-6" })
    yield* t.judge("END-6", reply.type === "pong" && reply.object["re"] === id, {
      sent: `${torso} and FIN, by one that has gone, and a ping by one that is new`,
      expected: "`pong` to the new one",
      got: reply.line
    })
  }
})

scenario("a server says why it ends a connection", ["END-7"], function* (t) {
  const client = yield* t.connection()
  yield* client.bytes("x".repeat(t.limits.line))
  const { before } = yield* client.rest()
  const last = before.at(-1)
  yield* t.judge("END-7", last?.type === "bye" && typeof last.object["code"] === "string", {
    expected: "`bye` with a code",
    got: last?.line ?? "just the end"
  })
})

const misdeeds = [
  ["binary rubbish", [Uint8Array.from({ length: 256 }, (_, byte) => byte)]],
  ["a request of another protocol", ["GET / HTTP/1.1\r\n\r\n"]],
  ["an empty object, a list and a number", ["{}\n[]\n7\n"]],
  ["10,000 brackets", [`{"type":"ping","id":1,"x":${"[".repeat(10_000)}\n`]],
  ["half a surrogate pair as a nick", ['{"type":"login","id":1,"nick":"\\ud800"}\n']],
  ["a number of 1,000 digits", [`{"type":"ping","id":${"9".repeat(1_000)}}\n`]],
  ["a line without end", ["x".repeat(suite.limits.line), "y".repeat(suite.limits.line)]]
] as const

scenario(
  "whatever one does, everybody else is served",
  ["END-10"],
  { connections: misdeeds.length + 3 },
  function* (t) {
    const [ana, leo] = yield* t.people(2)
    const room = yield* t.room(ana, leo)
    for (const [what, chunks] of misdeeds) {
      const villain = yield* t.connection("villain")
      yield* villain.bytes(...chunks)
      yield* villain.end
      yield* villain.rest({ id: "END-5" })
      const { seq } = yield* ana.ask({ type: "send", room, text: what }, "END-10")
      const heard = yield* leo.find("message", undefined, { id: "END-10" })
      yield* t.judge("END-10", heard.seq === seq, {
        sent: `${what} and FIN by one, then a message by ana`,
        expected: "`sent` to ana, and the message to leo",
        got: heard
      })
    }
    const newcomer = yield* t.connect("newcomer")
    const hello = yield* newcomer.greeting("END-10")
    yield* t.judge("END-10", hello.type === "hello", { expected: "`hello` to whoever comes next", got: hello })
  }
)

const crowd = Math.min(30, suite.connectionBudget - 4)

scenario(
  "hundreds who come and are gone at once take nobody's place",
  ["END-10"],
  { connections: crowd + 4 },
  function* (t) {
    const [ana, leo] = yield* t.people(2)
    const room = yield* t.room(ana, leo)
    for (let round = 1; round <= 10; round++) {
      const all = yield* Effect.all(
        Array.from({ length: crowd }, () => t.connect()),
        { concurrency: "unbounded" }
      )
      // By turns: gone without a word, after half a line, and with what they have asked for still to come.
      for (const [nth, client] of all.entries()) {
        yield* nth % 3 === 0 ? client.reset : client.hangUp(nth % 3 === 1 ? '{"type":' : '{"type":"ping","id":1}\n')
      }
      const { seq } = yield* ana.ask({ type: "send", room, text: `round ${round}` }, "END-10")
      const heard = yield* leo.find("message", undefined, { id: "END-10" })
      yield* t.judge("END-10", heard.seq === seq, {
        sent: `${crowd} connections that were opened and dropped at once, then a message by ana`,
        expected: "`sent` to ana, and the message to leo",
        got: heard
      })
    }
    const first = yield* whenLetIn(t)
    yield* t.judge("END-10", first === "hello", {
      sent: `${10 * crowd} connections that were opened and dropped, then one more`,
      expected: "`hello`",
      got: first
    })
  }
)

/** What a newcomer is met with, once the server has noticed who is gone. */
const whenLetIn = Effect.fnUntraced(function* (t: Scenario) {
  const until = (yield* t.now) + 2_000 * t.heartbeat
  while (true) {
    const first = yield* (yield* t.connect("newcomer")).object({ id: "END-10" })
    if (first.type === "hello" || (yield* t.now) > until) return first.type
  }
})
