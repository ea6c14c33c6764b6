/**
 * Which test has killed the target? Several ran at once when it died: those are run again, one at a time, and whoever does it again has
 * done it. Pure: from what they came to together and alone, to what is reported.
 *
 * @module
 */
import { isRed, type Outcome } from "../verdict.ts"
import type { Crash } from "./crash.ts"
import type { TestReport } from "./drive.ts"

/** The tests that were running at one death. */
export interface Death {
  readonly nth: number
  readonly suspects: ReadonlyArray<string>
}

/** The tests to be run alone: of each death with several suspects, all of them. */
export const toRunAlone = (deaths: ReadonlyArray<Death>): ReadonlyArray<string> => [
  ...new Set(deaths.flatMap(({ suspects }) => (suspects.length > 1 ? suspects : [])))
]

/**
 * What the tests of a run come to when its suspects were run alone. Who kills the target alone has failed; who was only there when it
 * died comes to what it came to alone; and where nobody does it alone, all who were there have failed.
 */
export const explained = (
  reports: ReadonlyArray<TestReport>,
  alone: ReadonlyArray<TestReport>,
  deaths: ReadonlyArray<Death>
): ReadonlyArray<TestReport> => {
  const second = new Map(alone.map(({ outcome, title }) => [title, outcome]))
  const guilty = (title: string) => second.get(title)?.crash !== undefined
  const unexplained = new Set(
    deaths.filter(({ suspects }) => suspects.length > 1 && !suspects.some(guilty)).map(({ nth }) => nth)
  )
  return reports.map((report) => {
    const { outcome, title } = report
    const again = second.get(title)
    if (outcome === undefined || again === undefined || again.verdict === "not run") return report
    const nth = outcome.crash?.nth
    if (nth !== undefined && unexplained.has(nth) && again.crash === undefined) {
      const others = (deaths.find((death) => death.nth === nth)?.suspects.length ?? 1) - 1
      return { ...report, outcome: withRemark(outcome, notAlone(others)) }
    }
    return again.crash !== undefined || outcome.crash !== undefined || isBlockedByDeath(outcome)
      ? { ...report, outcome: again }
      : report
  })
}

const isBlockedByDeath = ({ finding, verdict }: Outcome): boolean => isRed(verdict) && finding === undefined

const notAlone = (others: number): string =>
  `alone it doesn't happen again: ${others} other tests were running or had just ended, so it may take several connections at once`

const withRemark = (outcome: Outcome, remark: string): Outcome => {
  if (outcome.crash === undefined) return outcome
  const crash: Crash = { ...outcome.crash, remarks: [remark, ...outcome.crash.remarks] }
  return { ...outcome, crash }
}
