/**
 * The budget for catching up: so many entries of replays, pages, searches and lists of conversations to one address in a time; who asks
 * for more waits for them (FLOW-8), and those who talk don't.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { makeBudgets } from "./bounds.ts"
import type { Meters } from "./meters.ts"

/** Seconds in which an address that has asked for all of its budget has it again. */
const seconds = 4

export interface CatchUp {
  /**
   * Reads entries for a client when it is its turn.
   *
   * @param most as many as there may be
   * @param read gives what was read, and how many entries it was
   * @param hurry ends the waiting, as when the server stops
   */
  readonly reading: <A, E>(
    peer: string,
    most: number,
    read: Effect.Effect<readonly [A, number], E>,
    hurry: Effect.Effect<void>
  ) => Effect.Effect<A, E>
}

/** @param now monotonic milliseconds */
export const makeCatchUp = (limit: number, now: () => number, meters: Meters): CatchUp => {
  const budgets = makeBudgets(limit, seconds, now)
  return {
    reading: (peer, most, read, hurry) =>
      Effect.suspend(() => {
        // Taken before the wait: those who wait together would all take the same. It is over when there is one left for the last entry.
        budgets.spend(peer, most - 1)
        const wait = budgets.wait(peer)
        budgets.spend(peer)
        let taken = 0
        return (wait > 0 ? Effect.raceFirst(Effect.sleep(wait), hurry) : Effect.void).pipe(
          Effect.andThen(read),
          Effect.map(([what, entries]) => {
            taken = entries
            return what
          }),
          Effect.ensuring(
            Effect.sync(() => {
              budgets.spend(peer, taken - most)
              meters.caughtUp(taken, wait > 0)
            })
          )
        )
      })
  }
}
