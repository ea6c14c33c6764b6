import { assert, describe, it } from "@effect/vitest"
import { wordsOf } from "../src/lang/words.ts"
import { markdownReport } from "../src/report/markdown.ts"
import type { Outcome } from "../src/verdict.ts"
import { kept, report, requirements, run, target } from "./results.ts"

const attack = "</summary><img src=x> | ![a](b) ``` `code` \u001b[2J\u202e\n# big"

const broken: Outcome = {
  ...kept,
  verdict: "failed",
  reason: "A-1 is broken",
  finding: { requirement: "HELLO-1", sent: attack, expected: "hola", got: attack },
  judged: { "A-1": { kept: 0, broken: 1 } }
}

describe("the Markdown report", () => {
  it("begins with the verdict and the totals, and ends there when all is well", () => {
    const lines = markdownReport(run([report("a", kept)]), requirements).split("\n")
    assert.strictEqual(lines[0], "## ✅ conformant: core")
    assert.deepStrictEqual(lines.slice(2), [
      "`localhost:7331`  ",
      "1 test in 1.0 s: 1 passed  ",
      "1 of 3 requirements on servers judged",
      ""
    ])
  })

  it("has a table of what is broken, and each failure to be opened, with the command that runs it again", () => {
    const text = markdownReport(run([report("a|b", broken)]), requirements)
    assert.include(text, "## ❌ not conformant: core")
    assert.include(text, '| A-1 | A server MUST say &lt;hola&gt; &amp; "adiós". | a&#124;b |')
    assert.include(text, "<details><summary>FAILED: wire, a&#124;b</summary>")
    assert.include(text, "npm run conformance -- --target localhost:7331 --grep 'a|b' --seed 1")
  })

  it("has no markup but its own: what the target sent stands in fences longer than any in it", () => {
    const reports = [report(attack, broken), report("b", { ...kept, verdict: "blocked", reason: attack })]
    const lists = {
      today: "2026-01-01",
      failures: { file: attack, entries: [{ test: attack + attack, reason: attack }] }
    }
    const text = markdownReport(run(reports, {}, { ...target, given: attack }, lists), requirements)
    assert.notMatch(text, /[\u001b\u202e]/u)
    const outside = text.replace(/^(`{3,})text\n.*?\n\1$/gmsu, "").replace(/^(`+) .*? \1(?= )/gmu, "")
    assert.notInclude(outside, "<img")
    assert.notMatch(outside, /^# big|!\[/mu)
    assert.lengthOf(outside.match(/<\/summary>/gu)!, 1)
  })

  it("names only the first failures of many, and says how many more there are", () => {
    const names = Array.from({ length: 100 }, (_, nth) =>
      [nth % 10, Math.floor(nth / 10)].map((digit) => "abcdefghij"[digit])
    )
    const many = names.map((letters) => {
      const finding = { ...broken.finding!, got: letters.join("") }
      return report(`test ${letters.join("")}`, { ...broken, finding })
    })
    const text = markdownReport(run(many), requirements)
    assert.lengthOf(text.match(/<details>/gu)!, 40)
    assert.include(text, "and 60 more")
    assert.isBelow(text.length, 900_000)
  })

  it("tells those that failed for the same reason once, and names them", () => {
    const text = markdownReport(run([report("a", broken), report("b", broken), report("c", broken)]), requirements)
    assert.lengthOf(text.match(/<details>/gu)!, 1)
    assert.include(text, "and 2 more for the same reason: b; c")
  })

  it("has a hint in each failure", () => {
    assert.include(markdownReport(run([report("a", broken)]), requirements), "**hint** Send `hello`, with its LF")
  })

  it("speaks the language of its words", () => {
    assert.include(markdownReport(run([report("a", broken)]), requirements, wordsOf("es")), "| Requisito | Oración |")
  })
})
