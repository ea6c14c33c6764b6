/** spec/resume.md: sending exactly once, and coming back as oneself. */
import type { Message } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { type Claimant, claim, claimant, goesOn } from "../src/claimant.ts"
import type { Client, Place } from "../src/client.ts"
import type { Lane } from "../src/history.ts"
import { comeBack, judgeLanes, type Watched, watch } from "../src/lane.ts"
import { property } from "../src/property.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"

const { limits } = suite

const keyed = (room: string, text: string, key: string) => ({ type: "send", room, text, key }) as const

const counted = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `word ${index + 1}`)

/** Posts texts with the keys k1, k2, ..., before it waits for anything. */
const posts = (person: Client, room: string, texts: ReadonlyArray<string>) =>
  Effect.forEach(texts, (text, index) => person.post(keyed(room, text, `k${index + 1}`)), { discard: true })

// ---------------------------------------------------------------------------------------------------------------------
// Keys
// ---------------------------------------------------------------------------------------------------------------------

scenario("an entry has its key wherever it appears", ["KEY-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const key = "Az09_-".padEnd(64, "k")
  yield* ana.ask(keyed(room, "with a key", key), "KEY-1")
  yield* ana.send(room, "without")
  const judge = (where: string, entries: ReadonlyArray<{ readonly key?: string }>) =>
    t.judge("KEY-1", entries.length === 2 && entries[0]!.key === key && entries[1]!.key === undefined, {
      sent: `two entries, the first with "key":"${key}"`,
      expected: `${where}: the first with its key, the second without any`,
      got: entries
    })
  yield* judge("what its author gets", yield* ana.messages(room))
  yield* judge("what the others get", yield* leo.messages(room))
  if (suite.isClaimed("history")) {
    yield* judge(
      "a page",
      (yield* leo.ask({ type: "history", room })).entries.filter((entry) => entry.type === "message")
    )
  }
  const { epoch } = yield* leo.leave(room).pipe(Effect.andThen(leo.join(room)))
  yield* leo.leave(room)
  const back = yield* leo.join(room, { after: 0, epoch })
  if (back.resumed === true) yield* judge("a replay", yield* leo.messages(room))
})

scenario("the same key again, however often, is the same entry", ["KEY-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const ids: Array<number> = []
  for (let copy = 0; copy < 5; copy++) ids.push(yield* ana.post(keyed(room, "hola", "k1")))
  const replies = yield* Effect.forEach(ids, (id) => ana.reply(id, { id: "KEY-2" }))
  for (const [copy, reply] of replies.entries()) {
    const isAsTold = reply.type === "sent" && reply.seq === 1 && (reply.duplicate ?? false) === copy > 0
    yield* t.judge("KEY-2", isAsTold, {
      sent: `five times the same \`send\` with "key":"k1", ahead of the replies`,
      expected: copy === 0 ? '`sent` with "seq":1' : '`sent` with "seq":1 and "duplicate":true',
      got: reply
    })
  }
  const [first] = replies
  yield* ana.send(room, "another")
  const late = yield* ana.ask(keyed(room, "hola", "k1"), "KEY-2")
  const at = first?.type === "sent" ? first.at : undefined
  yield* t.judge("KEY-2", late.seq === 1 && late.at === at && late.duplicate === true, {
    sent: 'the same `send` with "key":"k1", after another entry',
    expected: `\`sent\` with "seq":1, "at":"${at}" and "duplicate":true`,
    got: late
  })
  const other = yield* ana.ask(keyed(room, "hola", "K1"), "KEY-2")
  yield* t.judge("KEY-2", other.seq === 3 && other.duplicate !== true, {
    sent: 'the same text with "key":"K1", which is another key',
    expected: '`sent` with "seq":3, and no `duplicate`',
    got: other
  })
  for (const person of [ana, leo]) {
    const seen = yield* person.messages(room)
    yield* t.judge("KEY-2", seen.map(({ text }) => text).join() === "hola,another,hola", {
      expected: `three entries on the connection of ${person.who}: "hola" by k1, "another", and "hola" by K1`,
      got: seen
    })
  }
})

scenario("a key is for one text", ["KEY-3", "KEY-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.ask(keyed(room, "at eight", "k1"))
  for (const text of ["at nine", "at eight ", "AT EIGHT"]) {
    yield* ana.refused(keyed(room, text, "k1"), "key-reused", { field: "key", id: "KEY-3" })
  }
  const again = yield* ana.ask(keyed(room, "at eight", "k1"), "KEY-2")
  yield* t.judge("KEY-2", again.seq === 1 && again.duplicate === true, {
    sent: "the first text with its key again, after another was refused",
    expected: '`sent` with "seq":1 and "duplicate":true',
    got: again
  })
  const seen = yield* leo.messages(room)
  yield* t.judge("KEY-3", seen.length === 1, { expected: "one entry", got: seen })
})

scenario("what is refused leaves its key unused", ["KEY-4"], function* (t) {
  const ana = yield* t.person()
  const room = t.roomName()
  yield* ana.refused(keyed(room, "too early", "k1"), "not-joined", { id: "KEY-4" })
  yield* ana.join(room)
  yield* ana.refused(keyed(room, "", "k1"), "bad-text", { id: "KEY-4" })
  yield* ana.refused(keyed(room, "x".repeat(t.limits.text + 1), "k1"), "too-long", { id: "KEY-4" })
  const first = yield* ana.ask(keyed(room, "now", "k1"), "KEY-4")
  yield* t.judge("KEY-4", first.seq === 1 && first.duplicate !== true, {
    sent: "a `send` with a key whose requests were all refused so far",
    expected: '`sent` with "seq":1, and no `duplicate`',
    got: first
  })
  yield* ana.refused(keyed(room, "and another text", "k1"), "key-reused", { id: "KEY-4" })
  yield* ana.refused(keyed(room, "and another text", "k 2"), "bad-request", { field: "key", id: "KEY-4" })
  const second = yield* ana.ask(keyed(room, "and another text", "k2"), "KEY-4")
  yield* t.judge("KEY-4", second.seq === 2, { expected: '"seq":2', got: second })
})

scenario("keys of different people and rooms have nothing to do with each other", ["KEY-6"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const [room, other] = [yield* t.room(ana, leo), yield* t.room(ana)]
  const isNew = (sent: Pick<Message, "seq"> & { readonly duplicate?: boolean }, seq: number, what: string) =>
    t.judge("KEY-6", sent.seq === seq && sent.duplicate !== true, {
      sent: what,
      expected: `an entry of its own: \`sent\` with "seq":${seq}, and no \`duplicate\``,
      got: sent
    })
  yield* isNew(yield* ana.ask(keyed(room, "hola", "k1")), 1, "a key for the first time")
  yield* isNew(yield* leo.ask(keyed(room, "hola", "k1"), "KEY-6"), 2, "the same key and text by somebody else")
  yield* isNew(yield* leo.ask(keyed(room, "adiós", "k2"), "KEY-6"), 3, "a key that nobody has used")
  yield* isNew(
    yield* ana.ask(keyed(room, "hola", "k2"), "KEY-6"),
    4,
    "a key that somebody else has used, with another text"
  )
  yield* isNew(
    yield* ana.ask(keyed(other, "hola", "k1"), "KEY-6"),
    1,
    "the same key and text by the same person in another room"
  )
  yield* ana.ask({ type: "bye" })
  const newcomer = yield* t.connection("another ana")
  yield* newcomer.login(ana.nick)
  yield* newcomer.join(room)
  const theirs = yield* newcomer.ask(keyed(room, "hola", "k1"), "KEY-6")
  yield* isNew(theirs, 5, "the same key and text by somebody who has taken the nick")
})

scenario("a known key is answered wherever its author is", ["KEY-7"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const first = yield* ana.ask(keyed(room, "hola", "k1"))
  yield* ana.leave(room)
  const again = yield* ana.ask(keyed(room, "hola", "k1"), "KEY-7")
  yield* t.judge("KEY-7", again.seq === first.seq && again.at === first.at && again.duplicate === true, {
    sent: "the same `send` after `leave`",
    expected: `\`sent\` with "seq":${first.seq}, "at":"${first.at}" and "duplicate":true`,
    got: again
  })
  yield* ana.refused(keyed(room, "adiós", "k2"), "not-joined", { field: "room", id: "KEY-7" })
  yield* ana.refused(keyed(room, "adiós", "k1"), "key-reused", { field: "key", id: "KEY-7" })
  const seen = yield* leo.messages(room)
  yield* t.judge("KEY-7", seen.length === 1, { expected: "one entry", got: seen })
})

// What four people may say at once.
const writers = 4
const many = Math.min(writers * limits.burst, 400)

scenario("a key outlives its entry", ["KEY-5"], { connections: writers + 2 }, function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const first = yield* ana.ask(keyed(room, "hola", "k1"))
  const people = yield* t.people(writers)
  for (const person of people) yield* person.join(room)
  const share = Math.ceil(many / writers)
  yield* Effect.forEach(
    people,
    (person) =>
      Effect.andThen(
        Effect.forEach(counted(share), (text) => person.post({ type: "send", room, text }), { discard: true }),
        person.fence
      ),
    { concurrency: "unbounded", discard: true }
  )
  // A server may give up what is old only when something new comes.
  yield* people[0]!.send(room, "one more")
  yield* ana.fence
  const eva = yield* t.person("reader")
  const { first: held, head } = yield* eva.join(room)
  if (held <= first.seq)
    yield* t.notRun(`the server has given up none of ${head} entries: it has to keep fewer to be judged`)
  for (const text of ["hola", "whatever: nobody can compare it any more"]) {
    const again = yield* ana.ask(keyed(room, text, "k1"), "KEY-5")
    yield* t.judge("KEY-5", again.seq === first.seq && again.at === first.at && again.duplicate === true, {
      sent: `the key of the entry ${first.seq}, where the log begins at ${held}`,
      expected: `\`sent\` with "seq":${first.seq}, "at":"${first.at}" and "duplicate":true`,
      got: again
    })
  }
  const seen = yield* eva.messages(room)
  yield* t.judge("KEY-5", seen.length === 0, { expected: "nothing new", got: seen })
})

scenario(
  "what was said when the server was killed is there once, after all was sent again",
  ["KEY-5", "SESSION-9", "KEY-2"],
  { needs: "data" },
  function* (t) {
    const server = yield* t.ownServer
    const ana = yield* claimant(t)
    const room = t.roomName()
    const { epoch } = yield* ana.join(room)
    const texts = counted(Math.min(60, limits.burst - 20))
    yield* posts(ana, room, texts)
    // Somewhere in the middle: some are acknowledged, some are on their way, some haven't been read.
    const acknowledged = yield* ana.answer({ id: "SEND-1" })
    yield* server.kill
    yield* server.exit
    yield* ana.rest()
    yield* t.ownServer
    const stranger = yield* t.connection("stranger")
    yield* stranger.refused({ type: "login", nick: ana.nick }, "nick-taken", { id: "SESSION-9" })
    const back = yield* t.connection("ana (2)")
    const welcome = yield* back.ask({ type: "login", nick: ana.nick, session: ana.session }, "SESSION-9")
    yield* t.judge("SESSION-9", welcome.resumed === true && welcome.session === ana.session, {
      sent: "login with the session of before the kill",
      expected: '`welcome` with "resumed":true and the same session',
      got: welcome
    })
    const joined = yield* back.join(room, { after: 0, epoch })
    yield* posts(back, room, texts)
    const replies: Array<{ readonly seq: number; readonly duplicate: boolean }> = []
    for (const _ of texts) {
      const reply = yield* back.answer({ id: "KEY-2" })
      if (reply.type !== "sent") return yield* t.broken({ expected: "`sent`", got: reply }, back, "KEY-2")
      replies.push({ seq: reply.seq, duplicate: reply.duplicate === true })
    }
    yield* t.judge(
      "KEY-5",
      acknowledged.type === "sent" && replies[0]?.seq === acknowledged.seq && replies[0].duplicate,
      {
        sent: "the key of an entry that was acknowledged before the kill",
        expected: '`sent` with the same `seq`, and "duplicate":true',
        got: replies[0]
      }
    )
    const duplicates = replies.filter(({ duplicate }) => duplicate)
    yield* t.judge("KEY-5", duplicates.length === joined.head, {
      sent: "all that was sent before the kill, again, with its keys",
      expected: `"duplicate":true for each of the ${joined.head} entries that the log has`,
      got: `${duplicates.length} duplicates`
    })
    const log = replies.map(({ seq }) => seq)
    yield* t.judge("KEY-2", log.join() === texts.map((_, index) => index + 1).join(), {
      sent: "all that was sent before the kill, again, with its keys",
      expected: `the entries 1 to ${texts.length}, in the order in which they were first sent`,
      got: log.join(", ")
    })
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Sessions
// ---------------------------------------------------------------------------------------------------------------------

scenario("a session is a secret of its own for each person", ["SESSION-1"], { connections: 6 }, function* (t) {
  const secrets: Array<string> = []
  for (let person = 0; person < 4; person++) secrets.push((yield* claimant(t)).session)
  const ana = yield* claimant(t)
  yield* ana.ask({ type: "bye" })
  const newcomer = yield* claim(t, yield* t.connection("another ana"), ana.nick)
  secrets.push(ana.session, newcomer.session)
  yield* t.judge("SESSION-1", new Set(secrets).size === secrets.length, {
    sent: `${secrets.length} logins with "resume":true, two of them under one nick`,
    expected: `${secrets.length} different sessions`,
    got: secrets
  })
})

for (const how of ["FIN", "RST"] as const) {
  scenario(`whoever has lost the connection by ${how} goes on as the same person`, ["SESSION-2"], function* (t) {
    const ana = yield* claimant(t)
    const room = yield* t.room(ana)
    const first = yield* ana.ask(keyed(room, "hola", "k1"))
    yield* how === "FIN" ? ana.end : ana.reset
    let last: Claimant = ana
    // The secret stays the same, however often it is used.
    for (const nth of [2, 3]) {
      const client = yield* t.connection(`ana (${nth})`)
      const welcome = yield* client.ask({ type: "login", nick: ana.nick, session: last.session }, "SESSION-2")
      const isSame = welcome.nick === ana.nick && welcome.resumed === true && welcome.session === ana.session
      yield* t.judge("SESSION-2", isSame, {
        sent: `login with the session, after ${how}`,
        expected: `\`welcome\` with "nick":"${ana.nick}", "resumed":true and the same session`,
        got: welcome
      })
      last = { ...client, nick: ana.nick, session: ana.session }
      const again = yield* client.ask(keyed(room, "hola", "k1"), "SESSION-2")
      yield* t.judge("SESSION-2", again.seq === first.seq && again.duplicate === true, {
        sent: "a key of the connection before",
        expected: `\`sent\` with "seq":${first.seq} and "duplicate":true: it is the same person`,
        got: again
      })
      yield* how === "FIN" ? client.end : client.reset
    }
  })
}

scenario("the nick may be spelt otherwise", ["SESSION-2"], { connections: 2 }, function* (t) {
  const ana = yield* claimant(t)
  yield* ana.reset
  const client = yield* t.connection("ana (2)")
  const welcome = yield* client.ask(
    { type: "login", nick: ana.nick.toUpperCase(), session: ana.session, resume: true },
    "SESSION-2"
  )
  yield* t.judge("SESSION-2", welcome.nick === ana.nick && welcome.resumed === true, {
    expected: `\`welcome\` with "nick":"${ana.nick}" and "resumed":true`,
    got: welcome
  })
})

scenario("a takeover ends the connection before, and waits for what it has done", ["SESSION-3"], function* (t) {
  const [leo, ana] = [yield* t.person("leo"), yield* claimant(t)]
  const room = yield* t.room(leo, ana)
  const texts = counted(Math.min(60, limits.burst - 20))
  yield* posts(ana, room, texts)
  const second = yield* goesOn(t, ana)
  // Whatever the first connection was still to bring about stands in the log by now.
  const { head } = yield* second.join(room)
  const { before } = yield* ana.rest({ id: "SESSION-3" })
  const last = before.at(-1)
  yield* t.judge("SESSION-3", last?.type === "bye" && last.object["code"] === "replaced", {
    sent: "login with the session on another connection, while the first is open and talking",
    expected: '`bye` with "code":"replaced" on the first, as its last object',
    got: last?.line ?? "nothing"
  })
  const acknowledged = before.filter(({ type }) => type === "sent").length
  yield* t.judge("SESSION-3", acknowledged <= head, {
    expected: `no more than the ${head} entries that the log had at the takeover to be acknowledged`,
    got: acknowledged
  })
  yield* second.send(room, "it's me")
  const seen = (yield* leo.messages(room)).map(({ text }) => text)
  const expected = [...texts.slice(0, head), "it's me"]
  yield* t.judge("SESSION-3", seen.join() === expected.join(), {
    sent: `${texts.length} entries on the first connection, and a login with its session on another`,
    expected: `the ${head} entries that were in the log when the new connection looked, and nothing of the old one after them`,
    got: seen
  })
})

scenario("a takeover of a connection that says nothing any more ends it, too", ["SESSION-3"], function* (t) {
  const ana = yield* claimant(t)
  const room = yield* t.room(ana)
  yield* ana.fallSilent
  const second = yield* goesOn(t, ana)
  yield* ana.goodbye("replaced", { id: "SESSION-3" })
  yield* ana.line(JSON.stringify({ type: "send", id: 99, room, text: "a ghost" }))
  yield* second.join(room)
  const seen = yield* second.messages(room)
  yield* t.judge("SESSION-3", seen.length === 0, {
    sent: "a `send` on the connection that was replaced",
    expected: "no entry",
    got: seen
  })
})

for (const how of ["FIN", "RST", "silence"] as const) {
  scenario(`who has lost the connection by ${how} is still there`, ["SESSION-4", "SESSION-5"], function* (t) {
    const leo = yield* t.person("leo")
    const ana = yield* claimant(t)
    const room = yield* t.room(leo, ana)
    if (how === "FIN") yield* ana.end
    if (how === "RST") yield* ana.reset
    if (how === "silence") {
      yield* ana.fallSilent
      yield* leo.whileAlive(ana.goodbye("idle", { seconds: 3 * t.heartbeat, id: "SESSION-4" }))
    }
    // FIN is answered by FIN: then the server has noticed.
    if (how === "FIN") yield* ana.ended({ id: "SESSION-4" })
    const stranger = yield* t.connection("stranger")
    yield* stranger.refused({ type: "login", nick: ana.nick }, "nick-taken", { id: "SESSION-4", field: "nick" })
    const members = yield* leo.members(room)
    yield* t.judge("SESSION-4", members.includes(ana.nick), {
      sent: `ana's connection ended by ${how}, without \`bye\`; then members`,
      expected: `${ana.nick} among the members, for limits.grace seconds`,
      got: members
    })
    const before = yield* leo.memberEvents(room)
    yield* t.judge("SESSION-4", before.length === 0, { expected: "no `member` event", got: before })
    const back = yield* goesOn(t, ana)
    const joined = yield* back.join(room)
    yield* t.judge("SESSION-5", joined.members.filter((nick) => nick === ana.nick).length === 1, {
      expected: `${ana.nick} once among the members`,
      got: joined.members
    })
    const eva = yield* t.person("eva")
    yield* eva.join(room)
    const events = yield* leo.memberEvents(room)
    yield* t.judge("SESSION-5", events.length === 1 && events[0]!.nick === eva.nick, {
      sent: `${ana.nick} comes back and joins, then ${eva.nick} joins`,
      expected: `one \`member\` event: ${eva.nick} joined`,
      got: events
    })
    yield* back.send(room, "still here")
    const seen = yield* leo.messages(room)
    yield* t.judge("SESSION-5", seen.length === 1, { expected: "one `message`", got: seen })
  })
}

scenario(
  "who is a member still gets into a room that is full",
  ["JOIN-7", "SESSION-5"],
  { connections: Math.min(limits.members, 48) + 3 },
  function* (t) {
    if (limits.members > 48) yield* t.notRun(`a room has ${limits.members} members: too many to fill it`)
    const ana = yield* claimant(t)
    const room = yield* t.room(ana)
    const others = yield* t.people(limits.members - 1)
    for (const other of others) yield* other.join(room)
    yield* ana.reset
    const late = yield* t.person("late")
    yield* late.refused({ type: "join", room }, "limit-reached", { id: "JOIN-7" })
    const back = yield* goesOn(t, ana)
    const joined = yield* back.ask(
      { type: "join", room },
      "JOIN-7",
      "`joined`, for who is a member of the room already"
    )
    yield* t.judge("JOIN-7", joined.members.includes(ana.nick), {
      expected: `${ana.nick} among the members`,
      got: joined
    })
    const events = yield* others[0]!.memberEvents(room)
    const about = events.filter(({ nick }) => nick === ana.nick)
    yield* t.judge("SESSION-5", about.length === 0, { expected: `no \`member\` event of ${ana.nick}`, got: about })
  }
)

/** Judges that a clock of the grace has run for as long as it has to, and not much longer. */
const judgeGrace = (t: Scenario, from: number, { arrived }: Place, since: string) => {
  const seconds = (arrived - from) / 1_000
  const latest = t.limits.grace + 2 * t.heartbeat + suite.patience() / 1_000
  return t.judge("SESSION-6", seconds >= t.limits.grace - 0.05 && seconds <= latest, {
    expected: `\`member\` with the change \`left\` ${t.limits.grace} s after ${since}, and at most two heartbeats later`,
    got: `after ${seconds.toFixed(1)} s`
  })
}

const afterGrace = (t: Scenario) => ({ id: "SESSION-6", seconds: t.limits.grace + 2 * t.heartbeat }) as const

/** Waits for a heartbeat of the target, on a connection that says nothing until then: so it is the target's clock by which time passes. */
const aHeartbeat = Effect.fnUntraced(function* (t: Scenario) {
  const clock = yield* t.connection("clock")
  yield* clock.fallSilent
  yield* clock.next("ping", { id: "HEART-1", seconds: 2 * t.heartbeat })
}, Effect.scoped)

/** Lets a part of the grace pass, where the target's clock is fine enough for that. */
const partOfTheGrace = (t: Scenario) => (3 * t.heartbeat <= 2 * t.limits.grace ? aHeartbeat(t) : Effect.void)

const tooLongGrace = (t: Scenario) =>
  t.limits.grace > 120 ? t.notRun(`limits.grace is ${t.limits.grace} s: too long to wait for`) : Effect.void

scenario("who doesn't come back in time is gone", ["SESSION-6", "SESSION-7"], function* (t) {
  yield* tooLongGrace(t)
  const leo = yield* t.person("leo")
  const ana = yield* claimant(t)
  const room = yield* t.room(leo, ana)
  yield* ana.reset
  yield* leo.whileAlive(partOfTheGrace(t))
  // They come back once, so that the time begins anew.
  const back = yield* goesOn(t, ana)
  yield* back.join(room)
  const from = yield* t.now
  yield* back.reset
  const left = yield* leo.whileAlive(
    leo.find("member", ({ change, nick }) => nick === ana.nick && change === "left", {
      ...afterGrace(t),
      expected: `the event \`member\`: ${ana.nick} has left`
    })
  )
  yield* judgeGrace(t, from, left, "the end of the connection")
  const late = yield* t.connection("ana (2)")
  yield* late.refused({ type: "login", nick: ana.nick, session: ana.session }, "session-expired", {
    field: "session",
    id: "SESSION-7"
  })
  const welcome = yield* late.ask({ type: "login", nick: ana.nick }, "SESSION-6", "`welcome`: the nick is free")
  yield* t.judge("SESSION-6", welcome.nick === ana.nick, { expected: "the nick is free", got: welcome })
  const members = yield* leo.members(room)
  yield* t.judge("SESSION-6", !members.includes(ana.nick), { expected: "only leo", got: members })
})

scenario("of who comes back, only the rooms that are joined again stay", ["SESSION-6"], function* (t) {
  yield* tooLongGrace(t)
  const leo = yield* t.person("leo")
  const ana = yield* claimant(t)
  const [kept, given] = [yield* t.room(leo, ana), yield* t.room(leo, ana)]
  yield* ana.reset
  yield* leo.whileAlive(partOfTheGrace(t))
  const back = yield* goesOn(t, ana)
  const from = yield* t.now
  yield* back.join(kept)
  yield* back.refused({ type: "send", room: given, text: "hola" }, "not-joined", { id: "SESSION-6" })
  const left = yield* back.whileAlive(
    leo.whileAlive(
      leo.find("member", ({ change }) => change === "left", {
        ...afterGrace(t),
        expected: `the event \`member\`: ${ana.nick} has left ${given}`
      })
    )
  )
  yield* t.judge("SESSION-6", left.room === given && left.nick === ana.nick, {
    sent: `ana comes back, and joins ${kept} but not ${given}`,
    expected: `${ana.nick} has left ${given}`,
    got: left
  })
  yield* judgeGrace(t, from, left, "`welcome`")
  const members = yield* leo.members(kept)
  yield* t.judge("SESSION-6", members.includes(ana.nick), { expected: `${ana.nick} in ${kept}`, got: members })
  const events = yield* leo.memberEvents(kept)
  yield* t.judge("SESSION-6", events.length === 0, { expected: `no \`member\` event of ${kept}`, got: events })
})

scenario("a session that isn't one's own opens nothing, and disturbs nobody", ["SESSION-7"], function* (t) {
  const [ana, leo] = [yield* claimant(t), yield* claimant(t, "leo")]
  const room = yield* t.room(ana, leo)
  const stranger = yield* t.connection("stranger")
  const wrong: ReadonlyArray<readonly [string, string]> = [
    [ana.nick, leo.session],
    [t.nick("eva"), ana.session],
    [ana.nick, "nobody-has-this-secret"],
    [ana.nick, ""],
    [ana.nick, `${ana.session}x`],
    [ana.nick, ana.session.slice(0, -1)]
  ]
  for (const [nick, session] of wrong) {
    yield* stranger.refused({ type: "login", nick, session }, "session-expired", { field: "session" })
  }
  yield* ana.send(room, "still here")
  const seen = yield* leo.messages(room)
  yield* t.judge("SESSION-7", seen.length === 1, { expected: "ana's message: she is as she was", got: seen })
  const welcome = yield* stranger.ask({ type: "login", nick: t.nick("eva") }, "SESSION-7")
  yield* t.judge("SESSION-7", welcome.resumed !== true, { expected: "a login without a session", got: welcome })
})

scenario("after goodbye nothing is kept", ["SESSION-8"], function* (t) {
  const leo = yield* t.person("leo")
  for (const name of ["ana", "eva"]) {
    const person = yield* claimant(t, name)
    const room = yield* t.room(leo, person)
    let last: Claimant = person
    // Also when the session was continued before.
    if (name === "eva") {
      yield* person.reset
      last = yield* goesOn(t, person)
      yield* last.join(room)
    }
    yield* last.ask({ type: "bye" })
    const again = yield* t.connection(`${name}, after goodbye`)
    yield* again.refused({ type: "login", nick: person.nick, session: person.session }, "session-expired", {
      id: "SESSION-8",
      field: "session"
    })
    const welcome = yield* again.ask({ type: "login", nick: person.nick }, "SESSION-8", "`welcome`: the nick is free")
    yield* t.judge("SESSION-8", welcome.resumed !== true, { expected: "a login as somebody else", got: welcome })
    const events = yield* leo.memberEvents(room)
    yield* t.judge("SESSION-8", events.length === 1 && events[0]!.change === "left", {
      sent: `${person.nick} says \`bye\``,
      expected: `one \`member\` event: ${person.nick} has left`,
      got: events
    })
    yield* again.ask({ type: "bye" })
  }
})

scenario(
  "sessions outlive the server, and what has ended stays ended",
  ["SESSION-9"],
  { needs: "data" },
  function* (t) {
    yield* tooLongGrace(t)
    const server = yield* t.ownServer
    const [ana, leo, eva] = [yield* claimant(t), yield* claimant(t, "leo"), yield* claimant(t, "eva")]
    yield* leo.ask({ type: "bye" })
    // Asked to stop, and not killed: that is tried with keys.
    yield* server.stop
    yield* server.exit
    const ended = yield* t.now
    yield* t.ownServer
    const began = yield* t.now
    const stranger = yield* t.connection("stranger")
    yield* stranger.refused({ type: "login", nick: leo.nick, session: leo.session }, "session-expired", {
      id: "SESSION-9"
    })
    yield* stranger.refused({ type: "login", nick: eva.nick }, "nick-taken", { id: "SESSION-9" })
    const back = yield* t.connection("ana (2)")
    const welcome = yield* back.ask({ type: "login", nick: ana.nick, session: ana.session }, "SESSION-9")
    yield* t.judge("SESSION-9", welcome.resumed === true, { expected: '`welcome` with "resumed":true', got: welcome })
    // Eva doesn't come back: from the start on, her nick is taken for the grace and no longer.
    const latest = began + 1_000 * (t.limits.grace + 2 * t.heartbeat) + suite.patience()
    const tryIt = Effect.gen(function* () {
      const client = yield* t.connection("newcomer")
      return yield* client.reply(yield* client.post({ type: "login", nick: eva.nick }), { id: "SESSION-9" })
    }).pipe(Effect.scoped)
    for (let reply = yield* tryIt; reply.type !== "welcome"; reply = yield* tryIt) {
      yield* t.judge("SESSION-9", (yield* t.now) < latest, {
        expected: `the nick of who doesn't come back to be free ${t.limits.grace} s after the start, and at most two heartbeats later`,
        got: reply
      })
      yield* back.whileAlive(aHeartbeat(t))
    }
    const seconds = ((yield* t.now) - ended) / 1_000
    yield* t.judge("SESSION-9", seconds >= t.limits.grace, {
      expected: `the nick of who doesn't come back to be taken for ${t.limits.grace} s from the start`,
      got: `it was free ${seconds.toFixed(1)} s after the end of the server before`
    })
  }
)

scenario("nobody else gets to see a session", ["SESSION-10"], { connections: 5 }, function* (t) {
  const [leo, ana] = [yield* t.person("leo"), yield* claimant(t)]
  const room = yield* t.room(leo, ana)
  yield* ana.ask(keyed(room, "hola", "k1"))
  const stranger = yield* t.connection("stranger")
  const refused = yield* stranger.refused(
    { type: "login", nick: ana.nick, session: "nobody-has-this-secret" },
    "session-expired"
  )
  yield* ana.reset
  const back = yield* goesOn(t, ana)
  yield* back.join(room)
  yield* back.ask({ type: "bye" })
  const seen = (yield* leo.fence).map(({ line }) => line)
  const rooms = yield* leo.ask({ type: "rooms" })
  const lines = [...seen, JSON.stringify(refused), JSON.stringify(rooms)]
  yield* t.judge("SESSION-10", lines.length > 2 && !lines.some((line) => line.includes(ana.session)), {
    sent: "somebody with a session comes, talks, goes, comes back and says goodbye",
    expected: "nothing of the session on any other connection",
    got: lines.filter((line) => line.includes(ana.session))
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Histories
// ---------------------------------------------------------------------------------------------------------------------

/** What a person does: talks into one of two rooms, or loses the connection, or just opens another. */
const deeds = fc.array(
  fc.record(
    {
      what: fc.oneof(
        { weight: 6, arbitrary: fc.constant("send" as const) },
        { weight: 1, arbitrary: fc.constant("wait" as const) },
        { weight: 2, arbitrary: fc.constantFrom("FIN" as const, "RST" as const, "takeover" as const) }
      ),
      room: fc.constantFrom(0, 1)
    },
    { noNullPrototype: true }
  ),
  { maxLength: 14 }
)

const mostBreaks = 2

const guarantees = ["KEY-2", "ORDER-1", "ORDER-2", "ORDER-3", "ORDER-4", "ORDER-5", "SEND-1", "REPLY-1"] as const

property(
  "whatever breaks, what people say is there once and in order",
  guarantees,
  fc.array(deeds, { minLength: 3, maxLength: 3 }),
  function* (t, drawn) {
    const keeper = watch(yield* t.person("keeper"))
    const rooms = [t.roomName(), t.roomName()]
    for (const room of rooms) yield* keeper.post({ type: "join", room })
    const past: Array<Lane> = []
    const lives = yield* Effect.forEach(
      drawn,
      Effect.fnUntraced(function* (acts, nth) {
        const person = yield* claimant(t, `p${nth}`)
        const life = { person: watch({ ...person, person: person.nick }), past: [] as Array<Lane> }
        const goOn = Effect.fnUntraced(function* (how: "FIN" | "RST" | "takeover") {
          const lane = yield* how === "takeover" ? life.person.abandon : life.person.breaks(how)
          past.push(lane)
          life.past.push(lane)
          const [first, ...more] = life.past
          life.person = yield* comeBack(t, [first!, ...more], person.session)
        })
        for (const room of rooms) yield* life.person.post({ type: "join", room })
        for (const [place, { room, what }] of acts.entries()) {
          if (what === "send") yield* life.person.post(keyed(rooms[room]!, `${person.who} ${place}`, `k${place}`))
          else if (what === "wait") yield* life.person.lane
          else if (life.past.length < mostBreaks) yield* goOn(what)
        }
        // However it went, each has lost the connection once with something on its way.
        yield* life.person.post(keyed(rooms[0]!, `${person.who} last`, "last"))
        yield* goOn("RST")
        return life
      }),
      { concurrency: "unbounded" }
    )
    yield* judgeLanes(t, [keeper, ...lives.map(({ person }): Watched => person)], guarantees, past)
  },
  { connections: 1 + 3 * (mostBreaks + 2), isRacy: true }
)
