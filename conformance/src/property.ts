/**
 * Properties: one story with many drawn values. A counterexample is shrunk, and replayed by its seed and path.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as fc from "fast-check"
import type { RequirementId } from "./generated/requirement-id.ts"
import { type Judging, register, type Scenario, type ScenarioOptions, seedOf, tell, transcriptsOf } from "./scenario.ts"
import * as suite from "./suite.ts"
import { type Outcome, Stop } from "./verdict.ts"

/** A story that is told once per drawn value, each time with fresh names and connections. */
export type PropertyStory<Value> = (
  t: Scenario,
  value: Value
) => Generator<Effect.Effect<unknown, Stop, Scope.Scope>, void, never>

// A hanging target costs a deadline per run: to tell or to shrink stories for longer than this explains nothing more.
const longest = 20_000

/** What a property may declare. */
export interface PropertyOptions<Value> extends ScenarioOptions {
  /** Values that are told first, in every run: so that each requirement is judged, whatever is drawn. They shrink, too. */
  readonly examples?: ReadonlyArray<Value>
}

/**
 * Registers a property. `--runs` says how often it is told, `--seed` and `--path` replay one counterexample.
 *
 * @param values what is drawn; shrunk to the smallest value that still breaks a requirement
 */
export const property = <Value>(
  title: string,
  ids: readonly [RequirementId, ...Array<RequirementId>],
  values: fc.Arbitrary<Value>,
  story: PropertyStory<Value>,
  { examples = [], ...options }: PropertyOptions<Value> = {}
): void => register(title, ids, { ...options, kind: "property" }, (judging) => check(judging, values, examples, story))

const check = <Value>(
  judging: Judging,
  values: fc.Arbitrary<Value>,
  examples: ReadonlyArray<Value>,
  story: PropertyStory<Value>
): Effect.Effect<Partial<Outcome> | undefined, Stop> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    let last: { readonly stop: Stop; readonly run: Judging } | undefined
    let ended: Exit.Exit<void, Stop> | undefined

    /** Tells the story once. Only a broken requirement of this test is worth shrinking; anything else ends it. */
    const once = async (value: Value): Promise<void> => {
      if (ended !== undefined) return
      const run: Judging = { ...judging, opened: [], culprit: undefined }
      const exit = await Effect.runPromiseExitWith(context)(tell(run, (t) => story(t, value)))
      if (Exit.isSuccess(exit)) return
      const error = Cause.squash(exit.cause)
      if (error instanceof Stop && error.verdict === "failed") {
        last = { stop: error, run }
        throw error
      }
      judging.opened.push(...run.opened)
      ended = exit
    }

    const chosen = { ...parameters(judging), examples: examples.map((value): [Value] => [value]) }
    const result = yield* Effect.promise(() => Promise.resolve(fc.check(fc.asyncProperty(values, once), chosen)))
    if (ended !== undefined && Exit.isFailure(ended)) return yield* Effect.failCause(ended.cause)
    if (last !== undefined && result.failed) return failureOf(last.stop, last.run, result)
    // A replay tells one story: that it fails no more is all that can be asked of it.
    return suite.options.path === undefined ? undefined : { verdict: "passed" }
  })

const parameters = (judging: Judging): Omit<fc.Parameters<unknown>, "examples"> => {
  const { path, runs, seed, shrink = true, timeoutScale } = suite.options
  return {
    seed: path === undefined ? seedOf(judging.title) : seed,
    numRuns: runs,
    interruptAfterTimeLimit: longest * Math.max(1, timeoutScale),
    endOnFailure: path !== undefined || !shrink,
    ...(path === undefined ? {} : { path })
  }
}

const failureOf = <Value>(stop: Stop, run: Judging, result: fc.RunDetails<Value>): Partial<Outcome> => ({
  verdict: "failed",
  reason: stop.reason,
  ...(stop.finding === undefined ? {} : { finding: stop.finding }),
  transcripts: transcriptsOf(run),
  replay: {
    seed: result.seed,
    ...(result.counterexamplePath === null ? {} : { path: result.counterexamplePath }),
    counterexample: fc.stringify(result.counterexample)
  }
})
