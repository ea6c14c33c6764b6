/**
 * Finds entries by their words, newest first: by the index as far as it goes, and above it by reading. A slice at a time, so that nobody
 * waits long for a search but the one who searches.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { holds } from "@tertulia/protocol"
import type { MessageEntry } from "../room-log.ts"
import type { Found, Part, Quest } from "../search.ts"
import { type EntryRow, entryColumns, entryOf, kinds, makeReactions } from "./entry-rows.ts"
import { placeFrom } from "./places.ts"
import { inOneRead } from "./reader.ts"
import { termQuery } from "./search-terms.ts"

/** One slice of a search: what is sought, in the parts of rooms that haven't been looked through, and how many may be found. */
export interface FindRequest extends Quest {
  readonly parts: ReadonlyArray<Part>
  readonly want: number
}

/** What a slice has found, newest first, and what is left to be looked through; or that the index isn't there yet. */
export type Slice =
  | { readonly _tag: "Slice"; readonly found: ReadonlyArray<Found>; readonly parts: ReadonlyArray<Part> }
  | { readonly _tag: "Behind" }

/** The most entries above its index that are read for a search. */
export const mostUnindexed = 20_000

/** How much a slice may cost, in entries that are read; asking the index costs as much as some. */
const sliceCost = 1_500
const askCost = 20
/** Candidates that are asked for at once: few at first, since most searches are for a page. */
const [fewest, most] = [8, 256]

interface RoomRow {
  readonly id: number
  readonly first: number
  readonly head: number
  readonly indexed: number
  readonly drift: number
}

interface Row extends EntryRow {
  readonly place: number
}

/** A part of a room on its way through a slice. */
interface Stream {
  readonly part: Part
  readonly room: RoomRow
  readonly first: number
  readonly query: string
  /** Everything from here on has been looked at. */
  below: number
  /** Entries below that may match, descending: all there are down to `known`. */
  candidates: Array<number>
  known: number
  /** How many candidates are asked for next. */
  chunk: number
  /** The newest match that hasn't been given yet. */
  match: Row | undefined
  /** The place that no match is above. */
  bound: number
}

/** Finds. */
export interface Finder {
  readonly find: (request: FindRequest) => Slice
}

export const makeFinder = (db: DatabaseSync): Finder => {
  const roomNamed = db.prepare("SELECT id, first, head, indexed, drift FROM rooms WHERE name = ?")
  const rowAt = db.prepare(`SELECT ${entryColumns}, place FROM entries WHERE room = ? AND seq = ?`)
  const reactionsTo = makeReactions(db)
  const placeAt = db.prepare("SELECT place FROM entries WHERE room = ? AND seq = ?")
  const indexed = db.prepare(
    `SELECT rowid & 1099511627775 AS seq FROM words
     WHERE words MATCH ?1 AND rowid BETWEEN (?2 << 40) + ?3 AND (?2 << 40) + ?4 ORDER BY rowid DESC LIMIT ?5`
  )
  const changed = db.prepare("SELECT seq FROM unindexed WHERE room = ? AND seq BETWEEN ? AND ?")

  const placeOf = (room: number, seq: number): number | undefined =>
    (placeAt.get(room, seq) as { readonly place: number | null } | undefined)?.place ?? undefined

  /** The first `seq` of a room, from `from` to `to`, whose place isn't below another; `to` + 1 if all are. Places rise with `seq`. */
  const firstFrom = (room: number, from: number, to: number, place: number): number => {
    let [low, high] = [from, to + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((placeOf(room, middle) ?? Number.NEGATIVE_INFINITY) < place) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Where a part begins and ends: what is too new or too old for certain isn't looked at. */
  const open = (part: Part, quest: Quest): Stream | "Behind" | undefined => {
    const room = roomNamed.get(part.room) as RoomRow | undefined
    if (room === undefined) return undefined
    let first = Math.max(part.first, room.first)
    const head = Math.min(part.below - 1, room.head)
    const next = Math.max(room.indexed + 1, first)
    // Entries from before there were places have none until they are indexed.
    if (head - next >= mostUnindexed || (next <= room.head && placeOf(room.id, next) === undefined)) return "Behind"
    let below = head + 1
    if (part.isOpen !== true) {
      const { before, since, until } = quest
      const [from, to] = [
        since === undefined ? Number.NaN : Date.parse(since),
        until === undefined ? Number.NaN : Date.parse(until)
      ]
      if (!Number.isNaN(from)) first = firstFrom(room.id, first, head, placeFrom(from))
      if (!Number.isNaN(to)) below = firstFrom(room.id, first, head, placeFrom(to) + room.drift + 1)
      if (before !== undefined) {
        const seq = firstFrom(room.id, first, below - 1, before.place)
        const isTie = seq < below && placeOf(room.id, seq) === before.place && room.id < before.room
        below = isTie ? seq + 1 : seq
      }
    }
    if (below <= first) return undefined
    const query = termQuery(room.id, quest.from, quest.words)
    const bound = placeOf(room.id, below - 1) ?? Number.POSITIVE_INFINITY
    return { part, room, first, query, below, candidates: [], chunk: fewest, known: below, match: undefined, bound }
  }

  /** A message, as it is shown now. */
  const messageOf = (room: number, row: Row): MessageEntry =>
    entryOf(row, (seq) => reactionsTo(room, seq)) as MessageEntry

  const isMatch = ({ at, author, deleted, kind, text }: Row, { from, since, until, words }: Quest): boolean => {
    if (kind !== kinds.message || deleted !== null) return false
    if (from !== undefined && author !== from) return false
    const time = new Date(at).toISOString()
    return (since === undefined || time >= since) && (until === undefined || time <= until) && holds(text, words)
  }

  /** Looks for more candidates below those that are known. */
  const learn = (stream: Stream): void => {
    const { chunk, first, known, query, room } = stream
    stream.chunk = Math.min(2 * chunk, most)
    const from = Math.max(first, room.indexed + 1)
    if (known > from) {
      stream.known = Math.max(from, known - chunk)
      stream.candidates = Array.from({ length: known - stream.known }, (_, index) => known - 1 - index)
      return
    }
    const seqs = (
      indexed.all(query, room.id, first, known - 1, chunk) as unknown as ReadonlyArray<{ seq: number }>
    ).map(({ seq }) => seq)
    stream.known = seqs.length < chunk ? first : seqs.at(-1)!
    const others = changed.all(room.id, stream.known, known - 1) as unknown as ReadonlyArray<{ seq: number }>
    stream.candidates =
      others.length === 0
        ? seqs
        : [...new Set([...seqs, ...others.map(({ seq }) => seq)])].sort((one, other) => other - one)
  }

  const find = (request: FindRequest): Slice => {
    let cost = 0
    const streams: Array<Stream> = []
    for (const part of request.parts) {
      const stream = open(part, request)
      cost += 2
      if (stream === "Behind") return { _tag: "Behind" }
      if (stream !== undefined) streams.push(stream)
    }

    /** Goes one step towards the next match of a room. False when there is none. */
    const step = (stream: Stream): boolean => {
      const seq = stream.candidates.shift()
      if (seq === undefined) {
        if (stream.known <= stream.first) return false
        stream.below = stream.known
        learn(stream)
        cost += askCost
        return true
      }
      cost += 1
      stream.below = seq
      const row = rowAt.get(stream.room.id, seq) as Row | undefined
      if (row === undefined) return true
      stream.bound = row.place
      if (isMatch(row, request)) stream.match = row
      return true
    }

    const found: Array<Found> = []
    while (streams.length > 0 && found.length < request.want && cost < sliceCost) {
      const next = streams.reduce((first, other) => (isBefore(other, first) ? other : first))
      const { match, part, room } = next
      if (match !== undefined) {
        found.push({ room: part.room, entry: messageOf(room.id, match), place: { place: match.place, room: room.id } })
        next.match = undefined
      } else if (!step(next)) streams.splice(streams.indexOf(next), 1)
    }
    const parts = streams.map(({ below, first, match, part }) => ({
      room: part.room,
      first,
      below: match === undefined ? below : match.seq + 1,
      isOpen: true
    }))
    return { _tag: "Slice", found, parts }
  }
  return { find: inOneRead(db)(find) }
}

const isBefore = (one: Stream, other: Stream): boolean =>
  one.bound > other.bound || (one.bound === other.bound && one.room.id > other.room.id)
