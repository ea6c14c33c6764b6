import { assert, describe, it } from "@effect/vitest"
import { wordsOf } from "../src/lang/words.ts"
import { autogradingReport } from "../src/report/autograding.ts"
import { exercismReport } from "../src/report/exercism.ts"
import { gradedOf } from "../src/report/graded.ts"
import { gradescopeReport } from "../src/report/gradescope.ts"
import type { Outcome } from "../src/verdict.ts"
import { kept, own, report, run, target } from "./results.ts"

const failed: Outcome = {
  ...kept,
  verdict: "failed",
  reason: "A-4 is broken",
  finding: { requirement: own("A-4"), sent: "a ping", expected: "`pong`", got: "nothing\u0007" },
  judged: { "A-4": { kept: 0, broken: 1 } }
}
const blocked: Outcome = { ...kept, verdict: "blocked", reason: "blocked by A-4", judged: {} }
const lists = { today: "2026-01-01", scale: { points: { "A-1": 5, "A-2": 1, "A-4": 3 } } }

const results = run(
  [
    report("says hola", kept),
    { ...report("is kind", blocked), ids: ["A-2"] },
    report("is quick", failed),
    report("is quicker", failed)
  ],
  {},
  target,
  lists
)

/** Reads a report; what a program that reads it relies on is compared by the tests. */
const read = (text: string) => JSON.parse(text) as Read

interface Read {
  readonly [field: string]: unknown
  readonly tests: ReadonlyArray<Readonly<Record<string, unknown>>>
}

describe("What is graded", () => {
  it("are the requirements that have points, with the reason why they are lost or open", () => {
    const [first, second, third] = gradedOf(results)
    assert.deepInclude(first, { id: "A-1", points: 5, state: "earned", output: "" })
    assert.deepInclude(second, { id: "A-2", points: 1, state: "open", output: "blocked by A-4" })
    assert.deepInclude(third, { id: "A-4", points: 3, state: "lost", file: "spec/wire.md" })
    assert.deepStrictEqual(third?.output.split("\n").slice(0, 4), [
      "is quick",
      "sent: a ping",
      "expected: `pong`",
      "got: nothing\\u0007"
    ])
    assert.include(third?.output, "again: npm run conformance -- --target localhost:7331 --grep 'is quick'")
    assert.include(third?.output, "1 more test fails: is quicker")
  })

  it("has the hint in the reason", () => {
    const warned: Outcome = {
      ...kept,
      verdict: "warned",
      warnings: [
        { requirement: own("A-2"), expected: "a", got: "b" },
        { requirement: "FLOW-4", expected: "a", got: "b" }
      ],
      judged: { "A-2": { kept: 0, broken: 1 } }
    }
    const hinted = run([report("is kind", { ...warned, warnings: warned.warnings.toReversed() })], {}, target, lists)
    assert.include(gradedOf(hinted)[0]?.output, "hint: When you give up a connection that doesn't read")
  })

  it("is one point for each requirement when there is no --score, but for those that were left open", () => {
    const all = gradedOf(run([report("says hola", kept)]))
    assert.deepStrictEqual(
      all.map(({ id, points, state }) => [id, points, state]),
      [["A-1", 1, "earned"]]
    )
  })

  it("is told in the language of its words", () => {
    assert.include(gradedOf(results, wordsOf("es"))[2]?.output, "esperado: `pong`")
  })
})

describe("The report for Gradescope", () => {
  it("has points, the most there are, a name, an output and who may see it, for each requirement", () => {
    const { tests } = read(gradescopeReport(results))
    assert.deepStrictEqual(tests[0], {
      name: 'A-1: A server MUST say <hola> & "adiós".',
      score: 5,
      max_score: 5,
      status: "passed",
      output: "",
      visibility: "visible"
    })
    assert.deepStrictEqual(
      tests.map(({ max_score, score, status }) => [score, max_score, status]),
      [
        [5, 5, "passed"],
        [0, 1, "failed"],
        [0, 3, "failed"]
      ]
    )
  })

  it("says what is the suite's own fault", () => {
    const faulty = run([report("a", kept)], { faults: ["boom"] })
    assert.include(gradescopeReport(faulty), "FAULT OF THE SUITE: boom")
  })
})

describe("The report for autograding actions", () => {
  it("has version, status, the most points, and every field of each test", () => {
    const found = read(autogradingReport(results))
    assert.deepInclude(found, { version: 1, status: "fail", max_score: 9 })
    assert.deepStrictEqual(found.tests[0], {
      name: 'A-1: A server MUST say <hola> & "adiós".',
      status: "pass",
      score: 5,
      message: "",
      test_code: "",
      filename: "spec/wire.md",
      line_no: 1,
      duration: 5
    })
    assert.deepStrictEqual(
      found.tests.map(({ score, status }) => [status, score]),
      [
        ["pass", 5],
        ["fail", 0],
        ["fail", 0]
      ]
    )
  })

  it("passes when all is kept, and is an error when the suite is at fault", () => {
    assert.deepInclude(read(autogradingReport(run([report("a", kept)]))), { status: "pass" })
    assert.deepInclude(read(autogradingReport(run([report("a", kept)], { faults: ["boom"] }))), { status: "error" })
  })
})

describe("The report for Exercism", () => {
  it("has version 2, a status, and a message only where a test fails", () => {
    const found = read(exercismReport(results))
    assert.deepInclude(found, { version: 2, status: "fail" })
    assert.deepStrictEqual(found.tests[0], { name: 'A-1: A server MUST say <hola> & "adiós".', status: "pass" })
    assert.deepInclude(found.tests[1], { status: "fail", message: "blocked by A-4" })
  })

  it("is an error with a message, and no tests, when nothing could be judged", () => {
    const found = read(exercismReport(run([report("a", kept)], { faults: ["boom"] })))
    assert.deepEqual(Object.entries(found), [
      ["version", 2],
      ["status", "error"],
      ["message", "boom"]
    ])
  })
})
