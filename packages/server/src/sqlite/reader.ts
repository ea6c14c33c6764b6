/**
 * Reads a room's log by cursor, a page at a time: what is in memory doesn't grow with what is read.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Entry, Known } from "../room-log.ts"
import { type EntryRow, entryColumns, entryOf, makeReactions } from "./entry-rows.ts"
import { makeKeyFinder } from "./keys.ts"

/** What is asked for: entries of a room, from `after` + 1 to `until` at the most. */
export interface PageRequest {
  readonly room: string
  readonly after: number
  readonly until: number
}

/** What is asked for: what a person has appended to a room with a key. */
export interface KeyRequest {
  readonly room: string
  readonly person: string
  readonly key: string
}

/** What is asked for: how many messages of others a room has above a `seq`, up to another. */
export interface UnreadRequest {
  readonly room: string
  readonly except: string
  readonly after: number
  readonly until: number
}

/** Some entries of a log, ascending, and how far it went at that moment. */
export interface Page {
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly topic: string
  readonly entries: ReadonlyArray<Entry>
}

/** A page ends with the entry that reaches either. */
const pageEntries = 256
const pageCharacters = 65_536

/** Reads; of a room that has never had an entry there is nothing to give. */
export interface Reader {
  readonly page: (request: PageRequest) => Page | undefined
  readonly known: (request: KeyRequest) => Known | undefined
  readonly unread: (request: UnreadRequest) => number
  /** How many rooms have had an entry. */
  readonly keptRooms: (request: object) => number
}

/** Has something answered within one transaction, so that the room and what it holds are of one moment. */
export const inOneRead = (db: DatabaseSync) => {
  const begin = db.prepare("BEGIN")
  const end = db.prepare("COMMIT")
  return <Request, Answer>(answer: (request: Request) => Answer) =>
    (request: Request): Answer => {
      begin.run()
      try {
        return answer(request)
      } finally {
        end.run()
      }
    }
}

export const makeReader = (db: DatabaseSync): Reader => {
  const roomNamed = db.prepare("SELECT id, epoch, first, head, topic FROM rooms WHERE name = ?")
  const entriesOf = db.prepare(
    `SELECT ${entryColumns} FROM entries WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ${pageEntries}`
  )

  const reactionsTo = makeReactions(db)
  // What is deleted later than the last entry that counts isn't deleted yet for whoever asks.
  const countUnread = db.prepare(
    `SELECT count(*) AS count FROM entries
     WHERE room = ? AND seq > ? AND seq <= ? AND kind = 0 AND person IS NOT ? AND (deleted IS NULL OR deleted > ?)`
  )
  const keyed = makeKeyFinder(db)

  const roomOf = (name: string) => roomNamed.get(name) as (Omit<Page, "entries"> & { readonly id: number }) | undefined

  const page = ({ after, room, until }: PageRequest): Page | undefined => {
    const row = roomOf(room)
    if (row === undefined) return undefined
    const { epoch, first, head, id, topic } = row
    const reactions = (seq: number) => reactionsTo(id, seq)
    const entries: Array<Entry> = []
    let characters = 0
    for (const row of entriesOf.iterate(id, after, until) as Iterable<EntryRow>) {
      entries.push(entryOf(row, reactions))
      characters += row.text.length
      if (characters >= pageCharacters) break
    }
    return { epoch, first, head, topic, entries }
  }

  const known = ({ key, person, room }: KeyRequest): Known | undefined => {
    const row = roomOf(room)
    return row === undefined ? undefined : keyed(row.id, person, key)
  }

  const unread = ({ after, except, room, until }: UnreadRequest): number => {
    const row = roomOf(room)
    if (row === undefined) return 0
    return (countUnread.get(row.id, after, until, except, until) as { readonly count: number }).count
  }

  const countRooms = db.prepare("SELECT (SELECT count(*) FROM rooms) - (SELECT count(*) FROM conversations) AS count")
  const keptRooms = (): number => (countRooms.get() as { readonly count: number }).count

  const atOnce = inOneRead(db)
  return { keptRooms, page: atOnce(page), known: atOnce(known), unread: atOnce(unread) }
}
