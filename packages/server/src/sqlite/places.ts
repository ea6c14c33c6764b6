/**
 * Places: the one order of the entries of all rooms, in which a search gives them (SEARCH-7).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"

/** Places in a millisecond: so many entries can be committed in one before places are ahead of the clock. */
const placesPerMilli = 1_024

/** The last time that has a place of its own, in the year 2245: places stay exact numbers. Those of other times are at the ends. */
const latest = 8.7e12

/** The lowest place of a time, in milliseconds since 1970: never higher for an earlier one. */
export const placeFrom = (millis: number): number => placesPerMilli * Math.min(Math.max(millis, 0), latest)

/** The place of an entry that follows a place, at a time. */
export const placeAfter = (place: number, millis: number): number => Math.max(place + 1, placeFrom(millis))

export interface Places {
  /** The place of the next entry: above all before it, and at least that of its time in milliseconds. */
  readonly next: (millis: number) => number
  /** The place that was given last. */
  readonly last: () => number
  /** Gives what came after a place once more: it was rolled back. All files that follow a log are to have the same places. */
  readonly goBackTo: (place: number) => void
}

/** By how many places an entry is ahead of its clock. */
export const driftOf = (place: number, millis: number): number => place - placeFrom(millis)

/** The last place that was given in a file, in a memory that its writers may share: only one of them works at a time. */
export type LastPlace = Float64Array<ArrayBufferLike>

/** Goes on above all places of a file. */
export const makePlaces = (db: DatabaseSync, last: LastPlace = new Float64Array(1)): Places => {
  const highest = db.prepare("SELECT coalesce(max(place), 0) AS place FROM rooms").get() as { readonly place: number }
  last[0] = Math.max(last[0]!, highest.place)
  return {
    next: (millis) => {
      last[0] = placeAfter(last[0]!, millis)
      return last[0]
    },
    last: () => last[0]!,
    goBackTo: (place) => {
      last[0] = place
    }
  }
}
