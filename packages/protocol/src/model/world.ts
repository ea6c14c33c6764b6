/**
 * What can be known of a server from outside: who is connected, under which nick, and what every room's log holds. Plain data; a
 * step makes a new world and never changes an old one.
 *
 * @module
 */
import type { Limits } from "../limits.ts"
import type { Owed } from "./expected.ts"

/** What a story calls a client; one that comes back on a new connection keeps its name. */
export type Who = string

/** An open connection that has been greeted. */
export interface Link {
  /** Absent until `welcome`. */
  readonly nick: string | undefined
  /** The rooms that it has left, and may join again (LEAVE-3). */
  readonly left: ReadonlySet<string>
}

/** One entry of a log; its `seq` is its place, its `at` a variable. */
export interface Entry {
  readonly from: string
  readonly text: string
}

/** One life of a room's log, from its first member on: what an epoch names. */
export interface Life {
  /** 1, 2, 3, ... over all rooms: the epoch is a variable, and this is its name. */
  readonly nth: number
  readonly entries: ReadonlyArray<Entry>
  /** Nobody: then the room does not exist, and its log may be forgotten at any time. */
  readonly members: ReadonlySet<Who>
}

/** A `send` whose connection was lost before the reply: it may take effect later, or never. */
export interface Pending {
  readonly room: string
  readonly life: number
  readonly entry: Entry
}

/** Where somebody stopped reading a log: what they say when they come back. */
export interface Cursor {
  readonly epoch: string
  readonly after: number
}

/** The values of what a server chooses freely, as first seen: epochs, and the times of entries. */
export type Bound = ReadonlyMap<string, unknown>

export interface World {
  readonly limits: Pick<Limits, "page" | "replay">
  /** The rooms that the story speaks of, ascending; a server may have others, and the model knows nothing of them. */
  readonly names: ReadonlyArray<string>
  readonly links: ReadonlyMap<Who, Link>
  readonly rooms: ReadonlyMap<string, Life>
  /** How many lives there have been. */
  readonly lives: number
  /** Nicks that somebody has had, and how their connection ended. */
  readonly freed: ReadonlyMap<string, "bye" | "lost">
  readonly cursors: ReadonlyMap<string, Cursor>
  readonly pending: ReadonlyArray<Pending>
  /** Entries that are in a log without anybody's having been told so, and that are still to come to somebody. */
  readonly loose: ReadonlyArray<Owed>
  readonly bound: Bound
}

/** A server on which the story has not begun. */
export const emptyWorld = (limits: World["limits"], rooms: ReadonlyArray<string>): World => ({
  limits,
  names: rooms.toSorted(),
  links: new Map(),
  rooms: new Map(),
  lives: 0,
  freed: new Map(),
  cursors: new Map(),
  pending: [],
  loose: [],
  bound: new Map()
})

/** A map in which one value is another. */
export const put = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> =>
  new Map(map).set(key, value)

/** A map without one key. */
export const without = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> =>
  new Map([...map].filter(([each]) => each !== key))

/** Who else is in a room. */
export const othersIn = (world: World, room: string, who: Who): ReadonlyArray<Who> =>
  [...(world.rooms.get(room)?.members ?? [])].filter((member) => member !== who)

/** The rooms that somebody is in. */
export const roomsOf = ({ names, rooms }: World, who: Who): ReadonlyArray<string> =>
  names.filter((room) => rooms.get(room)?.members.has(who) === true)

/** The rooms that exist, ascending (JOIN-4). */
export const existing = ({ names, rooms }: World): ReadonlyArray<string> =>
  names.filter((room) => (rooms.get(room)?.members.size ?? 0) > 0)

/** The nicks of a room's members, ascending. */
export const nicksIn = (world: World, room: string): ReadonlyArray<string> =>
  [...(world.rooms.get(room)?.members ?? [])].map((who) => nickOf(world, who)).toSorted()

/** The nick of somebody who is logged in. */
export const nickOf = ({ links }: World, who: Who): string => {
  const nick = links.get(who)?.nick
  if (nick === undefined) throw new Error(`${who} is not logged in`)
  return nick
}

/** Where somebody is in a room's log, or was when they left it last. */
export const placeOf = (world: World, who: Who, room: string): Cursor | undefined => {
  const life = world.rooms.get(room)
  return life?.members.has(who) === true ? cursorIn(world, life) : world.cursors.get(cursorKey(who, room))
}

/** The end of a log, as whoever is in the room knows it. */
export const cursorIn = ({ bound }: World, { entries, nth }: Life): Cursor => ({
  epoch: String(bound.get(epochVariable(nth))),
  after: entries.length
})

export const cursorKey = (who: Who, room: string): string => `${who} ${room}`

export const epochVariable = (life: number): string => `epoch ${life}`

export const timeVariable = (life: number, seq: number): string => `at ${life} ${seq}`
