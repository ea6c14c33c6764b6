/** spec/rich.md: edits, deletions, reactions, answers, mentions, typing, marks, topics; and that all of it converges. */
import {
  type EntryEvent,
  emptyView,
  type History,
  type HistoryItem,
  isEntryEvent,
  type Joined,
  messagesOf,
  richLine,
  type Sent,
  see,
  topicOf,
  type View
} from "@tertulia/protocol"
import { mentions as mentionVectors } from "@tertulia/protocol/vectors"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Ask, Client, Person } from "../src/client.ts"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import type { Lane } from "../src/history.ts"
import { guarantees, judgeLanes, watch } from "../src/lane.ts"
import { property } from "../src/property.ts"
import { type Scenario, scenario } from "../src/scenario.ts"
import * as suite from "../src/suite.ts"
import type { Arrived } from "../src/wire/connection.ts"
import { further, registered } from "./registered.ts"

const { limits } = suite

// ---------------------------------------------------------------------------------------------------------------------
// Asking and looking
// ---------------------------------------------------------------------------------------------------------------------

type Change = Extract<Ask, { readonly type: "edit" | "delete" | "react" | "topic" }>

const edit = (room: string, target: number, text: string) => ({ type: "edit", room, target, text }) as const
const erase = (room: string, target: number) => ({ type: "delete", room, target }) as const
const react = (room: string, target: number, reaction: string, on = true) =>
  ({ type: "react", room, target, reaction, ...(on ? {} : { on }) }) as const
const topic = (room: string, text: string) => ({ type: "topic", room, text }) as const

/** The whole log, as far as one page goes. */
const pageOf = (client: Client, room: string, id: RequirementId = "HISTORY-1") =>
  client.ask({ type: "history", room, after: 0 }, id)

const itemAt = ({ entries }: Pick<History, "entries">, seq: number): HistoryItem | undefined =>
  entries.find((entry) => entry.seq === seq)

/** An object of which only these fields are looked at; a field that is `undefined` is to be absent. */
const has = (found: object | undefined, fields: Readonly<Record<string, unknown>>): boolean =>
  found !== undefined &&
  Object.entries(fields).every(([field, value]) => JSON.stringify(Reflect.get(found, field)) === JSON.stringify(value))

/** The entries that came to a connection before a fence. */
const entriesOf = (items: ReadonlyArray<Arrived>, room: string): ReadonlyArray<EntryEvent> =>
  items.flatMap(({ message }) =>
    message !== undefined && isEntryEvent(message) && message.room === room ? [message] : []
  )

/** Judges that an entry is shown with these fields: in a page, and in a replay to somebody who comes anew. */
const judgeShown = Effect.fnUntraced(function* (
  t: Scenario,
  client: Client,
  room: string,
  seq: number,
  fields: Readonly<Record<string, unknown>>,
  ids: ReadonlyArray<RequirementId>,
  sent: string
) {
  const page = itemAt(yield* pageOf(client, room), seq)
  const reader = yield* t.person("reader")
  const { epoch } = yield* reader.join(room)
  yield* reader.leave(room)
  yield* reader.join(room, { after: 0, epoch })
  const replayed = entriesOf(yield* reader.fence, room).find((entry) => entry.seq === seq)
  yield* reader.ask({ type: "bye" })
  for (const [where, found] of [
    ["a page", page],
    ["a replay", replayed]
  ] as const) {
    for (const id of ids) {
      yield* t.judge(id, has(found, fields), {
        sent,
        expected: `in ${where}, the entry ${seq} with ${JSON.stringify(fields, (_, value) => value ?? null)} (null: absent)`,
        got: found ?? "no such entry"
      })
    }
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// One log
// ---------------------------------------------------------------------------------------------------------------------

/** A request of each kind that changes the message 1, and what its event has to say besides. */
const changesOf = (room: string): ReadonlyArray<readonly [Change, Readonly<Record<string, unknown>>]> => [
  [edit(room, 1, "two"), { target: 1, text: "two" }],
  [react(room, 1, "+1"), { target: 1, reaction: "+1", on: true }],
  [react(room, 1, "+1", false), { target: 1, reaction: "+1", on: false }],
  [topic(room, "the party on Friday"), { text: "the party on Friday" }],
  [topic(room, ""), { text: "" }],
  [erase(room, 1), { target: 1 }]
]

scenario(
  "whatever changes something is an entry for everybody, and there before its `sent`",
  ["RICH-1"],
  function* (t) {
    const [ana, leo] = yield* t.people(2)
    const room = yield* t.room(ana, leo)
    yield* ana.send(room, "one")
    yield* Effect.all([ana.fence, leo.fence])
    for (const [index, [request, content]] of changesOf(room).entries()) {
      const re = yield* ana.post(request)
      const sent = yield* ana.reply(re, { id: "RICH-1" })
      const isSent = sent.type === "sent" && sent.seq === index + 2 && sent.duplicate === undefined
      yield* t.judge("RICH-1", isSent, { sent: request, expected: `\`sent\` with "seq":${index + 2}`, got: sent })
      const fields = { seq: index + 2, from: ana.nick, ...content, at: (sent as Sent).at }
      const expected = `the event \`${request.type}\` with ${JSON.stringify(fields)}, before \`sent\``
      const own = (yield* ana.taken).flatMap(({ message }) => (message?.type === request.type ? [message] : []))
      yield* t.judge("RICH-1", own.length === 1 && has(own[0], fields), { sent: request, expected, got: own })
      const others = entriesOf(yield* leo.fence, room).filter(({ type }) => type === request.type)
      yield* t.judge("RICH-1", others.length === 1 && has(others[0], fields), {
        sent: `${request.type}, by ana`,
        expected: `for leo, the event \`${request.type}\` with ${JSON.stringify(fields)}`,
        got: others
      })
      const page = itemAt(yield* pageOf(leo, room), index + 2)
      const { text: _, ...lasting } = fields as typeof fields & { readonly text?: string }
      yield* t.judge("RICH-1", has(page, { type: request.type, ...lasting }), {
        expected: `in a page, the entry ${index + 2}: ${JSON.stringify({ type: request.type, ...lasting })}`,
        got: page ?? "no such entry"
      })
    }
  }
)

scenario("a key is for one request of any kind", ["RICH-2"], { profile: "rich" }, function* (t) {
  if (!suite.isClaimed("resume")) yield* t.notRun("the target doesn't claim resume")
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.send(room, "one")
  const other: Readonly<Record<string, object>> = {
    edit: { text: "another" },
    react: { reaction: "-1" },
    topic: { text: "another" },
    delete: { target: 2 }
  }
  for (const [index, [request]] of changesOf(room).entries()) {
    const keyed = { ...request, key: `k${index}` }
    const first = yield* ana.ask(keyed, "RICH-2")
    yield* t.judge("RICH-2", first.duplicate === undefined, {
      sent: keyed,
      expected: "an entry of its own",
      got: first
    })
    const again = yield* ana.ask(keyed, "RICH-2")
    const isSame = again.seq === first.seq && again.at === first.at && again.duplicate === true
    yield* t.judge("RICH-2", isSame, {
      sent: `${request.type} with the same key again`,
      expected: `\`sent\` with "seq":${first.seq} and "duplicate":true`,
      got: again
    })
    yield* ana.refused({ ...keyed, ...other[request.type] }, "key-reused", { field: "key", id: "RICH-2" })
    yield* ana.refused({ type: "send", room, text: "hola", key: keyed.key }, "key-reused", { id: "RICH-2" })
    const page = itemAt(yield* pageOf(leo, room), first.seq)
    yield* t.judge("RICH-2", has(page, { key: keyed.key }), { expected: `the entry with its key`, got: page })
  }
  const { head } = yield* pageOf(leo, room)
  yield* t.judge("RICH-2", head === 7, { expected: "one entry per key: a head of 7", got: head })
  yield* ana.leave(room)
  const outside = yield* ana.ask({ ...edit(room, 1, "two"), key: "k0" }, "RICH-2")
  yield* t.judge("RICH-2", outside.duplicate === true && outside.seq === 2, {
    sent: "a known key from outside the room",
    expected: '`sent` with "seq":2 and "duplicate":true',
    got: outside
  })
})

scenario("what was sent again after it was undone isn't done again", ["RICH-2"], { profile: "rich" }, function* (t) {
  if (!suite.isClaimed("resume")) yield* t.notRun("the target doesn't claim resume")
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  yield* ana.send(room, "one")
  yield* ana.ask(react(room, 1, "+1"))
  yield* ana.ask({ ...react(room, 1, "+1"), key: "k1" }, "RICH-2")
  yield* ana.ask({ ...react(room, 1, "+1", false), key: "k2" })
  const again = yield* ana.ask({ ...react(room, 1, "+1"), key: "k1" }, "RICH-2")
  yield* t.judge("RICH-2", again.seq === 2 && again.duplicate === true, {
    sent: "a reaction that was there already, by a key; then it is taken away; then the first request again",
    expected: '`sent` with "seq":2 and "duplicate":true',
    got: again
  })
  const page = yield* pageOf(ana, room)
  yield* t.judge("RICH-2", page.head === 3 && has(itemAt(page, 1), { reactions: undefined, reacted: 3 }), {
    expected: "three entries, and no reaction",
    got: page
  })
})

scenario(
  "an edited message is known by the text that it was sent with",
  ["RICH-2"],
  { profile: "rich" },
  function* (t) {
    if (!suite.isClaimed("resume")) yield* t.notRun("the target doesn't claim resume")
    const ana = yield* t.person()
    const room = yield* t.room(ana)
    yield* ana.ask({ type: "send", room, text: "one", key: "k1" })
    yield* ana.ask(edit(room, 1, "two"))
    const again = yield* ana.ask({ type: "send", room, text: "one", key: "k1" }, "RICH-2")
    yield* t.judge("RICH-2", again.seq === 1 && again.duplicate === true, {
      sent: "a `send` with its key again, after its message was edited",
      expected: '`sent` with "seq":1 and "duplicate":true',
      got: again
    })
    yield* ana.refused({ type: "send", room, text: "two", key: "k1" }, "key-reused", { id: "RICH-2" })
    yield* ana.refused({ type: "send", room, text: "one", replyTo: 1, key: "k1" }, "key-reused", { id: "RICH-2" })
  }
)

scenario("only messages that are there can be changed", ["RICH-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.send(room, "one")
  yield* ana.send(room, "two")
  yield* ana.ask(edit(room, 1, "three"))
  yield* ana.ask(react(room, 1, "+1"))
  yield* ana.ask(topic(room, "numbers"))
  yield* ana.ask(erase(room, 2))
  const { head } = yield* pageOf(ana, room)
  // A deleted message, an edit, a reaction, a topic, a deletion; what isn't there yet, and what never will be.
  for (const target of [2, 3, 4, 5, 6, head + 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    for (const request of [edit(room, target, "x"), erase(room, target), react(room, target, "+1")]) {
      yield* ana.refused(request, "no-such-entry", { field: "target", id: "RICH-3" })
    }
  }
  const after = yield* pageOf(leo, room)
  yield* t.judge("RICH-3", after.head === head && has(itemAt(after, 1), { type: "message", text: "three" }), {
    expected: `nothing has changed: a head of ${head}`,
    got: after
  })
})

scenario("nobody changes what somebody else has said", ["RICH-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.send(room, "one")
  for (const request of [edit(room, 1, "I resign"), erase(room, 1)]) yield* leo.refused(request, "forbidden")
  yield* ana.ask({ type: "bye" })
  const newcomer = yield* t.connection("another ana")
  yield* newcomer.login(ana.nick)
  yield* newcomer.join(room)
  for (const request of [edit(room, 1, "I resign"), erase(room, 1)]) yield* newcomer.refused(request, "forbidden")
  const page = yield* pageOf(leo, room)
  yield* t.judge(
    "RICH-4",
    page.head === 1 && has(itemAt(page, 1), { type: "message", text: "one", edited: undefined }),
    {
      expected: "one entry, as it was sent",
      got: page
    }
  )
  const own = yield* newcomer.send(room, "two")
  yield* newcomer.ask(edit(room, own.seq, "three"), "RICH-4")
})

scenario("who isn't in the room changes nothing there", ["RICH-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana)
  yield* ana.send(room, "one")
  const others: ReadonlyArray<Ask> = [
    { type: "typing", room },
    { type: "read", room },
    { type: "read", room, seq: 1 }
  ]
  for (const request of [...changesOf(room).map(([change]) => change), ...others]) {
    yield* leo.refused(request, "not-joined", { field: "room" })
    yield* leo.refused({ ...request, room: t.roomName() }, "not-joined", { field: "room" })
  }
  const seen = yield* ana.fence
  const strange = seen.filter(({ type }) => type !== "message")
  yield* t.judge("RICH-5", strange.length === 0, { expected: "nothing, for ana", got: strange.map(({ line }) => line) })
})

scenario("a server that claims rich keeps its log, and has lines that are long enough", ["RICH-6"], function* (t) {
  yield* t.judge("RICH-6", suite.isClaimed("history"), { expected: "`history/1` in `features`", got: t.hello.features })
  yield* t.judge("RICH-6", t.limits.line >= richLine(t.limits), {
    expected: `a \`line\` of at least 6 x ${t.limits.text} + 4,096 + 256 x ${t.limits.reactions} = ${richLine(t.limits)}`,
    got: t.limits.line
  })
})

/** Says what is as large as it can be: the longest names and key, a full text that was edited, answers, mentions and is reacted to. */
const sayLargest = Effect.fnUntraced(function* (t: Scenario) {
  const ana = yield* t.connection("ana")
  yield* ana.login(t.nick().padEnd(32, "x"))
  const room = t.roomName().padEnd(33, "x")
  yield* ana.join(room)
  const names = Array.from({ length: 32 }, (_, index) => `@${`n${index}-`.padEnd(32, "x")}`).join(" ")
  const text = `tea ${names}`.padEnd(t.limits.text, '"')
  yield* ana.send(room, "tea")
  const key = suite.isClaimed("resume") ? { key: "k".repeat(64) } : {}
  const { seq } = yield* ana.ask({ type: "send", room, text, replyTo: 1, ...key })
  const { seq: edited } = yield* ana.ask(edit(room, seq, text))
  // What a server has in a limit of thousands, nobody waits for.
  const count = Math.min(t.limits.reactions, 64, t.limits.burst - 20)
  for (let index = 0; index < count; index++) {
    yield* ana.post(react(room, seq, `${'"'.repeat(60)}${String(index).padStart(4, "0")}`))
  }
  yield* ana.fence
  const judge = (id: RequirementId, item: HistoryItem | undefined) => {
    const isWhole = item?.type === "message" && item.reactions?.length === count && item.mentions?.length === 32
    return t.judge(id, isWhole && has(item, { text, edited, replyTo: 1, ...key }), {
      sent: `a text of limits.text bytes that names 32 people, an edit of it, and ${count} reactions of 64 bytes`,
      expected: "the message, with all of them",
      got: item
    })
  }
  return { ana, room, seq, judge }
})

scenario("a message with all that it can have goes on one line", ["RICH-6"], function* (t) {
  const { ana, judge, room, seq } = yield* sayLargest(t)
  const page = yield* ana.ask({ type: "history", room, before: seq + 1, limit: 1 }, "RICH-6")
  yield* judge("RICH-6", page.entries[0])
})

scenario(
  "a result with all that it can have goes on one line, with a place to go on from",
  ["SEARCH-9", "RICH-6"],
  { also: "rich" },
  function* (t) {
    const { ana, judge, room } = yield* sayLargest(t)
    const page = yield* ana.ask({ type: "search", room, text: "tea", limit: 1 }, "RICH-6")
    yield* t.judge("SEARCH-9", page.results.length === 1 && page.next !== undefined, {
      sent: "`search` with a limit of 1, of two messages that have the word",
      expected: "one result, and `next`",
      got: `${page.results.length} results${page.next === undefined ? "" : ", and `next`"}`
    })
    yield* judge("RICH-6", page.results[0])
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Edits and deletions
// ---------------------------------------------------------------------------------------------------------------------

scenario("a message has the text of its last edit", ["EDIT-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.send(room, "one")
  yield* leo.send(room, "leo's")
  const first = yield* ana.ask(edit(room, 1, "two, @leo"))
  const now = { type: "message", text: "two, @leo", edited: first.seq, mentions: ["leo"] }
  yield* judgeShown(t, leo, room, 1, now, ["EDIT-1"], "a message, and an edit of it")
  const second = yield* ana.ask(edit(room, 1, "three"))
  const then = { type: "message", text: "three", edited: second.seq, mentions: undefined }
  yield* judgeShown(t, leo, room, 1, then, ["EDIT-1"], "a message, and two edits of it")
  yield* judgeShown(t, leo, room, 2, { text: "leo's", edited: undefined }, ["EDIT-1"], "an edit of another message")
  yield* judgeShown(
    t,
    leo,
    room,
    first.seq,
    { type: "edit", text: "two, @leo", mentions: ["leo"] },
    ["EDIT-1"],
    "an edit"
  )
})

scenario("a change leaves the rest of a message alone", ["EDIT-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* leo.send(room, "what?")
  const key = suite.isClaimed("resume") ? { key: "k1" } : {}
  const sent = yield* ana.ask({ type: "send", room, text: "one", replyTo: 1, ...key })
  yield* leo.ask(react(room, 2, "+1"))
  const edited = yield* ana.ask(edit(room, 2, "two"))
  const fields = {
    ...{ type: "message", from: ana.nick, at: sent.at, replyTo: 1, key: key.key, text: "two", edited: edited.seq },
    ...{ reactions: [{ reaction: "+1", count: 1 }], reacted: 3 }
  }
  yield* judgeShown(t, leo, room, 2, fields, ["EDIT-2"], "an answer, with a reaction and an edit")
  const seqs = (yield* pageOf(leo, room)).entries.map(({ seq }) => seq).join()
  yield* t.judge("EDIT-2", seqs === "1,2,3,4", { expected: "the entries 1, 2, 3, 4", got: seqs })
})

scenario("what was taken back is shown as erased, in its place", ["DELETE-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* leo.send(room, "what?")
  const key = suite.isClaimed("resume") ? { key: "k1" } : {}
  const sent = yield* ana.ask({ type: "send", room, text: "a secret for @leo", replyTo: 1, ...key })
  yield* leo.ask(react(room, 2, "+1"))
  const { seq: deleted } = yield* ana.ask(erase(room, 2))
  const fields = {
    ...{ type: "erased", from: ana.nick, at: sent.at, deleted, replyTo: 1, key: key.key },
    ...{ text: undefined, mentions: undefined, reactions: undefined }
  }
  yield* judgeShown(t, leo, room, 2, fields, ["DELETE-1"], "an answer, and its deletion")
  const page = yield* pageOf(leo, room)
  yield* t.judge("DELETE-1", page.entries.map(({ type }) => type).join() === "message,erased,react,delete", {
    expected: "the entries 1 to 4, none of them missing: message, erased, react, delete",
    got: page.entries
  })
})

scenario("of what was taken back no text is left", ["DELETE-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const secrets = ["one", "two", "three"].map((word) => `secret-${t.nick(word)}`)
  yield* ana.send(room, secrets[0]!)
  yield* ana.send(room, "something else")
  yield* ana.ask(edit(room, 1, `${secrets[1]!} @leo`))
  yield* ana.ask(edit(room, 2, "something else, edited"))
  yield* ana.ask(edit(room, 1, secrets[2]!))
  yield* ana.ask(erase(room, 1))
  yield* leo.fence
  const eva = yield* t.person("eva")
  const { epoch } = yield* eva.join(room)
  yield* eva.leave(room)
  yield* eva.join(room, { after: 0, epoch })
  const replayed = yield* eva.fence
  yield* pageOf(eva, room)
  const page = yield* pageOf(leo, room)
  const found = [page, replayed.map(({ object }) => object)].filter((shown) =>
    secrets.some((secret) => JSON.stringify(shown).includes(secret))
  )
  yield* t.judge("DELETE-2", found.length === 0, {
    sent: "a message, two edits of it, and its deletion; then a page, and a replay",
    expected: "none of its three texts",
    got: found
  })
  for (const seq of [3, 5]) {
    const kept = has(itemAt(page, seq), { type: "edit", target: 1, text: undefined, mentions: undefined })
    yield* t.judge("DELETE-2", kept, {
      expected: `the edit ${seq} without \`text\` and \`mentions\``,
      got: itemAt(page, seq)
    })
  }
  const other = itemAt(page, 4)
  yield* t.judge("DELETE-2", has(other, { text: "something else, edited" }), {
    expected: "the edit of another message with its text",
    got: other
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// Reactions
// ---------------------------------------------------------------------------------------------------------------------

scenario("a reaction is 1 to 64 bytes without control characters", ["REACT-1"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  yield* ana.send(room, "one")
  const good = ["+1", "👍", "👩‍👩‍👧", "a b", '"\\', "ñ".repeat(32), "x".repeat(64)]
  for (const reaction of good) {
    const sent = yield* ana.ask(react(room, 1, reaction), "REACT-1")
    yield* t.judge("REACT-1", sent.duplicate === undefined, { sent: reaction, expected: "an entry", got: sent })
  }
  const item = itemAt(yield* pageOf(ana, room), 1)
  const list = good.map((reaction) => ({ reaction, count: 1 }))
  yield* t.judge("REACT-1", has(item, { reactions: list }), { expected: JSON.stringify(list), got: item })
  for (const reaction of ["", "\n", "a\tb", "\u001b[2J", "\u009b", "\u007f"]) {
    yield* ana.refused({ type: "react", room, target: 1, reaction }, "bad-text", { field: "reaction" })
  }
  // As long as a line allows: a reaction of a megabyte would end the connection by its length alone.
  for (const reaction of ["x".repeat(65), "ñ".repeat(33), "👍".repeat(17), "x".repeat(t.limits.line - 300)]) {
    yield* ana.refused({ type: "react", room, target: 1, reaction }, "too-long", { field: "reaction" })
  }
  yield* ana.ping
})

scenario("reactions are counted, in the order in which they came to be there", ["REACT-2", "REACT-6"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana, leo, eva)
  yield* ana.send(room, "one")
  yield* ana.send(room, "two")
  const judge = Effect.fnUntraced(function* (list: ReadonlyArray<readonly [string, number]>, reacted: number) {
    const reactions = list.length === 0 ? undefined : list.map(([reaction, count]) => ({ reaction, count }))
    yield* judgeShown(
      t,
      eva,
      room,
      1,
      { type: "message", reactions, reacted },
      ["REACT-2"],
      "reactions of three people"
    )
  })
  yield* leo.ask(react(room, 1, "b"))
  yield* ana.ask(react(room, 1, "a"))
  yield* ana.ask(react(room, 1, "b"))
  yield* eva.ask(react(room, 1, "b"))
  yield* judge(
    [
      ["b", 3],
      ["a", 1]
    ],
    6
  )
  // Its first user goes, and it keeps its place; its last goes, and it loses it.
  yield* leo.ask(react(room, 1, "b", false))
  yield* judge(
    [
      ["b", 2],
      ["a", 1]
    ],
    7
  )
  yield* ana.ask(react(room, 1, "b", false))
  yield* eva.ask(react(room, 1, "b", false))
  yield* leo.ask(react(room, 1, "b"))
  yield* judge(
    [
      ["a", 1],
      ["b", 1]
    ],
    10
  )
  yield* ana.ask(react(room, 1, "a", false))
  yield* leo.ask(react(room, 1, "b", false))
  yield* judge([], 12)
  const none = { type: "message", reactions: undefined, reacted: undefined }
  yield* judgeShown(t, eva, room, 2, none, ["REACT-2"], "reactions to another message")
  yield* leo.ask(react(room, 1, "c"))
  yield* leo.ask({ type: "bye" })
  const newcomer = yield* t.connection("another leo")
  yield* newcomer.login(leo.nick)
  yield* newcomer.join(room)
  yield* newcomer.refused(react(room, 1, "c", false), "no-such-entry", { id: "REACT-6" })
  const sent = yield* newcomer.ask(react(room, 1, "c"), "REACT-6")
  yield* t.judge("REACT-6", sent.seq === 14 && sent.duplicate === undefined, {
    sent: "the same reaction by somebody who has taken the nick",
    expected: 'an entry of its own, "seq":14',
    got: sent
  })
  yield* judgeShown(
    t,
    eva,
    room,
    1,
    { reactions: [{ reaction: "c", count: 2 }] },
    ["REACT-6"],
    "two people of one nick"
  )
})

scenario("reacting again changes nothing", ["REACT-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.send(room, "one")
  const first = yield* leo.ask(react(room, 1, "+1"))
  yield* ana.ask(react(room, 1, "+1"))
  for (const request of [react(room, 1, "+1"), { ...react(room, 1, "+1"), on: true }]) {
    const again = yield* leo.ask(request, "REACT-3")
    yield* t.judge("REACT-3", again.seq === first.seq && again.at === first.at && again.duplicate === true, {
      sent: request,
      expected: `\`sent\` with "seq":${first.seq}, "at":"${first.at}" and "duplicate":true`,
      got: again
    })
  }
  const page = yield* pageOf(ana, room)
  yield* t.judge("REACT-3", page.head === 3 && has(itemAt(page, 1), { reactions: [{ reaction: "+1", count: 2 }] }), {
    expected: "three entries, and a count of 2",
    got: page
  })
})

scenario("what isn't there can't be taken away", ["REACT-4"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.send(room, "one")
  yield* leo.refused(react(room, 1, "+1", false), "no-such-entry")
  yield* ana.ask(react(room, 1, "+1"))
  yield* leo.refused(react(room, 1, "+1", false), "no-such-entry")
  yield* ana.ask(react(room, 1, "+1", false), "REACT-4")
  yield* ana.refused(react(room, 1, "+1", false), "no-such-entry")
  const page = yield* pageOf(ana, room)
  yield* t.judge("REACT-4", page.head === 3, { expected: "three entries", got: page })
})

scenario("a message has so many different reactions, and no more", ["REACT-5"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  if (t.limits.reactions > t.limits.burst - 20) yield* t.notRun(`limits.reactions is ${t.limits.reactions}: too many`)
  yield* ana.send(room, "one")
  for (let index = 0; index < t.limits.reactions; index++) yield* ana.post(react(room, 1, `r${index}`))
  const refused = (yield* ana.fence).filter(({ type }) => type === "error")
  yield* t.judge("REACT-5", refused.length === 0, {
    sent: `${t.limits.reactions} reactions to one message`,
    expected: "`sent`, each time",
    got: refused.map(({ line }) => line)
  })
  yield* ana.refused(react(room, 1, "one more"), "limit-reached")
  yield* leo.refused(react(room, 1, "one more"), "limit-reached")
  yield* leo.ask(react(room, 1, "r0"), "REACT-5")
  yield* ana.ask(react(room, 1, "r1", false))
  yield* leo.ask(react(room, 1, "one more"), "REACT-5")
  yield* ana.refused(react(room, 1, "r1"), "limit-reached")
})

// ---------------------------------------------------------------------------------------------------------------------
// Answers and names
// ---------------------------------------------------------------------------------------------------------------------

scenario("an answer says what it answers", ["REPLYTO-1", "REPLYTO-2"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* ana.send(room, "who comes?")
  const answer = { type: "send", room, text: "me", replyTo: 1 } as const
  yield* leo.ask(answer, "REPLYTO-1")
  for (const person of [ana, leo]) {
    const seen = yield* person.messages(room)
    yield* t.judge("REPLYTO-1", has(seen.at(-1), { seq: 2, replyTo: 1 }) && has(seen[0], { replyTo: undefined }), {
      sent: answer,
      expected: '`message` with "replyTo":1, and none in the one that answers nothing',
      got: seen
    })
  }
  yield* judgeShown(t, ana, room, 2, { text: "me", replyTo: 1 }, ["REPLYTO-1"], "an answer")
  const erased = yield* ana.ask(erase(room, 1))
  const late = yield* leo.ask({ ...answer, text: "what did you say?" }, "REPLYTO-2")
  yield* t.judge("REPLYTO-2", late.seq === erased.seq + 1, {
    sent: "an answer to what was deleted",
    expected: "an entry",
    got: late
  })
  for (const replyTo of [erased.seq, 5, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    yield* leo.refused({ ...answer, replyTo }, "no-such-entry", { field: "replyTo", id: "REPLYTO-2" })
  }
  const page = yield* pageOf(ana, room)
  yield* t.judge("REPLYTO-2", page.head === 4, { expected: "four entries", got: page })
})

scenario("a text names whom it names", ["MENTION-1"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const { vectors } = mentionVectors
  const wanted = (named: ReadonlyArray<string>) => (named.length === 0 ? undefined : named)
  const expected = (named: ReadonlyArray<string>) =>
    named.length === 0 ? "no `mentions`" : `"mentions":${JSON.stringify(named)}`
  for (const { text } of vectors) yield* ana.post({ type: "send", room, text })
  yield* ana.fence
  const seen = yield* leo.messages(room)
  for (const [index, { mentions, text }] of vectors.entries()) {
    yield* t.judge("MENTION-1", has(seen[index], { text, mentions: wanted(mentions) }), {
      sent: { type: "send", text },
      expected: expected(mentions),
      got: seen[index]
    })
  }
  const target = seen.length
  for (const { mentions, text } of vectors.slice(0, 12)) {
    yield* ana.ask(edit(room, target, text))
    const edits = entriesOf(yield* leo.fence, room)
    yield* t.judge("MENTION-1", has(edits[0], { text, mentions: wanted(mentions) }), {
      sent: { type: "edit", text },
      expected: expected(mentions),
      got: edits[0]
    })
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Typing
// ---------------------------------------------------------------------------------------------------------------------

const typing = (room: string, on?: boolean) => ({ type: "typing", room, ...(on === undefined ? {} : { on }) }) as const

const typingsOf = (items: ReadonlyArray<Arrived>) =>
  items.flatMap(({ message }) => (message?.type === "typing" && !("re" in message) ? [message] : []))

scenario("the others see who types, and the log doesn't", ["TYPING-1", "TYPING-2", "TYPING-4"], function* (t) {
  const [ana, leo, eva] = yield* t.people(3)
  const room = yield* t.room(ana, leo)
  const elsewhere = yield* t.room(eva)
  // A connection that has just had its `synced` has nothing unsent.
  yield* Effect.all([ana.fence, leo.fence])
  for (const on of [true, false]) {
    yield* ana.ask(typing(room, on ? undefined : false), "TYPING-1")
    const seen = typingsOf(yield* leo.fence)
    yield* t.judge("TYPING-2", seen.length === 1 && has(seen[0], { room, nick: ana.nick, on }), {
      sent: typing(room, on),
      expected: `for leo, the event \`typing\` with "nick":"${ana.nick}","on":${on}`,
      got: seen
    })
    const own = typingsOf(yield* ana.fence)
    yield* t.judge("TYPING-4", own.length === 0, {
      sent: typing(room, on),
      expected: "no event for ana herself",
      got: own
    })
  }
  yield* leo.ask(typing(room), "TYPING-1")
  const back = typingsOf(yield* ana.fence)
  yield* t.judge("TYPING-2", has(back[0], { nick: leo.nick, on: true }), {
    expected: "for ana, that leo types",
    got: back
  })
  const strays = typingsOf(yield* eva.fence)
  yield* t.judge("TYPING-2", strays.length === 0, { expected: `nothing for who is in ${elsewhere} only`, got: strays })
  const { head } = yield* pageOf(ana, room)
  yield* t.judge("TYPING-1", head === 0, { expected: "no entry", got: head })
})

scenario("nobody is told all the time that somebody types", ["TYPING-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  yield* leo.fence
  yield* ana.ask(typing(room, false))
  const nothing = typingsOf(yield* leo.fence)
  yield* t.judge("TYPING-3", nothing.length === 0, { sent: typing(room, false), expected: "nothing", got: nothing })
  const began = yield* t.now
  for (let time = 0; time < 5; time++) yield* ana.ask(typing(room))
  yield* ana.ask(typing(room, false))
  yield* ana.ask(typing(room, false))
  yield* ana.ask(typing(room))
  const seen = typingsOf(yield* leo.fence).map(({ on }) => on)
  if ((yield* t.now) - began > 2_500) yield* t.notRun("it took so long that nothing can be said of 3 seconds")
  yield* t.judge("TYPING-3", seen.join() === "true,false", {
    sent: '`typing` five times, twice with "on":false, and once more, within 3 seconds',
    expected: 'one event with "on":true, and one with "on":false',
    got: seen
  })
  yield* ana.send(room, "there")
  yield* ana.ask(typing(room))
  const after = typingsOf(yield* leo.fence)
  yield* t.judge("TYPING-3", after.length <= 1, {
    sent: "a message, and `typing`",
    expected: "one event at the most",
    got: after
  })
  yield* ana.send(room, "and there")
  yield* ana.ask(typing(room, false))
  const ended = typingsOf(yield* leo.fence)
  yield* t.judge("TYPING-3", ended.length === 0, {
    sent: 'a message, and `typing` with "on":false',
    expected: "nothing: the message has said that she types no more",
    got: ended
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// What was read
// ---------------------------------------------------------------------------------------------------------------------

const judgeRead = Effect.fnUntraced(function* (
  t: Scenario,
  person: Client,
  room: string,
  seq: number | undefined,
  fields: { readonly seq: number; readonly head: number; readonly unread: number }
) {
  const request = { type: "read", room, ...(seq === undefined ? {} : { seq }) } as const
  const got = yield* person.ask(request, "READ-1")
  yield* t.judge("READ-1", has(got, { room, seq: fields.seq, head: fields.head }), {
    sent: request,
    expected: `\`read\` with "seq":${fields.seq},"head":${fields.head}`,
    got
  })
  yield* t.judge("READ-2", has(got, { unread: fields.unread }), {
    sent: request,
    expected: `"unread":${fields.unread}`,
    got
  })
})

scenario(
  "a mark goes up only, and what is above it is unread",
  ["READ-1", "READ-2", "READ-3", "READ-6"],
  function* (t) {
    const [ana, leo] = yield* t.people(2)
    const room = yield* t.room(ana, leo)
    yield* judgeRead(t, leo, room, undefined, { seq: 0, head: 0, unread: 0 })
    for (const text of ["one", "two", "three"]) yield* ana.send(room, text)
    yield* leo.send(room, "four")
    yield* ana.ask(react(room, 1, "+1"))
    yield* ana.ask(topic(room, "numbers"))
    yield* ana.ask(edit(room, 3, "III"))
    yield* ana.send(room, "eight")
    yield* Effect.all([ana.fence, leo.fence])
    yield* judgeRead(t, leo, room, undefined, { seq: 0, head: 8, unread: 4 })
    yield* judgeRead(t, leo, room, 2, { seq: 2, head: 8, unread: 2 })
    yield* judgeRead(t, leo, room, 1, { seq: 2, head: 8, unread: 2 })
    yield* judgeRead(t, leo, room, 0, { seq: 2, head: 8, unread: 2 })
    yield* ana.ask(erase(room, 3))
    yield* Effect.all([ana.fence, leo.fence])
    yield* judgeRead(t, leo, room, undefined, { seq: 2, head: 9, unread: 1 })
    for (const seq of [10, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      yield* leo.refused({ type: "read", room, seq }, "no-such-entry", { field: "seq", id: "READ-3" })
    }
    yield* judgeRead(t, leo, room, undefined, { seq: 2, head: 9, unread: 1 })
    yield* judgeRead(t, leo, room, 9, { seq: 9, head: 9, unread: 0 })
    yield* judgeRead(t, ana, room, undefined, { seq: 0, head: 9, unread: 1 })
    const seen = yield* ana.fence
    yield* t.judge("READ-6", seen.length === 0, {
      sent: "`read`, several times, by leo",
      expected: "nothing, for ana",
      got: seen.map(({ line }) => line)
    })
  }
)

/** The events that a fence brings by which one is told of one's own marks. */
const marksOf = (client: Client) =>
  Effect.map(client.fence, (items) =>
    items.flatMap(({ message }) => (message?.type === "read" && !("re" in message) ? [message] : []))
  )

scenario(
  "what is read on one connection is read on the person's others",
  ["READ-7"],
  { also: "accounts", connections: 5 },
  function* (t) {
    const leo = yield* t.person("leo")
    const ana = yield* registered(t)
    const [second, third] = [yield* further(t, ana), yield* further(t, ana, 3)]
    const room = yield* t.room(leo, ana, second)
    yield* third.join(yield* t.room(leo))
    for (const text of ["one", "two", "three"]) yield* leo.send(room, text)
    yield* Effect.all([ana.fence, second.fence])
    const { head, seq, unread } = yield* ana.ask({ type: "read", room, seq: 2 }, "READ-1")
    const told = yield* marksOf(second)
    yield* t.judge("READ-7", told.length === 1 && has(told[0], { room, read: seq, head, unread }), {
      sent: "`read`, on another connection of the person",
      expected: `the event \`read\` with "read":${seq},"head":${head},"unread":${unread}`,
      got: told
    })
    yield* second.ask({ type: "read", room, seq: 1 }, "READ-1")
    yield* second.ask({ type: "read", room }, "READ-1")
    const again = [...(yield* marksOf(ana)), ...(yield* marksOf(second))]
    yield* t.judge("READ-7", again.length === 0, {
      sent: "`read` that moves nothing",
      expected: "no event",
      got: again
    })
    const elsewhere = [...(yield* marksOf(third)), ...(yield* marksOf(leo))]
    yield* t.judge("READ-7", elsewhere.length === 0, {
      expected: "nothing for who isn't in the room, or is somebody else",
      got: elsewhere
    })
  }
)

scenario(
  "a person who types on one connection types for the others, and not for themselves",
  ["TYPING-4", "TYPING-3"],
  { also: "accounts" },
  function* (t) {
    const leo = yield* t.person("leo")
    const ana = yield* registered(t)
    const second = yield* further(t, ana)
    const room = yield* t.room(leo, ana, second)
    const began = yield* t.now
    yield* ana.ask(typing(room), "TYPING-1")
    const own = typingsOf(yield* second.fence)
    yield* t.judge("TYPING-4", own.length === 0, {
      sent: "`typing`, on another connection of the person",
      expected: "nothing",
      got: own
    })
    yield* second.ask(typing(room), "TYPING-1")
    const seen = typingsOf(yield* leo.fence)
    if ((yield* t.now) - began >= 3_000)
      return yield* t.notRun("this machine is too busy to type twice within 3 seconds")
    yield* t.judge("TYPING-3", seen.length === 1, {
      sent: "`typing`, on two connections of one person within 3 seconds",
      expected: "the event `typing`, once",
      got: seen
    })
  }
)

scenario("a mark belongs to the person", ["READ-4", "READ-5"], { connections: 5 }, function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const judge = (id: "READ-4" | "READ-5", joined: Joined, read: number | undefined, sent: string) =>
    t.judge(id, joined.read === read, {
      sent,
      expected: read === undefined ? "no `read` in `joined`" : `"read":${read} in \`joined\``,
      got: joined
    })
  for (const text of ["one", "two", "three"]) yield* ana.send(room, text)
  yield* leo.fence
  yield* leo.leave(room)
  yield* judge("READ-5", yield* leo.join(room), undefined, "join, without a mark")
  yield* leo.ask({ type: "read", room, seq: 2 })
  yield* leo.leave(room)
  yield* judge("READ-5", yield* leo.join(room), 2, "join, with a mark at 2")
  yield* ana.leave(room)
  yield* judge("READ-5", yield* ana.join(room), undefined, "join by somebody else")
  if (suite.isClaimed("resume")) {
    const [nick, client] = [t.nick("eva"), yield* t.connection("eva")]
    const { session } = yield* client.ask({ type: "login", nick, resume: true })
    yield* client.join(room)
    yield* client.ask({ type: "read", room, seq: 3 })
    yield* client.reset
    const second = yield* t.connection("eva (2)")
    yield* second.ask({ type: "login", nick, session: session! })
    yield* judge("READ-4", yield* second.join(room), 3, "join by a connection that goes on as the person")
    yield* judgeMark(t, second, room, 3)
  }
  yield* leo.ask({ type: "bye" })
  const newcomer = yield* t.connection("another leo")
  yield* newcomer.login(leo.nick)
  yield* judge("READ-4", yield* newcomer.join(room), undefined, "join by somebody who has taken the nick")
  yield* judgeMark(t, newcomer, room, 0)
})

const judgeMark = Effect.fnUntraced(function* (t: Scenario, client: Client, room: string, seq: number) {
  const got = yield* client.ask({ type: "read", room }, "READ-4")
  yield* t.judge("READ-4", got.seq === seq, { sent: "read", expected: `a mark at ${seq}`, got })
})

scenario(
  "what was changed, and what was read, outlives the server",
  ["READ-4", "TOPIC-2", "EDIT-1", "DELETE-1", "REACT-2"],
  { needs: "data" },
  function* (t) {
    if (!suite.isClaimed("resume")) yield* t.notRun("the target doesn't claim resume")
    const first = yield* t.ownServer
    const [nick, client] = [t.nick("ana"), yield* t.connection("ana")]
    const { session } = yield* client.ask({ type: "login", nick, resume: true })
    const room = t.roomName()
    yield* client.join(room)
    for (const text of ["one", "two"]) yield* client.send(room, text)
    const edited = yield* client.ask(edit(room, 1, "I"))
    const reacted = yield* client.ask(react(room, 1, "+1"))
    const deleted = yield* client.ask(erase(room, 2))
    yield* client.ask(topic(room, "numbers"))
    yield* client.ask({ type: "read", room, seq: 4 })
    yield* first.kill
    yield* first.exit
    yield* client.rest()
    yield* t.ownServer
    const back = yield* t.connection("ana (2)")
    yield* back.ask({ type: "login", nick, session: session! })
    const joined = yield* back.join(room)
    const sent = "everything acknowledged; then the server was killed and started again; then join"
    yield* t.judge("READ-4", joined.read === 4, { sent, expected: '"read":4', got: joined })
    yield* t.judge("TOPIC-2", joined.topic === "numbers", { sent, expected: '"topic":"numbers"', got: joined })
    yield* judgeMark(t, back, room, 4)
    const page = yield* pageOf(back, room)
    const message = itemAt(page, 1)
    yield* t.judge("EDIT-1", has(message, { text: "I", edited: edited.seq }), {
      sent,
      expected: "the edited text",
      got: message
    })
    yield* t.judge("REACT-2", has(message, { reactions: [{ reaction: "+1", count: 1 }], reacted: reacted.seq }), {
      sent,
      expected: "the reaction",
      got: message
    })
    const erased = itemAt(page, 2)
    yield* t.judge("DELETE-1", has(erased, { type: "erased", deleted: deleted.seq }), {
      sent,
      expected: "`erased`",
      got: erased
    })
    // Who goes on as the person may change what the person has said.
    yield* back.ask(edit(room, 1, "1"), "EDIT-1")
  }
)

// ---------------------------------------------------------------------------------------------------------------------
// Topics
// ---------------------------------------------------------------------------------------------------------------------

scenario("a topic is one line of at most 256 bytes", ["TOPIC-1"], function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  for (const text of ["the party on Friday", "", "ñ".repeat(128), "x".repeat(256), 'quotes " and \\, 漢, 😀']) {
    yield* ana.ask(topic(room, text), "TOPIC-1")
    const seen = entriesOf(yield* ana.fence, room)
    yield* t.judge("TOPIC-1", has(seen[0], { type: "topic", text }), {
      sent: topic(room, text),
      expected: "that topic",
      got: seen
    })
  }
  for (const text of ["one\ntwo", "a\tb", "\u001b[2J", "\u009b", "\u007f"]) {
    yield* ana.refused({ type: "topic", room, text }, "bad-text", { field: "text" })
  }
  for (const text of ["x".repeat(257), "漢".repeat(86)]) {
    yield* ana.refused({ type: "topic", room, text }, "too-long", { field: "text" })
  }
})

scenario("who enters hears what the room is about", ["TOPIC-2"], { connections: 6 }, function* (t) {
  const ana = yield* t.person()
  const room = yield* t.room(ana)
  const judge = Effect.fnUntraced(function* (text: string | undefined, sent: string) {
    const eva = yield* t.person("eva")
    const joined = yield* eva.join(room)
    yield* t.judge("TOPIC-2", joined.topic === text, {
      sent,
      expected: text === undefined ? "no `topic` in `joined`" : `"topic":${JSON.stringify(text)} in \`joined\``,
      got: joined
    })
    yield* eva.ask({ type: "bye" })
  })
  yield* judge(undefined, "join of a room without a topic")
  yield* ana.ask(topic(room, "one"))
  yield* ana.send(room, "hola")
  yield* judge("one", "a topic, and a message; then join")
  yield* ana.ask(topic(room, "two"))
  yield* judge("two", "another topic; then join")
  const { epoch } = yield* pageOf(ana, room)
  yield* ana.leave(room)
  const back = yield* ana.join(room, { after: 0, epoch })
  yield* t.judge("TOPIC-2", back.topic === "two", {
    sent: "join with a cursor from before",
    expected: '"topic":"two"',
    got: back
  })
  yield* ana.ask(topic(room, ""))
  yield* judge(undefined, "the topic is taken away; then join")
})

// ---------------------------------------------------------------------------------------------------------------------
// All at once
// ---------------------------------------------------------------------------------------------------------------------

/** Something that somebody does; what it is about is a place that the log may have or not. */
interface Deed {
  readonly who: number
  readonly what: What | "tell" | "answer in private"
  readonly target: number
  readonly word: number
}

type What = "send" | "reply" | "edit" | "delete" | "react" | "unreact" | "topic" | "wait"

const inRooms: ReadonlyArray<What> = [
  ...(["send", "send", "reply", "edit", "edit", "delete", "react", "react", "unreact", "topic", "wait"] as const)
]

const deedsOf = (what: ReadonlyArray<Deed["what"]>) =>
  fc.array(
    fc.record<Deed>({
      who: fc.nat({ max: 2 }),
      what: fc.constantFrom(...what),
      target: fc.integer({ min: 1, max: 12 }),
      word: fc.nat({ max: 3 })
    }),
    { minLength: 1, maxLength: 60, size: "max" }
  )

const askOf = (
  { people, room }: { readonly people: ReadonlyArray<Person>; readonly room: string },
  { target, what, word, who }: Deed,
  nth: number
): Ask => {
  const other = `@${people[(who + 1 + (word % 2)) % people.length]!.nick}`
  switch (what) {
    case "tell":
      return { type: "send", room: other, text: `${who} tells ${nth}` }
    case "answer in private":
      return { type: "send", room: other, text: `${who} answers ${nth}`, replyTo: target }
    case "send":
      return { type: "send", room, text: `${who} says ${nth} to @n${word}` }
    case "reply":
      return { type: "send", room, text: `${who} answers ${nth}`, replyTo: target }
    case "edit":
      return edit(room, target, `${who} edits ${nth} for @n${word}`)
    case "delete":
      return erase(room, target)
    case "react":
      return react(room, target, `r${word}`)
    case "unreact":
      return react(room, target, `r${word}`, false)
    case "topic":
      return topic(room, word === 0 ? "" : `topic ${word}`)
    case "wait":
      return { type: "sync" }
  }
}

const shownIn = (view: View): string => JSON.stringify({ topic: topicOf(view), messages: messagesOf(view) })

/** Reads all pages of a log upwards, so many entries at a time, and folds them into a view. */
const readInto = Effect.fnUntraced(function* (client: Client, room: string, view: View, limit: number) {
  let [last, read] = [0, view]
  while (true) {
    const page = yield* client.ask({ type: "history", room, after: last, limit })
    for (const entry of page.entries) read = see(read, entry)
    last = page.entries.at(-1)?.seq ? page.entries.at(-1)!.seq : page.head
    if (page.more !== true) return read
  }
})

/** What somebody does one after the other, as fast as they can; what they do not wait for, others do between. */
const perform = (
  person: { readonly post: Person["post"] },
  scene: Parameters<typeof askOf>[0],
  all: ReadonlyArray<Deed>,
  who: number
) =>
  Effect.forEach(
    all.filter((deed) => deed.who === who),
    (deed, nth) => person.post(askOf(scene, deed, nth)),
    { discard: true }
  )

const converged = ["EDIT-1", "DELETE-1", "REACT-2", "TOPIC-2"] as const

const atOnce = function* (
  t: Scenario,
  { all, limit }: { readonly all: ReadonlyArray<Deed>; readonly limit: number },
  people: ReadonlyArray<Person>
) {
  const watched = people.map(watch)
  const room = t.roomName()
  // All are there before anything is said: whose join comes first, nothing promises.
  for (const person of watched) {
    yield* person.post({ type: "join", room })
    yield* person.lane
  }
  // Somebody who reads pages while the others talk.
  const reader = yield* t.person("reader")
  const early = yield* reader.join(room)
  const start = emptyView(early)
  const [paged] = yield* Effect.all(
    [
      readInto(reader, room, start, limit),
      Effect.forEach(watched, (person, who) => perform(person, { people, room }, all, who), {
        concurrency: "unbounded"
      })
    ],
    { concurrency: "unbounded" }
  )
  yield* judgeLanes(t, watched)
  const lanes = yield* Effect.forEach(watched, ({ lane }) => lane)
  const readers = entriesOf(yield* reader.fence, room).reduce(see, paged)
  // The judgement: a page from the beginning, by somebody who comes when all is said.
  const late = yield* t.person("late")
  const joined = yield* late.join(room)
  const truth = yield* readInto(late, room, emptyView(joined), limits.page)
  const views = [
    ...lanes.map(({ observations, who }) => {
      const entries = observations.flatMap((one) =>
        "got" in one && isEntryEvent(one.got) && one.got.room === room ? [one.got] : []
      )
      return [`what came to ${who}`, entries.reduce(see, emptyView())] as const
    }),
    ["pages that were read meanwhile, and what came after", readers] as const
  ]
  for (const [whose, view] of views) {
    for (const id of converged) {
      yield* t.judge(id, shownIn(view) === shownIn(truth), {
        sent: `${all.length} requests of three people at once`,
        expected: `${whose}: as a page from the beginning shows it, ${shownIn(truth)}`,
        got: shownIn(view)
      })
    }
  }
  yield* t.counted(all.flatMap(({ what }) => (what === "wait" ? [] : [what])))
  return lanes
}

property(
  "whatever several people do at once, everybody ends with the same view",
  [...converged, ...guarantees],
  fc.record({ all: deedsOf(inRooms), limit: fc.integer({ min: 1, max: 7 }) }),
  function* (t, drawn) {
    yield* atOnce(t, drawn, yield* t.people(3))
  },
  { connections: 5, isRacy: true }
)

/** The entries of a conversation as they came to one of the two, without the name that it has there; and how many of them are that person's. */
const toldTo = ({ observations }: Lane, { nick }: Person) => {
  const got = observations.flatMap((one) => ("got" in one ? [one.got] : []))
  const entries = got.flatMap((one) => (one.type === "message" && one.room === `@${nick}` ? [one] : []))
  const sent = got.filter((one) => one.type === "sent" && one.room === `@${nick}`).length
  return { sent, entries: entries.map(({ room: _, ...entry }) => entry) }
}

property(
  "whatever several people do at once, in a room and in private, everybody ends with the same view",
  ["DIRECT-3", "DIRECT-4", ...converged, ...guarantees],
  fc.record({ all: deedsOf([...inRooms, "tell", "tell", "answer in private"]), limit: fc.integer({ min: 1, max: 7 }) }),
  function* (t, drawn) {
    const people = yield* t.people(3)
    const lanes = yield* atOnce(t, drawn, people)
    for (const [one, other] of [
      [0, 1],
      [1, 2],
      [2, 0]
    ] as const) {
      const [mine, theirs] = [toldTo(lanes[one]!, people[other]!), toldTo(lanes[other]!, people[one]!)]
      yield* t.judge("DIRECT-3", JSON.stringify(mine.entries) === JSON.stringify(theirs.entries), {
        sent: `${drawn.all.length} requests of three people at once`,
        expected: `to both the same entries of their conversation: ${JSON.stringify(mine.entries)}`,
        got: theirs.entries
      })
      const seqs = mine.entries.map(({ seq }) => seq)
      const isWhole = seqs.length === mine.sent + theirs.sent && seqs.every((seq, nth) => seq === nth + 1)
      yield* t.judge("DIRECT-4", isWhole, {
        sent: `${mine.sent + theirs.sent} entries of a conversation that were acknowledged`,
        expected: "each of them once, in ascending order, and no other",
        got: seqs
      })
    }
  },
  { also: "direct", connections: 5, isRacy: true }
)
