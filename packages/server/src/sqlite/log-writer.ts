/**
 * Writes a log that comes from elsewhere into a data file, as it is.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Entry } from "../room-log.ts"
import { driftOf, placeAfter } from "./places.ts"
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
  const addEntry = db.prepare(
    "INSERT INTO entries (room, seq, author, key, at, text, place) VALUES (?, ?, ?, ?, ?, ?, ?)"
  )
  const setPlace = db.prepare("UPDATE rooms SET place = ?, drift = ? WHERE id = ?")
  return {
    log: (room) => log.get(room) as LogHead | undefined,
    begin: ({ epoch, first, head, room }) => {
      const id = addRoom.run(room, epoch, first, head).lastInsertRowid
      let place = 0
      let drift = 0
      return ({ at, from, key = null, seq, text }) => {
        const millis = Date.parse(at)
        place = placeAfter(place, millis)
        drift = Math.max(drift, driftOf(place, millis))
        addEntry.run(id, seq, from, key, millis, text, place)
        // What is appended later comes after all of it.
        if (seq === head) setPlace.run(place, drift, id)
      }
    }
  }
}
