/**
 * One mutant, or the unmutated server through the same proxy, judged by the tests of some requirements.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { drive } from "../src/run/drive.ts"
import { probe } from "../src/run/probe.ts"
import { type Results, resultsOf, type Target } from "../src/run/results.ts"
import type { StartCommand } from "../src/run/target.ts"
import { readRequirements } from "../src/spec/requirements.ts"
import type { SuiteOptions } from "../src/suite.ts"
import type { Mutant, Tap } from "./mutant.ts"
import { endOf, type Judged } from "./outcome.ts"
import { startProxy } from "./proxy.ts"

/** Which tests judge, and how. */
export interface Judging {
  /** The port of a reference server. */
  readonly port: number
  readonly seed: number
  readonly requirements: ReadonlyArray<string>
  /** The target as a command, for tests that start their own. */
  readonly start: StartCommand | undefined
}

const requirements = readRequirements()
const probeMillis = 3_000
// The reference server is near, so whoever hasn't answered in this part of the usual deadline never will.
const impatience = 0.3

/** Judges the server on a port through a tap; gives what the suite found, and how often the tap was exercised. */
export const judgeBehind = (
  tap: Tap,
  { port, requirements: ids, seed, start }: Judging
): Effect.Effect<{ readonly results: Results; readonly hits: number }> =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const proxy = yield* Effect.acquireRelease(
      Effect.promise(() => startProxy(port, tap)),
      ({ close }) => Effect.promise(close)
    )
    const address = { host: "127.0.0.1", port: proxy.port }
    const { hello, roundTrip } = yield* Effect.orDie(probe(address, probeMillis))
    const target: Target = { who: "server", given: undefined, ...address, hello, roundTrip, profiles: ["core"] }
    const options: SuiteOptions = {
      mode: "run",
      address,
      hello,
      roundTrip,
      timeoutScale: impatience,
      seed,
      path: undefined,
      runs: 20,
      parallel: 8,
      bail: false,
      selection: { grep: "", requirements: ids, profiles: [] },
      start,
      nonce: (yield* Random.nextIntBetween(36 ** 3, 36 ** 4)).toString(36)
    }
    const driven = yield* Effect.promise(() => drive(options))
    const millis = (yield* Clock.currentTimeMillis) - began
    return { results: resultsOf(target, seed, driven, requirements, millis), hits: proxy.hits() }
  }).pipe(Effect.scoped)

/** Judges a mutant by the tests of the requirement that it breaks. */
export const judgeMutant = (mutant: Mutant, port: number, seed: number): Effect.Effect<Judged> => {
  const judging: Judging = { port, seed, requirements: [mutant.breaks], start: itself(mutant) }
  return judgeBehind(mutant.tap(), judging).pipe(
    Effect.map(({ hits, results }) => ({ mutant, hits, ...endOf(mutant, results, hits) })),
    Effect.catchDefect((defect) => Effect.succeed({ mutant, hits: 0, end: "void" as const, by: String(defect) }))
  )
}

const itself = ({ name }: Mutant): StartCommand => ({
  program: process.execPath,
  args: [fileURLToPath(new URL("serve.ts", import.meta.url)), name]
})
