import { assert, describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { comebackAfter } from "../src/comeback.ts"
import type { Loss } from "../src/errors.ts"

const bye = (code: string, reconnectAfter?: number): Loss => ({
  _tag: "Bye",
  bye: { type: "bye", code, message: "", ...(reconnectAfter === undefined ? {} : { reconnectAfter }) }
})

const broken: Loss = { _tag: "Closed", why: "the server reset it" }

describe("a client whose connection has ended", () => {
  it.effect("stays away where the registry says so, and from a server that broke the protocol", () =>
    Effect.gen(function* () {
      const never: ReadonlyArray<Loss> = [
        bye("line-too-long"),
        bye("not-tertulia"),
        { _tag: "Goodbye" },
        { _tag: "Nonsense", why: "" }
      ]
      for (const loss of never) assert.isUndefined(yield* comebackAfter(loss, 0))
    })
  )

  it.effect("comes back at once after idle, but doesn't storm a server that says so each time", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* comebackAfter(bye("idle"), 0), 0)
      assert.isAbove((yield* comebackAfter(bye("idle"), 5)) ?? 0, 0)
    }).pipe(Random.withSeed("idle"))
  )

  it.effect("waits for as long as a server that stops has said", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* comebackAfter(bye("shutting-down", 1_250), 3), 1_250)
    })
  )

  it.effect("draws its delay below 0.5 s, 1 s, 2 s, ... 30 s in every other case", () =>
    Effect.gen(function* () {
      for (const loss of [bye("internal"), bye("gone-fishing"), bye("shutting-down"), broken]) {
        for (const [failures, bound] of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
          const delays: Array<number> = []
          for (let nth = 0; nth < 50; nth++) delays.push((yield* comebackAfter(loss, failures)) ?? -1)
          assert.isAtLeast(Math.min(...delays), 0)
          assert.isAtMost(Math.max(...delays), bound)
          // Full jitter: over the whole range, and not by half.
          assert.isBelow(Math.min(...delays), bound / 4)
          assert.isAbove(Math.max(...delays), (3 * bound) / 4)
        }
      }
    }).pipe(Random.withSeed("backoff"))
  )
})
