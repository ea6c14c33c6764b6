/**
 * Of a long log, the stretch around what is seen: what measures lines looks at all of them again whenever one turns out higher, so it
 * is given no more than this many.
 *
 * @module
 */
import type { RoomSnapshot } from "@tertulia/client/web"
import { useMemo, useState } from "react"

export type Entry = RoomSnapshot["entries"][number]

/** So many lines are in a stretch, and so many it moves by. */
const length = 2_000
const step = 800

/** The number of an entry; of a stretch of the log that can't be shown, its last. */
export const seqOf = (entry: Entry | undefined): number =>
  entry === undefined
    ? 0
    : entry._tag === "Waiting"
      ? Number.POSITIVE_INFINITY
      : entry._tag === "Gone"
        ? entry.to
        : entry.seq

/** How many entries there are up to a number. */
const countTo = (entries: ReadonlyArray<Entry>, seq: number): number => {
  let [from, to] = [0, entries.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (seqOf(entries[middle]) <= seq) from = middle + 1
    else to = middle
  }
  return from
}

export interface Stretch {
  readonly lines: ReadonlyArray<Entry>
  /** The index of its first line among all entries. */
  readonly start: number
  readonly isLast: boolean
  /** Goes on a bit, in the direction of older or newer entries. */
  readonly move: (by: 1 | -1) => void
  /** Goes to where an entry is, by its index among all. */
  readonly show: (index: number) => void
  readonly toEnd: () => void
}

export const useStretch = (entries: ReadonlyArray<Entry>): Stretch => {
  // By number and not by index, because older entries come in before it. Undefined: it ends where the log does.
  const [last, setLast] = useState<number>()
  const end = last === undefined ? entries.length : Math.max(countTo(entries, last), Math.min(length, entries.length))
  const start = Math.max(0, end - length)
  const lines = useMemo(
    () => (start === 0 && end === entries.length ? entries : entries.slice(start, end)),
    [entries, start, end]
  )
  const endAt = (index: number) => setLast(index >= entries.length ? undefined : seqOf(entries[Math.max(0, index - 1)]))
  return {
    lines,
    start,
    isLast: end === entries.length,
    move: (by) => endAt(by === 1 ? end + step : Math.max(end - step, Math.min(length, entries.length))),
    show: (index) => {
      if (index < start || index >= end) endAt(Math.max(index + length / 2, length))
    },
    toEnd: () => setLast(undefined)
  }
}
