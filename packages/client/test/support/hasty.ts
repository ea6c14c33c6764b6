/**
 * Delays that are drawn at the lower end of their range, so that whoever comes back isn't waited for.
 *
 * @module
 */
import { Effect, Random } from "effect"

export const hasty: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.provideService(
  Random.Random,
  { nextDoubleUnsafe: () => 0.02, nextIntUnsafe: () => 0 }
)
