/**
 * The report for Exercism and those who read its `results.json`: pass or fail per test, without points.
 *
 * @module
 */
import { english } from "../lang/en.ts"
import type { Words } from "../lang/words.ts"
import type { Results } from "../run/results.ts"
import { gradedOf } from "./graded.ts"

// Longer messages are refused.
const longest = 65_535

/** One JSON text, version 2 of that format: one test per requirement that counts. */
export const exercismReport = (results: Results, words: Words = english): string => {
  if (results.exitCode > 1) {
    const message = results.faults.length === 0 ? words.couldNotJudge(results.tests.length) : results.faults.join("\n")
    return `${JSON.stringify({ version: 2, status: "error", message: message.slice(0, longest) }, null, 2)}\n`
  }
  const tests = gradedOf(results, words).map(({ name, output, state }) =>
    state === "earned" ? { name, status: "pass" } : { name, status: "fail", message: output.slice(0, longest) }
  )
  return `${JSON.stringify({ version: 2, status: results.exitCode === 0 ? "pass" : "fail", tests }, null, 2)}\n`
}
