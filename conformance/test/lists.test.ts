import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jsonReport } from "../src/report/json.ts"
import { junitReport } from "../src/report/junit.ts"
import { plainStyle } from "../src/report/style.ts"
import { closingLines } from "../src/report/terminal.ts"
import type { TestReport } from "../src/run/drive.ts"
import { flakyAmong, settled } from "../src/run/expected.ts"
import { type KnownFailure, type Lists, readKnownFailures, readKnownFlaky, readScale } from "../src/run/lists.ts"
import { resultsOf } from "../src/run/results.ts"
import { makeChapter, requirementsOf } from "../src/spec/requirements.ts"
import type { Outcome } from "../src/verdict.ts"
import { kept, own, report, requirements, run, target } from "./results.ts"
import { isWellFormed } from "./well-formed.ts"

const failed = (requirement: "HELLO-1" | "LOGIN-1", verdict: "failed" | "blocked" = "failed"): Outcome => ({
  ...kept,
  verdict,
  reason: `${requirement} is broken`,
  finding: { requirement, expected: "a", got: "b" },
  judged: verdict === "failed" ? { [requirement]: { kept: 0, broken: 1 } } : {}
})

const listed = (...entries: ReadonlyArray<KnownFailure>): Lists => ({
  today: "2026-06-15",
  failures: { file: "known.json", entries }
})

const judged = (reports: ReadonlyArray<TestReport>, lists: Lists) => run(reports, {}, target, lists)

const verdictsOf = (reports: ReadonlyArray<TestReport>, lists: Lists) =>
  judged(reports, lists).tests.map(({ outcome }) => outcome.verdict)

describe("what is known to fail", () => {
  const login = { requirement: "LOGIN-1", reason: "soon" }

  it("is not red, nor is what it blocks; whatever else fails still is", () => {
    const reports = [report("a", failed("LOGIN-1")), report("b", failed("LOGIN-1", "blocked")), report("c", kept)]
    const known = judged(reports, listed(login))
    assert.deepStrictEqual(
      known.tests.map(({ outcome }) => outcome.verdict),
      ["expected failure", "expected failure", "passed"]
    )
    assert.strictEqual(known.exitCode, 0)
    const more = judged([...reports, report("d", failed("HELLO-1"))], listed(login))
    assert.strictEqual(more.tests.at(-1)?.outcome.verdict, "failed")
    assert.strictEqual(more.exitCode, 1)
  })

  it("may be one test, whatever it fails for", () => {
    const reports = [report("a", failed("LOGIN-1")), report("b", failed("LOGIN-1"))]
    assert.deepStrictEqual(verdictsOf(reports, listed({ test: "a", reason: "soon" })), ["expected failure", "failed"])
  })

  it("may be any sentence of a written conversation, which can't say which one it was", () => {
    const dialogue: TestReport = { ...report("a", failed("LOGIN-1")), kind: "dialogue", ids: ["LOGIN-1", "LOGIN-2"] }
    assert.deepStrictEqual(verdictsOf([dialogue], listed({ requirement: "LOGIN-2", reason: "soon" })), [
      "expected failure"
    ])
  })

  it("never excuses a fault of the suite", () => {
    const fault = report("a", { ...failed("LOGIN-1"), verdict: "inconclusive", fault: "boom" })
    assert.strictEqual(judged([fault], listed({ test: "a", reason: "soon" })).exitCode, 3)
  })
})

describe("an entry is stale, and red,", () => {
  const complaints = (reports: ReadonlyArray<TestReport>, entry: KnownFailure) => {
    const { exitCode, planned, stale, totals } = judged(reports, listed(entry))
    assert.strictEqual(
      Object.values(totals).reduce((sum, count) => sum + count, 0),
      planned
    )
    assert.strictEqual(totals["stale expected failure"], stale.length)
    if (stale.length > 0) assert.strictEqual(exitCode, 1)
    return stale.map(({ complaint }) => complaint)
  }

  it("when nothing fails there any more", () => {
    const mended = ["nothing fails there any more"]
    assert.deepStrictEqual(complaints([report("a", kept)], { requirement: "A-1", reason: "soon" }), mended)
    assert.deepStrictEqual(complaints([report("a", kept)], { test: "a", reason: "soon" }), mended)
  })

  it("when its day has passed: then it excuses nothing", () => {
    const entry = { test: "a", reason: "soon", until: "2026-06-14" }
    const { exitCode, stale, tests } = judged([report("a", failed("LOGIN-1"))], listed(entry))
    assert.strictEqual(tests[0]?.outcome.verdict, "failed")
    assert.strictEqual(stale[0]?.complaint, "it was to be over on 2026-06-14")
    assert.strictEqual(exitCode, 1)
    assert.deepStrictEqual(complaints([report("a", failed("LOGIN-1"))], { ...entry, until: "2026-06-15" }), [])
  })

  it("when it names nothing", () => {
    const nothing = ["no test is called this, or judges it"]
    assert.deepStrictEqual(complaints([report("a", kept)], { test: "b", reason: "soon" }), nothing)
    assert.deepStrictEqual(complaints([report("a", kept)], { requirement: "FOO-1", reason: "soon" }), nothing)
  })

  it("but not when the run can't know: a test that wasn't selected, or couldn't run", () => {
    const entry = { requirement: "A-1", reason: "soon" }
    assert.deepStrictEqual(complaints([report("a", kept), { ...report("b"), selected: false }], entry), [])
    assert.deepStrictEqual(complaints([report("a", { ...kept, verdict: "not run" })], entry), [])
    assert.deepStrictEqual(complaints([report("a", kept), report("b", failed("LOGIN-1"))], entry).length, 0)
  })

  it("and every report says so", () => {
    const results = judged([report("a", kept)], listed({ test: "<b>", reason: "soon" }))
    assert.include(closingLines(plainStyle, results, requirements), "known.json: <b> (“soon”): no test is called this")
    const xml = junitReport(results, requirements)
    assert.isTrue(isWellFormed(xml), xml)
    assert.include(xml, `<testsuites name="tertulia conformance" tests="2" failures="1" errors="0"`)
    assert.include(jsonReport(results), `"subject": "<b>"`)
  })
})

describe("what is known to be flaky", () => {
  const flake = { test: "a", reason: "races", rate: 0.5, runs: 3 }
  const lists: Lists = { today: "2026-06-15", flakes: { file: "flaky.json", entries: [flake] } }
  const test = { ...report("a"), outcome: failed("LOGIN-1") }

  it("is run again when it is red", () => {
    const found = flakyAmong([test, report("b", failed("LOGIN-1")), report("a", kept)], lists)
    assert.deepStrictEqual(
      found.map(({ test: { title } }) => title),
      ["a"]
    )
  })

  it("is not red when it passes often enough, its first run counted", () => {
    const often = settled(test, flake, ["passed", "passed", "failed"])
    assert.strictEqual(often.verdict, "flaky")
    assert.strictEqual(often.reason, "known to be flaky, passed 2 of 4 runs: races")
    assert.strictEqual(judged([{ ...test, outcome: often }], lists).exitCode, 0)
  })

  it("stays red when it passes too seldom, and says how often", () => {
    const seldom = settled(test, flake, ["passed", "failed", "blocked"])
    assert.strictEqual(seldom.verdict, "failed")
    assert.deepStrictEqual(seldom.notes, ["passed 1 of 4 runs, fewer than --known-flaky allows: races"])
  })
})

describe("a score", () => {
  it("counts each broken requirement once; what is blocked is open", () => {
    const reports = [
      report("a", { ...kept, judged: { "A-1": { kept: 1, broken: 0 } } }),
      report("b", {
        ...kept,
        verdict: "warned",
        warnings: [{ requirement: own("A-2"), expected: "a", got: "b" }],
        judged: { "A-2": { kept: 3, broken: 2 } }
      }),
      report("c", failed("LOGIN-1", "blocked"))
    ]
    const { score } = judged(reports, { today: "2026-06-15", scale: { points: { "A-1": 5, "A-2": 2 }, otherwise: 1 } })
    assert.deepInclude(score, { earned: 5, lost: 2, open: 1, total: 8 })
    assert.deepStrictEqual(
      score?.requirements.map(({ id, state }) => `${id} ${state}`),
      ["A-1 earned", "A-2 lost", "A-4 open"]
    )
  })

  it("takes points for what a written conversation was about, and leaves open what it speaks of besides", () => {
    const outcome: Outcome = {
      ...kept,
      verdict: "failed",
      finding: { requirement: own("A-1"), expected: "a", got: "b" },
      judged: { "A-1": { kept: 0, broken: 1 }, "A-4": { kept: 0, broken: 1 } }
    }
    const dialogue: TestReport = { ...report("a", outcome), kind: "dialogue", ids: ["A-1", "A-4"] }
    const { score } = judged([dialogue], { today: "2026-06-15", scale: { points: { "A-1": 1, "A-4": 1 } } })
    assert.deepInclude(score, { earned: 0, lost: 1, open: 1, total: 2 })
  })

  it("has no points for what is only allowed", () => {
    const may = makeChapter("spec/wire.md", `- <a id="A-1"></a>**[A-1]** A server MAY sing.`)
    const found = resultsOf(target, 1, { plan: [], reports: [], faults: [] }, requirementsOf([may]), 1, {
      today: "2026-06-15",
      scale: { points: {}, otherwise: 1 }
    })
    assert.deepInclude(found.score, { total: 0 })
  })
})

describe("the files", () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-lists-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = (content: unknown) => {
    const path = join(folder, "list.json")
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
    return path
  }

  it.effect("are read, with requirements in capitals", () =>
    Effect.gen(function* () {
      const entries = yield* readKnownFailures(file([{ requirement: "a-1", reason: "soon", until: "2026-12-31" }]))
      assert.strictEqual(entries[0]?.requirement, "A-1")
      const scale = yield* readScale(file({ points: { "a-1": 3 } }), requirements)
      assert.deepStrictEqual(scale, { points: { "A-1": 3 } })
      assert.lengthOf(yield* readKnownFlaky(file([{ test: "a", reason: "races", rate: 0.8, runs: 10 }])), 1)
    })
  )

  it.effect.each([
    ["it isn't JSON", "no JSON", /list\.json: .*JSON/u],
    ["it is no list", {}, /Expected array/u],
    ["a reason is missing", [{ test: "a" }], /reason/u],
    ["a field is misspelled", [{ test: "a", reason: "b", untill: "2026-01-01" }], /untill/u],
    ["a day is none", [{ test: "a", reason: "b", until: "2026-02-30" }], /a day, as in 2026-12-31/u],
    ["it names both", [{ test: "a", requirement: "A-1", reason: "b" }], /entry 1: write either/u],
    ["it names neither", [{ reason: "b" }], /entry 1: write either/u]
  ] as const)("are refused in one line when %s", ([, content, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(readKnownFailures(file(content)))
      assert.match(error.reason, reason)
      assert.notInclude(error.reason, "\n")
    })
  )

  it.effect("are refused when nobody could earn what they offer", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(readScale(file({ points: { "FOO-1": 1 } }), requirements))
      assert.include(error.reason, "FOO-1: the spec has no such requirement")
    })
  )
})
