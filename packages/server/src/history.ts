/**
 * A page of a room's log (spec/history.md).
 *
 * @module
 */
import type { Limits, ReadHistory } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { itemOf } from "./encode.ts"
import type { RoomLog, Unavailable } from "./room-log.ts"

/** The entries `after` + 1 to `head` that a page may hold, and which of them it keeps when the line is too short for all. */
interface Span {
  readonly after: number
  readonly head: number
  readonly direction: "up" | "down"
}

/** A page touches its anchor: one for `after` is filled upwards from there, any other downwards (HISTORY-2, HISTORY-3). */
const spanOf = ({ after, before }: ReadHistory, first: number, head: number, most: number): Span => {
  if (after !== undefined) {
    const from = Math.max(after, first - 1)
    return { after: from, head: Math.min(head, from + most), direction: "up" }
  }
  const last = before === undefined ? head : Math.min(before - 1, head)
  return { after: Math.max(first - 1, last - most), head: last, direction: "down" }
}

/** How many entries a page may hold. */
export const mostInPage = ({ limit }: ReadHistory, { page }: Limits): number => Math.min(limit ?? page, page)

/**
 * The reply to `history`, a line: as many entries as `limit`, `limits.page` and the line allow (HISTORY-4), and how many they are. What it
 * says of the log is true when this is called.
 */
export const historyLine = Effect.fnUntraced(function* (
  request: ReadHistory,
  log: Omit<RoomLog, "append">,
  limits: Limits
): Effect.fn.Return<readonly [line: string, entries: number], Unavailable> {
  const [first, head] = [log.first(), log.head()]
  const span = spanOf(request, first, head, mostInPage(request, limits))
  const start =
    `{"type":"history","re":${request.id},"room":"${request.room}","epoch":"${log.epoch}",` +
    `"first":${first},"head":${head},"entries":[`
  const room = limits.line - start.length - end(true).length
  const items = yield* fitting(span.after < span.head ? log.read(span.after, span.head) : Stream.empty, span, room)
  const hasMore = span.direction === "up" ? span.after + items.length < head : span.head - items.length >= first
  return [`${start}${items.join(",")}${end(hasMore)}`, items.length]
})

const end = (more: boolean): string => (more ? '],"more":true}\n' : "]}\n")

/** The entries of a span that fit so many bytes, nearest to the anchor first, in ascending order. */
const fitting = Effect.fnUntraced(function* (
  entries: ReturnType<RoomLog["read"]>,
  { direction }: Span,
  room: number
): Effect.fn.Return<ReadonlyArray<string>, Unavailable> {
  const kept: Array<string> = []
  let bytes = 0
  const weigh = (item: string) => Buffer.byteLength(item) + 1
  yield* Stream.runForEachWhile(entries, (entry) =>
    Effect.sync(() => {
      const item = itemOf(entry)
      bytes += weigh(item)
      if (direction === "up" && bytes > room + 1) return false
      kept.push(item)
      while (bytes > room + 1) bytes -= weigh(kept.shift()!)
      return true
    })
  )
  return kept
})
