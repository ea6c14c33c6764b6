/**
 * The report for the autograding actions of GitHub Classroom and of those who have followed it: what a grader hands to the reporter,
 * which wants it in Base64 as the output `result` of a step.
 *
 * @module
 */
import { english } from "../lang/en.ts"
import type { Words } from "../lang/words.ts"
import type { Results } from "../run/results.ts"
import { gradedOf } from "./graded.ts"

/** One JSON text, version 1 of that format: one test per requirement. */
export const autogradingReport = (results: Results, words: Words = english): string => {
  const graded = gradedOf(results, words)
  const tests = graded.map(({ file, line, millis, name, output, points, state }) => ({
    name,
    status: state === "earned" ? "pass" : "fail",
    score: state === "earned" ? points : 0,
    message: output,
    test_code: "",
    filename: file,
    line_no: line,
    duration: millis
  }))
  const report = {
    version: 1,
    status: results.exitCode === 0 ? "pass" : results.exitCode === 1 ? "fail" : "error",
    max_score: graded.reduce((sum, { points }) => sum + points, 0),
    tests
  }
  return `${JSON.stringify(report, null, 2)}\n`
}
