/**
 * Writes a log that comes from elsewhere into a data file, as it is.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Entry } from "../room-log.ts"
import { kinds, moderationText } from "./entry-rows.ts"
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
 * no person (KEY-6), nobody can change a message (RICH-4), and each reaction is somebody's of whom nothing else is known.
 */
export const makeLogWriter = (db: DatabaseSync): LogWriter => {
  const log = db.prepare("SELECT name AS room, epoch, first, head, topic FROM rooms WHERE name = ?")
  const addRoom = db.prepare("INSERT INTO rooms (name, epoch, first, head, topic) VALUES (?, ?, ?, ?, ?)")
  const addEntry = db.prepare(
    `INSERT INTO entries (room, seq, author, key, at, text, kind, target, edited, deleted, place)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  // Who was what to the room is known of nicks only: but nobody is let in who would not have been.
  const setKind = db.prepare("UPDATE rooms SET access = ? WHERE id = ?")
  const setSlow = db.prepare("UPDATE rooms SET slow = ? WHERE id = ?")
  const setPlace = db.prepare("UPDATE rooms SET place = ?, drift = ? WHERE id = ?")
  const addReaction = db.prepare(
    `INSERT INTO reactions (room, target, reaction, person, seq, since)
     VALUES (?1, ?2, ?3, ?4, ?5, coalesce((SELECT since FROM reactions WHERE room = ?1 AND target = ?2 AND reaction = ?3), ?5))`
  )
  // Of those of one nick it doesn't matter whose goes: what is shown is how many there are.
  const dropReaction = db.prepare(
    `DELETE FROM reactions WHERE room = ?1 AND target = ?2 AND reaction = ?3 AND seq = (
       SELECT max(reactions.seq) FROM reactions JOIN entries ON entries.room = reactions.room AND entries.seq = reactions.seq
       WHERE reactions.room = ?1 AND reactions.target = ?2 AND reactions.reaction = ?3 AND entries.author = ?4
     )`
  )
  const setReacted = db.prepare("UPDATE entries SET reacted = ? WHERE room = ? AND seq = ? AND deleted IS NULL")
  const isErased = db.prepare("SELECT deleted FROM entries WHERE room = ? AND seq = ?")

  const react = (
    id: number | bigint,
    { from, on, reaction, seq, target }: Extract<Entry, { readonly type: "react" }>
  ) => {
    if (isErased.get(id, target)?.["deleted"] !== null) return
    if (on) addReaction.run(id, target, reaction, `imported-${seq}`, seq)
    else dropReaction.run(id, target, reaction, from)
    setReacted.run(seq, id, target)
  }
  return {
    log: (room) => log.get(room) as LogHead | undefined,
    begin: ({ epoch, first, head, room, topic }) => {
      const id = addRoom.run(room, epoch, first, head, topic).lastInsertRowid
      let place = 0
      let drift = 0
      return (entry) => {
        const { at, from, key = null, seq } = entry
        const [kind, text, target, edited, deleted] = columnsOf(entry)
        const millis = Date.parse(at)
        place = placeAfter(place, millis)
        drift = Math.max(drift, driftOf(place, millis))
        addEntry.run(id, seq, from, key, millis, text, kind, target, edited, deleted, place)
        if (entry.type === "react") react(id, entry)
        if (entry.type === "kind") setKind.run(entry.kind, id)
        if (entry.type === "slow") setSlow.run(entry.seconds, id)
        // What is appended later comes after all of it.
        if (seq === head) setPlace.run(place, drift, id)
      }
    }
  }
}

type Columns = readonly [
  kind: number,
  text: string,
  target: number | null,
  edited: number | null,
  deleted: number | null
]

const columnsOf = (entry: Entry): Columns => {
  switch (entry.type) {
    case "message":
      return [kinds.message, entry.text, entry.replyTo ?? null, entry.edited ?? null, null]
    case "erased":
      return [kinds.message, "", entry.replyTo ?? null, null, entry.deleted]
    case "edit":
      return [kinds.edit, entry.text ?? "", entry.target, null, null]
    case "delete":
      return [kinds.delete, "", entry.target, null, null]
    case "react":
      return [entry.on ? kinds.react : kinds.unreact, entry.reaction, entry.target, null, null]
    case "topic":
      return [kinds.topic, entry.text, null, null, null]
    default:
      return [kinds.moderation, moderationText(entry), null, null, null]
  }
}
