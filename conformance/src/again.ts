/**
 * What is asked again until a clock of the target has run out.
 *
 * @module
 */
import type { Reply } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Place } from "./client.ts"
import type { Scenario } from "./scenario.ts"
import type { Stop } from "./verdict.ts"

const pause = "50 millis"

/**
 * Asks until a reply is accepted, or has come after the latest time at which it may be another; gives that reply, which is to be judged.
 *
 * @param latest milliseconds of the suite's clock
 */
export const askUntil = Effect.fnUntraced(function* <R>(
  t: Scenario,
  ask: Effect.Effect<Reply & Place, Stop, R>,
  accept: (reply: Reply) => boolean,
  latest: number
): Effect.fn.Return<Reply & Place, Stop, R> {
  while (true) {
    const reply = yield* ask
    if (accept(reply) || (yield* t.now) >= latest) return reply
    yield* Effect.sleep(pause)
  }
})

/** Lets a clock of the target run of which nothing tells, such as how long a token lasts. */
export const letRun = (milliseconds: number): Effect.Effect<void> => Effect.sleep(milliseconds)
