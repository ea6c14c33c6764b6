/** The tests of spec/order.md. */
import type { Joined, Message } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { type Client, isReply } from "../src/client.ts"
import { guarantees, judgeLanes, type Watched, watch } from "../src/lane.ts"
import { type Person, type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"
import type { Stop } from "../src/verdict.ts"
import type { Arrived } from "../src/wire/connection.ts"

const { limits } = suite

/** Runs these at once. */
const atOnce = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E>>) => Effect.all(effects, { concurrency: "unbounded" })

/** Sends texts without waiting in between. */
const say = Effect.fnUntraced(function* (person: Pick<Person, "who" | "post">, room: string, count: number) {
  for (let nth = 1; nth <= count; nth++) yield* person.post({ type: "send", room, text: `${person.who} ${nth}` })
})

/** People who are watched from the beginning on. */
const watched = (t: Scenario, count: number) => Effect.map(t.people(count), (people) => people.map(watch))

// ---------------------------------------------------------------------------------------------------------------------
// One log
// ---------------------------------------------------------------------------------------------------------------------

scenario("several who talk at once see one log", guarantees, { connections: 5 }, function* (t) {
  const people = yield* watched(t, 5)
  const room = t.roomName()
  for (const person of people) yield* person.post({ type: "join", room })
  yield* atOnce(people.map((person) => Effect.andThen(say(person, room, 30), person.post({ type: "sync" }))))
  yield* judgeLanes(t, people)
})

// As many as fit one room, with the reader.
const senders = Math.min(10, limits.members - 1)

scenario(
  "a crowd that sends 200 messages each at once sees one log",
  [...guarantees, "SEND-6"],
  { connections: senders + 1 },
  function* (t) {
    const [reader, ...people] = yield* watched(t, senders + 1)
    const room = t.roomName()
    // As many as the announced rate lets through in seconds.
    const count = Math.min(200, limits.burst + 5 * limits.rate)
    yield* reader!.post({ type: "join", room })
    yield* reader!.until(({ type }) => type === "joined", "`joined`")
    for (const person of people) yield* person.post({ type: "join", room })
    yield* atOnce(people.map((person) => say(person, room, count)))
    yield* judgeLanes(t, [reader!, ...people])
    const { observations } = yield* reader!.lane
    const entries = observations.filter((seen) => "got" in seen && seen.got.type === "message").length
    yield* t.judge("SEND-6", entries === people.length * count, {
      sent: `${count} messages by each of ${people.length} people`,
      expected: `${people.length * count} entries`,
      got: `${entries} entries`
    })
  }
)

scenario("joining while others talk loses nothing and repeats nothing", guarantees, { connections: 5 }, function* (t) {
  const [ana, leo, ...guests] = yield* watched(t, 5)
  const room = t.roomName()
  yield* ana!.post({ type: "join", room })
  yield* leo!.post({ type: "join", room })
  const comeAndGo = Effect.fnUntraced(function* (guest: Watched) {
    for (let round = 0; round < 15; round++) {
      yield* guest.post({ type: "join", room })
      if (round % 3 === 0) yield* guest.post({ type: "send", room, text: `${guest.who} ${round}` })
      if (round % 5 === 0) yield* guest.post({ type: "sync" })
      yield* guest.post({ type: "leave", room })
    }
    yield* guest.post({ type: "join", room })
  })
  yield* atOnce([say(ana!, room, 70), say(leo!, room, 70), ...guests.map(comeAndGo)])
  yield* judgeLanes(t, [ana!, leo!, ...guests])
})

scenario("an answer comes after what it answers", ["ORDER-5"], { connections: 4 }, function* (t) {
  const [ana, leo, eva, pia] = yield* t.people(4)
  const room = yield* t.room(ana, leo, eva, pia)
  const converse = Effect.fnUntraced(function* (name: string) {
    let last = 0
    for (let turn = 0; turn < 16; turn++) {
      const [speaker, listener] = turn % 2 === 0 ? [ana, leo] : [leo, ana]
      const text = `${name}, turn ${turn}`
      const { seq } = yield* speaker.send(room, text)
      yield* t.judge("ORDER-5", seq > last, {
        sent: `${text}, by somebody who had received entry ${last}`,
        expected: `a seq above ${last}`,
        got: seq
      })
      last = (yield* listener.find("message", (message) => message.text === text)).seq
    }
  })
  yield* converse("just the two")
  // The others' talk is what an answer could be put in front of.
  yield* atOnce([converse("among others"), say(eva, room, 40), say(pia, room, 40)])
})

scenario("one's own entry is received, and the next gets a higher number", ["ORDER-5", "ORDER-2"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  for (let nth = 1; nth <= 10; nth++) {
    const id = yield* ana.post({ type: "send", room, text: `${nth}` })
    const { seq } = yield* ana.find("message", undefined, { id: "ORDER-5" })
    const sent = yield* ana.reply(id)
    yield* t.judge("ORDER-5", sent.type === "sent" && sent.seq === seq, {
      expected: `\`sent\` with "seq":${seq}, as the \`message\` had`,
      got: sent
    })
    yield* t.judge("ORDER-2", seq === nth, { expected: `"seq":${nth}`, got: seq })
  }
})

scenario("the numbers have no holes, whatever is refused in between", ["ORDER-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const requests = [
    { type: "send", id: 11, room, text: "one" },
    { type: "send", id: 12, room, text: "" },
    { type: "send", id: 13, room, text: "x".repeat(t.limits.text + 1) },
    { type: "send", id: 14, room, text: "two" },
    { type: "send", id: 15, room },
    { type: "join", id: 16, room },
    { type: "send", id: 17, room, text: "\u0007" },
    { type: "send", id: 18, room, text: "three" }
  ]
  yield* ana.bytes(requests.map((request) => `${JSON.stringify(request)}\n`).join(""))
  yield* ana.take(({ object }) => object["re"] === 18, "the reply to the last of eight requests")
  yield* leo.send(room, "four")
  const seen = (yield* leo.messages(room)).map(({ seq, text }) => `${seq} ${text}`)
  yield* t.judge("ORDER-2", seen.join() === "1 one,2 two,3 three,4 four", {
    sent: "four messages, and requests in between that are refused",
    expected: "the entries 1, 2, 3 and 4",
    got: seen
  })
})

scenario("two rooms don't share their numbers", ["ORDER-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const rooms = [yield* t.room(ana, leo), yield* t.room(ana, leo)]
  for (const text of ["one", "two", "three"]) {
    for (const room of rooms) {
      const { seq } = yield* ana.send(room, text)
      yield* t.judge("ORDER-2", seq === ["one", "two", "three"].indexOf(text) + 1, {
        sent: "one, two, three, to two rooms by turns",
        expected: "1, 2, 3 in each",
        got: `${seq} for ${text}`
      })
    }
  }
})

scenario("a sender's entries come in its order, to everybody", ["ORDER-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const texts = Array.from({ length: 60 }, (_, nth) => `${nth}`)
  // Long and short by turns: what is long must not fall behind.
  const sent = texts.map((text, nth) => (nth % 3 === 0 ? `${text} ${"x".repeat(900)}` : text))
  for (const text of sent) yield* ana.post({ type: "send", room, text })
  yield* ana.fence
  const seen = (yield* leo.messages(room)).map(({ text }) => text.split(" ")[0])
  yield* t.judge("ORDER-4", seen.join() === texts.join(), {
    sent: "0, 1, 2, ... without waiting, every third of them long",
    expected: texts.join(),
    got: seen.join()
  })
})

scenario("of a connection that breaks, the log has what was sent first, and no holes", ["ORDER-6"], function* (t) {
  const leo = yield* t.person()
  const room = yield* t.room(leo)
  const count = Math.min(40, limits.burst)
  for (let round = 0; round < 5; round++) {
    const ana = yield* t.person()
    yield* ana.join(room)
    yield* say(ana, room, count)
    const isHers = ({ from }: Pick<Message, "from">) => from === ana.nick
    const first = yield* leo.find("message", isHers)
    yield* ana.reset
    yield* leo.find("member", ({ change, nick }) => change === "left" && nick === ana.nick)
    // What was under way then may come later still.
    const seen = [first, ...(yield* leo.messages(room)).filter(isHers)].map(({ text }) => text)
    const sent = Array.from(seen, (_, nth) => `${ana.who} ${nth + 1}`)
    yield* t.judge("ORDER-6", seen.join() === sent.join(), {
      sent: `${count} messages without waiting, and an RST as soon as the first was in the room`,
      expected: `the first of them, however many: ${sent.join()}`,
      got: seen.join()
    })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Epochs
// ---------------------------------------------------------------------------------------------------------------------

scenario("the head never falls while the epoch stays", ["EPOCH-1", "EPOCH-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const first = yield* ana.join(room)
  let head = first.head
  for (let round = 1; round <= 8; round++) {
    const joined = yield* leo.join(room)
    yield* t.judge("EPOCH-3", joined.epoch === first.epoch, {
      sent: "join, while ana has been in the room all the time",
      expected: `"epoch":"${first.epoch}"`,
      got: joined
    })
    yield* t.judge("EPOCH-1", joined.head >= head, { expected: `a head of ${head} at least`, got: joined })
    head = (yield* leo.send(room, `${round}`)).seq
    if (round % 2 === 0) head = (yield* ana.send(room, `and ${round}`)).seq
    yield* leo.leave(room)
  }
})

scenario("a room that comes back is another log, or the same one whole", ["EPOCH-1", "EPOCH-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const epochs = new Map<string, number>()
  for (const person of [ana, leo, ana, leo]) {
    const joined = yield* person.join(room)
    const before = epochs.get(joined.epoch)
    yield* t.judge("EPOCH-2", joined.head === (before ?? 0), {
      sent: "everybody leaves the room, then join",
      expected:
        before === undefined ? 'a new epoch, and "head":0' : `another epoch, or the log that ended with ${before}`,
      got: joined
    })
    yield* t.judge("EPOCH-1", joined.head >= (before ?? 0), {
      sent: "everybody leaves the room, then join",
      expected: `another epoch, or a head of ${before}`,
      got: joined
    })
    const { seq } = yield* person.send(room, "hola")
    yield* person.send(room, "adiós")
    epochs.set(joined.epoch, seq + 1)
    yield* person.leave(room)
  }
})

scenario("no two rooms have the same epoch", ["EPOCH-2"], function* (t) {
  const ana = yield* t.person()
  const epochs: Array<string> = []
  for (let nth = 0; nth < Math.min(6, t.limits.joins); nth++) epochs.push((yield* ana.join(t.roomName())).epoch)
  yield* t.judge("EPOCH-2", new Set(epochs).size === epochs.length, {
    sent: "join of several rooms",
    expected: "an epoch of its own for each",
    got: epochs
  })
})

scenario(
  "after a restart a room is another log, or the same one whole",
  ["EPOCH-2"],
  { needs: "start" },
  function* (t) {
    const room = t.roomName()
    const first = yield* t.ownServer
    const ana = yield* t.person("ana")
    const before = yield* ana.join(room)
    yield* ana.send(room, "one")
    yield* ana.send(room, "two")
    yield* first.kill
    yield* first.exit
    yield* t.ownServer
    const leo = yield* t.person("leo")
    const after = yield* leo.join(room)
    yield* t.judge("EPOCH-2", after.epoch !== before.epoch || after.head === 2, {
      sent: `two messages in the epoch ${before.epoch}; then the server was killed and started again`,
      expected: 'another epoch, or the same with "head":2',
      got: after
    })
  }
)

scenario(
  "who comes back after a kill is told whether the log is still the same",
  ["EPOCH-2", "CATCH-3"],
  { needs: "start" },
  function* (t) {
    const rooms = [t.roomName(), t.roomName(), t.roomName()]
    const epochs = new Map<string, string>()
    const nick = t.nick()
    for (let life = 1; life <= 3; life++) {
      const server = yield* t.ownServer
      const ana = yield* t.connection("ana")
      yield* ana.login(nick)
      for (const room of life % 2 === 1 ? rooms : rooms.toReversed()) {
        const known = [...epochs].find(([, name]) => name === room)?.[0]
        const joined = yield* ana.join(room, known === undefined ? {} : { after: 1, epoch: known })
        const other = epochs.get(joined.epoch)
        yield* t.judge("EPOCH-2", other === undefined || (other === room && joined.head === 2), {
          sent: `two messages to each room; then the server was killed and started again`,
          expected: `an epoch that was never used, or the log of ${room} with "head":2`,
          got: joined
        })
        if (known !== undefined && other === undefined) {
          const replayed = (yield* ana.messages(room)).length
          yield* t.judge("CATCH-3", joined.resumed === false && replayed === 0, {
            sent: "join with a cursor of a log that is no more",
            expected: '"resumed":false, and no replay',
            got: { joined, replayed }
          })
        }
        if (joined.head === 0) for (const text of ["one", "two"]) yield* ana.send(room, text)
        epochs.set(joined.epoch, room)
      }
      const [dead] = epochs.keys()
      const elsewhere = yield* ana.join(t.roomName(), { after: 1, epoch: dead! })
      yield* t.judge("CATCH-3", elsewhere.resumed === false, {
        sent: "join of a new room, with the cursor of another",
        expected: '"resumed":false',
        got: elsewhere
      })
      yield* server.kill
      yield* server.exit
    }
  }
)

scenario(
  "what comes while a server stands still is done when it goes on, each once and in order",
  guarantees,
  { needs: "start" },
  function* (t) {
    const server = yield* t.ownServer
    const people = yield* watched(t, 3)
    const room = t.roomName()
    for (const person of people) {
      yield* person.post({ type: "join", room })
      yield* person.until(({ type }) => type === "joined", "`joined`")
    }
    const count = Math.min(20, limits.burst)
    yield* atOnce<unknown, Stop>([server.standStill(1), ...people.map((person) => say(person, room, count))])
    yield* judgeLanes(t, people)
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Isolation
// ---------------------------------------------------------------------------------------------------------------------

const ofRoom = (items: ReadonlyArray<Arrived>, room: string) =>
  items.filter((item) => !isReply(item) && item.object["room"] === room).map(({ line }) => line)

scenario("nobody hears of a room that they are not in", ["ISOLATE-1"], { connections: 6 }, function* (t) {
  const [ana, leo, eva, pia, teo] = yield* t.people(5)
  const stranger = yield* t.connection("stranger")
  const room = yield* t.room(ana, leo, eva)
  yield* t.room(pia)
  // eva has left, pia is in another room, teo in none, the stranger has not logged in.
  yield* eva.leave(room)
  yield* ana.send(room, "just for us")
  yield* leo.leave(room)
  yield* leo.join(room)
  const heard = yield* leo.messages(room)
  const told = yield* ana.memberEvents(room)
  yield* t.judge("ISOLATE-1", heard.length === 1 && told.length > 0, {
    sent: "a message, leave and join in a room",
    expected: "leo hears the message, and ana is told of leo",
    got: { heard, told }
  })
  for (const person of [eva, pia, teo]) {
    const leaked = ofRoom(yield* person.fence, room)
    yield* t.judge("ISOLATE-1", leaked.length === 0, {
      sent: "a message, leave and join in a room",
      expected: `nothing of it for ${person.who}, who is not in the room`,
      got: leaked
    })
  }
  const ping = yield* stranger.post({ type: "ping" })
  yield* stranger.take(({ object }) => object["re"] === ping, "`pong`")
  const leaked = ofRoom(yield* stranger.taken, room)
  yield* t.judge("ISOLATE-1", leaked.length === 0, {
    expected: "nothing of it for a connection that has not logged in",
    got: leaked
  })
})

scenario("a refused join lets nothing through", ["ISOLATE-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  yield* leo.refused({ type: "join", room, create: false }, "no-such-room", { id: "ISOLATE-1" })
  yield* ana.join(room)
  yield* leo.refused({ type: "join", room, after: 0 }, "bad-request", { id: "ISOLATE-1" })
  yield* ana.send(room, "hola")
  const leaked = ofRoom(yield* leo.fence, room)
  yield* t.judge("ISOLATE-1", leaked.length === 0, {
    sent: "joins that were refused",
    expected: "nothing",
    got: leaked
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Catching up
// ---------------------------------------------------------------------------------------------------------------------

/** A log with so many entries, kept by somebody who stays in it. */
const makeLog = Effect.fnUntraced(function* (keeper: Client, room: string, count: number, text = "entry") {
  const { epoch } = yield* keeper.join(room)
  for (let nth = 1; nth <= count; nth++) yield* keeper.post({ type: "send", room, text: `${nth} ${text}` })
  yield* keeper.fence
  return epoch
})

interface Return {
  readonly joined: Joined
  readonly replayed: ReadonlyArray<number>
}

/** Joins with a cursor, and gives what came after `joined` up to a fence; then leaves again. */
const comeBack = Effect.fnUntraced(function* (person: Client, room: string, after: number, epoch: string) {
  const joined = yield* person.join(room, { after, epoch })
  const replayed = (yield* person.messages(room)).filter(({ nth }) => nth > joined.nth).map(({ seq }) => seq)
  yield* person.leave(room)
  return { joined, replayed } satisfies Return
})

const between = (after: number, head: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, head - after) }, (_, index) => after + 1 + index)

const neverResumes =
  "this server never resumes, which CATCH-6 allows to one that doesn't claim `history`: there is no replay to judge"

scenario("joined says resumed if and only if the join had a cursor", ["CATCH-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const first = yield* ana.join(room)
  yield* ana.send(room, "one")
  yield* t.judge("CATCH-1", !("resumed" in first), { sent: "join", expected: "no `resumed`", got: first })
  for (const [after, epoch] of [
    [0, first.epoch],
    [1, first.epoch],
    [7, first.epoch],
    [0, "of-another-log"]
  ] as const) {
    const { joined } = yield* comeBack(leo, room, after, epoch)
    yield* t.judge("CATCH-1", typeof joined.resumed === "boolean", {
      sent: { type: "join", room, after, epoch },
      expected: '`joined` with "resumed", true or false',
      got: joined
    })
  }
  const plain = yield* leo.join(room)
  yield* t.judge("CATCH-1", !("resumed" in plain), { sent: "join", expected: "no `resumed`", got: plain })
})

scenario("whoever comes back gets exactly what they missed", ["CATCH-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const head = 12
  const epoch = yield* makeLog(ana, room, head)
  let resumed = 0
  for (const after of [head, head - 1, head - 2, 5, 0]) {
    const { joined, replayed } = yield* comeBack(leo, room, after, epoch)
    if (joined.resumed !== true) continue
    resumed++
    yield* t.judge("CATCH-2", replayed.join() === between(after, joined.head).join() && joined.head === head, {
      sent: { type: "join", room, after, epoch },
      expected: `"head":${head}, and the entries ${between(after, head).join(", ") || "of a replay of nothing: none"}`,
      got: `"head":${joined.head}, and the entries ${replayed.join(", ") || "none"}`
    })
  }
  if (resumed === 0) yield* t.notRun(neverResumes)
  // And then whatever follows.
  const after = head - 3
  const joined = yield* leo.join(room, { after, epoch })
  yield* ana.send(room, "later")
  const seen = (yield* leo.messages(room)).map(({ seq }) => seq)
  yield* t.judge("CATCH-2", joined.resumed !== true || seen.join() === between(after, head + 1).join(), {
    sent: `join with "after":${after}, then a message by ana`,
    expected: between(after, head + 1).join(", "),
    got: seen
  })
})

scenario("a replay shows what was shown before", ["CATCH-2", "ORDER-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana)
  const { epoch } = yield* leo.join(room)
  for (const text of ["uno", "ñandú 😀", '"quoted"\n\tand more', "cuatro"]) yield* ana.send(room, text)
  const entries = (seen: ReadonlyArray<Message>) =>
    JSON.stringify(seen.map(({ at, from, seq, text }) => ({ seq, from, text, at })))
  const live = entries(yield* leo.messages(room))
  yield* leo.leave(room)
  const { resumed } = yield* leo.join(room, { after: 0, epoch })
  if (resumed !== true) yield* t.notRun(neverResumes)
  const replayed = entries(yield* leo.messages(room))
  yield* t.judge("ORDER-1", replayed === live, { expected: `what was shown live: ${live}`, got: replayed })
  yield* t.judge("CATCH-2", replayed.length === live.length, {
    expected: `what was shown live: ${live}`,
    got: replayed
  })
})

scenario("a cursor of another log or beyond the end resumes nothing", ["CATCH-3"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = t.roomName()
  const other = yield* makeLog(eva, t.roomName(), 3)
  const epoch = yield* makeLog(ana, room, 3)
  const cursors: ReadonlyArray<readonly [number, string, string]> = [
    [2, other, "an epoch of another room"],
    [2, "never-was", "an epoch that never was"],
    [0, "", "an empty epoch"],
    [4, epoch, "a cursor above head"],
    [9_007_199_254_740_991, epoch, "the highest cursor"]
  ]
  for (const [after, ofEpoch, what] of cursors) {
    const { joined, replayed } = yield* comeBack(leo, room, after, ofEpoch)
    yield* t.judge("CATCH-3", joined.resumed === false && replayed.length === 0, {
      sent: `join with ${what}: "after":${after}, "epoch":"${ofEpoch}"`,
      expected: '"resumed":false, and no replay',
      got: { joined, replayed }
    })
  }
})

const writers = 4
const longestSeconds = 30
const fillSeconds = (limits.replay / writers - limits.burst) / limits.rate

scenario(
  "a gap above limits.replay is not replayed, not even in part",
  ["CATCH-3"],
  { connections: writers + 1 },
  function* (t) {
    const { replay } = t.limits
    if (fillSeconds > longestSeconds)
      yield* t.notRun(`${replay + 1} entries take too long at the announced limits.rate`)
    const people = yield* t.people(writers)
    const leo = yield* t.person("reader")
    const room = yield* t.room(...people)
    const { epoch } = yield* leo.join(room)
    yield* leo.leave(room)
    const share = Math.ceil((replay + 1) / writers)
    yield* atOnce(people.map((person) => Effect.andThen(say(person, room, share), person.fence)))
    const head = share * writers
    const over = yield* comeBack(leo, room, head - replay - 1, epoch)
    yield* t.judge(
      "CATCH-3",
      over.joined.head === head && over.joined.resumed === false && over.replayed.length === 0,
      {
        sent: `join with a gap of ${replay + 1}, where limits.replay is ${replay}`,
        expected: `"head":${head}, "resumed":false, and no replay`,
        got: { ...over, replayed: `${over.replayed.length} entries` }
      }
    )
    const most = yield* comeBack(leo, room, head - replay, epoch)
    yield* t.judge(
      "CATCH-3",
      most.joined.resumed === false || most.replayed.join() === between(head - replay, head).join(),
      {
        sent: `join with a gap of ${replay}, which is limits.replay`,
        expected: `"resumed":false, or the ${replay} entries`,
        got: { joined: most.joined, replayed: `${most.replayed.length} entries` }
      }
    )
  }
)

scenario("the replay is finished before the next request is answered", ["CATCH-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const other = yield* t.room(ana, leo)
  // Large enough to need several writes.
  const count = Math.min(40, t.limits.replay, limits.burst)
  const epoch = yield* makeLog(ana, room, count, '"'.repeat(t.limits.text - 4))
  const join = yield* leo.post({ type: "join", room, after: 0, epoch })
  const ping = yield* leo.post({ type: "ping" })
  yield* leo.post({ type: "send", room: other, text: "elsewhere" })
  yield* leo.post({ type: "leave", room })
  yield* ana.send(room, "too late for leo")
  const items = yield* leo.fence
  const place = (where: (item: Arrived) => boolean) => items.findIndex(where)
  const joined = place(({ object }) => object["re"] === join)
  if (items[joined]?.object["resumed"] !== true) yield* t.notRun(neverResumes)
  const pong = place(({ object }) => object["re"] === ping)
  const replayed = items
    .slice(joined + 1, pong)
    .filter(({ object, type }) => type === "message" && object["room"] === room)
  const seqs = replayed.map(({ object }) => object["seq"])
  const head = Number(items[joined]?.object["head"])
  // A server that waits until leo has read the replay (FLOW-6) may have ana's entry before the `leave`: it comes after the replay.
  yield* t.judge("CATCH-4", pong > joined && seqs.slice(0, head).join() === between(0, head).join(), {
    sent: "join with a cursor, ping, send and leave in one go",
    expected: `\`joined\`, the entries 1 to ${head}, then \`pong\``,
    got: `${seqs.length} entries between \`joined\` and \`pong\``
  })
  const left = place(({ type }) => type === "left")
  const late = ofRoom(items.slice(left + 1), room)
  yield* t.judge("CATCH-4", left > pong && late.length === 0, {
    expected: `\`left\` after that, and nothing of ${room} after it`,
    got: late
  })
})

scenario(
  "catching up while others talk loses nothing and repeats nothing",
  guarantees,
  { connections: 4 },
  function* (t) {
    const [ana, leo, ...guests] = yield* watched(t, 4)
    const room = t.roomName()
    yield* ana!.post({ type: "join", room })
    const { object } = yield* ana!.until(({ type }) => type === "joined", "`joined`")
    const epoch = String(object["epoch"])
    yield* leo!.post({ type: "join", room })
    yield* leo!.until(({ type }) => type === "joined", "`joined`")
    const comeBackOften = Effect.fnUntraced(function* (guest: Watched) {
      let after = 0
      for (let round = 0; round < 10; round++) {
        yield* guest.post({ type: "join", room, after, epoch })
        const joined = yield* guest.until(({ type }) => type === "joined", "`joined`")
        after = Number(joined.object["head"])
        if (round < 9) yield* guest.post({ type: "leave", room })
      }
    })
    yield* atOnce([say(ana!, room, 70), say(leo!, room, 70), ...guests.map(comeBackOften)])
    yield* judgeLanes(t, [ana!, leo!, ...guests])
  }
)

scenario("a cursor without its epoch is refused", ["CATCH-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana)
  for (const after of [0, 1]) {
    yield* leo.refused({ type: "join", room, after }, "bad-request", { field: "epoch" })
  }
  yield* leo.refused({ type: "join", room: t.roomName(), after: 0 }, "bad-request", { field: "epoch" })
  const members = yield* ana.members(room)
  yield* t.judge("CATCH-5", members.join() === ana.nick, { expected: "leo has not come in", got: members })
})

// ---------------------------------------------------------------------------------------------------------------------
// The barrier
// ---------------------------------------------------------------------------------------------------------------------

scenario("after synced nothing acknowledged is missing", ["SYNC-1"], { connections: 5 }, function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana, leo)
  for (let round = 1; round <= 15; round++) {
    const sent = yield* ana.ask({ type: "send", room, text: `${round}` })
    const seen = yield* leo.messages(room)
    yield* t.judge("SYNC-1", seen.length === 1 && seen[0]?.seq === sent.seq, {
      sent: `send by ana; after its \`sent\`, sync by leo`,
      expected: `the entry ${sent.seq} before \`synced\``,
      got: seen
    })
    const isComing = round % 2 === 1
    yield* isComing ? eva.join(room) : eva.leave(room)
    const told = yield* leo.memberEvents(room)
    yield* t.judge("SYNC-1", told.length === 1 && told[0]?.change === (isComing ? "joined" : "left"), {
      sent: `${isComing ? "join" : "leave"} by eva; after its reply, sync by leo`,
      expected: `the \`member\` event of it before \`synced\``,
      got: told
    })
  }
  yield* eva.ask({ type: "bye" })
  const told = yield* leo.memberEvents(room)
  yield* t.judge("SYNC-1", told.length === 1 && told[0]?.change === "left", {
    sent: "bye by eva; after its reply, sync by leo",
    expected: "the `member` event of it before `synced`",
    got: told
  })
})

scenario("synced covers one's own requests and many rooms", ["SYNC-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const rooms = [yield* t.room(ana, leo), yield* t.room(ana, leo), yield* t.room(ana, leo)]
  for (const room of rooms) for (const text of ["one", "two"]) yield* ana.post({ type: "send", room, text })
  const own = (yield* ana.fence).filter(({ type }) => type === "message").length
  yield* t.judge("SYNC-1", own === 6, { sent: "six sends and sync at once", expected: "six entries", got: `${own}` })
  const others = (yield* leo.fence).filter(({ type }) => type === "message").length
  yield* t.judge("SYNC-1", others === 6, { sent: "sync by leo", expected: "six entries", got: `${others}` })
})

// ---------------------------------------------------------------------------------------------------------------------
// Fairness
// ---------------------------------------------------------------------------------------------------------------------

// JSON doubles each of them, so that an entry is a long line.
const long = '"'.repeat(limits.text)
const lineBytes = 2 * limits.text + 150

// More than the kernels of both sides keep for one connection, so that the rest surely waits in the server.
const floodBytes = 12 * 1_048_576
const flooders = 6
// So many bytes would slow down whatever else is being judged, and be slowed down by it.
const alone = { connections: "all" } as const
// What is under way at once stays well below the backlog: so whoever doesn't read is not cut off before the kernels are full, and a
// server that waits for them surely does.
const batch = Math.max(1, Math.min(20, limits.burst, Math.floor(limits.backlog / 2 / (flooders * lineBytes))))
// What all this takes besides, on a machine that is busy; how long the reader then waits is judged by the clock.
const busySeconds = 15
const floodSeconds = (floodBytes / lineBytes / flooders - limits.burst) / limits.rate

/** Sends long texts, batch by batch, until `enough`; gives the numbers of all entries that came back. */
const flood = Effect.fnUntraced(function* (person: Person, room: string, enough: () => boolean, sentOne: () => void) {
  const seqs: Array<number> = []
  const read = Effect.map(person.taken, (items) => {
    for (const { message } of items) if (message?.type === "message") seqs.push(message.seq)
  })
  while (!enough()) {
    let last = 0
    for (let nth = 0; nth < batch; nth++) {
      last = yield* person.post({ type: "send", room, text: long })
      sentOne()
    }
    const expected = "the replies to what was sent, while somebody doesn't read it"
    yield* person.take(({ object }) => object["re"] === last, expected, { id: "FLOW-1" })
    yield* read
  }
  yield* person.fence.pipe(Effect.tap((items) => Effect.sync(() => seqs.push(...seqsOf(items)))))
  return seqs
})

const seqsOf = (items: ReadonlyArray<Arrived>): ReadonlyArray<number> =>
  items.flatMap(({ message }) => (message?.type === "message" ? [message.seq] : []))

/** Talks back and forth until `enough`, and judges that nobody waits meanwhile for others, who do what `though` says. */
const talk = Effect.fnUntraced(function* (
  t: Scenario,
  [ana, leo]: readonly [Person, Person],
  room: string,
  though: string,
  enough: () => boolean
) {
  // A server that waits for a frozen reader waits for two heartbeats at least.
  const patience = 1_500 * t.heartbeat
  while (!enough()) {
    const began = yield* t.now
    const expected = `\`sent\` and the message, though ${though}`
    const { seq } = yield* ana.ask({ type: "send", room, text: "are you there?" }, "FLOW-1", expected)
    yield* leo.find("message", (message) => message.seq === seq, { id: "FLOW-1", expected })
    // What they have read by now needn't be told when something doesn't come.
    yield* ana.taken
    yield* leo.taken
    const took = (yield* t.now) - began
    yield* t.judge("FLOW-1", took < patience, {
      sent: "a message by ana",
      expected: `${expected}, within ${patience} ms`,
      got: `${took} ms`
    })
  }
})

/** A long line's beginning and end: where something was lost, one of them is not that of an object. */
const edgesOf = (line: string): string => (line.length > 300 ? `${line.slice(0, 100)} ... ${line.slice(-200)}` : line)

/** Reads all that is left of a connection, valid or not. */
const readToTheEnd = Effect.fnUntraced(function* (client: Client) {
  const { inbox, nextArrival } = client.connection
  yield* client.readOn
  const isOver = () => inbox.some(({ _tag }) => _tag === "Fin" || _tag === "Reset")
  const wait = Effect.gen(function* () {
    while (true) {
      const arrival = nextArrival()
      if (isOver()) return
      yield* arrival
    }
  })
  yield* Effect.timeoutOption(wait, suite.patience())
  return inbox.splice(0, inbox.length)
})

/** Reads what has come to somebody who had stopped reading, judges that it is whole (FLOW-5), and gives all of it. */
const wholeLines = Effect.fnUntraced(function* (t: Scenario, frozen: Person, rooms: ReadonlyArray<string>) {
  const rest = yield* readToTheEnd(frozen)
  const malformed = rest.find(({ _tag }) => _tag === "Malformed")
  yield* t.judge("FLOW-5", malformed === undefined, {
    expected: "whole lines, the last perhaps cut",
    got: malformed?._tag === "Malformed" ? `${malformed.reason}: ${edgesOf(malformed.line)}` : ""
  })
  const objects = rest.filter((item) => item._tag === "Object")
  for (const room of rooms) {
    const seqs = seqsOf(objects.filter(({ object }) => object["room"] === room))
    yield* t.judge("FLOW-5", seqs.join() === between(0, seqs.length).join(), {
      sent: "a frozen reader, which then read on to the end",
      expected: "the entries of each room from the first on, without holes, up to where it was cut",
      got: seqs.slice(-20)
    })
  }
  return rest
})

/** Who floods whom, while somebody doesn't read. */
interface Freeze {
  /** Who has stopped reading, and shares a room with the first of those who talk. */
  readonly frozen: Person
  readonly floods: ReadonlyArray<{ readonly from: Person; readonly to: string }>
  readonly talkers: readonly [Person, Person]
  /** Where they talk, and what may not delay them. */
  readonly room: string
  readonly though: string
  /** The rooms and conversations, as who has stopped reading would see them. */
  readonly seenAs: ReadonlyArray<string>
}

/** Judges that who has stopped reading delays nobody (FLOW-1), and is cut off (FLOW-2) cleanly (FLOW-4, FLOW-5). */
const judgeFrozen = Effect.fnUntraced(function* (t: Scenario, freeze: Freeze) {
  const {
    floods,
    frozen,
    room,
    seenAs,
    talkers: [ana, leo],
    though
  } = freeze
  let bytes = 0
  let gone = false
  let waitsSince = Number.POSITIVE_INFINITY
  yield* frozen.stopReading
  const isGone = ana
    .find("member", ({ change, nick }) => nick === frozen.nick && change === "left", {
      id: "FLOW-2",
      expected: `the event \`member\`: ${frozen.nick} has left`,
      seconds: Math.max(0, floodSeconds) + busySeconds + 4 * t.heartbeat
    })
    .pipe(
      // Somebody of whom nothing waits in the server isn't cut off: perhaps because it has lost what the kernel didn't take.
      Effect.tapError(() => wholeLines(t, frozen, seenAs))
    )
  const watchFrozen = Effect.tap(frozen.whileAlive(isGone), () =>
    Effect.sync(() => {
      gone = true
    })
  )
  const floodAll = Effect.gen(function* () {
    const isEnough = () => gone || bytes >= floodBytes
    const add = () => {
      bytes += lineBytes
    }
    const all = yield* atOnce(floods.map(({ from, to }) => flood(from, to, isEnough, add)))
    waitsSince = yield* t.now
    return all
  })
  const [told, seen] = yield* Effect.all([watchFrozen, floodAll, talk(t, [ana, leo], room, though, () => gone)], {
    concurrency: "unbounded"
  })
  const late = (told.arrived - waitsSince) / 1_000
  yield* t.judge("FLOW-2", late <= 4 * t.heartbeat + 0.5, {
    sent: `${bytes} bytes to somebody who doesn't read`,
    expected: `the end of that connection within four heartbeats (${4 * t.heartbeat} s)`,
    got: `${late} s`
  })
  for (const seqs of seen) {
    const isWhole = seqs.every((seq, index) => seq === index + 1)
    yield* t.judge("FLOW-1", isWhole, {
      expected: "every entry to everybody else, in order",
      got: `${seqs.length} entries, of which the last is ${seqs.at(-1)}`
    })
  }

  const rest = yield* wholeLines(t, frozen, seenAs)
  const end = rest.at(-1)?._tag
  yield* t.judge("FLOW-2", end === "Fin" || end === "Reset", {
    expected: "the end of the connection",
    got: end ?? "nothing"
  })
  const last = rest.filter((item) => item._tag === "Object").at(-1)
  yield* t.judge("FLOW-4", last?.type === "bye" && last.object["code"] === "slow-consumer", {
    expected: "`bye` with slow-consumer as the last object",
    got: last?.line ?? "nothing"
  })
})

const tooManyToFlood = (t: Scenario) =>
  floodSeconds > 4 * longestSeconds
    ? t.notRun(`${floodBytes} bytes of messages take ${Math.round(floodSeconds)} s at the announced limits.rate`)
    : Effect.void

/** Two who talk, one who will stop reading, and those who will flood them. */
const floodPeople = Effect.fnUntraced(function* (t: Scenario) {
  const [ana, leo] = yield* t.people(2)
  const frozen = yield* t.person("frozen")
  const people: Array<Person> = []
  for (let nth = 0; nth < flooders; nth++) people.push(yield* t.person(`sender${nth}`))
  return { ana, leo, frozen, people }
})

scenario(
  "a reader that has stopped delays nobody, and is cut off cleanly",
  ["FLOW-1", "FLOW-2", "FLOW-4", "FLOW-5"],
  alone,
  function* (t) {
    yield* tooManyToFlood(t)
    const { ana, frozen, leo, people } = yield* floodPeople(t)
    // Three rooms, so that what is sent goes to few but the frozen reader.
    const rooms: Array<string> = []
    for (let nth = 0; nth < 3; nth++) rooms.push(yield* t.room(people[nth]!, people[nth + 3]!, frozen))
    const room = yield* t.room(ana, leo, frozen)
    yield* judgeFrozen(t, {
      frozen,
      floods: people.map((from, nth) => ({ from, to: rooms[nth % 3]! })),
      talkers: [ana, leo],
      room,
      though: "a member of the room doesn't read",
      seenAs: [...rooms, room]
    })
  }
)

scenario(
  "somebody who has stopped reading what others tell them in private delays nobody, and is cut off cleanly",
  ["FLOW-1", "FLOW-2", "FLOW-4", "FLOW-5"],
  { ...alone, profile: "direct" },
  function* (t) {
    yield* tooManyToFlood(t)
    const { ana, frozen, leo, people } = yield* floodPeople(t)
    // Nothing is said there: by it, ana hears that somebody is gone.
    yield* t.room(ana, frozen)
    yield* judgeFrozen(t, {
      frozen,
      floods: people.map((from) => ({ from, to: `@${frozen.nick}` })),
      talkers: [ana, leo],
      room: `@${leo.nick}`,
      though: "somebody else doesn't read what they are told",
      seenAs: people.map(({ nick }) => `@${nick}`)
    })
  }
)

const silent = Math.min(60, suite.connectionBudget - 6)

scenario(
  "connections that say nothing and rubbish that is sent delay nobody",
  ["FLOW-1"],
  { connections: silent + 4 },
  function* (t) {
    for (let nth = 0; nth < silent; nth++) yield* t.connect()
    const [ana, leo, eva] = yield* t.people(3)
    const room = yield* t.room(ana, leo, eva)
    const torso = yield* t.connection("torso")
    yield* torso.bytes('{"type":"login","id":1,"nick":"')
    let over = false
    const rubbish = Effect.gen(function* () {
      const count = Math.min(200, limits.burst + limits.rate)
      for (let nth = 0; nth < count; nth++) yield* eva.line(nth % 2 === 0 ? "rubbish" : '{"type":"fly"')
      yield* eva.fence
      over = true
    })
    yield* Effect.all([rubbish, talk(t, [ana, leo], room, "others say nothing, or send rubbish", () => over)], {
      concurrency: "unbounded"
    })
    yield* ana.send(room, "still here?")
    const seen = (yield* eva.messages(room)).at(-1)
    yield* t.judge("FLOW-1", seen?.text === "still here?", {
      sent: `${silent} connections that say nothing, one with half a line, one that sends rubbish`,
      expected: "everybody can talk, the sender of rubbish among them",
      got: seen
    })
  }
)

scenario("who asks and is gone before the replies come harms nobody", ["FLOW-1"], { connections: 32 }, function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const count = Math.min(200, limits.burst)
  const pings = Array.from({ length: count }, (_, nth) => `{"type":"ping","id":${nth + 1}}\n`).join("")
  for (let round = 0; round < 30; round++) {
    const hasty = yield* t.connection("hasty")
    // A reply is answered by RST, and the next is written to a connection that isn't there: EPIPE, or SIGPIPE.
    yield* hasty.hangUp(pings)
    yield* ana.ask({ type: "ping" }, "FLOW-1")
  }
  const { seq } = yield* ana.ask({ type: "send", room, text: "still here?" }, "FLOW-1")
  const heard = yield* leo.find("message", undefined, { id: "FLOW-1" })
  yield* t.judge("FLOW-1", heard.seq === seq, {
    sent: `${count} requests by each of thirty who close their connections at once, then a message by ana`,
    expected: "`sent` to ana, and the message to leo",
    got: heard
  })
})

// More than one address gets at once, by a tenth.
const askedEntries = 1.1 * limits.catchUp
const mostRounds = 5_000

/** How often so many entries have to be asked for: as often as is read within seconds, at the most. */
const roundsOf = Effect.fnUntraced(function* (t: Scenario, count: number) {
  const rounds = Math.min(Math.ceil(askedEntries / count), limits.burst + 5 * limits.rate)
  if (rounds > mostRounds) return yield* t.notRun(`limits.catchUp is ${limits.catchUp}: too much to ask for`)
  return rounds
})

scenario("who asks for much of the past gets all of it, if later", ["FLOW-8"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const count = Math.min(limits.burst + 2 * limits.rate, limits.replay)
  const epoch = yield* makeLog(ana, room, count, "a")
  const { joined } = yield* comeBack(leo, room, 0, epoch)
  if (joined.resumed !== true || count === 0) yield* t.notRun(neverResumes)
  yield* leo.fence
  const rounds = yield* roundsOf(t, count)
  const joins: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    yield* leo.post({ type: "leave", room })
    joins.push(yield* leo.post({ type: "join", room, after: 0, epoch }))
  }
  const items = yield* leo.fence
  for (const join of joins) {
    const at = items.findIndex(({ object }) => object["re"] === join)
    const end = items.findIndex((item, index) => index > at && isReply(item))
    const replayed = items.slice(at + 1, end === -1 ? undefined : end)
    const seqs = seqsOf(replayed.filter(({ object, type }) => type === "message" && object["room"] === room))
    yield* t.judge("FLOW-8", items[at]?.object["resumed"] === true && seqs.join() === between(0, count).join(), {
      sent: `${rounds} times leave, and join with a cursor`,
      expected: `\`joined\` with "resumed":true and a replay of ${count} entries, each time`,
      got: at === -1 ? "no reply" : `${items[at]!.line} and ${seqs.length} entries`
    })
  }
})

scenario(
  "who searches again and again gets all that there is, if later",
  ["FLOW-8"],
  { also: "search" },
  function* (t) {
    const [ana] = yield* t.people(1)
    const room = yield* t.room(ana)
    const count = Math.min(limits.page, 100)
    for (let nth = 1; nth <= count; nth++) yield* ana.post({ type: "send", room, text: `tea ${nth}` })
    yield* ana.fence
    const request = { type: "search", text: "tea", room, limit: count } as const
    const rounds = yield* roundsOf(t, count)
    const ids: Array<number> = []
    for (let round = 0; round < rounds; round++) ids.push(yield* ana.post(request))
    for (const id of ids) {
      const reply = yield* ana.reply(id, { id: "FLOW-8" })
      const found = reply.type === "search" ? reply.results.length : 0
      yield* t.judge("FLOW-8", found === count && Reflect.get(reply, "more") === undefined, {
        sent: `${rounds} times the same search`,
        expected: `${count} results, each time`,
        got: reply.type === "search" ? `${found} results` : reply
      })
    }
  }
)

// A pace that FLOW-6 protects, and that gets through in seconds.
const readersPace = Math.max((1.5 * limits.backlog) / suite.heartbeat, 2.5 * 1_048_576)
const askedBytes = 12 * 1_048_576

scenario(
  "a slow reader that goes on reading gets all that it has asked for",
  ["FLOW-6", "FLOW-7"],
  alone,
  function* (t) {
    const [ana, leo, eva, ...others] = yield* t.people(5)
    const writers = [ana, ...others]
    const room = yield* t.room(...writers)
    const other = yield* t.room(ana, leo)
    const { epoch } = yield* leo.join(room)
    yield* leo.leave(room)
    // A log to be replayed, many times over; where nothing is replayed, lists must do.
    const count = Math.min(99, t.limits.replay, writers.length * limits.burst)
    const share = Math.floor(count / writers.length)
    for (let nth = 0; nth < share; nth++) {
      for (const writer of writers) yield* writer.post({ type: "send", room, text: long })
    }
    yield* atOnce(writers.map((writer) => writer.fence))
    const head = share * writers.length
    const { joined } = yield* comeBack(leo, room, 0, epoch)
    const rounds = joined.resumed === true && head > 0 ? Math.ceil(askedBytes / (head * lineBytes)) : 20

    const before: Array<number> = []
    const joins: Array<number> = []
    yield* leo.stopReading
    for (let round = 0; round < rounds; round++) {
      joins.push(yield* leo.post({ type: "join", room, after: 0, epoch }))
      before.push(joins.at(-1)!, yield* leo.post({ type: "rooms" }), yield* leo.post({ type: "members", room }))
      before.push(yield* leo.post({ type: "leave", room }))
    }
    const last = yield* leo.post({ type: "ping" })
    const ask = leo.take(({ object }) => object["re"] === last, `the replies to ${before.length} requests`, {
      id: "FLOW-6",
      seconds: (4 * askedBytes) / readersPace
    })
    const meanwhile = Effect.gen(function* () {
      yield* eva.join(other)
      for (let nth = 1; nth <= 20; nth++) yield* ana.send(other, `meanwhile ${nth}`)
    })
    yield* atOnce<unknown, Effect.Error<typeof ask | typeof meanwhile>>([
      leo.whileReadingSlowly(readersPace, ask),
      meanwhile
    ])
    const items = [...(yield* leo.taken), ...(yield* leo.fence)]

    const replies = items.filter(isReply).map(({ object }) => object["re"])
    yield* t.judge("FLOW-6", replies.join() === before.join(), {
      sent: `${before.length} requests at once, by somebody who reads ${Math.round(readersPace)} bytes a second`,
      expected: "a reply to each, in order",
      got: `${replies.length} replies`
    })
    for (const join of joins) {
      const at = items.findIndex(({ object }) => object["re"] === join)
      const end = items.findIndex((item, index) => index > at && isReply(item))
      const seqs = seqsOf(items.slice(at, end).filter(({ object }) => object["room"] === room))
      const wanted = items[at]?.object["resumed"] === true ? between(0, head) : []
      yield* t.judge("FLOW-7", seqs.join() === wanted.join(), {
        sent: "join with a cursor, by a slow reader",
        expected: `a replay of ${wanted.length} entries`,
        got: `${seqs.length} entries, of which the last is ${seqs.at(-1)}`
      })
    }
    const live = seqsOf(items.filter(({ object }) => object["room"] === other))
    yield* t.judge("FLOW-7", live.join() === between(0, 20).join(), {
      sent: "20 messages to another room of the slow reader",
      expected: "each of them, in order",
      got: live
    })
    const told = items.filter(({ object, type }) => type === "member" && object["room"] === other)
    yield* t.judge("FLOW-7", told.length === 1, {
      sent: "join of eva, to that room",
      expected: "one `member` event",
      got: told.map(({ line }) => line)
    })
  }
)
