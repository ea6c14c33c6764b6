/**
 * A page of what a search has found (spec/search.md).
 *
 * @module
 */
import { type Limits, type Search as Request, wordsOf } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { entryLine } from "./encode.ts"
import type { Seat } from "./people.ts"
import type { MessageEntry, Unavailable } from "./room-log.ts"

/** The place of an entry in the order in which all were committed, and the number of its room, should two share one. */
export interface Place {
  readonly place: number
  readonly room: number
}

/** What is sought, apart from where. */
export interface Quest {
  /** Folded. */
  readonly words: ReadonlyArray<string>
  readonly from?: string
  readonly since?: string
  readonly until?: string
  /** Only entries before this place are sought. */
  readonly before?: Place
}

/** A part of a room's log that is to be looked through: the entries from `first` to `below` - 1. */
export interface Part {
  readonly room: string
  readonly first: number
  readonly below: number
  /** Whether the search has begun there: then times and places lie behind it. */
  readonly isOpen?: boolean
}

/** An entry that was found. */
export interface Found {
  readonly room: string
  readonly entry: MessageEntry
  readonly place: Place
}

/** What a storage can find. */
export interface Search {
  /** The newest entries that match, at most so many, newest first; all of those that were published when this is called are looked through. */
  readonly find: (
    quest: Quest,
    parts: ReadonlyArray<Part>,
    want: number
  ) => Effect.Effect<ReadonlyArray<Found>, Unavailable>
  /** A place as a client may see it: a name that says nothing of how many others there are. */
  readonly cursorOf: (place: Place) => string
  /** The place that a cursor names; undefined when it is none of this storage's. */
  readonly placeOf: (cursor: string) => Place | undefined
}

const questOf = ({ before, from, since, text, until }: Request, search: Search): Quest => {
  const place = before === undefined ? undefined : search.placeOf(before)
  return {
    words: wordsOf(text),
    ...(from === undefined ? {} : { from }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(place === undefined ? {} : { before: place })
  }
}

/** The most results of one page. */
export const mostResults = ({ limit }: Request, { page }: Limits): number => Math.min(limit ?? page, page)

/**
 * The reply to `search` in these rooms, a line: as many results as `limit`, `limits.page` and the line allow (SEARCH-9); and how many
 * were read for it.
 */
export const foundLine = Effect.fnUntraced(function* (
  request: Request,
  seats: Iterable<Seat>,
  search: Search,
  limits: Limits
): Effect.fn.Return<readonly [line: string, entries: number], Unavailable> {
  const most = mostResults(request, limits)
  const parts = Array.from(seats, ({ room: { log, name } }) => ({
    room: name,
    first: log.first(),
    below: log.head() + 1
  }))
  const found = yield* search.find(questOf(request, search), parts, most + 1)
  const start = `{"type":"search","re":${request.id},"results":[`
  let bytes = start.length + longestEnd
  const items: Array<string> = []
  for (const { entry, room } of found.slice(0, most)) {
    const item = entryLine(room, entry).trimEnd()
    bytes += Buffer.byteLength(item) + 1
    if (bytes > limits.line) break
    items.push(item)
  }
  const isLast = items.length === found.length
  const end = isLast ? "]}\n" : `],"more":true,"next":"${search.cursorOf(found[items.length - 1]!.place)}"}\n`
  return [`${start}${items.join(",")}${end}`, found.length] as const
})

/** Bytes of `"more":true` with a cursor. */
const longestEnd = 60
