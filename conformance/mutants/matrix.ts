/**
 * The matrix as a page for people: which mutant is killed by which tests.
 *
 * @module
 */
import type { Requirement } from "../src/spec/requirements.ts"
import type { Killers } from "./killers.ts"
import { ends, isGood, type Judged } from "./outcome.ts"

/** What a run of all mutants has found. */
export interface Whole {
  readonly judged: ReadonlyArray<Judged>
  readonly killers: Killers
  /** How many tests there are, for servers and for clients. */
  readonly tests: number
  /** The tests that kill nothing, each with the reason why. */
  readonly unkilled: ReadonlyArray<readonly [title: string, why: string]>
  /** Every MUST that no mutant breaks. */
  readonly unmutated: ReadonlyArray<Requirement>
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ")

const orNone = (lines: ReadonlyArray<string>): string => (lines.length === 0 ? "none" : lines.join(", "))

/** The committed report: no times, so that it changes only when an outcome does. */
export const matrix = ({ judged, killers, tests, unkilled, unmutated }: Whole): string => {
  const rows = judged.map((row) => {
    const { breaks, does, name, who } = row.mutant
    const by = isGood(row) ? (killers[name] ?? [row.by]).join("; ") : row.by
    return `| ${breaks} | ${who} | ${name} | ${cell(does)} | ${row.end} | ${cell(by)} |`
  })
  return [
    "# Can each test fail?",
    "",
    "A mutant is a server or a client that breaks one requirement. It counts as *killed* only when a test judges that very requirement broken. Each test of the suite",
    "stands in at least one row, so each has been seen to fail. Written by `npm run conformance:mutants -- --write`; without `--write` it is held to what is found.",
    "",
    ...ends.map((end) => `- ${end}: ${judged.filter((row) => row.end === end).length}`),
    `- requirements without a mutant: ${orNone(unmutated.map(({ id }) => id))}`,
    `- tests: ${tests}; tests that no mutant is killed by: ${unkilled.length === 0 ? "none" : unkilled.length}`,
    ...unkilled.map(([title, why]) => `  - ${title}: ${why}`),
    "",
    "| requirement | of | mutant | what it does wrong | outcome | by |",
    "|---|---|---|---|---|---|",
    ...rows,
    ""
  ].join("\n")
}
