/**
 * A picture of all that one sees: rooms, conversations, people. Pure: a picture never changes, and each piece of news makes another.
 * `Stream.scan(conversation.news, () => emptyView, see)` is a conversation to look at; `lookAt(view, "#cafe")` is a room as a screen shows it.
 *
 * Whoever has been told the same news and given the same pages sees the same, in whatever order pages and news have come: what is known of
 * messages is folded by the protocol's own reducer (spec/rich.md, What a client does with it).
 *
 * @module
 */
import {
  defaultLimits,
  type EntryEvent,
  type History,
  isDirect,
  isKnownItem,
  isModeration,
  type Joined,
  type View as Known,
  type KnownItem,
  see as know,
  type LeftEvent,
  type Limits,
  may,
  messageAt,
  otherIn,
  type Profile,
  type RoomAction,
  type RoomKind,
  topicOf,
  type User,
  emptyView as unknown,
  whoReacted
} from "@tertulia/protocol"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import type { State, Told } from "./conversation.ts"
import type { Deed, SaidDeed } from "./deeds.ts"
import type { Refused } from "./errors.ts"
import type { Item } from "./kept.ts"
import { append, listOf, type Rows, replace, rowAt, rowsOf } from "./rows.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What there is to see
// ---------------------------------------------------------------------------------------------------------------------

/** How many people have a reaction, and by which nicks, as far as their doing so was seen. */
export interface ReactionLine {
  readonly reaction: string
  readonly count: number
  readonly by: ReadonlyArray<string>
  readonly isMine: boolean
}

/** A message as it is now. */
export interface MessageLine {
  readonly _tag: "Message"
  /** The same for what waits to be sent and the message that it becomes; different for any two lines of a room. */
  readonly id: string
  readonly seq: number
  readonly from: string
  readonly at: string
  /** Undefined when it was deleted. */
  readonly text: string | undefined
  readonly isEdited: boolean
  readonly isMine: boolean
  /** The `seq` of the message that it answers: `lineAt` finds it. */
  readonly replyTo: number | undefined
  /** The nicks that it names, folded. */
  readonly mentions: ReadonlyArray<string>
  readonly mentionsMe: boolean
  readonly reactions: ReadonlyArray<ReactionLine>
}

/** Somebody has said what the room is about. */
export interface TopicLine {
  readonly _tag: "Topic"
  readonly id: string
  readonly seq: number
  readonly from: string
  readonly at: string
  readonly text: string
}

/** Somebody has done something to keep the room. */
export interface DeedLine {
  readonly _tag: "Deed"
  readonly id: string
  readonly seq: number
  readonly at: string
  readonly deed: SaidDeed
}

/** Entries that can't be shown: given up by the server when `isForever`, or out of reach on a server without pages. */
export interface GoneLine {
  readonly _tag: "Gone"
  readonly id: string
  readonly from: number
  readonly to: number
  readonly isForever: boolean
}

/** What one has said and what isn't known to be in the log: on its way, or come to rest, when `again` and `forget` decide. */
export interface WaitingLine {
  readonly _tag: "Waiting"
  readonly id: string
  readonly key: string
  readonly text: string
  readonly replyTo: number | undefined
  /** `failed`: it was not sent. `unknown`: nobody can tell whether it was. */
  readonly status: "pending" | "failed" | "unknown"
  /** Why it has failed: a code of the registry, and a sentence. */
  readonly why: { readonly code: string; readonly message: string } | undefined
}

/** One line of the log of a room. */
export type ViewLine = MessageLine | TopicLine | DeedLine | GoneLine

/** What one is to a room, and what the room is: where the server claims moderation. */
export interface Standing {
  readonly role: "member" | "moderator" | "owner" | "operator"
  readonly kind: RoomKind
  /** Whether one has no word. */
  readonly isMuted: boolean
  /** Seconds that a member waits between two messages; 0 for none. */
  readonly slow: number
}

/** A room or a conversation as its reader sees it. Immutable; each part is the same object for as long as it says the same. */
export interface RoomSnapshot {
  /** `#cafe`, or `@leo` for the conversation with leo. */
  readonly name: string
  readonly isDirect: boolean
  /** Whether one is there: in a room, from `joined` on, also while the connection is away. */
  readonly isIn: boolean
  /** Why one isn't there any more, or couldn't get in. */
  readonly out: Refused | undefined
  /** What has put one out who was in it. */
  readonly putOutBy: PutOutBy
  readonly standing: Standing
  /** The log, ascending, as far as it was read; then what waits to be sent, in the order in which it was said. */
  readonly entries: ReadonlyArray<ViewLine | WaitingLine>
  /** Who is there, by nick; of a conversation, the other. */
  readonly members: ReadonlyArray<string>
  /** Who types, in the order in which they began. */
  readonly typing: ReadonlyArray<string>
  /** What the room is about; "" for nothing. */
  readonly topic: string
  /** The `seq` up to which one has read: what comes after it is new. */
  readonly read: number
  /** The `seq` of the last entry that was seen; 0 for none. */
  readonly last: number
  /** How many messages of others above `read` aren't deleted. */
  readonly unread: number
  /** How many of those name oneself. */
  readonly mentions: number
  /**
   * Whether `unread` and `mentions` count all: not, when older pages than those that were read may hold more. Where the server claims rich,
   * `unread` in a room does anyway.
   */
  readonly isCounted: boolean
  /** Whether there are older entries to read, on a server that has pages. */
  readonly hasOlder: boolean
}

/** By what one was put out; undefined when one wasn't. */
type PutOutBy = LeftEvent["reason"] | undefined

/** What is known of a room. */
export interface RoomPicture {
  readonly epoch: string | undefined
  readonly isIn: boolean
  readonly out: Refused | undefined
  readonly putOutBy: PutOutBy
  readonly standing: Standing
  readonly known: Known
  /** Each line from `first` to `last`. */
  readonly rows: Rows<ViewLine>
  /** From here on everything was seen or is said to be gone; undefined before anything was. */
  readonly first: number | undefined
  readonly last: number
  /** The first entry that the server has, as far as one has heard. */
  readonly begins: number
  readonly waiting: ReadonlyArray<Item>
  readonly members: HashSet.HashSet<string>
  readonly typing: ReadonlyArray<string>
  readonly mark: { readonly seq: number; readonly head: number; readonly unread: number }
}

/** Everything that one sees. */
export interface View {
  readonly state: State
  /** Under which nick one is known; undefined before any welcome. */
  readonly nick: string | undefined
  /** Whether that is the nick of one's account. */
  readonly hasAccount: boolean
  /** What the server claims, as it has said last. */
  readonly profiles: ReadonlyArray<Profile>
  /** What the server announces, as it has said last; the defaults of the protocol before. */
  readonly limits: Limits
  readonly rooms: ReadonlyMap<string, RoomPicture>
  /** How people are, by nick: those of one's rooms who were told of, where the server claims presence. */
  readonly people: HashMap.HashMap<string, User>
}

const blank: RoomPicture = {
  epoch: undefined,
  isIn: false,
  out: undefined,
  putOutBy: undefined,
  standing: { role: "member", kind: "public", isMuted: false, slow: 0 },
  known: unknown(),
  rows: rowsOf<ViewLine>([]),
  first: undefined,
  last: 0,
  begins: 1,
  waiting: [],
  members: HashSet.empty(),
  typing: [],
  mark: { seq: 0, head: 0, unread: 0 }
}

/** Before any news. */
export const emptyView: View = {
  state: { _tag: "Connecting" },
  nick: undefined,
  hasAccount: false,
  profiles: [],
  limits: defaultLimits,
  rooms: new Map(),
  people: HashMap.empty()
}

/** What an earlier process has left in the outbox. */
export const viewOf = (outbox: ReadonlyArray<Item>): View =>
  outbox.reduce((view, item) => see(view, { _tag: "Waiting", item }), emptyView)

// ---------------------------------------------------------------------------------------------------------------------
// How it changes
// ---------------------------------------------------------------------------------------------------------------------

/** The picture after a piece of news. */
export const see = (view: View, told: Told): View => {
  switch (told._tag) {
    case "State":
      return stated(view, told.state)
    case "Welcome":
      return welcomed(view, told)
    case "Entry":
    case "Change":
      return withRoom(view, told.entry.room, (room) => entered(inLog(room, told), told.entry, view.nick))
    case "Passed":
      return withRoom(view, told.room, (room) => ({ ...begun(inLog(room, told), told.from), last: told.to }))
    case "Gone": {
      const { from, isForever, to } = told
      const line: GoneLine = { _tag: "Gone", id: `${from}-${to}`, from, to, isForever }
      return withRoom(view, told.room, (before) => {
        const room = begun(inLog(before, told), from)
        return { ...room, last: to, rows: append(room.rows, line) }
      })
    }
    case "Member": {
      const { change, nick, room } = told.member
      const step = change === "joined" ? HashSet.add : HashSet.remove
      return withRoom(view, room, (there) => ({
        ...(change === "joined" ? there : withTyping(there, nick, false)),
        members: step(there.members, nick)
      }))
    }
    case "Members":
      return withRoom(view, told.room, (room) => ({
        ...room,
        members: HashSet.union(room.members, HashSet.fromIterable(told.members))
      }))
    case "Typing":
      return withRoom(view, told.room, (room) => withTyping(room, told.nick, told.on))
    case "Presence":
      return {
        ...view,
        people: told.people.reduce(
          (people, user) => HashMap.set(people, user.nick, told.asked ? user : withAccount(user, people)),
          view.people
        )
      }
    case "Read":
      return withRoom(view, told.room, (before) => {
        const room = inLog(before, told)
        const { head, seq, unread } = told
        // Of two counts the later one, whose mark and head are never below those of the other.
        return seq < room.mark.seq || head < room.mark.head ? room : { ...room, mark: { seq, head, unread } }
      })
    case "Entered":
      return withRoom(view, told.joined.room, (room) => came(room, told))
    case "Another":
      return withRoom(view, told.room, (room) => inLog(room, told))
    case "Left":
      return left(view, told.room)
    case "Out":
      return withRoom(view, told.room, (room) => ({
        ...room,
        isIn: false,
        out: told.why,
        putOutBy: told.by,
        standing: blank.standing,
        typing: []
      }))
    case "Unregistered":
      return { ...view, hasAccount: false }
    case "Waiting":
      return withRoom(view, told.item.room, (room) => ({ ...room, waiting: put(room.waiting, told.item) }))
    case "Sent":
    case "Dropped":
      return withRoom(view, told.item.room, (room) => ({
        ...room,
        waiting: room.waiting.filter(({ key }) => key !== told.item.key)
      }))
  }
}

/**
 * The picture with a page of a room's log: an older one, which fits in front of what was read, or any other. What a page says of messages is
 * known from then on; its lines are shown when no entry is missing between them and those that are.
 */
export const withPage = (view: View, { entries, epoch, first: begins, room: name }: History): View =>
  withRoom(view, name, (room) => {
    if (room.epoch !== epoch) return room
    const items = entries.filter(isKnownItem)
    const [from = begins, to = begins - 1] = [entries[0]?.seq, entries.at(-1)?.seq]
    const fits = room.first === undefined || to >= room.first - 1
    const first = fits ? Math.min(room.first ?? from, from) : room.first
    const last = room.first === undefined ? to : room.last
    const known = items.reduce<Known>(know, room.known)
    const now = { ...room, known, first, last, begins: Math.max(room.begins, begins) }
    return { ...now, rows: relined(now, items, view.nick) }
  })

/** What a page before all that was read would have to be before. */
export const firstOf = (view: View, name: string): number | undefined => view.rooms.get(name)?.first

const stated = (view: View, state: State): View => {
  if (state._tag !== "Offline") return { ...view, state }
  // Who types now, nobody hears; and how people are, nobody tells.
  const rooms = new Map(
    [...view.rooms].map(([name, room]) => [name, room.typing.length === 0 ? room : { ...room, typing: [] }])
  )
  return { ...view, state, rooms }
}

const welcomed = (view: View, told: Extract<Told, { readonly _tag: "Welcome" }>): View => {
  const { hasAccount, limits, nick, profiles } = told
  const rows = (room: RoomPicture) => (view.nick === nick ? room.rows : seenBy(room, nick))
  const rooms = [...view.rooms].map(([name, room]) => [name, { ...room, rows: rows(room) }] as const)
  return { ...view, nick, hasAccount, profiles, limits, rooms: new Map(rooms) }
}

/** Without the room, unless something waits there for a decision. */
const left = (view: View, name: string): View => {
  const rooms = new Map(view.rooms)
  const waiting = rooms.get(name)?.waiting ?? []
  if (waiting.length === 0) rooms.delete(name)
  else rooms.set(name, { ...blank, waiting })
  return { ...view, rooms }
}

/** The room in the log that this is about; of another, nothing is left but what waits. */
const inLog = (room: RoomPicture, { epoch }: { readonly epoch: string }): RoomPicture =>
  room.epoch === epoch ? room : { ...blank, epoch, isIn: room.isIn, members: room.members, waiting: room.waiting }

const begun = (room: RoomPicture, seq: number): RoomPicture =>
  room.first === undefined ? { ...room, first: seq } : room

const came = (room: RoomPicture, { joined, last, log }: Extract<Told, { readonly _tag: "Entered" }>): RoomPicture => {
  const { epoch, first, members } = joined
  const standing = standingOf(joined)
  const people = HashSet.fromIterable(members)
  const here = { isIn: true, out: undefined, putOutBy: undefined, standing, members: people, begins: first }
  if (log === "same" && room.epoch === epoch) return { ...room, ...here, known: withTopic(room.known, joined) }
  return { ...blank, ...here, epoch, waiting: room.waiting, known: unknown(joined), first: last + 1, last }
}

const standingOf = ({ kind, muted, role, slow }: Joined): Standing => ({
  role: role ?? "member",
  kind: kind ?? "public",
  isMuted: muted ?? false,
  slow: slow ?? 0
})

/** What one is to the room after something was done to keep it. */
const standingAfter = (before: Standing, deed: Deed, nick: string | undefined): Standing => {
  switch (deed.type) {
    case "kind":
      return { ...before, kind: deed.kind }
    case "slow":
      return { ...before, slow: deed.seconds }
    case "mute":
      return deed.nick === nick ? { ...before, isMuted: deed.on } : before
    case "role":
      if (before.role === "operator") return before
      if (deed.nick === nick) return { ...before, role: deed.role }
      return deed.role === "owner" && before.role === "owner" ? { ...before, role: "moderator" } : before
    default:
      return before
  }
}

/** What it is about now, also when the entry that said so can't be read any more. */
const withTopic = (known: Known, joined: Parameters<typeof unknown>[0]): Known => {
  const { topic } = unknown(joined)
  return topic.since > known.topic.since ? { ...known, topic } : known
}

/** The room after an entry of its log: the next, or one that a page has shown. */
const entered = (before: RoomPicture, entry: EntryEvent, nick: string | undefined): RoomPicture => {
  const { seq } = entry
  const known = know(before.known, entry)
  const now = { ...begun(before, seq), known, last: Math.max(before.last, seq) }
  const room = entry.type === "message" ? withTyping(now, entry.from, false) : now
  if (seq <= before.last) return { ...room, rows: relined(room, [entry], nick) }
  switch (entry.type) {
    case "message":
    case "erased":
      return { ...room, rows: append(room.rows, messageLine(known, seq, nick)) }
    case "topic":
      return { ...room, rows: append(room.rows, topicLine(entry)) }
    default:
      return isModeration(entry)
        ? {
            ...room,
            standing: standingAfter(room.standing, entry, nick),
            rows: append(room.rows, deedLine(entry))
          }
        : { ...room, rows: redrawn(room, entry.target, nick) }
  }
}

/** The lines, of which one may show something else now. */
const redrawn = ({ known, rows }: RoomPicture, seq: number, nick: string | undefined): Rows<ViewLine> => {
  const index = indexOf(rows, seq)
  return rowAt(rows, index)?._tag === "Message" ? replace(rows, index, messageLine(known, seq, nick)) : rows
}

/** The lines with those of some items, and with what these say of others. */
const relined = (room: RoomPicture, items: ReadonlyArray<KnownItem>, nick: string | undefined): Rows<ViewLine> => {
  const { first = Number.POSITIVE_INFINITY, known, last, rows } = room
  // A page before all that is shown changes nothing of it: an entry is about an earlier one.
  if (rows.length > 0 && (items.at(-1)?.seq ?? last) < placeOf(rows.shared[0]!)) {
    const before = items.flatMap((item) => {
      if ("target" in item || item.seq < first) return []
      return [remarkOf(item) ?? messageLine(known, item.seq, nick)]
    })
    return rowsOf([...before, ...listOf(rows)])
  }
  const lines = new Map(listOf(rows).map((line) => [placeOf(line), line]))
  for (const item of items) {
    const seq = "target" in item ? item.target : item.seq
    const before = lines.get(seq)
    if ("target" in item && before === undefined) continue
    if (seq < first || seq > last) continue
    const remark = remarkOf(item)
    if (remark !== undefined) lines.set(seq, before ?? remark)
    else lines.set(seq, sameOr(before, messageLine(known, seq, nick)))
  }
  return rowsOf([...lines.values()].sort((one, other) => placeOf(one) - placeOf(other)))
}

/** The lines as they are to somebody else. */
const seenBy = ({ known, rows }: RoomPicture, nick: string): Rows<ViewLine> =>
  rowsOf(listOf(rows).map((line) => (line._tag === "Message" ? messageLine(known, line.seq, nick) : line)))

/** The line itself when another says the same, so that nobody draws it again. */
const sameOr = (line: ViewLine | undefined, other: MessageLine): ViewLine =>
  line !== undefined && JSON.stringify(line) === JSON.stringify(other) ? line : other

const placeOf = (line: ViewLine): number => (line._tag === "Gone" ? line.from : line.seq)

/** Where the line of an entry is, if it has one: the last that doesn't begin after it. */
const indexOf = (rows: Rows<ViewLine>, seq: number): number => {
  let [from, to] = [0, rows.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (placeOf(rows.shared[middle]!) < seq) from = middle + 1
    else to = middle
  }
  const line = rowAt(rows, from)
  return line !== undefined && placeOf(line) === seq ? from : rows.length
}

const messageLine = (known: Known, seq: number, nick: string | undefined): MessageLine => {
  // Its own entry was seen just now, or before.
  const { at, from, isEdited, key, mentions, reactions, replyTo, text } = messageAt(known, seq)!
  const isMine = from === nick
  return {
    _tag: "Message",
    id: isMine && key !== undefined ? key : String(seq),
    seq,
    from,
    at,
    text,
    isEdited,
    isMine,
    replyTo,
    mentions,
    mentionsMe: nick !== undefined && mentions.includes(nick),
    reactions: reactions.map(({ count, reaction }) => {
      const by = whoReacted(known, seq, reaction)
      return { reaction, count, by, isMine: nick !== undefined && by.includes(nick) }
    })
  }
}

const topicLine = ({ at, from, seq, text }: Pick<TopicLine, "at" | "from" | "seq" | "text">): TopicLine => ({
  _tag: "Topic",
  id: String(seq),
  seq,
  from,
  at,
  text
})

const deedLine = (deed: Deed | Extract<KnownItem, { readonly type: Deed["type"] }>): DeedLine => ({
  _tag: "Deed",
  id: String(deed.seq),
  seq: deed.seq,
  at: deed.at,
  deed
})

/** The line of an entry that is no message, and changes none. */
const remarkOf = (item: KnownItem): TopicLine | DeedLine | undefined => {
  if (item.type === "topic") return topicLine(item)
  return isModeration(item) ? deedLine(item) : undefined
}

const withTyping = (room: RoomPicture, nick: string, on: boolean): RoomPicture =>
  room.typing.includes(nick) === on
    ? room
    : { ...room, typing: on ? [...room.typing, nick] : room.typing.filter((each) => each !== nick) }

const put = (items: ReadonlyArray<Item>, item: Item): ReadonlyArray<Item> =>
  items.some(({ key }) => key === item.key)
    ? items.map((each) => (each.key === item.key ? item : each))
    : [...items, item]

const withRoom = (view: View, name: string, change: (room: RoomPicture) => RoomPicture): View => {
  const before = view.rooms.get(name)
  const room = change(before ?? blank)
  return room === before ? view : { ...view, rooms: new Map(view.rooms).set(name, room) }
}

// ---------------------------------------------------------------------------------------------------------------------
// How it is looked at
// ---------------------------------------------------------------------------------------------------------------------

const looks = new WeakMap<RoomPicture, RoomSnapshot>()
/** Of rooms of which nothing is known: what there is to see depends on the name and on who looks. */
const blankLooks = new Map<string, RoomSnapshot>()
const memberLists = new WeakMap<HashSet.HashSet<string>, ReadonlyArray<string>>()
const waitingLines = new WeakMap<Item, WaitingLine>()
const entryLists = new WeakMap<
  Rows<ViewLine>,
  { readonly waiting: ReadonlyArray<Item>; readonly entries: RoomSnapshot["entries"] }
>()

/** A room or a conversation to look at; the same object for as long as nothing in it has changed. */
export const lookAt = ({ nick, profiles, rooms }: View, name: string): RoomSnapshot => {
  const room = rooms.get(name) ?? blank
  const blankName = `${nick ?? ""} ${name}`
  const before = room === blank ? blankLooks.get(blankName) : looks.get(room)
  if (before !== undefined) return before
  const { begins, first = room.last + 1, isIn, last, mark, out, putOutBy, standing, typing } = room
  const direct = isDirect(name)
  const snapshot: RoomSnapshot = {
    name,
    isDirect: direct,
    isIn: direct || isIn,
    out,
    putOutBy,
    standing,
    entries: entriesOf(room),
    members: direct ? othersOf(name, nick) : membersIn(room.members),
    typing,
    topic: topicOf(room.known),
    read: mark.seq,
    last,
    ...countOf(room),
    isCounted: first <= Math.max(mark.seq + 1, begins),
    hasOlder: first > begins && profiles.includes("history")
  }
  if (room === blank) blankLooks.set(blankName, snapshot)
  else looks.set(room, snapshot)
  return snapshot
}

/** The line of an entry of a room, if it has one that is shown: of what a message answers, for example. */
export const lineAt = (view: View, name: string, seq: number): ViewLine | undefined => {
  const rows = view.rooms.get(name)?.rows
  return rows === undefined ? undefined : rowAt(rows, indexOf(rows, seq))
}

const othersOf = (name: string, nick: string | undefined) =>
  [otherIn(name), ...(nick === undefined ? [] : [nick])].sort()

const membersIn = (members: HashSet.HashSet<string>): ReadonlyArray<string> => {
  const list = memberLists.get(members) ?? [...members].sort()
  memberLists.set(members, list)
  return list
}

const entriesOf = ({ rows, waiting }: RoomPicture): RoomSnapshot["entries"] => {
  const lines = listOf(rows)
  if (waiting.length === 0) return lines
  const before = entryLists.get(rows)
  if (before?.waiting === waiting) return before.entries
  // Its entry may have come, and what says so not yet.
  const there = new Set(lines.slice(-2 * waiting.length - 64).map(({ id }) => id))
  const entries = [...lines, ...waiting.filter(({ key }) => !there.has(key)).map(waitingLine)]
  entryLists.set(rows, { waiting, entries })
  return entries
}

const waitingLine = (item: Item): WaitingLine => {
  const before = waitingLines.get(item)
  if (before !== undefined) return before
  const { key, replyTo, rest, text } = item
  const line: WaitingLine = {
    _tag: "Waiting",
    id: key,
    key,
    text,
    replyTo,
    status: rest === undefined ? "pending" : rest._tag === "Failed" ? "failed" : "unknown",
    why: rest?._tag === "Failed" ? { code: rest.code, message: rest.message } : undefined
  }
  waitingLines.set(item, line)
  return line
}

/** The server has counted up to a head; what came after is counted here (READ-2). */
const countOf = ({ mark, rows }: RoomPicture): Pick<RoomSnapshot, "mentions" | "unread"> => {
  let { unread } = mark
  let mentions = 0
  for (let index = rows.length - 1; index >= 0; index--) {
    const line = rows.shared[index]!
    if (placeOf(line) <= mark.seq) break
    if (line._tag !== "Message" || line.isMine || line.text === undefined) continue
    if (line.seq > mark.head) unread++
    if (line.mentionsMe) mentions++
  }
  return { unread, mentions }
}

/** Whoever had an account has it as long as they are there: an event doesn't say so. */
const withAccount = (user: User, before: View["people"]): User =>
  user.status !== "offline" && Option.getOrUndefined(HashMap.get(before, user.nick))?.account === true
    ? { ...user, account: true }
    : user

/** Whether one may do something in a room, as far as that hangs on oneself: to whom, the server says. */
export const mayIn = (
  { profiles }: Pick<View, "profiles">,
  room: Pick<RoomSnapshot, "isDirect" | "isIn" | "standing">,
  action: RoomAction
): boolean =>
  profiles.includes("moderation") && !room.isDirect && room.isIn && may(room.standing.role, action, room.standing.kind)

/** How somebody is, as far as one was told. */
export const personIn = (view: View, nick: string): User | undefined =>
  Option.getOrUndefined(HashMap.get(view.people, nick))
