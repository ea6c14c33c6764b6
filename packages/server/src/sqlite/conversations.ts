/**
 * Conversations in a data file: which persons a log belongs to, and how it is removed when it can be named by nobody any more.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type * as Effect from "effect/Effect"
import { epochOf, type Pair, type PlaceAsked } from "../conversation-logs.ts"
import type { Entry } from "../room-log.ts"
import { type EntryRow, entryColumns, entryOf } from "./entry-rows.ts"
import { readOnce } from "./read-once.ts"
import type { StorageFault } from "./thread.ts"

/** The name of a conversation's log in the file, beside those of rooms, which begin with "#". */
export const nameOf = (between: Pair): string => nameBy(epochOf(between))

const nameBy = (epoch: string): string => `@${epoch}`

/** How far the log of a conversation goes. */
export interface Left {
  readonly between: Pair
  readonly first: number
  readonly head: number
}

/** What an earlier life of the server has left. */
export interface Found {
  /** Of two persons who may both come back, by their sessions or because they have accounts. */
  readonly left: ReadonlyArray<Left>
  /** Of persons of whom one at least has ended. */
  readonly orphans: ReadonlyArray<Pair>
}

interface ConversationRow {
  readonly one: string
  readonly other: string
  readonly first: number
  readonly head: number
  readonly stays: number
}

const everyConversation = `
  WITH lasting AS (SELECT person FROM sessions UNION SELECT person FROM accounts)
  SELECT one, other, first, head,
    one IN lasting AND other IN lasting AS stays
  FROM conversations JOIN rooms ON rooms.id = conversations.room`

/** Reads them all, once, before anybody is let in. */
export const readConversations = (file: string): Effect.Effect<Found, StorageFault> =>
  readOnce(file, (db) => {
    const rows = db.prepare(everyConversation).all() as unknown as ReadonlyArray<ConversationRow>
    const of = (stays: boolean) => rows.filter((row) => (row.stays === 1) === stays)
    return {
      left: of(true).map(({ first, head, one, other }) => ({ between: [one, other], first, head })),
      orphans: of(false).map(({ one, other }) => [one, other])
    }
  })

/** Messages of a conversation have none: `react` takes the names of rooms only (spec/rich.md). */
const noReactions = () => []

/** Reads an entry of each of many conversations. */
export interface Conversing {
  readonly entriesAt: (asked: ReadonlyArray<PlaceAsked>) => ReadonlyArray<Entry | undefined>
}

export const makeConversing = (db: DatabaseSync): Conversing => {
  const entryAt = db.prepare(
    `SELECT ${entryColumns} FROM entries WHERE room = (SELECT id FROM rooms WHERE name = ?) AND seq = ?`
  )
  return {
    entriesAt: (asked) =>
      asked.map(({ epoch, seq }) => {
        const row = entryAt.get(nameBy(epoch), seq) as EntryRow | undefined
        return row === undefined ? undefined : entryOf(row, noReactions)
      })
  }
}

/** The most rows of one kind that one transaction removes. */
const rowsAtOnce = 1_000

/**
 * Removes a log within a transaction, or the oldest part of it; gives whether more is left.
 *
 * @param goes is told of each entry before it goes
 */
export const makeRemover = (
  db: DatabaseSync
): ((room: string, goes?: (room: number, seq: number) => void) => boolean) => {
  const roomNamed = db.prepare("SELECT id FROM rooms WHERE name = ?")
  const removeEntries = db.prepare(
    `DELETE FROM entries WHERE room = ?1 AND seq < ${rowsAtOnce} + (SELECT min(seq) FROM entries WHERE room = ?1)`
  )
  const oldest = db.prepare(`SELECT seq FROM entries WHERE room = ? ORDER BY seq LIMIT ${rowsAtOnce}`)
  const removeKeys = db.prepare(`DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE room = ? LIMIT ${rowsAtOnce})`)
  const setFirst = db.prepare(
    "UPDATE rooms SET first = coalesce((SELECT min(seq) FROM entries WHERE room = ?1), head + 1) WHERE id = ?1"
  )
  const removeConversation = db.prepare("DELETE FROM conversations WHERE room = ?")
  const removeRoom = db.prepare("DELETE FROM rooms WHERE id = ?")
  const isFull = ({ changes }: { readonly changes: number | bigint }): boolean => Number(changes) === rowsAtOnce
  return (name, goes) => {
    const id = (roomNamed.get(name) as { readonly id: number } | undefined)?.id
    if (id === undefined) return false
    if (goes !== undefined) {
      for (const { seq } of oldest.all(id) as unknown as ReadonlyArray<{ readonly seq: number }>) goes(id, seq)
    }
    const hasMore = isFull(removeEntries.run(id))
    // What is left until the next transaction is a log that has given up its oldest entries.
    setFirst.run(id)
    if (hasMore || isFull(removeKeys.run(id))) return true
    removeConversation.run(id)
    removeRoom.run(id)
    return false
  }
}
