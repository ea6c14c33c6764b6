/**
 * What becomes of a mutant, from what the suite found. Pure: the runner's tests are here.
 *
 * @module
 */
import type { Results } from "../src/run/results.ts"
import type { Kill } from "./killers.ts"
import type { Mutant } from "./mutant.ts"

/**
 * killed: a test of its own requirement judged that requirement broken, which is the only good end.
 * killed by another: only some other requirement was found broken. survived: the mutation was exercised, and all was
 * green. never hit: no test provoked it. void: nothing could be judged. inconclusive: tests came to no verdict.
 * equivalent: it is annotated as one that no test can tell, and none has.
 */
export const ends = [
  "killed",
  "killed by another",
  "survived",
  "never hit",
  "void",
  "inconclusive",
  "equivalent"
] as const

export type End = (typeof ends)[number]

/** One row of the matrix. */
export interface Judged {
  readonly mutant: Mutant
  readonly end: End
  /** The test that killed it, or what is to be known otherwise. */
  readonly by: string
  readonly hits: number
  /** All tests that killed it. */
  readonly kills: ReadonlyArray<Kill>
  /** Tests of its list that it has survived. */
  readonly missed: ReadonlyArray<string>
  /** 1, or more when it was judged again. */
  readonly attempt: number
}

/** Whether this end lets the run pass. */
export const isGood = ({ end, missed }: Judged): boolean =>
  end === "equivalent" || (end === "killed" && missed.length === 0)

/** What is known from the lists of a mutant that this run has not judged. */
export const asListed = (mutant: Mutant, titles: ReadonlyArray<string>): Judged => {
  const [by = ""] = titles
  return { mutant, end: "killed", by, hits: 0, kills: [], missed: [], attempt: 0 }
}

/** The tests that judged the mutant's own requirement broken. */
export const killsOf = ({ breaks }: Mutant, { tests }: Results): ReadonlyArray<Kill> =>
  tests
    .filter(({ outcome }) => (outcome.judged[breaks]?.broken ?? 0) > 0)
    .map(({ outcome, title }) => ({ title, millis: outcome.millis }))

/** Judges a mutant by the results of tests that name its requirement. */
export const endOf = (mutant: Mutant, results: Results, hits: number): { readonly end: End; readonly by: string } => {
  const [killer] = killsOf(mutant, results)
  if (killer !== undefined) {
    return mutant.equivalent === undefined
      ? { end: "killed", by: killer.title }
      : { end: "void", by: `annotated as equivalent (${mutant.equivalent}), and killed by: ${killer.title}` }
  }
  const fault = results.faults[0]
  if (fault !== undefined) return { end: "void", by: fault }
  if (results.tests.length === 0) return { end: "void", by: "no test names this requirement" }
  if (mutant.equivalent !== undefined) return { end: "equivalent", by: mutant.equivalent }
  const other = results.tests.find(({ outcome }) => outcome.verdict === "failed" || outcome.verdict === "blocked")
  if (other !== undefined) return { end: "killed by another", by: `${other.title}: ${other.outcome.reason ?? ""}` }
  const open = results.tests.find(({ outcome }) => outcome.verdict === "inconclusive")
  if (open !== undefined) return { end: "inconclusive", by: `${open.title}: ${open.outcome.reason ?? ""}` }
  if (results.tests.every(({ outcome }) => outcome.verdict === "not run")) {
    return { end: "void", by: results.tests[0]?.outcome.reason ?? "no test ran" }
  }
  return hits === 0
    ? { end: "never hit", by: "no test provokes what it changes" }
    : { end: "survived", by: `exercised ${hits} times, and all was green` }
}

/** Two trials of one mutant as one: a test that has killed it in either has killed it. */
export const better = (before: Judged, after: Judged): Judged => {
  const kills = [...before.kills, ...after.kills]
  const missed = before.missed.filter((title) => !kills.some((kill) => kill.title === title))
  const { by, end } = after.end === "killed" || before.end !== "killed" ? after : before
  return { ...after, by, end, kills, missed }
}
