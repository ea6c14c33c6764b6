/**
 * Which of several servers may append: the one that leads. The others stand by, with all that it has appended, until it has gone.
 *
 * Who leads stands in the log, so all agree on it at every place of the log, and what a former leader still sends is void. So nobody need
 * trust a clock: that a leader seems to be gone may be an error, and then it ends when it reads that another leads.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Engine } from "./engine.ts"

/** Milliseconds for which a leader may be connected to the engine and not answer. */
const lease = 4_000

/** Milliseconds between two looks, and how many have to find nobody: the leader may be on its way to another node of the engine. */
const pause = 500
const looks = 4

/**
 * Waits until a leader is gone: it answers nobody any more, or has been silent for the lease. Gives which it was, "" when none leads: one that
 * has taken its place meanwhile is there.
 */
export const untilGone = (engine: Engine, leader: () => string): Effect.Effect<string> =>
  Effect.gen(function* () {
    let asked = ""
    let found = 0
    while (found < looks && leader() !== "") {
      const other = leader()
      if (other !== asked) found = 0
      asked = other
      const how = yield* Effect.promise(() => engine.asks(other, lease))
      if (how === "silent") return other
      found = how === "gone" ? found + 1 : 0
      yield* Effect.sleep(pause)
    }
    return leader() === "" ? "" : asked
  })
