/**
 * What reports say of a test that did not pass, whatever they are written in.
 *
 * @module
 */
import type { Results, TestResult } from "../run/results.ts"
import type { Requirement } from "../spec/requirements.ts"
import type { Finding, Verdict } from "../verdict.ts"

/** The sentences by their IDs. */
export type Sentences = ReadonlyMap<string, Requirement>

export const sentencesOf = (requirements: ReadonlyArray<Requirement>): Sentences =>
  new Map(requirements.map((requirement) => [requirement.id, requirement]))

/** The requirements that a finding may speak of. A written conversation judges several at once: it can't say which of them was broken. */
export const accused = ({ ids, kind }: TestResult, { requirement }: Finding): ReadonlyArray<string> => {
  const written = (kind === "dialogue" || kind === "vector") && ids.includes(requirement ?? "")
  return written ? ids : requirement === undefined ? [] : [requirement]
}

/** The tests with one verdict, in the order in which they ended. */
export const withVerdict = ({ tests }: Results, verdict: Verdict): ReadonlyArray<TestResult> =>
  tests.filter(({ outcome }) => outcome.verdict === verdict)

/** Tests that had to stop for the same reason. */
export interface Block {
  readonly reason: string
  /** The requirement that blocks them, when it is one. */
  readonly cause: string | undefined
  readonly tests: ReadonlyArray<TestResult>
}

/** What is blocked, by cause: the one that blocks most comes first. */
export const blocksOf = (results: Results): ReadonlyArray<Block> => {
  const blocked = withVerdict(results, "blocked")
  const reasons = [...new Set(blocked.map(({ outcome }) => outcome.reason ?? "blocked"))]
  return reasons
    .map((reason): Block => {
      const tests = blocked.filter(({ outcome }) => (outcome.reason ?? "blocked") === reason)
      return { reason, cause: tests[0]?.outcome.finding?.requirement, tests }
    })
    .toSorted((one, other) => other.tests.length - one.tests.length)
}

/** The failures, that which blocks most first: mend it, and the others may be gone. */
export const failuresOf = (results: Results): ReadonlyArray<TestResult> => {
  const weights = new Map(blocksOf(results).map(({ cause, tests }) => [cause, tests.length]))
  const weightOf = ({ outcome }: TestResult) => weights.get(outcome.finding?.requirement) ?? 0
  return withVerdict(results, "failed").toSorted((one, other) => weightOf(other) - weightOf(one))
}

/** Of the requirements that bind this target and can be judged: how many were, and which are broken. */
export const coverageOf = ({ requirements }: Results) => {
  const apart = new Set(["client", "server", "not claimed", "untestable"])
  const binding = requirements.filter(({ standing }) => !apart.has(standing))
  return {
    binding: binding.length,
    judged: binding.filter(({ broken, kept }) => kept + broken > 0).length,
    broken: binding.filter(({ standing }) => standing === "broken").map(({ requirement }) => requirement.id)
  }
}

/** The target in a word or two, and what it was given as. */
export const nameOf = ({ target }: Results): string =>
  target.given ?? `${target.host}:${target.port} (the reference server)`
