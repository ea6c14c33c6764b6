/**
 * Doubting a silent server (HEART-6).
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Loss } from "./errors.ts"

/** When something last came. */
export interface Pulse {
  /** Milliseconds of the Clock. */
  readonly at: number
}

/**
 * Asks for a sign of life after one heartbeat of silence, and fails when a second one has passed. It waits a whole
 * heartbeat after asking, so that a machine that slept doesn't take its own absence for the server's.
 *
 * @param heartbeat seconds, as `hello` announces them
 * @param pulse a new object for each sign of life
 */
export const doubt = Effect.fnUntraced(function* (
  heartbeat: number,
  pulse: () => Pulse,
  ask: () => void
): Effect.fn.Return<never, Loss> {
  const patience = heartbeat * 1_000
  while (true) {
    const last = pulse()
    const now = yield* Clock.currentTimeMillis
    yield* Effect.sleep(Math.max(0, last.at + patience - now))
    if (pulse() !== last) continue
    ask()
    yield* Effect.sleep(patience)
    if (pulse() === last) return yield* Effect.fail({ _tag: "Silent", seconds: 2 * heartbeat } as const)
  }
})
