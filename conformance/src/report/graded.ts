/**
 * What whoever is graded is told: the points of each requirement, and why they were lost.
 *
 * @module
 */
import { english } from "../lang/en.ts"
import type { Words } from "../lang/words.ts"
import type { RequirementResult, Results, TestResult } from "../run/results.ts"
import { type ScoredRequirement, scoreOf } from "../run/score.ts"
import { isRed } from "../verdict.ts"
import { visible } from "./visible.ts"

/** One requirement, as graders want to have it. */
export interface Graded extends ScoredRequirement {
  /** The ID and its sentence. */
  readonly name: string
  /** Where the sentence stands: a file of the spec, and a line in it. */
  readonly file: string
  readonly line: number
  /** Why points were lost, or are open: empty when they are earned. */
  readonly output: string
  /** How long the tests took that judged it. */
  readonly millis: number
}

/**
 * The requirements that have points, but for those that this server leaves open of its own right, or that weren't selected: whoever
 * conforms gets all. Without `--score` each is worth one.
 */
export const gradedOf = (results: Results, words: Words = english): ReadonlyArray<Graded> => {
  const score = results.score ?? scoreOf(results.requirements, { points: {}, otherwise: 1 })
  return score.requirements.flatMap((scored) => {
    const found = results.requirements.find(({ requirement }) => requirement.id === scored.id)
    const stopped = results.tests.find(({ ids, outcome }) => ids.includes(scored.id) && isRed(outcome.verdict))
    const isLeftOpen = scored.state === "open" && stopped === undefined
    return found === undefined || isLeftOpen ? [] : [graded(results, scored, found, stopped, words)]
  })
}

const graded = (
  { tests }: Results,
  scored: ScoredRequirement,
  { requirement }: RequirementResult,
  stopped: TestResult | undefined,
  words: Words
): Graded => {
  const judging = tests.filter(({ outcome }) => outcome.judged[scored.id] !== undefined)
  const broken = judging.filter(({ outcome }) => outcome.judged[scored.id]!.broken > 0)
  const isNamed = ({ outcome }: TestResult) => outcome.finding?.requirement === scored.id
  return {
    ...scored,
    name: `${scored.id}: ${requirement.text}`,
    file: requirement.link.split("#")[0]!,
    line: requirement.line,
    output:
      scored.state === "earned"
        ? ""
        : scored.state === "lost"
          ? lossOf(scored.id, [...broken.filter(isNamed), ...broken.filter((test) => !isNamed(test))], words)
          : (stopped?.outcome.reason ?? ""),
    millis: judging.reduce((sum, { outcome }) => sum + outcome.millis, 0)
  }
}

/** The first failure in words, and the titles of the others. */
const lossOf = (id: string, [first, ...others]: ReadonlyArray<TestResult>, { labels, ...words }: Words): string => {
  if (first === undefined) return ""
  const { again, heading, hint, outcome } = first
  const finding = outcome.finding ?? outcome.warnings.find(({ requirement }) => requirement === id)
  const told = (label: string, text: string | undefined) => (text === undefined ? [] : [`${label}: ${visible(text)}`])
  const lines = [
    heading,
    ...told(labels.sent, finding?.sent),
    ...told(labels.expected, finding?.expected),
    ...told(labels.got, finding?.got),
    ...told(labels.hint, hint),
    ...told(labels.again, again)
  ]
  const titles = others.map((test) => test.heading).join("; ")
  return [...lines, ...(others.length === 0 ? [] : [words.failToo(others.length, titles)])].join("\n")
}
