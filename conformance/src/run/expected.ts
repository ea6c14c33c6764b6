/**
 * What is known to fail is expected, and what is expected in vain is stale. Pure: from verdicts to verdicts.
 *
 * @module
 */
import { isRed, type Outcome, type Verdict } from "../verdict.ts"
import type { TestReport } from "./drive.ts"
import type { KnownFailure, KnownFlake, Lists } from "./lists.ts"

/** An entry that excuses nothing any more: red, so that it is taken out. */
export interface Stale {
  readonly file: string
  /** What it names: a requirement, or a test's title. */
  readonly subject: string
  /** Why it was there. */
  readonly reason: string
  /** Why it ought to be no more: a sentence. */
  readonly complaint: string
}

/** A test that has ended. */
type Ended = TestReport & { readonly outcome: Outcome }

/** The tests with what is excused, and the entries that are stale. */
export interface Excused<Test extends Ended> {
  readonly tests: ReadonlyArray<Test>
  readonly stale: ReadonlyArray<Stale>
}

/**
 * Excuses what is known to fail.
 *
 * @param plan every test that there is, selected or not
 */
export const excuse = <Test extends Ended>(
  tests: ReadonlyArray<Test>,
  plan: ReadonlyArray<TestReport>,
  { failures, flakes, today }: Lists
): Excused<Test> => {
  const valid = (failures?.entries ?? []).filter((entry) => !hasPassed(entry, today))
  const staleIn = (file: string, entries: ReadonlyArray<KnownFailure>, why: Complaint) =>
    entries.flatMap((entry): ReadonlyArray<Stale> => {
      const complaint = why(entry)
      return complaint === undefined ? [] : [{ file, subject: subjectOf(entry), reason: entry.reason, complaint }]
    })
  const lapsed = (entry: KnownFailure) =>
    !isKnown(entry, plan, tests)
      ? "no test is called this, or judges it"
      : hasPassed(entry, today)
        ? `it was to be over on ${entry.until}`
        : undefined
  return {
    tests: tests.map((test) => excused(test, valid)),
    stale: [
      ...staleIn(
        failures?.file ?? "",
        failures?.entries ?? [],
        (entry) => lapsed(entry) ?? (isMended(entry, plan, tests) ? "nothing fails there any more" : undefined)
      ),
      ...staleIn(flakes?.file ?? "", flakes?.entries ?? [], lapsed)
    ]
  }
}

type Complaint = (entry: KnownFailure) => string | undefined

const subjectOf = ({ requirement, test }: KnownFailure): string => requirement ?? test ?? ""

const hasPassed = ({ until }: KnownFailure, today: string): boolean => until !== undefined && today > until

const excused = <Test extends Ended>(test: Test, entries: ReadonlyArray<KnownFailure>): Test => {
  const entry = entries.find((each) => explains(each, test))
  if (entry === undefined) return test
  const reason = `known to fail: ${entry.reason}`
  return { ...test, outcome: { ...test.outcome, verdict: "expected failure" as const, reason } }
}

/** Whether an entry is about what this test has come to. */
const explains = ({ requirement, test: title }: KnownFailure, test: Ended): boolean => {
  if (!isRed(test.outcome.verdict) || test.outcome.fault !== undefined) return false
  return requirement === undefined ? test.title === title : brokenBy(test).includes(requirement)
}

/** The requirements that a failed or blocked test may have stumbled over: a written conversation can't say which it was. */
const brokenBy = ({ ids, kind, outcome }: Ended): ReadonlyArray<string> => {
  const cause = outcome.finding?.requirement
  if (cause === undefined) return []
  return (kind === "dialogue" || kind === "vector") && ids.includes(cause) ? ids : [cause]
}

const isAbout = ({ requirement, test: title }: KnownFailure, test: TestReport): boolean =>
  requirement === undefined ? test.title === title : test.ids.includes(requirement)

const isKnown = (entry: KnownFailure, plan: ReadonlyArray<TestReport>, tests: ReadonlyArray<Ended>): boolean =>
  plan.some((test) => isAbout(entry, test)) || tests.some((test) => explains(entry, test))

const apart: ReadonlyArray<Verdict> = ["not run", "not claimed"]

/** Whether all tests that an entry is about have run and passed. A selection that leaves some of them out says nothing. */
const isMended = (entry: KnownFailure, plan: ReadonlyArray<TestReport>, tests: ReadonlyArray<Ended>): boolean => {
  if (tests.some((test) => explains(entry, test))) return false
  const ran = tests.filter((test) => isAbout(entry, test) && !apart.includes(test.outcome.verdict))
  const whole = plan.every((test) => !isAbout(entry, test) || test.selected)
  return whole && ran.length > 0 && ran.every(({ outcome }) => !isRed(outcome.verdict))
}

// ---------------------------------------------------------------------------------------------------------------------
// Flaky tests
// ---------------------------------------------------------------------------------------------------------------------

/** The tests that are red and known to be flaky, with the entry that says so. */
export const flakyAmong = (
  reports: ReadonlyArray<TestReport>,
  { flakes, today }: Lists
): ReadonlyArray<{ readonly test: Ended; readonly entry: KnownFlake }> =>
  reports.flatMap((report) => {
    if (report.outcome === undefined) return []
    const test = { ...report, outcome: report.outcome }
    const entry = flakes?.entries.find((each) => !hasPassed(each, today) && explains(each, test))
    return entry === undefined ? [] : [{ test, entry }]
  })

/**
 * What a flaky test comes to after it was run again.
 *
 * @param verdicts of the further runs; the first, which was red, counts as well
 */
export const settled = (
  { outcome }: Ended,
  { rate, reason }: KnownFlake,
  verdicts: ReadonlyArray<Verdict>
): Outcome => {
  const passed = verdicts.filter((verdict) => !isRed(verdict)).length
  const runs = verdicts.length + 1
  const hits = `passed ${passed} of ${runs} runs`
  return passed / runs >= rate
    ? { ...outcome, verdict: "flaky", reason: `known to be flaky, ${hits}: ${reason}` }
    : { ...outcome, notes: [...(outcome.notes ?? []), `${hits}, fewer than --known-flaky allows: ${reason}`] }
}
