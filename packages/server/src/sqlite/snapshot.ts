/**
 * A data file at one moment, whatever its server writes meanwhile: for what reads much of it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Entry } from "../room-log.ts"
import { DataFault } from "./data-file.ts"
import { type EntryRow, entryColumnsOf, entryOf, makeReactions, type Reaction, richVersion } from "./entry-rows.ts"
import { versionOf } from "./schema.ts"

/** What is known of the log of a room. */
export interface LogHead {
  readonly room: string
  readonly epoch: string
  readonly first: number
  readonly head: number
  /** What the room is about; "" for nothing. */
  readonly topic: string
}

/** What a file holds at one moment. What iterates reads as it goes: what is in memory doesn't grow with the file. */
export interface Snapshot {
  /** The logs of all rooms, by name; those of conversations are their people's affair. */
  readonly logs: () => Iterable<LogHead>
  readonly log: (room: string) => LogHead | undefined
  /**
   * The entries of a log, from `first` to `head`.
   *
   * @throws DataFault where the log isn't whole
   */
  readonly entries: (log: LogHead) => Iterable<Entry>
}

/**
 * Looks at a file until it is closed. Its server can't empty the WAL until then, so that grows by what is written meanwhile.
 */
export const takeSnapshot = (db: DatabaseSync): Snapshot => {
  const version = versionOf(db)
  const logs = `SELECT name AS room, epoch, first, head, ${version >= richVersion ? "topic" : "'' AS topic"} FROM rooms`
  const rooms = db.prepare(`${logs} WHERE name GLOB '#*' ORDER BY name`)
  const room = db.prepare(`${logs} WHERE name = ?`)
  const entries = db.prepare(
    `SELECT room, ${entryColumnsOf(version)} FROM entries WHERE room = (SELECT id FROM rooms WHERE name = ?) ORDER BY seq`
  )
  const reactionsTo = version >= richVersion ? makeReactions(db) : () => []
  db.exec("BEGIN")
  return {
    logs: () => rooms.iterate() as Iterable<unknown> as Iterable<LogHead>,
    log: (name) => room.get(name) as LogHead | undefined,
    entries: function* ({ first, head, room }) {
      let next = first
      for (const row of entries.iterate(room) as Iterable<unknown>) {
        yield wholeEntry(room, next, row as RoomEntryRow, reactionsTo)
        next++
      }
      if (next !== head + 1) throw notWhole(room, next)
    }
  }
}

interface RoomEntryRow extends EntryRow {
  readonly room: number
}

const wholeEntry = (
  room: string,
  seq: number,
  row: RoomEntryRow,
  reactionsTo: (room: number, seq: number) => ReadonlyArray<Reaction>
): Entry => {
  if (row.seq !== seq || Number.isNaN(new Date(row.at).getTime())) throw notWhole(room, seq)
  return entryOf(row, (seq) => reactionsTo(row.room, seq))
}

const notWhole = (room: string, seq: number): DataFault =>
  new DataFault(`the log of ${room} is damaged at entry ${seq}: tertulia verify says what is wrong with the file`)
