/**
 * What a server may do when a client does something, as the chapters session, rooms and order have it.
 *
 * A step has several outcomes where the spec leaves a choice: whether the log of an empty room is forgotten, whether a `join` with `after`
 * resumes (CATCH-6), whether and when a `send` takes effect whose connection was lost before its reply. Values that a server chooses (an
 * epoch, the time of an entry) are variables, bound when they are first seen. Everything else is decided. Each thing that is owed cites the
 * requirement that is broken without it.
 *
 * One client acts at a time, and everybody has read all that they are owed before the next does. Limits on rooms and members are not
 * reached.
 *
 * @module
 */
import type { Ask as AnyAsk } from "../messages.ts"
import type { ModerationType } from "../moderation.ts"
import {
  type Check,
  is,
  isBetween,
  isBlaming,
  isNewEpoch,
  isSame,
  knownOf,
  type Modelled,
  type Owed,
  saysMore
} from "./expected.ts"
import {
  cursorIn,
  cursorKey,
  type Entry,
  epochVariable,
  existing,
  type Life,
  nickOf,
  nicksIn,
  othersIn,
  type Pending,
  put,
  roomsOf,
  timeVariable,
  type Who,
  type World,
  without
} from "./world.ts"

/** What the model knows how to answer: the requests of the core, without their `id`. */
export type Ask = Exclude<
  AnyAsk,
  {
    readonly type:
      | ("history" | "conversations" | "status" | "users" | "whois" | "search")
      | ("edit" | "delete" | "react" | "topic" | "typing" | "read")
      | ("register" | "challenge" | "password" | "revoke" | "unregister")
      | (ModerationType | "standings")
  }
>

/** What a client does. */
export type Deed =
  /** It connects, and is greeted. */
  | { readonly deed: "open" }
  /** It asks for something and waits for the reply. */
  | { readonly deed: "ask"; readonly request: Ask }
  /** Its connection ends without `bye`; perhaps a `send` has been said before, whose reply is lost. */
  | { readonly deed: "lose"; readonly by: "FIN" | "RST"; readonly unanswered?: Said }

/** A text for a room. */
export interface Said {
  readonly room: string
  readonly text: string
}

/** One thing that a server may do: what it owes for it, in the order of each connection, and the world after it. */
export interface Outcome {
  readonly world: World
  readonly owed: ReadonlyArray<Owed>
  /** Broken by an entry that the actor gets and isn't owed: what is said about replays, after a `join` with `after`. */
  readonly replay?: Modelled
}

/** Everything that a server may do when somebody does this: each is allowed, and nothing else is. */
export const step = (world: World, who: Who, deed: Deed): ReadonlyArray<Outcome> =>
  landings({ world: { ...world, loose: [] }, owed: world.loose })
    .flatMap((before) => act(before.world, who, deed).map((outcome) => following(before, outcome)))
    .flatMap(landings)

/** What is owed from before, and what is owed for the deed: a reply may tell of entries of which nobody had been told. */
const following = ({ owed }: Outcome, outcome: Outcome): Outcome => {
  const told = outcome.owed.filter(({ type }) => type === "joined" || type === "sent").map(roomIn)
  const before = owed.map((each) => (told.includes(roomIn(each)) ? { ...each, isLoose: false } : each))
  return { ...outcome, owed: [...before, ...outcome.owed] }
}

const roomIn = (owed: Owed): unknown => knownOf(owed)["room"]

const act = (world: World, who: Who, deed: Deed): ReadonlyArray<Outcome> => {
  switch (deed.deed) {
    case "open":
      return [
        { world: { ...world, links: put(world.links, who, { nick: undefined, left: new Set<string>() }) }, owed: [] }
      ]
    case "ask":
      return ask(world, who, deed.request)
    case "lose": {
      const lost = ending(world, who, "lost")
      return [deed.unanswered === undefined ? lost : withPending(world, lost, who, deed.unanswered)]
    }
  }
}

const ask = (world: World, who: Who, request: Ask): ReadonlyArray<Outcome> => {
  const isLoggedIn = world.links.get(who)?.nick !== undefined
  switch (request.type) {
    case "login":
      return [login(world, who, request.nick)]
    case "ping":
      return [replied(world, who, "pong", "REPLY-10")]
    case "bye":
      return [goodbye(world, who)]
    default:
      return isLoggedIn ? askInside(world, who, request) : [refused(world, who, "login-first", "LOGIN-3")]
  }
}

const askInside = (
  world: World,
  who: Who,
  request: Exclude<Ask, { readonly type: "login" | "ping" | "bye" }>
): ReadonlyArray<Outcome> => {
  if (request.type === "sync") return [replied(world, who, "synced", "SYNC-1")]
  if (request.type === "rooms") return [listRooms(world, who, request)]
  if (request.type === "join") return join(world, who, request)
  if (world.rooms.get(request.room)?.members.has(who) !== true) return [refused(world, who, "not-joined", "LEAVE-2")]
  if (request.type === "leave") return [leave(world, who, request.room)]
  if (request.type === "members") return [listMembers(world, who, request)]
  return [send(world, who, request.room, request.text)]
}

// ---------------------------------------------------------------------------------------------------------------------
// Replies
// ---------------------------------------------------------------------------------------------------------------------

const reply = (to: Who, type: string, cites: Modelled, ...checks: ReadonlyArray<Check>): Owed => ({
  to,
  kind: "reply",
  type,
  cites,
  checks
})

const replied = (world: World, who: Who, type: string, cites: Modelled, ...checks: ReadonlyArray<Check>): Outcome => ({
  world,
  owed: [reply(who, type, cites, ...checks)]
})

/** An `error`, and nothing else happens. */
const refused = (world: World, who: Who, code: string, cites: Modelled): Outcome =>
  replied(world, who, "error", cites, is("error", "code", code, cites))

// ---------------------------------------------------------------------------------------------------------------------
// Logging in, and endings
// ---------------------------------------------------------------------------------------------------------------------

const login = (world: World, who: Who, nick: string): Outcome => {
  const link = world.links.get(who)
  if (link?.nick !== undefined) return refused(world, who, "already-logged-in", "LOGIN-4")
  if ([...world.links.values()].some((other) => other.nick === nick))
    return refused(world, who, "nick-taken", "LOGIN-2")
  const freed = world.freed.get(nick)
  const cites = freed === undefined ? "LOGIN-1" : freed === "bye" ? "LOGIN-6" : "LOGIN-7"
  const links = put(world.links, who, { nick, left: new Set<string>() })
  return replied({ ...world, links }, who, "welcome", cites, is("welcome", "nick", nick, "LOGIN-1"))
}

const goodbye = (world: World, who: Who): Outcome => {
  const { owed, world: after } = ending(world, who, "bye")
  return { world: after, owed: [...owed, reply(who, "bye", "END-1", is("bye", "code", undefined, "END-1"))] }
}

/** A connection ends: its nick is free, its memberships end, and the others are told. */
const ending = (world: World, who: Who, how: "bye" | "lost"): Outcome => {
  const rooms = roomsOf(world, who)
  const cites = how === "bye" ? "MEMBER-2" : "MEMBER-5"
  const nick = world.links.get(who)?.nick
  const left = rooms.reduce((before, room) => withoutMember(before, who, room), world)
  return {
    world: {
      ...left,
      links: without(world.links, who),
      freed: nick === undefined ? world.freed : put(world.freed, nick, how)
    },
    owed: rooms.flatMap((room) => told(world, who, room, "left", cites))
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Rooms
// ---------------------------------------------------------------------------------------------------------------------

const told = (world: World, who: Who, room: string, change: "joined" | "left", cites: Modelled): ReadonlyArray<Owed> =>
  othersIn(world, room, who).map((to) => ({
    to,
    kind: "member",
    type: "member",
    cites,
    checks: [
      is("member", "room", room, cites),
      is("member", "nick", nickOf(world, who), cites),
      is("member", "change", change, "MEMBER-4")
    ]
  }))

const withoutMember = (world: World, who: Who, room: string): World => {
  const life = world.rooms.get(room)!
  const members = new Set([...life.members].filter((member) => member !== who))
  return {
    ...world,
    rooms: put(world.rooms, room, { ...life, members }),
    cursors: put(world.cursors, cursorKey(who, room), cursorIn(world, life))
  }
}

const leave = (world: World, who: Who, room: string): Outcome => {
  const link = world.links.get(who)!
  const after = withoutMember(world, who, room)
  return {
    world: { ...after, links: put(after.links, who, { ...link, left: new Set([...link.left, room]) }) },
    owed: [
      reply(who, "left", "LEAVE-1", is("left", "room", room, "LEAVE-1")),
      ...told(world, who, room, "left", "MEMBER-2")
    ]
  }
}

type Joining = Extract<Ask, { readonly type: "join" }>

const join = (world: World, who: Who, request: Joining): ReadonlyArray<Outcome> => {
  const { create, room } = request
  const life = world.rooms.get(room)
  if (life?.members.has(who) === true) return [refused(world, who, "already-joined", "JOIN-5")]
  const exists = (life?.members.size ?? 0) > 0
  if (!exists && create === false) return [refused(world, who, "no-such-room", "JOIN-4")]
  const nth = world.lives + 1
  const newLife: Life = { nth, entries: [], members: new Set() }
  return [
    // A log that was left empty may have been forgotten, or still be there.
    ...(exists ? [] : enter({ ...world, lives: nth }, who, request, newLife)),
    ...(life === undefined ? [] : enter(world, who, request, life))
  ]
}

/** Somebody enters a room with this log. */
const enter = (world: World, who: Who, request: Joining, life: Life): ReadonlyArray<Outcome> => {
  const { after, room } = request
  const isNew = life.nth !== world.rooms.get(room)?.nth
  const next: World = {
    ...world,
    rooms: put(world.rooms, room, { ...life, members: new Set([...life.members, who]) }),
    pending: world.pending.filter((pending) => pending.room !== room || pending.life === life.nth)
  }
  const head = life.entries.length
  const mayResume = after !== undefined && mayCatchUp(world, request, life)
  const answer = (resumed: boolean | undefined): Owed =>
    reply(
      who,
      "joined",
      world.links.get(who)?.left.has(room) === true ? "LEAVE-3" : isNew ? "JOIN-3" : "JOIN-1",
      is("joined", "room", room, "JOIN-1"),
      isNew ? isNewEpoch(epochVariable(life.nth)) : isSame("joined", "epoch", epochVariable(life.nth), "EPOCH-3"),
      isBlaming("joined", "head", head, ["JOIN-1", "EPOCH-1"], (got) => (Number(got) < head ? "EPOCH-1" : "JOIN-1")),
      isBetween("joined", "first", 1, head + 1, "JOIN-1"),
      isBlaming("joined", "resumed", resumed, ["CATCH-1", "CATCH-3"], (got) =>
        (got === undefined) === (after === undefined) ? "CATCH-3" : "CATCH-1"
      ),
      ...slice("joined", nicksIn(next, room), undefined, world.limits.page, nickOf(world, who))
    )
  const others = told(next, who, room, "joined", "MEMBER-1")
  const refusing: Outcome = {
    world: next,
    owed: [answer(after === undefined ? undefined : false), ...others],
    ...(after === undefined ? {} : { replay: "CATCH-3" })
  }
  if (!mayResume) return [refusing]
  const replayed = life.entries
    .slice(after)
    .map((entry, index) => shown(who, room, life, after + index + 1, entry, "CATCH-2"))
  // Nothing is replayed that the server doesn't have any more.
  const first = isBetween("joined", "first", 1, after + 1, "CATCH-3")
  const said = answer(true)
  const resuming: Outcome = {
    world: next,
    owed: [{ ...said, late: "CATCH-2", checks: [...said.checks, first] }, ...replayed, ...others],
    replay: "CATCH-2"
  }
  return [resuming, refusing]
}

/** Whether a server is free to replay what follows the cursor (CATCH-3, CATCH-6). */
const mayCatchUp = ({ bound, limits }: World, { after, epoch }: Joining, { entries, nth }: Life): boolean =>
  after !== undefined &&
  epoch === bound.get(epochVariable(nth)) &&
  after <= entries.length &&
  entries.length - after <= limits.replay

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

const shown = (to: Who, room: string, life: Life, seq: number, { from, text }: Entry, cites: Modelled): Owed => ({
  to,
  kind: "entry",
  type: "message",
  cites,
  late: cites === "SEND-2" ? "SEND-3" : cites,
  checks: [
    is("message", "room", room, "ISOLATE-1"),
    is("message", "seq", seq, cites === "CATCH-2" ? "CATCH-2" : "ORDER-2"),
    is("message", "from", from, "SEND-4"),
    is("message", "text", text, "ORDER-1"),
    isSame("message", "at", timeVariable(life.nth, seq), "SEND-5")
  ]
})

/** An entry takes its place in the log of a room. */
const append = (world: World, room: string, entry: Entry): Outcome => {
  const life = world.rooms.get(room)!
  const entries = [...life.entries, entry]
  return {
    world: { ...world, rooms: put(world.rooms, room, { ...life, entries }) },
    owed: [...life.members].map((to) => shown(to, room, life, entries.length, entry, "SEND-2"))
  }
}

const send = (world: World, who: Who, room: string, text: string): Outcome => {
  const { owed, world: after } = append(world, room, { from: nickOf(world, who), text })
  const { entries, nth } = after.rooms.get(room)!
  const seq = entries.length
  const sent = reply(
    who,
    "sent",
    "SEND-1",
    is("sent", "room", room, "SEND-1"),
    is("sent", "seq", seq, "SEND-1", "ORDER-2"),
    isSame("sent", "at", timeVariable(nth, seq), "SEND-5")
  )
  return { world: after, owed: [...owed, sent] }
}

// ---------------------------------------------------------------------------------------------------------------------
// What may have happened
// ---------------------------------------------------------------------------------------------------------------------

const withPending = (before: World, outcome: Outcome, who: Who, { room, text }: Said): Outcome => {
  const life = before.rooms.get(room)
  if (life?.members.has(who) !== true) return outcome
  const pending: Pending = { room, life: life.nth, entry: { from: nickOf(before, who), text } }
  return { ...outcome, world: { ...outcome.world, pending: [...outcome.world.pending, pending] } }
}

/** What may have become of the sends without reply: each may land now, in any order, or not yet. */
const landings = (outcome: Outcome): ReadonlyArray<Outcome> => [
  outcome,
  ...outcome.world.pending.flatMap((pending) => {
    const rest = outcome.world.pending.filter((other) => other !== pending)
    const { owed, world } = append({ ...outcome.world, pending: rest }, pending.room, pending.entry)
    const loose = owed.map((each) => ({ ...each, isLoose: true }))
    return landings({ ...outcome, world, owed: [...outcome.owed, ...loose] })
  })
]

// ---------------------------------------------------------------------------------------------------------------------
// Lists
// ---------------------------------------------------------------------------------------------------------------------

/**
 * The members of a slice: as many names as fit, ascending, from the first above `after` on.
 *
 * @param self who must be among them, if the slice reaches so far (JOIN-2)
 */
const slice = (
  type: string,
  names: ReadonlyArray<string>,
  after: string | undefined,
  size: number,
  self?: string
): ReadonlyArray<Check> => {
  const above = names.filter((name) => after === undefined || name > after)
  const wanted = above.slice(0, size)
  const blame = (got: unknown): Modelled => {
    const list: ReadonlyArray<unknown> = Array.isArray(got) ? got : []
    if (self !== undefined && wanted.includes(self) && !list.includes(self)) return "JOIN-2"
    if (list.toSorted().join() === wanted.join()) return "LIST-1"
    return list.every((name, place) => name === wanted[place]) ? "LIST-2" : "MEMBER-6"
  }
  const joining = self === undefined ? [] : (["JOIN-2"] as const)
  return [
    isBlaming(type, "members", wanted, [...joining, "LIST-1", "LIST-2", "MEMBER-6"], blame),
    saysMore(type, above.length > size)
  ]
}

const listMembers = (
  world: World,
  who: Who,
  { after, limit, room }: Extract<Ask, { readonly type: "members" }>
): Outcome => {
  const size = Math.min(limit ?? world.limits.page, world.limits.page)
  const checks = slice("members", nicksIn(world, room), after, size)
  return replied(world, who, "members", "LIST-1", is("members", "room", room, "LIST-1"), ...checks)
}

/** Rooms that the story doesn't speak of may stand among ours, so only ours are looked at: the last of a slice may be others'. */
const listRooms = (world: World, who: Who, { after, limit }: Extract<Ask, { readonly type: "rooms" }>): Outcome => {
  const size = Math.min(limit ?? world.limits.page, world.limits.page)
  const ours = existing(world)
    .filter((room) => after === undefined || room > after)
    .map((room) => ({ room, members: world.rooms.get(room)!.members.size }))
  const rooms: Check = {
    cites: ["LIST-5"],
    value: { rooms: ours.slice(0, size) },
    look: (object, bound) => {
      const items: ReadonlyArray<unknown> = Array.isArray(object["rooms"]) ? object["rooms"] : []
      const got = items.filter((item) => isOurs(world, item))
      const last = object["more"] === true ? nameIn(items.at(-1)) : undefined
      const wanted = last === undefined ? ours : ours.filter(({ room }) => room <= last)
      return JSON.stringify(got) === JSON.stringify(wanted)
        ? { bound }
        : { cites: "LIST-5", want: { is: "field", type: "rooms", field: "rooms", value: wanted } }
    }
  }
  // Others' rooms may follow ours, and then there is more all the same.
  const more = ours.length > size ? [saysMore("rooms", true)] : []
  return replied(world, who, "rooms", "LIST-5", rooms, ...more)
}

/** The room that an item of a list names. */
const nameIn = (item: unknown): string | undefined =>
  typeof item === "object" && item !== null && "room" in item ? String(item.room) : undefined

/** Whether an item of a list names a room that the story speaks of; one with no members need not be listed, but may. */
const isOurs = ({ names }: World, item: unknown): boolean =>
  names.includes(nameIn(item) ?? "") &&
  !(typeof item === "object" && item !== null && "members" in item && item.members === 0)
