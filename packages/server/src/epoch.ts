/**
 * Names for the lives of logs.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** 72 random bits: enough never to meet again, in this process or after a restart (EPOCH-2). */
export const makeEpoch: Effect.Effect<string> = Effect.map(
  Effect.all(Array.from({ length: 3 }, () => Random.nextIntBetween(0, 2 ** 24))),
  (parts) => parts.map((part) => part.toString(36).padStart(5, "0")).join("")
)
