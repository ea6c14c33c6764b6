/**
 * The report for Gradescope: `results.json` of its autograder, one entry per requirement, with partial credit.
 *
 * @module
 */
import { english } from "../lang/en.ts"
import type { Words } from "../lang/words.ts"
import type { Results } from "../run/results.ts"
import { gradedOf } from "./graded.ts"

/** One JSON text. Points that are open are not earned; the output says why they are open. */
export const gradescopeReport = (results: Results, words: Words = english): string => {
  const tests = gradedOf(results, words).map(({ name, output, points, state }) => ({
    name,
    score: state === "earned" ? points : 0,
    max_score: points,
    status: state === "earned" ? "passed" : "failed",
    output,
    visibility: "visible"
  }))
  const output = results.faults.map((fault) => `${words.fault}: ${fault}`).join("\n")
  return `${JSON.stringify({ output, tests }, null, 2)}\n`
}
