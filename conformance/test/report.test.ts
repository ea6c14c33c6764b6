import { assert, describe, it } from "@effect/vitest"
import { causesOf } from "../src/report/evidence.ts"
import { htmlReport } from "../src/report/html.ts"
import { jsonReport } from "../src/report/json.ts"
import { junitReport } from "../src/report/junit.ts"
import { markdownReport } from "../src/report/markdown.ts"
import { labelled, plainStyle, styleOf, wrap } from "../src/report/style.ts"
import { closingLines } from "../src/report/terminal.ts"
import type { Outcome } from "../src/verdict.ts"
import { makeRecorder, printable } from "../src/wire/transcript.ts"
import { kept, report, requirements, run } from "./results.ts"
import { isWellFormed } from "./well-formed.ts"

const evidence = { sent: "\u001b[2J", expected: "hola", got: "<nothing> & \u0000" }

const failed = (verdict: "failed" | "blocked", requirement: "HELLO-1" | "LOGIN-1"): Outcome => ({
  ...kept,
  verdict,
  reason: `blocked by ${requirement}`,
  finding: { requirement, ...evidence },
  judged: verdict === "failed" ? { [requirement]: { kept: 0, broken: 1 } } : {},
  transcripts: [
    { who: "ana", localPort: 4711, moments: [{ at: 1, what: "sent", text: "a]]>b", bytes: 5 }], leftOut: 0 }
  ]
})

describe("results", () => {
  it("add up to the plan", () => {
    const { exitCode, planned, totals } = run([report("a", kept), report("b", { ...kept, verdict: "not run" })])
    assert.strictEqual(exitCode, 0)
    assert.strictEqual(planned, 2)
    assert.strictEqual(
      Object.values(totals).reduce((sum, count) => sum + count, 0),
      2
    )
  })

  it("a test without an outcome, and whatever vitest complains of, is a fault of the suite", () => {
    assert.strictEqual(run([report("a", kept), report("b")]).exitCode, 3)
    assert.strictEqual(run([report("a", kept)], { faults: ["boom"] }).exitCode, 3)
    assert.strictEqual(run([report("a", { ...kept, verdict: "inconclusive", fault: "boom" })]).exitCode, 3)
  })

  it("what is blocked, vacuous or failed is red, what warns is not", () => {
    for (const verdict of ["failed", "blocked", "inconclusive"] as const) {
      assert.strictEqual(run([report("a", { ...kept, verdict })]).exitCode, 1, verdict)
    }
    for (const verdict of ["warned", "not claimed", "not run"] as const) {
      assert.strictEqual(run([report("a", { ...kept, verdict })]).exitCode, 0, verdict)
    }
    assert.strictEqual(run([]).exitCode, 2)
  })

  it("a block whose cause nobody has failed is the failure, once; one that has been failed stays a block", () => {
    const alone = run([report("a", failed("blocked", "LOGIN-1")), report("b", failed("blocked", "LOGIN-1"))])
    assert.deepStrictEqual(
      alone.tests.map(({ outcome }) => outcome.verdict),
      ["failed", "blocked"]
    )
    const known = run([report("a", failed("blocked", "LOGIN-1")), report("b", failed("failed", "LOGIN-1"))])
    assert.deepStrictEqual(
      known.tests.map(({ outcome }) => outcome.verdict),
      ["blocked", "failed"]
    )
  })

  it("each requirement stands somewhere", () => {
    const broken: Outcome = { ...kept, verdict: "warned", judged: { "A-2": { kept: 1, broken: 1 } } }
    const standings = run([report("a", kept), report("b", broken)]).requirements.map(({ standing }) => standing)
    assert.deepStrictEqual(standings, ["kept", "warned", "client", "not judged"])
  })
})

describe("reports", () => {
  const results = run([
    report("a & <b>", kept),
    report("c", failed("failed", "LOGIN-1")),
    report("d", failed("blocked", "LOGIN-1"))
  ])

  it("JUnit is XML, whatever the target sent", () => {
    const xml = junitReport(results, requirements)
    assert.isTrue(isWellFormed(xml), xml)
    assert.notMatch(xml, /[\u0000-\u0008\u001b]/u)
    assert.include(xml, `name="sentence" value="A server MUST say &lt;hola&gt; &amp; &quot;adiós&quot;."`)
    assert.include(xml, `tests="3" failures="2"`)
    assert.include(xml, "ana (port 4711)")
  })

  it("JSON says what was judged, test by test and requirement by requirement", () => {
    const json = JSON.parse(jsonReport(results)) as { readonly [field: string]: unknown }
    assert.strictEqual(json["format"], "tertulia-conformance/1")
    assert.strictEqual(json["conformant"], false)
    assert.strictEqual((json["tests"] as ReadonlyArray<unknown>).length, 3)
    assert.strictEqual((json["requirements"] as ReadonlyArray<unknown>).length, 4)
  })

  it("the terminal's ends with the verdict, names blocks once, and gives the command", () => {
    const text = closingLines(plainStyle, results, requirements)
    assert.include(text, "FAILED  wire > c")
    assert.include(text, `BLOCKED  1, blocked by LOGIN-1`)
    assert.include(text, "npm run conformance -- --target localhost:7331 --grep 'c' --seed 1")
    assert.match(text, /not conformant: core$/u)
  })

  it("the terminal's tells one cause once, however many tests fail for it, and says where to begin", () => {
    const login = failed("failed", "LOGIN-1")
    const got = (text: string): Outcome => ({ ...login, finding: { ...login.finding!, got: text } })
    const reports = [
      report("a", got('{"type":"error","re":1,"code":"bad-name"}')),
      report("b", got('{"type":"error","re":2,"code":"bad-name","message":"no"}')),
      report("c", got('{"type":"error","re":3,"code":"bad-json"}')),
      report("d", failed("blocked", "LOGIN-1")),
      report("e", { ...kept, verdict: "blocked", reason: "blocked: the target is gone" })
    ]
    const found = run(reports)
    assert.deepStrictEqual(
      causesOf(found).map(({ blocked, tests }) => [tests, blocked].map((those) => those.map(({ title }) => title))),
      [
        [["a", "b"], ["d"]],
        [["c"], []],
        [[], ["e"]]
      ]
    )
    const text = closingLines(plainStyle, found, requirements)
    assert.lengthOf(text.match(/^FAILED/gmu)!, 2)
    assert.include(text, 'and 1 more for the same reason: "b"')
    assert.include(
      text,
      "3 causes, 5 tests; begin with LOGIN-1: npm run conformance -- --target localhost:7331 --grep 'a'"
    )
  })

  it("a written conversation that may be about a cause which another test has told belongs to it", () => {
    const told = { ...failed("failed", "LOGIN-1"), finding: { requirement: "SEND-2" as const, ...evidence } }
    const written = {
      ...failed("failed", "LOGIN-1"),
      finding: { requirement: "SEND-1" as const, ...evidence, got: "else" }
    }
    const titles = (kind: "dialogue" | "scenario") =>
      causesOf(run([report("a", told), { ...report("b", written), kind, ids: ["SEND-1", "SEND-2"] }])).map(
        ({ tests }) => tests.map(({ title }) => title)
      )
    assert.deepStrictEqual(titles("dialogue"), [["a", "b"]])
    assert.deepStrictEqual(titles("scenario"), [["a"], ["b"]])
  })

  it("a browser's and a build's count the causes, too; where only blocks are left, nothing says where to begin", () => {
    assert.include(
      htmlReport(results, requirements),
      `<p>1 cause, 2 red tests; begin with <a href="#story-1">LOGIN-1</a></p>`
    )
    assert.include(markdownReport(results, requirements), "1 cause, 2 tests\n")
    const gone = run([report("a", { ...kept, verdict: "blocked", reason: "blocked: the target is gone" })])
    assert.include(closingLines(plainStyle, gone, requirements), "\n1 cause, 1 test\n")
    assert.include(htmlReport(gone, requirements), "<p>1 cause, 1 red test</p>")
    const good = run([report("a", kept)])
    for (const text of [closingLines(plainStyle, good, requirements), htmlReport(good, requirements)]) {
      assert.notInclude(text, "cause")
    }
  })

  it("every report has the hint", () => {
    const hint = "Follow a `login` through your server"
    assert.include(closingLines(plainStyle, results, requirements), `hint      ${hint}`)
    assert.include(junitReport(results, requirements), `hint: ${hint}`)
    assert.include(jsonReport(results), `"hint": "${hint}`)
    assert.include(htmlReport(results, requirements), "<b>Hint</b> Follow a <code>login</code>")
  })

  it("the terminal shows the connections that matter, and says how many there are besides", () => {
    const { transcripts, ...login } = failed("failed", "LOGIN-1")
    const many = Array.from({ length: 5 }, (_, nth) => ({ ...transcripts[0]!, who: `C${nth}` }))
    const of = (kind: "scenario" | "vector") =>
      closingLines(plainStyle, run([{ ...report("a", { ...login, transcripts: many }), kind }]), requirements)
    assert.include(of("scenario"), "2 more connections: see --report html")
    assert.include(of("vector"), "4 more connections")
    assert.notInclude(of("vector"), "C1 (")
  })

  it("a narrow terminal gets lines that fit", () => {
    const text = closingLines({ ...plainStyle, width: 40 }, results, requirements)
    const evidenceLines = text
      .split("\n")
      .filter((line) => line.startsWith("  expected") || line.startsWith("            "))
    assert.isTrue(evidenceLines.every((line) => line.length <= 40))
    assert.deepStrictEqual(wrap("one two three", 8), ["one two", "three"])
    assert.strictEqual(labelled(plainStyle, "a long label", "text"), "  a long label text")
  })

  it("colours are for terminals, unless NO_COLOR says no", () => {
    const tty = { isTTY: true, columns: 100 }
    assert.notStrictEqual(styleOf(tty, {}).red("a"), "a")
    assert.strictEqual(styleOf(tty, { NO_COLOR: "1" }).red("a"), "a")
    assert.strictEqual(styleOf({}, {}).red("a"), "a")
    assert.strictEqual(styleOf({}, {}).width, Number.POSITIVE_INFINITY)
  })
})

describe("transcripts", () => {
  it("show what is invisible, and cut what is long", () => {
    assert.strictEqual(printable(new TextEncoder().encode("a\r\n\u001b\u009b\ufeff")), "a\\r\\n\\u001b\\u009b\\ufeff")
    assert.include(printable(new Uint8Array(10_000).fill(0x61)), "... 9600 bytes ...")
  })

  it("keep the beginning and the end of a flood", () => {
    let now = 0
    const recorder = makeRecorder(() => now++)
    for (let nth = 0; nth < 1_000; nth++) recorder.chunk("received", Uint8Array.of(0x61))
    const { leftOut, moments } = recorder.transcript("ana", 1)
    assert.strictEqual(moments.length + leftOut, 1_000)
    assert.strictEqual(moments[0]?.at, 0)
    assert.strictEqual(moments.at(-1)?.at, 999)
  })
})
