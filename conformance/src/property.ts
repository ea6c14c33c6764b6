/**
 * Properties: one story with many drawn values. A counterexample is shrunk, and replayed by its seed and path.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as fc from "fast-check"
import type { RequirementId } from "./generated/requirement-id.ts"
import { usualRuns } from "./run/options.ts"
import {
  historyOf,
  type Judging,
  register,
  type Scenario,
  type ScenarioOptions,
  seedOf,
  tell,
  transcriptsOf
} from "./scenario.ts"
import * as suite from "./suite.ts"
import { type Outcome, type Replay, Stop } from "./verdict.ts"

/** A story that is told once per drawn value, each time with fresh names and connections. */
export type PropertyStory<Value> = (
  t: Scenario,
  value: Value
) => Generator<Effect.Effect<unknown, Stop, Scope.Scope>, void, never>

// A hanging target costs a deadline per run: to tell or to shrink stories for longer than this explains nothing more.
const longest = 20_000

// How often a counterexample is told again, to see whether it breaks the requirement every time; and for how long at the most.
const again = 10
const longestAgain = 5_000

/** What a property may declare. */
export interface PropertyOptions<Value> extends ScenarioOptions {
  /** Values that are told first, in every run: so that each requirement is judged, whatever is drawn. They shrink, too. */
  readonly examples?: ReadonlyArray<Value>
  /**
   * What it finds may hang on chance: then a value that passes proves nothing, and looking for a smaller one on the network finds just any.
   * So the value stays as it was drawn, what was recorded is shrunk offline, and the value is told again to see how often it breaks
   * the requirement.
   */
  readonly isRacy?: boolean
}

/**
 * Registers a property. `--runs` says how often it is told, `--seed` and `--path` replay one counterexample.
 *
 * @param values what is drawn; shrunk to the smallest value that still breaks a requirement, unless the property is racy
 */
export const property = <Value>(
  title: string,
  ids: readonly [RequirementId, ...Array<RequirementId>],
  values: fc.Arbitrary<Value>,
  story: PropertyStory<Value>,
  { examples = [], isRacy = false, ...options }: PropertyOptions<Value> = {}
): void =>
  register(title, ids, { ...options, kind: "property" }, (judging) =>
    check(judging, values, story, { examples, isRacy })
  )

const check = <Value>(
  judging: Judging,
  values: fc.Arbitrary<Value>,
  story: PropertyStory<Value>,
  { examples = [], isRacy = false }: PropertyOptions<Value>
): Effect.Effect<Partial<Outcome> | undefined, Stop> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    let last: { readonly stop: Stop; readonly run: Judging } | undefined
    let ended: Exit.Exit<void, Stop> | undefined
    let stories = 0

    /** Tells the story once. Only a broken requirement of this test is worth shrinking; anything else ends it. */
    const once = async (value: Value): Promise<void> => {
      if (ended !== undefined) return
      stories++
      const run: Judging = { ...judging, opened: [], culprit: undefined, history: undefined }
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

    // A race that is replayed may need several goes.
    const goes = isRacy && suite.options.path !== undefined ? again : 1
    const several = async (value: Value): Promise<void> => {
      for (let nth = 0; nth < goes; nth++) await once(value)
    }

    const chosen = { ...parameters<[Value]>(judging, isRacy), examples: examples.map((value): [Value] => [value]) }
    const result = yield* Effect.promise(() => search(fc.asyncProperty(values, several), chosen))
    if (ended !== undefined && Exit.isFailure(ended)) return yield* Effect.failCause(ended.cause)
    if (last === undefined || !result.failed) {
      noteOperations(judging, stories)
      // A replay tells one story: that it fails no more is all that can be asked of it.
      return suite.options.path === undefined ? undefined : { verdict: "passed" }
    }
    const { run, stop } = last
    const [value] = result.counterexample ?? []
    const isCounted = value !== undefined && suite.options.shrink !== false
    const hits = isCounted ? yield* hitsOf(judging, (t) => story(t, value), stop) : undefined
    return failureOf(stop, run, result, hits)
  })

/** Says how much a long run has judged: nobody asks that of a short one. */
const noteOperations = ({ notes, operations }: Judging, stories: number) => {
  if (operations.size === 0 || suite.options.runs <= usualRuns) return
  const shown = (count: number) => count.toLocaleString("en")
  const kinds = Array.from(operations).toSorted(([, one], [, other]) => other - one)
  const sum = kinds.reduce((total, [, count]) => total + count, 0)
  const list = kinds.map(([kind, count]) => `${kind} ${shown(count)}`).join(", ")
  notes.push(`${shown(sum)} operations judged, in ${shown(stories)} stories: ${list}`)
}

/** Draws until a value fails, and shrinks it. Each has its own time, so that a long search leaves time for a short story. */
const search = async <Value>(
  property: fc.IAsyncProperty<[Value]>,
  chosen: fc.Parameters<[Value]>
): Promise<fc.RunDetails<[Value]>> => {
  const found = await fc.check(property, { ...chosen, endOnFailure: true })
  const path = found.counterexamplePath
  if (chosen.endOnFailure === true || path === null) return found
  const shrunk = await fc.check(property, { ...chosen, path, numRuns: 1 })
  return shrunk.failed ? shrunk : found
}

/** Tells a story again and again, and counts how often it breaks the same requirement. */
const hitsOf = Effect.fnUntraced(function* (
  judging: Judging,
  story: (t: Scenario) => ReturnType<PropertyStory<never>>,
  { finding }: Stop
): Effect.fn.Return<Replay["hits"]> {
  const began = yield* Clock.currentTimeMillis
  const longestMillis = longestAgain * suite.options.timeoutScale
  let runs = 0
  let broken = 0
  while (runs < again && (yield* Clock.currentTimeMillis) - began < longestMillis) {
    // These tellings count as no judgements, and leave nothing in the report.
    const fresh = {
      tallies: new Map(),
      warnings: [],
      notes: [],
      operations: new Map(),
      opened: [],
      culprit: undefined,
      history: undefined
    }
    const run: Judging = { ...judging, ...fresh }
    const exit = yield* Effect.exit(tell(run, story))
    runs++
    if (Exit.isSuccess(exit)) continue
    const error = Cause.squash(exit.cause)
    if (error instanceof Stop && error.finding?.requirement === finding?.requirement) broken++
  }
  return runs === 0 ? undefined : { runs, broken }
})

const parameters = <Value>(judging: Judging, isRacy: boolean): fc.Parameters<Value> => {
  const { path, runs, seed, shrink = true, timeoutScale } = suite.options
  return {
    seed: path === undefined ? seedOf(judging.title) : seed,
    numRuns: runs,
    interruptAfterTimeLimit: longest * Math.max(1, timeoutScale),
    ...(path === undefined ? {} : { path }),
    endOnFailure: isRacy || path !== undefined || !shrink
  }
}

const failureOf = <Value>(
  stop: Stop,
  run: Judging,
  result: fc.RunDetails<Value>,
  hits: Replay["hits"]
): Partial<Outcome> => ({
  verdict: "failed",
  reason: stop.reason,
  ...(stop.finding === undefined ? {} : { finding: stop.finding }),
  transcripts: transcriptsOf(run),
  ...historyOf(run, "failed"),
  replay: {
    seed: result.seed,
    ...(result.counterexamplePath === null ? {} : { path: result.counterexamplePath }),
    counterexample: fc.stringify(result.counterexample),
    ...(hits === undefined ? {} : { hits })
  }
})
