/**
 * Reads a room's log by cursor, a page at a time: what is in memory doesn't grow with what is read.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Entry } from "../room-log.ts"

/** What is asked for: entries of a room, from `after` + 1 to `until` at the most. */
export interface PageRequest {
  readonly room: string
  readonly after: number
  readonly until: number
}

/** Some entries of a log, ascending, and how far it went at that moment. */
export interface Page {
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly entries: ReadonlyArray<Entry>
}

/** An entry, as a row has it. */
export interface EntryRow {
  readonly seq: number
  readonly author: string
  readonly key: string | null
  readonly at: number
  readonly text: string
}

/** A page ends with the entry that reaches either. */
const pageEntries = 256
const pageCharacters = 65_536

/** Gives the pages of rooms; of a room that has never had an entry, undefined. */
export const makeReader = (db: DatabaseSync): ((request: PageRequest) => Page | undefined) => {
  const begin = db.prepare("BEGIN")
  const end = db.prepare("COMMIT")
  const roomNamed = db.prepare("SELECT id, epoch, first, head FROM rooms WHERE name = ?")
  const entriesOf = db.prepare(
    `SELECT seq, author, key, at, text FROM entries WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ${pageEntries}`
  )

  const page = ({ after, room, until }: PageRequest): Page | undefined => {
    const known = roomNamed.get(room) as (Omit<Page, "entries"> & { readonly id: number }) | undefined
    if (known === undefined) return undefined
    const { epoch, first, head, id } = known
    const entries: Array<Entry> = []
    let characters = 0
    for (const row of entriesOf.iterate(id, after, until) as Iterable<EntryRow>) {
      entries.push(entryOf(row))
      characters += row.text.length
      if (characters >= pageCharacters) break
    }
    return { epoch, first, head, entries }
  }

  // One transaction, so that the room and its entries are of one moment.
  return (request) => {
    begin.run()
    try {
      return page(request)
    } finally {
      end.run()
    }
  }
}

export const entryOf = ({ at, author, key, seq, text }: EntryRow): Entry => ({
  seq,
  from: author,
  text,
  at: new Date(at).toISOString(),
  ...(key === null ? {} : { key })
})
