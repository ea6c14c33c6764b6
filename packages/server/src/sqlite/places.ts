/**
 * Places: the one order of the entries of all rooms, in which a search gives them (SEARCH-7).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"

/** Places in a millisecond: so many entries can be committed in one before places are ahead of the clock. */
export const placesPerMilli = 1_024

export interface Places {
  /** The place of the next entry: above all before it, and at least that of its time in milliseconds. */
  readonly next: (millis: number) => number
  /** The place that was given last. */
  readonly last: () => number
}

/** By how many milliseconds a place is ahead of the clock of its entry. */
export const driftOf = (place: number, millis: number): number => Math.ceil(place / placesPerMilli) - millis

/** Goes on above all places of a file. A place that is rolled back is not given again. */
export const makePlaces = (db: DatabaseSync): Places => {
  const highest = db.prepare("SELECT coalesce(max(place), 0) AS place FROM rooms").get() as { readonly place: number }
  let last = highest.place
  return {
    next: (millis) => {
      last = Math.max(last + 1, millis * placesPerMilli)
      return last
    },
    last: () => last
  }
}
