/**
 * Which keys their authors have used, and where: each belongs to a person and to the log of a room (KEY-6), and is known for longer
 * than its entry (KEY-5).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Known } from "../room-log.ts"
import { contentOf } from "./entry-rows.ts"

interface KeyRow {
  readonly seq: number
  readonly at: number
  readonly kind: number | null
  readonly text: string | null
  readonly original: string | null
  readonly target: number | null
}

/** Finds what a person has appended with a key to a room, by the row of the room. */
export const makeKeyFinder = (db: DatabaseSync): ((room: number, person: string, key: string) => Known | undefined) => {
  const find = db.prepare(
    `SELECT keys.seq AS seq, keys.at AS at, entries.text AS text, entries.kind AS kind,
       entries.original AS original, entries.target AS target
     FROM keys LEFT JOIN entries ON entries.room = keys.room AND entries.seq = keys.seq
     WHERE keys.room = ? AND keys.person = ? AND keys.key = ?`
  )
  return (room, person, key) => {
    const row = find.get(room, person, key) as KeyRow | undefined
    if (row === undefined) return undefined
    const { at, seq } = row
    const content = contentOf(row)
    return { _tag: "Known", seq, at: new Date(at).toISOString(), ...(content === undefined ? {} : { content }) }
  }
}

/** The most keys that one transaction forgets, so that nobody's entries wait long. */
export const keysAtOnce = 1_000

/** Forgets the oldest keys, as far as they are from before a time in milliseconds since 1970, and gives how many: at most `keysAtOnce`. */
export const makeKeyForgetter = (db: DatabaseSync): ((before: number) => number) => {
  // The clock may have been set back, so the oldest are those that came first.
  const forget = db.prepare(
    `DELETE FROM keys WHERE id < (
       SELECT coalesce(min(id), 9223372036854775807) FROM (SELECT id, at FROM keys ORDER BY id LIMIT ${keysAtOnce + 1})
       WHERE at >= ? OR id = (SELECT id FROM keys ORDER BY id LIMIT 1 OFFSET ${keysAtOnce})
     )`
  )
  return (before) => Number(forget.run(before).changes)
}
