/**
 * What reports say of a test that did not pass, whatever they are written in.
 *
 * @module
 */
import { allOf, type Results, type TestResult, whereIs } from "../run/results.ts"
import type { Requirement } from "../spec/requirements.ts"
import type { Finding, Outcome, Verdict } from "../verdict.ts"

/** The sentences by their IDs. */
export type Sentences = ReadonlyMap<string, Requirement>

export const sentencesOf = (requirements: ReadonlyArray<Requirement>): Sentences =>
  new Map(requirements.map((requirement) => [requirement.id, requirement]))

/** The requirements that a finding may speak of. A written conversation judges several at once: it can't say which of them was broken. */
export const accused = (test: TestResult, { requirement }: Finding): ReadonlyArray<string> =>
  isWritten(test) && test.ids.includes(requirement ?? "") ? test.ids : requirement === undefined ? [] : [requirement]

const isWritten = ({ kind }: TestResult): boolean => kind === "dialogue" || kind === "vector"

/** The tests with one verdict, in the order in which they ended. */
export const withVerdict = ({ tests }: Results, verdict: Verdict): ReadonlyArray<TestResult> =>
  tests.filter(({ outcome }) => outcome.verdict === verdict)

/** What is known of the target's death in a test, part by part: what its sanitizer reported, and its last words. */
export const deathOf = ({ crash }: Outcome): { readonly sanitizer?: string; readonly output?: string } => ({
  ...(crash?.report !== undefined && {
    sanitizer: [crash.report.line, ...(crash.report.frame === undefined ? [] : [crash.report.frame])].join("\n")
  }),
  ...(crash !== undefined && crash.output !== "" && { output: crash.output })
})

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

/** Red tests that are red for one reason: mend it, and all of them may be green. */
export interface Cause {
  /** Those that have failed, or judged nothing: the first one stands for all. Empty when the cause itself has no test. */
  readonly tests: ReadonlyArray<TestResult>
  /** Those that had to stop because of it. */
  readonly blocked: ReadonlyArray<TestResult>
}

/** The reasons why tests are red, that which blocks most first. Each red test belongs to exactly one. */
export const causesOf = (results: Results): ReadonlyArray<Cause> => {
  const failures = [...failuresOf(results), ...withVerdict(results, "inconclusive")]
  const blocks = blocksOf(results)
  const blockOf = ({ outcome }: TestResult) =>
    blocks.find(({ cause }) => cause !== undefined && cause === outcome.finding?.requirement)
  // What a written conversation can't tell, another test may have told.
  const precise = failures.filter((test) => !isWritten(test))
  const tellerOf = (test: TestResult) =>
    precise.find(({ outcome }) => accusedOf(test).includes(outcome.finding?.requirement ?? ""))
  const reason = (test: TestResult) => reasonOf((isWritten(test) && tellerOf(test)) || test)
  const groups = [...Map.groupBy(failures, reason).values()]
  const firstOf = new Map(groups.toReversed().map((tests) => [blockOf(tests[0]!), tests]))
  const failed = groups.map((tests): Cause => {
    const block = blockOf(tests[0]!)
    return { tests, blocked: block !== undefined && firstOf.get(block) === tests ? block.tests : [] }
  })
  const others = blocks
    .filter((block) => !firstOf.has(block))
    .map((block): Cause => ({ tests: [], blocked: block.tests }))
  return [...failed, ...others]
}

/** How many things are wrong, in how many red tests, and the test to begin with; `undefined` when nothing is. */
export const causeCount = (results: Results) => {
  const causes = causesOf(results)
  if (causes.length === 0) return undefined
  const red = causes.reduce((sum, { blocked, tests }) => sum + blocked.length + tests.length, 0)
  return { causes: causes.length, red, first: causes[0]?.tests[0] }
}

/** What a test is about, in a word: the requirement that is broken, or else its title. */
export const aboutOf = ({ heading, outcome }: TestResult): string => outcome.finding?.requirement ?? `"${heading}"`

const accusedOf = (test: TestResult): ReadonlyArray<string> =>
  test.outcome.finding === undefined ? [] : accused(test, test.outcome.finding)

/** Tests are alike in what they say went wrong when the same requirement is broken, and what came is of the same kind. */
const reasonOf = ({ outcome, title }: TestResult): string => {
  const { finding, reason } = outcome
  return finding === undefined ? (reason ?? title) : `${finding.requirement} ${kindOf(finding.got)}`
}

/** What came, without what is different each time: names, numbers, texts. */
const kindOf = (got: string): string =>
  got.startsWith('{"')
    ? [...got.matchAll(/"(?:type|code|field)":"[^"]*"/gu)].slice(0, 3).join()
    : got.replace(/[\w#-]+/gu, (word) => (/\d/u.test(word) ? "0" : word)).slice(0, 40)

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
  target.given === undefined ? `${whereIs(target)} (the reference server)` : allOf(target).join(", ")
