/**
 * Writes a log that comes from elsewhere into a data file, as it is.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Entry } from "../room-log.ts"
import type { LogHead } from "./snapshot.ts"

export interface LogWriter {
  /** The log that a room has already. */
  readonly log: (room: string) => LogHead | undefined
  /** Begins a log, and gives what takes its entries. */
  readonly begin: (log: LogHead) => (entry: Entry) => void
}

/**
 * Writes within a transaction. An entry keeps the key that readers see; whose it was is known to nobody here, and so the key belongs to
 * no person (KEY-6).
 */
export const makeLogWriter = (db: DatabaseSync): LogWriter => {
  const log = db.prepare("SELECT name AS room, epoch, first, head FROM rooms WHERE name = ?")
  const addRoom = db.prepare("INSERT INTO rooms (name, epoch, first, head) VALUES (?, ?, ?, ?)")
  const addEntry = db.prepare("INSERT INTO entries (room, seq, author, key, at, text) VALUES (?, ?, ?, ?, ?, ?)")
  return {
    log: (room) => log.get(room) as LogHead | undefined,
    begin: ({ epoch, first, head, room }) => {
      const id = addRoom.run(room, epoch, first, head).lastInsertRowid
      return ({ at, from, key = null, seq, text }) => void addEntry.run(id, seq, from, key, Date.parse(at), text)
    }
  }
}
