/**
 * Finds what a data file holds beyond what it is to keep, a bounded part at a time.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"

/** How much of a log is kept. */
export interface Kept {
  /** Entries of a room; infinite for all. */
  readonly entries: number
  /** Milliseconds since 1970: what is older is given up. Infinitely early for nothing. */
  readonly since: number
}

/** Asks which of the rooms after a name have something to give up. */
export interface OverdueRoomsRequest {
  readonly after: string
  readonly kept: Kept
}

/** Rooms that have something to give up, and the name up to which was looked; undefined when that was the last room. */
export interface OverdueRooms {
  readonly rooms: ReadonlyArray<string>
  readonly upTo: string | undefined
}

/** Asks which entry of a room stays, when those from `first` on are looked at. */
export interface StaysRequest {
  readonly room: string
  readonly first: number
  readonly kept: Kept
}

/** What is looked at in one go: nobody who reads waits for longer than that. */
const roomsAtOnce = 256

/** What a room gives up in one go ends with the entry that reaches either: nobody who writes waits for longer than that. */
const entriesAtOnce = 128
const bytesAtOnce = 262_144

/** How much more than it keeps a room may have, so that not every entry costs another. */
export const slack = (entries: number): number => entries + entries / 8

interface RoomRow {
  readonly name: string
  readonly first: number
  readonly head: number
  /** When its first entry was written; null when there is none. */
  readonly at: number | null
}

interface EntryRow {
  readonly seq: number
  readonly at: number
  readonly bytes: number
}

/** Finds. */
export interface Overdue {
  readonly overdueRooms: (request: OverdueRoomsRequest) => OverdueRooms
  /**
   * The `seq` of the first entry that stays, as far as this look goes: only the oldest are given up (DURABLE-4), so one that is
   * young enough keeps all that come after it, however old their `at` says they are.
   */
  readonly stays: (request: StaysRequest) => number
}

export const makeOverdue = (db: DatabaseSync): Overdue => {
  const roomsAfter = db.prepare(
    `SELECT name, first, head, (SELECT at FROM entries WHERE room = id AND seq = first) AS at
     FROM rooms WHERE name > ? ORDER BY name LIMIT ${roomsAtOnce}`
  )
  const headOf = db.prepare("SELECT id, head FROM rooms WHERE name = ?")
  const entriesFrom = db.prepare(
    `SELECT seq, at, octet_length(text) AS bytes FROM entries WHERE room = ? AND seq >= ? ORDER BY seq LIMIT ${entriesAtOnce}`
  )

  const overdueRooms = ({ after, kept }: OverdueRoomsRequest): OverdueRooms => {
    const looked = roomsAfter.all(after) as unknown as ReadonlyArray<RoomRow>
    const isOverdue = ({ at, first, head }: RoomRow) =>
      head - first + 1 > slack(kept.entries) || (at !== null && at < kept.since)
    return {
      rooms: looked.filter(isOverdue).map(({ name }) => name),
      upTo: looked.length < roomsAtOnce ? undefined : looked.at(-1)?.name
    }
  }

  const stays = ({ first, kept, room }: StaysRequest): number => {
    const known = headOf.get(room) as { readonly id: number; readonly head: number } | undefined
    let stays = first
    let bytes = 0
    if (known === undefined) return stays
    for (const entry of entriesFrom.iterate(known.id, first) as Iterable<EntryRow>) {
      const isSurplus = entry.seq <= known.head - kept.entries
      if (bytes >= bytesAtOnce || !(isSurplus || entry.at < kept.since)) break
      stays = entry.seq + 1
      bytes += entry.bytes
    }
    return stays
  }
  return { overdueRooms, stays }
}
