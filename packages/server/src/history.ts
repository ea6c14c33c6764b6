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
import type { Session } from "./session.ts"
import { costs } from "./turns.ts"

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
const mostInPage = ({ limit }: ReadHistory, { page }: Limits): number => Math.min(limit ?? page, page)

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
  const items = yield* fitting(log, span, room)
  const hasMore = span.direction === "up" ? span.after + items.length < head : span.head - items.length >= first
  return [`${start}${items.join(",")}${end(hasMore)}`, items.length]
})

/** The same line for a client, when it is its turn (FLOW-8), and at the cost of its address. */
export const pageFor = (
  session: Session,
  request: ReadHistory,
  log: Omit<RoomLog, "append">
): Effect.Effect<string, Unavailable> =>
  Effect.suspend(() => {
    const { hurried, peer, server, share } = session
    const { catchUp, limits, upToDate } = server
    // Of several servers, one that has stood still mustn't give what others have long added to.
    const page = Effect.andThen(
      upToDate,
      Effect.suspend(() => historyLine(request, log, limits))
    )
    // Pages that are read meanwhile are all made when they have been read, so each is paid for before.
    share.charge(costs.page * limits.line)
    return Effect.map(catchUp.reading(peer, mostInPage(request, limits), page, hurried), (line) => {
      share.charge(costs.page * (line.length - limits.line))
      return line
    })
  })

const end = (more: boolean): string => (more ? '],"more":true}\n' : "]}\n")

type Readable = Pick<RoomLog, "first" | "read">

/** The entries of a span that fit so many bytes, nearest to the anchor first, in ascending order. */
const fitting = Effect.fnUntraced(function* (
  log: Readable,
  { after, direction, head }: Span,
  room: number
): Effect.fn.Return<ReadonlyArray<string>, Unavailable> {
  const budget = { bytes: room + 1 }
  if (direction === "up") return yield* fittingUp(log, after, head, budget)
  // A log is read upwards. So that long entries, of which few fit, aren't all read for those few: some first, then the rest.
  const middle = Math.max(after, head - fewEntries)
  const last = yield* fittingDown(log, middle, head, budget)
  if (last.length < head - middle) return last
  // What was given up meanwhile is said by the next page.
  const before = yield* fittingDown(log, Math.max(after, log.first() - 1), middle, budget)
  return [...before, ...last]
})

/** So many of the longest fill a line. */
const fewEntries = 16

interface Budget {
  bytes: number
}

const weigh = (item: string) => Buffer.byteLength(item) + 1

const fittingUp = Effect.fnUntraced(function* (log: Readable, after: number, head: number, budget: Budget) {
  const kept: Array<string> = []
  if (after >= head) return kept
  yield* Stream.runForEachWhile(log.read(after, head), (entry) =>
    Effect.sync(() => {
      const item = itemOf(entry)
      budget.bytes -= weigh(item)
      if (budget.bytes < 0) return false
      kept.push(item)
      return true
    })
  )
  return kept
})

const fittingDown = Effect.fnUntraced(function* (log: Readable, after: number, head: number, budget: Budget) {
  const kept: Array<string> = []
  if (after >= head) return kept
  yield* Stream.runForEach(log.read(after, head), (entry) =>
    Effect.sync(() => {
      const item = itemOf(entry)
      budget.bytes -= weigh(item)
      kept.push(item)
      while (budget.bytes < 0) budget.bytes += weigh(kept.shift()!)
    })
  )
  return kept
})
