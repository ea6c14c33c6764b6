/** What one sees of a conversation: spec/rich.md, What a client does with it, and more. */
import { assert, describe, it } from "@effect/vitest"
import { fc, test } from "@fast-check/vitest"
import {
  deedWords,
  emptyView,
  firstOf,
  type Item,
  lineAt,
  lookAt,
  type News,
  personIn,
  type RoomSnapshot,
  see,
  type Told,
  type View,
  viewOf,
  withPage
} from "@tertulia/client"
import { defaultLimits, type EntryEvent, type History, type KnownItem } from "@tertulia/protocol"
import { deed, logOf, pageAt } from "../../protocol/test/log.ts"

const room = "#cafe"
const epoch = "k3"
const at = "2026-11-20T20:08:00.000Z"

const welcome: News = {
  _tag: "Welcome",
  nick: "ana",
  isContinued: false,
  hasAccount: false,
  profiles: ["core", "history"],
  limits: defaultLimits
}

const entered = (log: "first" | "same" | "another", head = 2, topic?: string): News => ({
  _tag: "Entered",
  joined: {
    type: "joined",
    re: 1,
    room,
    epoch,
    first: 1,
    head,
    members: ["ana", "leo"],
    ...(topic === undefined ? {} : { topic })
  },
  last: head,
  log
})

const told = (item: KnownItem, inLog = epoch): News => {
  const entry: EntryEvent = { room, ...item }
  return entry.type === "message" ? { _tag: "Entry", epoch: inLog, entry } : { _tag: "Change", epoch: inLog, entry }
}

const message = (seq: number, more: object = {}): News =>
  told({ type: "message", seq, from: "leo", text: `entry ${seq}`, at, ...more })

const marked = (seq: number, head: number, unread: number): News => ({ _tag: "Read", room, epoch, seq, head, unread })

const gone = (from: number, to: number): News => ({ _tag: "Gone", room, epoch, from, to, isForever: true })

const item = (key: string): Item => ({ key, room, text: key })

const pageOf = (entries: ReadonlyArray<KnownItem>, head: number, inLog = epoch): History => ({
  type: "history",
  re: 1,
  room,
  epoch: inLog,
  first: 1,
  head,
  entries
})

const all = (...news: ReadonlyArray<Told>): View => news.reduce(see, emptyView)

const look = (...news: ReadonlyArray<Told>): RoomSnapshot => lookAt(all(welcome, ...news), room)

type Line = RoomSnapshot["entries"][number]

/** A line in a few signs. */
const inSign = (line: Line): string => {
  switch (line._tag) {
    case "Message":
      return `${line.seq} ${line.text ?? "(deleted)"}`
    case "Topic":
      return `${line.seq} about ${line.text}`
    case "Deed":
      return `${line.seq} ${deedWords.en(line.deed)}`
    case "Gone":
      return `${line.from}-${line.to}`
    case "Waiting":
      return `${line.status}: ${line.text}`
  }
}

const inSigns = ({ entries }: RoomSnapshot) => entries.map(inSign)

describe("a picture of a room", () => {
  it("shows entries and gaps in their order, and who is there", () => {
    const joined = { _tag: "Member", member: { type: "member", room, nick: "eva", change: "joined" } } as const
    const more = { _tag: "Members", room, members: ["tom"] } as const
    const seen = look(entered("first"), message(3), gone(4, 6), message(7), joined, more)
    assert.deepStrictEqual(inSigns(seen), ["3 entry 3", "4-6", "7 entry 7"])
    assert.deepStrictEqual(seen.members, ["ana", "eva", "leo", "tom"])
    assert.deepInclude(seen, { isIn: true, last: 7, hasOlder: true })
  })

  it("goes on after a break, and begins again with another log", () => {
    assert.deepStrictEqual(inSigns(look(entered("first"), message(3), entered("same"), message(4))).length, 2)
    assert.deepStrictEqual(look(entered("first"), message(3), entered("another")).entries, [])
    assert.isFalse(all(entered("first"), { _tag: "Left", room }).rooms.has(room))
  })

  it("shows what is on its way until it is there, and what has come to rest until its person decides", () => {
    const waits = (key: string): News => ({ _tag: "Waiting", item: item(key) })
    const rest = { _tag: "Failed", code: "too-long", message: "too long" } as const
    const rests: News = { _tag: "Waiting", item: { ...item("a"), rest } }
    assert.deepStrictEqual(inSigns(look(waits("a"), waits("b"))), ["pending: a", "pending: b"])
    assert.deepStrictEqual(inSigns(look(waits("a"), waits("b"), rests)), ["failed: a", "pending: b"])
    const unknown: News = { _tag: "Waiting", item: { ...item("a"), rest: { _tag: "Unknown" } } }
    assert.deepStrictEqual(inSigns(look(unknown)), ["unknown: a"])
    const mine = message(3, { from: "ana", key: "a", text: "a" })
    const sent: News = { _tag: "Sent", item: item("a"), seq: 3, at }
    const [before, between, after] = [
      look(entered("first"), waits("a")),
      look(entered("first"), waits("a"), mine),
      look(entered("first"), waits("a"), mine, sent)
    ]
    assert.deepStrictEqual([inSigns(between), inSigns(after)], [["3 a"], ["3 a"]])
    assert.strictEqual(before.entries[0]!.id, after.entries[0]!.id)
    assert.deepStrictEqual(look(waits("a"), { _tag: "Dropped", item: item("a") }).entries, [])
    assert.deepStrictEqual(inSigns(lookAt(viewOf([item("a")]), room)), ["pending: a"])
    // Who has left a room can still decide.
    assert.deepStrictEqual(inSigns(look(rests, { _tag: "Left", room })), ["failed: a"])
  })

  it("shows a message as it is now: edited, deleted, answered, with its reactions and who has them", () => {
    const seen = look(
      entered("first", 0),
      message(1, { from: "ana", text: "at eigth" }),
      told({ type: "edit", seq: 2, from: "ana", target: 1, text: "at eight", at }),
      told({ type: "react", seq: 3, from: "leo", target: 1, reaction: "+1", on: true, at }),
      told({ type: "react", seq: 4, from: "ana", target: 1, reaction: "+1", on: true, at }),
      message(5, { text: "@ana yes", mentions: ["ana"], replyTo: 1 }),
      message(6),
      told({ type: "delete", seq: 7, from: "leo", target: 6, at }),
      told({ type: "topic", seq: 8, from: "eva", text: "dinner", at }),
      told({ type: "ban", seq: 9, from: "eva", nick: "tom", on: true, at })
    )
    const [first, second, third, fourth, fifth] = seen.entries
    const reactions = [{ reaction: "+1", count: 2, by: ["leo", "ana"], isMine: true }]
    assert.deepInclude(first, { text: "at eight", isEdited: true, isMine: true, reactions })
    assert.deepInclude(second, { replyTo: 1, mentions: ["ana"], mentionsMe: true, isMine: false })
    assert.deepInclude(third, { seq: 6, text: undefined, reactions: [] })
    assert.deepInclude(fourth, { _tag: "Topic", text: "dinner" })
    assert.strictEqual(fifth === undefined ? "" : inSign(fifth), "9 eva has banned tom")
    assert.strictEqual(seen.topic, "dinner")
    assert.strictEqual(look(entered("first", 0, "before")).topic, "before")
  })

  it("counts what is new from the mark on: messages of others that are there, and those that name oneself", () => {
    const mine = message(4, { from: "ana" })
    const naming = message(5, { mentions: ["ana"] })
    const some = [entered("first", 2), marked(1, 2, 1), message(3), mine, naming]
    assert.deepInclude(look(...some), { read: 1, unread: 3, mentions: 1, isCounted: false })
    assert.deepInclude(look(...some, marked(4, 5, 1)), { read: 4, unread: 1, mentions: 1, isCounted: true })
    const taken = told({ type: "delete", seq: 6, from: "leo", target: 5, at })
    assert.deepInclude(look(...some, taken), { unread: 2, mentions: 0 })
    // A count of before comes too late.
    assert.deepInclude(look(...some, marked(5, 5, 0), marked(4, 5, 1)), { read: 5, unread: 0 })
    assert.strictEqual(look(...some, marked(5, 5, 0), message(6)).unread, 1)
  })

  it("shows who types until they have said it, or left, or for too long, or until one is away", () => {
    const types = (nick: string, on = true): News => ({ _tag: "Typing", room, nick, on })
    const some = [entered("first"), types("leo"), types("eva"), types("leo")]
    assert.deepStrictEqual(look(...some).typing, ["leo", "eva"])
    assert.deepStrictEqual(look(...some, message(3)).typing, ["eva"])
    assert.deepStrictEqual(look(...some, types("eva", false)).typing, ["leo"])
    const left = { _tag: "Member", member: { type: "member", room, nick: "eva", change: "left" } } as const
    assert.deepStrictEqual(look(...some, left).typing, ["leo"])
    const why = { _tag: "NotKept" } as never
    assert.deepStrictEqual(look(...some, { _tag: "State", state: { _tag: "Offline", why, again: 0 } }).typing, [])
  })

  it("is of a conversation from its first word on, and of another one when somebody else has the nick", () => {
    const direct = (seq: number, inLog: string): News => ({
      _tag: "Entry",
      epoch: inLog,
      entry: { type: "message", room: "@leo", epoch: inLog, seq, from: "leo", text: `${inLog} ${seq}`, at }
    })
    const mark: News = { _tag: "Read", room: "@leo", epoch: "c8", seq: 1, head: 1, unread: 0 }
    const view = all(welcome, mark, direct(1, "c8"), direct(2, "c8"))
    const seen = lookAt(view, "@leo")
    assert.deepInclude(seen, { isDirect: true, isIn: true, unread: 1 })
    assert.deepStrictEqual(seen.members, ["ana", "leo"])
    const another = [{ _tag: "Another", room: "@leo", epoch: "d1" } as const, direct(1, "d1")].reduce(see, view)
    assert.deepStrictEqual(inSigns(lookAt(another, "@leo")), ["1 d1 1"])
  })

  it("is of a conversation whose newest page comes before its news", () => {
    const direct = (seq: number): KnownItem => ({ type: "message", seq, from: "leo", text: `word ${seq}`, at })
    const news = (seq: number): News => told({ ...direct(seq) }, "c8")
    const mark: News = { ...(marked(0, 0, 0) as Extract<News, { _tag: "Read" }>), epoch: "c8" }
    const page = withPage(all(welcome, mark), pageOf([direct(2), direct(3)], 3, "c8"))
    const view = [news(2), news(3), news(4)].reduce(see, page)
    assert.deepStrictEqual(inSigns(lookAt(view, room)), ["2 word 2", "3 word 3", "4 word 4"])
  })

  it("is the same object for as long as nothing is known of a room", () => {
    const [before, after] = [all(welcome), all(welcome, entered("first", 0))]
    assert.strictEqual(lookAt(before, "#elsewhere"), lookAt(after, "#elsewhere"))
    assert.notStrictEqual(lookAt(before, "@leo"), lookAt(before, "#elsewhere"))
  })

  it("knows how people are", () => {
    const busy = { nick: "leo", status: "busy", since: at } as const
    const view = all(
      { _tag: "Presence", people: [busy], asked: true },
      { _tag: "Presence", people: [{ ...busy, status: "idle" }], asked: false }
    )
    assert.strictEqual(personIn(view, "leo")?.status, "idle")
    assert.isUndefined(personIn(view, "eva"))
  })

  it("knows who has an account until they are gone, or it was asked again", () => {
    const leo = { nick: "leo", status: "active", since: at } as const
    const asked: News = { _tag: "Presence", people: [{ ...leo, account: true }], asked: true }
    const told = (status: "idle" | "offline"): News => ({
      _tag: "Presence",
      people: [{ ...leo, status }],
      asked: false
    })
    const hasAccount = (...news: ReadonlyArray<News>) => personIn(all(...news), "leo")?.account === true
    assert.isTrue(hasAccount(asked, told("idle")))
    assert.isFalse(hasAccount(asked, told("offline"), told("idle")))
    assert.isFalse(hasAccount(asked, { _tag: "Presence", people: [leo], asked: true }))
    assert.isFalse(hasAccount(told("idle")))
  })

  it("takes older pages that fit in front, and of others what they say of messages", () => {
    const [one, two, three] = [1, 2, 3].map(
      (seq): KnownItem => ({ type: "message", seq, from: "leo", text: `entry ${seq}`, at })
    )
    const view = all(welcome, entered("first", 3), message(4))
    const shown = (...pages: ReadonlyArray<History>) => inSigns(lookAt(pages.reduce(withPage, view), room)).length
    assert.deepStrictEqual([shown(pageOf([two!, three!], 4)), shown(pageOf([one!, two!, three!], 4))], [3, 4])
    assert.strictEqual(shown(pageOf([one!], 4)), 1)
    assert.strictEqual(shown(pageOf([one!], 4), pageOf([two!, three!], 4), pageOf([one!, two!], 4)), 4)
    assert.strictEqual(shown(pageOf([three!], 4, "k4")), 1)
    assert.strictEqual(firstOf(withPage(view, pageOf([two!, three!], 4)), room), 2)
    assert.isFalse(lookAt(withPage(view, pageOf([one!, two!, three!], 4)), room).hasOlder)
    assert.deepInclude(lineAt(view, room, 4), { text: "entry 4" })
    assert.isUndefined(lineAt(view, room, 3))
  })

  it("is the same object, in all its parts, for as long as nothing has changed", () => {
    const view = all(welcome, entered("first"), message(3), message(4))
    const before = lookAt(view, room)
    assert.strictEqual(lookAt(view, room), before)
    const typing = lookAt(see(view, { _tag: "Typing", room, nick: "leo", on: true }), room)
    assert.strictEqual(typing.entries, before.entries)
    assert.strictEqual(typing.members, before.members)
    const later = lookAt(see(view, message(5)), room)
    assert.strictEqual(later.entries[0], before.entries[0])
    // A picture doesn't change when others are made of it.
    const branches = [message(5, { text: "one" }), message(5, { text: "other" })].map((news) => see(view, news))
    assert.deepStrictEqual(
      branches.map((branch) => inSigns(lookAt(branch, room)).at(-1)),
      ["5 one", "5 other"]
    )
    assert.strictEqual(before.entries.length, 2)
  })
})

const act = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ does: "live" } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("older" as const),
      size: fc.integer({ min: 1, max: 9 }),
      lag: fc.nat({ max: 5 })
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("page" as const),
      from: fc.integer({ min: 1, max: 40 }),
      size: fc.integer({ min: 1, max: 9 }),
      lag: fc.nat({ max: 5 })
    })
  }
)

test.prop(
  [
    fc.array(deed, { maxLength: 60 }),
    fc.nat({ max: 60 }),
    fc.array(act, { maxLength: 80 }),
    fc.nat({ max: 60 }),
    fc.nat({ max: 60 })
  ],
  { numRuns: 2_000 }
)(
  "whoever has read all sees the same, whatever came first: pages of any time, or live entries",
  (deeds, joins, acts, seq, counted) => {
    const log = logOf(deeds)
    const { length } = log
    const head = Math.min(joins, length)
    const lastTopic = log.slice(0, head).findLast(({ type }) => type === "topic")
    const topic = lastTopic?.type === "topic" && lastTopic.text !== "" ? lastTopic.text : undefined
    const markedAt = Math.min(counted, length)
    const mark = marked(Math.min(seq, markedAt), markedAt, 0)
    const truth = lookAt(all(welcome, entered("first", 0), ...log.map((entry) => told(entry)), mark), room)

    let view = all(welcome, entered("first", head, topic))
    let live = head
    const goOn = () => {
      const next = log[live]
      if (next === undefined) return
      view = see(view, told(next))
      live++
    }
    /** A page that the server has made a while ago, or that overtakes what was told live. */
    const read = (from: number, to: number, at: number) => {
      if (from <= to) view = withPage(view, pageOf(pageAt(log, from, to, at), at))
    }
    for (const each of acts) {
      if (each.does === "live") goOn()
      else if (each.does === "page")
        read(each.from, each.from + each.size, Math.min(length, Math.max(head, live - 2) + each.lag))
      else {
        const before = firstOf(view, room)!
        read(Math.max(1, before - each.size), before - 1, Math.min(length, Math.max(head, live - 2) + each.lag))
      }
    }
    while (live < length) goOn()
    view = see(view, mark)
    for (let before = firstOf(view, room)!; before > 1; before = firstOf(view, room)!) {
      read(Math.max(1, before - 3), before - 1, length)
    }
    assert.deepStrictEqual(lookAt(view, room), { ...truth, members: lookAt(view, room).members })
  }
)
