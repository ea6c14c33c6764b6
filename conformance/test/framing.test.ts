import { assert, describe, it } from "@effect/vitest"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import { causesOf } from "../src/report/evidence.ts"
import type { Outcome } from "../src/verdict.ts"
import { kept, report, run } from "./results.ts"

/** A failure on a connection on which these chunks were sent, each answered unless it is the last. */
const failed = (
  requirement: RequirementId,
  ...moments: ReadonlyArray<readonly ["sent" | "received", string]>
): Outcome => ({
  ...kept,
  verdict: "failed",
  reason: `${requirement} is broken`,
  finding: { requirement, expected: "a reply", got: "nothing" },
  judged: { [requirement]: { kept: 0, broken: 1 }, "A-1": { kept: 3, broken: 0 } },
  transcripts: [
    { who: "ana", localPort: 1, leftOut: 0, moments: moments.map(([what, text]) => ({ at: 1, what, text, bytes: 1 })) }
  ]
})

const one = ["sent", '{"type":"ping","id":1}\\n'] as const
const two = ["sent", '{"type":"ping","id":2}\\n'] as const
const both = ["sent", '{"type":"ping","id":1}\\n{"type":"ping","id":2}\\n'] as const
const pong = ["received", '{"type":"pong","re":1}\\n'] as const

const broken = report("many in one segment", failed("FRAME-4", both))
const verdictsOf = (...reports: ReadonlyArray<ReturnType<typeof report>>) =>
  run(reports).tests.map(({ outcome }) => outcome.verdict)

describe("What a server fails that takes one recv for one message", () => {
  it("is blocked by FRAME-4 where lines were sent ahead, together or cut: one cause", () => {
    const reports = [
      broken,
      report("two at once", failed("SYNC-1", both)),
      report("one after the other", failed("REPLY-3", one, two)),
      report("blocked by something else", { ...failed("LOGIN-1", both), verdict: "blocked" }),
      report("half a line", failed("TEXT-1", ["sent", '{"type":"pi'], ["sent", 'ng","id":1}\\n']))
    ]
    const results = run(reports)
    assert.deepStrictEqual(
      results.tests.map(({ outcome }) => outcome.verdict),
      ["failed", "blocked", "blocked", "blocked", "blocked"]
    )
    assert.strictEqual(results.exitCode, 1)
    assert.strictEqual(causesOf(results).length, 1)
    assert.strictEqual(causesOf(results)[0]?.blocked.length, 4)
    const standings = new Map(results.requirements.map(({ requirement, standing }) => [requirement.id, standing]))
    assert.strictEqual(standings.get("A-1"), "kept")
  })

  it("is a failure of its own where each line was answered before the next", () => {
    assert.deepStrictEqual(verdictsOf(broken, report("step by step", failed("SEND-1", one, pong, two))), [
      "failed",
      "failed"
    ])
  })

  it("is a failure of its own when the target died of it", () => {
    const died = { ...failed("END-10", both), crash: { how: "SIGSEGV", output: "", remarks: [] } }
    assert.deepStrictEqual(verdictsOf(broken, report("two at once", died)), ["failed", "failed"])
  })

  it("is a failure of its own when FRAME-4 is kept", () => {
    assert.deepStrictEqual(verdictsOf(report("two at once", failed("SYNC-1", both))), ["failed"])
  })
})
