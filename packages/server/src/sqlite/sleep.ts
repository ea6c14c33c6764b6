/**
 * Waiting for the machine, whatever clock the entries live by.
 *
 * @module
 */
import * as Effect from "effect/Effect"

export const sleep = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })
