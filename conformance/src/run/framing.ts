/**
 * A server that takes what one `recv` returns for one message fails wherever lines travel together, whatever the test is about. All of that is
 * one cause: blocked by FRAME-4, and counted once. Pure: from outcomes to outcomes.
 *
 * @module
 */
import type { Outcome } from "../verdict.ts"
import type { Transcript } from "../wire/transcript.ts"
import type { TestReport } from "./drive.ts"

const framing = "FRAME-4"

/** The tests, with those blocked that may have failed because FRAME-4 is broken. They stay red: what else is wrong there shows once it is mended. */
export const blockedByFraming = (tests: ReadonlyArray<TestReport>): ReadonlyArray<TestReport> =>
  tests.some(({ outcome }) => outcome?.verdict === "failed" && outcome.finding?.requirement === framing)
    ? tests.map((test) => (test.outcome === undefined ? test : { ...test, outcome: perhapsBlocked(test.outcome) }))
    : tests

const perhapsBlocked = (outcome: Outcome): Outcome => {
  const { crash, finding, judged, transcripts, verdict } = outcome
  const isRed = verdict === "failed" || verdict === "blocked"
  if (!isRed || finding === undefined || finding.requirement === framing) return outcome
  // Whatever made the target die, dying is a failure of its own.
  if (crash !== undefined || !transcripts.some(sendsAhead)) return outcome
  return {
    ...outcome,
    verdict: "blocked",
    reason: `blocked by ${framing}`,
    finding: { ...finding, requirement: framing },
    judged: Object.fromEntries(
      Object.entries(judged).flatMap(([id, { kept }]) => (kept === 0 ? [] : [[id, { kept, broken: 0 }]]))
    )
  }
}

/** Whether something was sent before anything came back for what was sent before it: TCP may join it, or cut it elsewhere. */
const sendsAhead = ({ moments }: Transcript): boolean =>
  moments.some(({ text, what }, nth) => what === "sent" && (moments[nth + 1]?.what === "sent" || /\\n./u.test(text)))
