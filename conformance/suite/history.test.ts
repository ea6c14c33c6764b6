/** spec/history.md: a log that outlives its server, and can be read backwards. */
import type { History, HistoryItem } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { type Ask, type Client, isReply, type Person } from "../src/client.ts"
import { property } from "../src/property.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"
import type { Arrived } from "../src/wire/connection.ts"
import { readUp } from "./read-up.ts"

const { limits } = suite

type Cursors = Omit<Extract<Ask, { readonly type: "history" }>, "type" | "room">

const page = (client: Client, room: string, cursors: Cursors = {}, id: "HISTORY-1" | "HISTORY-9" = "HISTORY-1") =>
  client.ask({ type: "history", room, ...cursors }, id)

/** Posts so many sends before it waits for their replies, and gives the entries as their sender saw them. */
const say = Effect.fnUntraced(function* (person: Person, room: string, texts: ReadonlyArray<string>) {
  for (const text of texts) yield* person.post({ type: "send", room, text })
  return yield* person.messages(room)
})

const counted = (count: number, text = "entry"): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${text} ${index + 1}`)

const seqsOf = ({ entries }: Pick<History, "entries">): ReadonlyArray<number> => entries.map(({ seq }) => seq)

const between = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

type MessageItem = Extract<HistoryItem, { readonly type: "message" }>

/** The messages of a page: nobody says anything else here. */
const messagesIn = (entries: ReadonlyArray<HistoryItem>): ReadonlyArray<MessageItem> =>
  entries.filter((entry) => entry.type === "message")

// ---------------------------------------------------------------------------------------------------------------------
// Pages
// ---------------------------------------------------------------------------------------------------------------------

/** What a page of a log without gaps has to be, when every entry fits the line. */
const pageOf = ({ after, before, limit = limits.page }: Cursors, first: number, head: number) => {
  const most = Math.min(limit, limits.page)
  if (after !== undefined) {
    const from = Math.max(after + 1, first)
    const to = Math.min(head, from + most - 1)
    return { seqs: between(from, to), more: to < head && from <= head }
  }
  const to = Math.min(before === undefined ? head : before - 1, head)
  const from = Math.max(first, to - most + 1)
  return { seqs: between(from, to), more: from > first && to >= first }
}

const judgePage = Effect.fnUntraced(function* (t: Scenario, request: object, got: History, cursors: Cursors) {
  const { more, seqs } = pageOf(cursors, got.first, got.head)
  const anchored = cursors.after === undefined ? "HISTORY-2" : "HISTORY-3"
  const found = seqsOf(got)
  const evidence = {
    sent: request,
    expected: `the entries ${seqs.join(", ") || "none"}`,
    got: found.join(", ") || "none"
  }
  const ascending = found.every((seq, index) => index === 0 || seq === found[index - 1]! + 1)
  yield* t.judge("HISTORY-1", ascending, { ...evidence, expected: "a contiguous ascending part of the log" })
  const touches = cursors.after === undefined ? found.at(-1) === seqs.at(-1) : found[0] === seqs[0]
  yield* t.judge(anchored, touches || (found.length === 0) !== (seqs.length === 0), evidence)
  yield* t.judge("HISTORY-4", found.length === seqs.length, evidence)
  yield* t.judge("HISTORY-5", (got.more ?? false) === more, {
    ...evidence,
    expected: more
      ? '"more":true, since entries follow in that direction'
      : 'no "more": nothing follows in that direction',
    got
  })
})

const someSeq = fc.oneof(fc.integer({ min: 1, max: 14 }), fc.constantFrom(1, 2 ** 31, Number.MAX_SAFE_INTEGER))
const someLimit = { limit: fc.oneof(fc.integer({ min: 1, max: 14 }), fc.constantFrom(Number.MAX_SAFE_INTEGER)) }

const cursors: fc.Arbitrary<Cursors> = fc.oneof(
  fc.record(someLimit, { requiredKeys: [] }),
  fc.record({ before: someSeq, ...someLimit }, { requiredKeys: ["before"] }),
  fc.record({ after: someSeq.map((seq) => seq - 1), ...someLimit }, { requiredKeys: ["after"] })
)

property(
  "whatever page is asked for, it is the part of the log that touches its anchor",
  ["HISTORY-1", "HISTORY-2", "HISTORY-3", "HISTORY-4", "HISTORY-5"],
  fc.record({ entries: fc.nat({ max: 12 }), asked: fc.array(cursors, { minLength: 1, maxLength: 12 }) }),
  function* (t, { asked, entries }) {
    const ana = yield* t.person()
    const room = yield* t.room(ana)
    yield* say(ana, room, counted(entries))
    // Whatever else is drawn, each direction is asked for once.
    for (const one of [{}, { after: 0 }, ...asked]) {
      const got = yield* page(ana, room, one)
      yield* t.judge("HISTORY-1", got.head === entries, { sent: one, expected: `"head":${entries}`, got })
      yield* judgePage(t, { type: "history", room, ...one }, got, one)
    }
  },
  { connections: 1 }
)

scenario("a page says of which log it is", ["HISTORY-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const joined = yield* ana.join(room)
  const empty = yield* page(ana, room)
  yield* t.judge("HISTORY-1", empty.epoch === joined.epoch && empty.head === 0 && empty.entries.length === 0, {
    sent: "history of a room where nothing was ever said",
    expected: `"epoch":"${joined.epoch}","first":1,"head":0,"entries":[]`,
    got: empty
  })
  yield* say(ana, room, counted(3))
  const back = yield* leo.join(room)
  const full = yield* page(leo, room)
  const same = full.epoch === back.epoch && full.first === back.first && full.head === back.head
  yield* t.judge("HISTORY-1", same && full.room === room, {
    expected: `the epoch, first and head of \`joined\`: ${back.epoch}, ${back.first}, ${back.head}`,
    got: full
  })
})

scenario("an entry of a page is as its message was", ["HISTORY-8", "HISTORY-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* say(leo, room, ["hola", 'quotes " and \\, ñ, 漢, 😀', "two\nlines\tand a tab"])
  yield* ana.send(room, "¡hola!")
  const seen = yield* ana.messages(room)
  const got = yield* page(ana, room)
  yield* t.judge("HISTORY-1", got.entries.length === seen.length, { expected: `${seen.length} entries`, got })
  for (const [index, { at, from, seq, text }] of seen.entries()) {
    const entry = messagesIn(got.entries)[index]
    const kept = entry?.seq === seq && entry.from === from && entry.text === text && entry.at === at
    const item = { type: "message", seq, from, text, at }
    yield* t.judge("HISTORY-8", kept, { expected: JSON.stringify(item), got: entry })
  }
})

/** A page, and the bytes of its line. */
const weighedPage = Effect.fnUntraced(function* (t: Scenario, client: Client, room: string, cursors: Cursors) {
  yield* client.post({ type: "history", room, ...cursors })
  const { line, message } = yield* client.take(isReply, "the reply `history`", { id: "HISTORY-1" })
  if (message?.type !== "history") return yield* t.broken({ expected: "the reply `history`", got: line }, client)
  return { bytes: Buffer.byteLength(line) + 1, more: message.more ?? false, seqs: seqsOf(message) }
})

scenario("a page holds as many entries as the line allows", ["HISTORY-4", "HISTORY-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  // A quotation mark takes two bytes in JSON, so that not even the smallest page of these fits the line.
  const text = '"'.repeat(t.limits.text)
  const count = Math.ceil(t.limits.line / (2 * t.limits.text)) + 2
  if (count > Math.min(t.limits.page, t.limits.burst)) yield* t.notRun("limits.page is reached before the line is full")
  yield* say(
    ana,
    room,
    Array.from({ length: count }, () => text)
  )
  for (const direction of ["up", "down"] as const) {
    const seen: Array<number> = []
    while (seen.length < count) {
      const last = seen.at(-1)
      const anchor = direction === "up" ? { after: last ?? 0 } : last === undefined ? {} : { before: last }
      const sent = { type: "history", room, ...anchor }
      const { bytes, more, seqs } = yield* weighedPage(t, leo, room, anchor)
      const found = direction === "up" ? seqs : seqs.toReversed()
      const next = direction === "up" ? (last ?? 0) + 1 : (last ?? count + 1) - 1
      const got = `${bytes} bytes with the entries ${seqs.join(", ") || "none"}${more ? ', and "more":true' : ""}`
      yield* t.judge("HISTORY-4", found[0] === next, { sent, expected: `a page with the entry ${next}`, got })
      seen.push(...found)
      const isLast = seen.length === count
      yield* t.judge("HISTORY-5", more !== isLast, { sent, expected: isLast ? 'no "more"' : '"more":true', got })
      // Each entry takes as many bytes as the next one would.
      const full = bytes + bytes / found.length > t.limits.line
      yield* t.judge("HISTORY-4", isLast || full, {
        sent,
        expected: `as many entries as fit limits.line, ${t.limits.line} bytes`,
        got
      })
    }
  }
})

scenario("a page that can't be asked for is refused", ["HISTORY-6"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  yield* say(ana, room, counted(3))
  const wrong: ReadonlyArray<readonly [object, string | undefined]> = [
    [{ before: 3, after: 1 }, undefined],
    [{ before: 0 }, "before"],
    [{ before: -1 }, "before"],
    [{ after: -1 }, "after"],
    [{ limit: 0 }, "limit"],
    [{ limit: -5 }, "limit"],
    [{ before: "3" }, "before"],
    [{ after: 1.5 }, "after"],
    [{ after: 2 ** 53 }, "after"]
  ]
  for (const [cursors, field] of wrong) {
    yield* ana.refused({ type: "history", room, ...cursors }, "bad-request", field === undefined ? {} : { field })
  }
  yield* ana.ping
})

scenario("nobody reads a room that they are not in", ["HISTORY-7"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana)
  yield* say(ana, room, ["only for members"])
  yield* leo.refused({ type: "history", room }, "not-joined")
  yield* leo.refused({ type: "history", room: t.roomName() }, "not-joined")
  yield* leo.join(room)
  const got = yield* page(leo, room)
  yield* t.judge("HISTORY-7", got.entries.length === 1, { expected: "a member may read the entry", got })
  yield* leo.leave(room)
  yield* leo.refused({ type: "history", room, after: 0 }, "not-joined")
})

scenario("what was sent is in the history at once", ["HISTORY-9"], { connections: 3 }, function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana, leo)
  for (let count = 1; count <= 10; count++) {
    // In one go: the page is asked for before the entry is in the log.
    yield* ana.post({ type: "send", room, text: `entry ${count}` })
    const asked = yield* ana.post({ type: "history", room, limit: 1 })
    const own = yield* ana.take(({ object }) => object["re"] === asked, "`history`, asked for right after a `send`", {
      id: "HISTORY-9"
    })
    yield* t.judge("HISTORY-9", own.object["head"] === count, {
      sent: "send, and history without waiting for `sent`",
      expected: `"head":${count}`,
      got: own.line
    })
    yield* leo.fence
    const others = yield* page(leo, room, { limit: 1 }, "HISTORY-9")
    yield* t.judge("HISTORY-9", others.head === count && others.entries[0]?.seq === count, {
      sent: "sync, asked for after somebody else's `sent`; then history",
      expected: `the entry ${count}, and "head":${count}`,
      got: others
    })
    yield* eva.join(room)
    const newcomers = yield* page(eva, room, { limit: 1 }, "HISTORY-9")
    yield* t.judge("HISTORY-9", newcomers.head === count, {
      sent: "join, asked for after somebody else's `sent`; then history",
      expected: `"head":${count}`,
      got: newcomers
    })
    yield* eva.leave(room)
  }
})

scenario(
  "pages and live entries meet without a gap",
  ["HISTORY-3", "HISTORY-8", "HISTORY-9"],
  { connections: 3 },
  function* (t) {
    const [ana, leo, eva] = yield* t.people(3)
    const room = yield* t.room(ana, leo)
    const texts = counted(Math.min(60, t.limits.burst - 10))
    yield* Effect.forEach([ana, leo], (person) => post(person, room, texts), { concurrency: "unbounded" })
    const { head } = yield* eva.join(room)
    const pages = yield* readUp(eva, room, 0, 10)
    yield* Effect.all([ana.fence, leo.fence], { concurrency: "unbounded" })
    const live = yield* eva.messages(room)
    const log = new Map<number, string>()
    for (const { from, seq, text } of [...messagesIn(pages), ...live]) {
      const entry = `${from}: ${text}`
      yield* t.judge("HISTORY-8", (log.get(seq) ?? entry) === entry, {
        expected: `the entry ${seq} as it was seen before: ${log.get(seq)}`,
        got: entry
      })
      log.set(seq, entry)
    }
    const missing = between(pages[0]?.seq ?? 1, 2 * texts.length).filter((seq) => !log.has(seq))
    yield* t.judge("HISTORY-9", missing.length === 0, {
      sent: `join while two people talk (head ${head}), then history page by page`,
      expected: `every entry up to ${2 * texts.length}, from the pages or live`,
      got: `${missing.join(", ")} missing`
    })
    const ascending = pages.every(({ seq }, index) => index === 0 || seq === pages[index - 1]!.seq + 1)
    yield* t.judge("HISTORY-3", ascending, {
      expected: "pages that go on where the last ended",
      got: seqsOf({ entries: pages })
    })
  }
)

const post = (person: Person, room: string, texts: ReadonlyArray<string>) =>
  Effect.forEach(texts, (text) => person.post({ type: "send", room, text }), { discard: true })

// ---------------------------------------------------------------------------------------------------------------------
// What stays
// ---------------------------------------------------------------------------------------------------------------------

/** What an object shows of a log: an entry, or at least how far the log goes. */
const shown = ({ object, type }: Arrived): ReadonlyArray<Shown> => {
  if (type !== "message" && type !== "sent") return []
  const { at, from, seq, text } = object
  return [{ seq: Number(seq), at, ...(type === "sent" ? {} : { from, text }) }]
}

interface Shown {
  readonly seq: number
  readonly at: unknown
  readonly from?: unknown
  readonly text?: unknown
}

scenario("what anybody has seen survives kill -9", ["DURABLE-1", "DURABLE-2"], { needs: "data" }, function* (t) {
  const first = yield* t.ownServer
  const [ana, leo, eva] = yield* t.people(3)
  const room = t.roomName()
  const before = yield* ana.join(room)
  yield* leo.join(room)
  yield* eva.join(room)
  const texts = counted(Math.min(60, limits.burst - 10))
  yield* Effect.forEach([ana, leo], (person) => post(person, room, texts), { concurrency: "unbounded" })
  const half = ({ object }: Arrived) => Number(object["seq"]) >= texts.length
  yield* eva.take(half, `the entry ${texts.length}`, { id: "SEND-2" })
  yield* first.kill
  yield* first.exit
  const seen: Array<Shown> = []
  for (const person of [ana, leo, eva]) seen.push(...(yield* person.rest()).before.flatMap(shown))
  yield* t.ownServer
  const pia = yield* t.person("pia")
  const after = yield* pia.join(room)
  const highest = Math.max(...seen.map(({ seq }) => seq))
  const sent = `entries were shown up to ${highest}; then the server was killed and started again`
  yield* t.judge("DURABLE-2", after.epoch === before.epoch, { sent, expected: `"epoch":"${before.epoch}"`, got: after })
  const log = new Map(messagesIn(yield* readUp(pia, room, 0)).map((entry) => [entry.seq, entry]))
  for (const one of seen) {
    const entry = log.get(one.seq)
    const told = one.from === undefined || (entry?.from === one.from && entry.text === one.text)
    yield* t.judge("DURABLE-1", entry?.at === one.at && told, {
      sent: "history, after the server was killed and started again",
      expected: `the entry ${one.seq} as it was shown: ${JSON.stringify(one)}`,
      got: entry ?? `no entry ${one.seq}`
    })
  }
  yield* t.judge("DURABLE-2", after.head >= highest, { sent, expected: `a head of at least ${highest}`, got: after })
  const next = yield* pia.send(room, "one more")
  yield* t.judge("DURABLE-2", next.seq === after.head + 1, { expected: `"seq":${after.head + 1}`, got: next })
})

scenario("a room keeps its log when nobody is in it", ["DURABLE-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = t.roomName()
  const { epoch } = yield* ana.join(room)
  const sent = yield* say(ana, room, counted(3))
  yield* ana.leave(room)
  yield* leo.refused({ type: "join", room, create: false }, "no-such-room", { id: "DURABLE-3" })
  const back = yield* leo.join(room)
  yield* t.judge("DURABLE-3", back.epoch === epoch && back.head === 3, {
    sent: "three entries; the last member leaves; somebody joins",
    expected: `"epoch":"${epoch}","head":3`,
    got: back
  })
  const { entries } = yield* page(leo, room)
  yield* t.judge(
    "DURABLE-3",
    messagesIn(entries)
      .map(({ text }) => text)
      .join() === sent.map(({ text }) => text).join(),
    {
      expected: "the entries that were sent",
      got: entries
    }
  )
  const next = yield* leo.send(room, "one more")
  yield* t.judge("DURABLE-3", next.seq === 4, { expected: '"seq":4', got: next })
})

const writers = 4

/** Has a few people say so many things in a room, and gives the log's epoch and head. */
const fill = Effect.fnUntraced(function* (t: Scenario, room: string, count: number) {
  const people = yield* t.people(writers)
  for (const person of people) yield* person.join(room)
  const share = Math.ceil(count / writers)
  yield* Effect.forEach(people, (person) => Effect.andThen(post(person, room, counted(share)), person.fence), {
    concurrency: "unbounded",
    discard: true
  })
  return { keeper: people[0]!, head: share * writers }
})

const tooLong = (entries: number) =>
  entries / writers - limits.burst > 30 * limits.rate
    ? `${entries} entries take too long at the announced limits.rate`
    : undefined

scenario(
  "who comes back in time gets all that they missed",
  ["DURABLE-5"],
  { connections: writers + 1 },
  function* (t) {
    const { replay } = t.limits
    const reason = tooLong(replay + 1)
    if (reason !== undefined) yield* t.notRun(reason)
    const room = t.roomName()
    const { head } = yield* fill(t, room, replay + 1)
    const leo = yield* t.person("reader")
    const { epoch, first } = yield* leo.join(room)
    yield* leo.leave(room)
    for (const gap of [0, 1, 2, replay - 1, replay].filter((each) => each <= head - first + 1)) {
      const after = head - gap
      const joined = yield* leo.join(room, { after, epoch })
      yield* t.judge("DURABLE-5", joined.resumed === true, {
        sent: `join with "after":${after}, a gap of ${gap}, where limits.replay is ${replay}`,
        expected: '"resumed":true',
        got: joined
      })
      const seqs = (yield* leo.messages(room)).map(({ seq }) => seq)
      yield* t.judge("DURABLE-5", seqs.join() === between(after + 1, head).join(), {
        sent: `join with "after":${after}`,
        expected: `the entries ${after + 1} to ${head}`,
        got: seqs.join(", ")
      })
      yield* leo.leave(room)
    }
  }
)

scenario("the replay is long enough to be of use", ["DURABLE-6"], function* (t) {
  const { replay } = t.limits
  yield* t.judge("DURABLE-6", replay >= 100, { expected: "limits.replay of at least 100", got: t.hello.limits })
})

// What four people may say at once.
const many = Math.min(writers * limits.burst, 400)

scenario("what a server gives up is the oldest", ["DURABLE-4"], { connections: writers + 1 }, function* (t) {
  const room = t.roomName()
  const leo = yield* t.person("reader")
  const before = yield* leo.join(room)
  const { head: filled, keeper } = yield* fill(t, room, many)
  // A server may give up what is old only when something new comes.
  const { seq: head } = yield* keeper.send(room, "one more")
  yield* t.judge("DURABLE-4", head === filled + 1, { expected: `"seq":${filled + 1}`, got: head })
  const got = yield* page(leo, room, { after: 0 })
  yield* t.judge("DURABLE-4", got.epoch === before.epoch && got.head === head && got.first >= before.first, {
    sent: `${head} entries, then history from the beginning`,
    expected: `"epoch":"${before.epoch}","head":${head}, and a first that has not fallen`,
    got: { ...got, entries: `${got.entries.length} entries` }
  })
  if (got.first === 1)
    yield* t.notRun(`the server has given up none of ${head} entries: it has to keep fewer to be judged`)
  const held = yield* readUp(leo, room, 0)
  yield* t.judge("DURABLE-4", seqsOf({ entries: held }).join() === between(held[0]?.seq ?? 0, head).join(), {
    sent: "history, page by page",
    expected: `every entry from first to ${head}`,
    got: seqsOf({ entries: held })
  })
  yield* t.judge("DURABLE-4", (held[0]?.seq ?? 0) >= got.first, {
    expected: `no entry below first, which was ${got.first}`,
    got: held[0]
  })
  const lost = yield* page(leo, room, { before: got.first })
  yield* t.judge("DURABLE-4", lost.entries.length === 0 && lost.more !== true, {
    sent: `history with "before":${got.first}, which is first`,
    expected: "no entries, and no more",
    got: lost
  })
})
