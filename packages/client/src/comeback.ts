/**
 * Whether and when a client connects again after an end that it didn't ask for (END-9).
 *
 * @module
 */
import { reconnectAfterBye } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Loss } from "./errors.ts"

const first = 500
const longest = 30_000

/** A random delay, in milliseconds, below a bound that begins at 0.5 s and doubles with each failure up to 30 s. */
const backoff = (failures: number): Effect.Effect<number> =>
  Effect.map(Random.next, (part) => Math.round(part * Math.min(longest, first * 2 ** failures)))

/**
 * Milliseconds to wait before connecting again; undefined to stay away.
 *
 * @param failures how often connecting again has failed since the client was last in a room
 */
export const comebackAfter = (loss: Loss, failures: number): Effect.Effect<number | undefined> => {
  switch (loss._tag) {
    case "Goodbye":
    case "Nonsense":
      return Effect.undefined
    case "Closed":
    case "Silent":
      return backoff(failures)
    case "Bye":
      switch (reconnectAfterBye(loss.bye.code)) {
        case "no":
          return Effect.undefined
        case "now":
          // A server that says so each time, before anybody is in a room, isn't to be stormed.
          return failures === 0 ? Effect.succeed(0) : backoff(failures)
        case "after":
          return loss.bye.reconnectAfter === undefined ? backoff(failures) : Effect.succeed(loss.bye.reconnectAfter)
        case "backoff":
          return backoff(failures)
      }
  }
}
