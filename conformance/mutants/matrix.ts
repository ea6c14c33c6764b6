/**
 * The matrix as a page for people: which mutant was killed by which test.
 *
 * @module
 */
import type { Requirement } from "../src/spec/requirements.ts"
import { type End, ends, type Judged } from "./outcome.ts"

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ")

/** The committed report: no times, so that it changes only when an outcome does. */
export const matrix = (judged: ReadonlyArray<Judged>, without: ReadonlyArray<Requirement>): string => {
  const count = (end: End) => judged.filter((row) => row.end === end).length
  const rows = judged.map(
    ({ by, end, mutant }) => `| ${mutant.breaks} | ${mutant.name} | ${cell(mutant.does)} | ${end} | ${cell(by)} |`
  )
  return [
    "# Can each test fail?",
    "",
    "A mutant is a server that breaks one requirement. It counts as *killed* only when a test judges that very requirement broken.",
    "Written by `npm run conformance:mutants -- --report conformance/mutants/MATRIX.md`.",
    "",
    ...ends.map((end) => `- ${end}: ${count(end)}`),
    `- requirements without a mutant: ${without.length === 0 ? "none" : without.map(({ id }) => id).join(", ")}`,
    "",
    "| requirement | mutant | what it does wrong | outcome | by |",
    "|---|---|---|---|---|",
    ...rows,
    ""
  ].join("\n")
}
