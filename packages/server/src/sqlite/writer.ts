/**
 * Writes entries: what several rooms append at one time goes into one transaction, so that they wait for the disk together.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Draft, Entry } from "../room-log.ts"
import { inWords, isUndone, mayPass } from "./fault.ts"
import { type EntryRow, entryOf } from "./reader.ts"

/** What one room appends. */
export interface Append {
  readonly room: string
  /** The epoch of the room's log, which begins with its first entry. */
  readonly epoch: string
  readonly drafts: ReadonlyArray<Draft>
  /** The `seq` of the first entry that stays: those before it are given up in the same transaction (DURABLE-4). */
  readonly first?: number
}

/** What became of a draft: the `seq` of its entry, or the entry that had its key before. */
export type Placed = number | Entry

/** What became of a group of appends: of all of them the same. */
export type Written =
  | { readonly _tag: "Committed"; readonly placed: ReadonlyArray<ReadonlyArray<Placed>> }
  /** Nothing was written, and nothing will be. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** Nobody knows, or nothing more can be written: every group after this one is refused. */
  | { readonly _tag: "Broken"; readonly reason: string }

/** Writes a group of appends; the errors of the disk are values. */
export type Write = (appends: ReadonlyArray<Append>) => Written

interface RoomRow {
  readonly id: number
  readonly epoch: string
  readonly head: number
}

/** @param commit ends a transaction when all of it is on the disk; tests have others, that are slow, fail, or lie */
export const makeWriter = (db: DatabaseSync, commit: () => void = () => db.exec("COMMIT")): Write => {
  const begin = db.prepare("BEGIN IMMEDIATE")
  const roomNamed = db.prepare("SELECT id, epoch, head FROM rooms WHERE name = ?")
  const addRoom = db.prepare("INSERT INTO rooms (name, epoch, first, head) VALUES (?, ?, 1, 0)")
  const setHead = db.prepare("UPDATE rooms SET head = ? WHERE id = ?")
  const addEntry = db.prepare("INSERT INTO entries (room, seq, author, key, at, text) VALUES (?, ?, ?, ?, ?, ?)")
  const entryWithKey = db.prepare(
    "SELECT seq, author, key, at, text FROM entries WHERE room = ? AND author = ? AND key = ?"
  )

  const openRoom = (name: string, epoch: string): RoomRow => {
    const known = roomNamed.get(name) as RoomRow | undefined
    if (known !== undefined && known.epoch !== epoch) throw new Error(`${name} has another epoch than ${epoch}`)
    return known ?? { id: Number(addRoom.run(name, epoch).lastInsertRowid), epoch, head: 0 }
  }

  const setFirst = db.prepare("UPDATE rooms SET first = ? WHERE id = ?")
  const giveUp = db.prepare("DELETE FROM entries WHERE room = ? AND seq < ?")

  const append = ({ drafts, epoch, first, room }: Append): ReadonlyArray<Placed> => {
    const { head, id } = openRoom(room, epoch)
    let last = head
    const placed = drafts.map(({ at, from, key = null, text }): Placed => {
      const known = key === null ? undefined : (entryWithKey.get(id, from, key) as EntryRow | undefined)
      if (known !== undefined) return entryOf(known)
      addEntry.run(id, ++last, from, key, Date.parse(at), text)
      return last
    })
    if (last > head) setHead.run(last, id)
    if (first !== undefined) {
      setFirst.run(first, id)
      giveUp.run(id, first)
    }
    return placed
  }

  let isBroken = false

  /** Gives what an error means, once nothing is left of the transaction. */
  const undo = (error: unknown, isDefinite: boolean): Written => {
    const reason = inWords(error)
    isBroken = !isDefinite
    if (isBroken) return { _tag: "Broken", reason }
    // SQLite has rolled back by itself after some errors.
    if (db.isTransaction) db.exec("ROLLBACK")
    return { _tag: "Refused", reason }
  }

  return (appends) => {
    if (isBroken) return { _tag: "Refused", reason: "the server is stopping" }
    let placed: ReadonlyArray<ReadonlyArray<Placed>>
    try {
      begin.run()
      placed = appends.map(append)
    } catch (error) {
      return undo(error, mayPass(error))
    }
    try {
      commit()
    } catch (error) {
      return undo(error, isUndone(error))
    }
    return { _tag: "Committed", placed }
  }
}
