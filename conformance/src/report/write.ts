/**
 * The reports as files.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import type { Language } from "../lang/language.ts"
import { pageIn } from "../lang/page.ts"
import { type Words, wordsOf } from "../lang/words.ts"
import type { ReportKind } from "../run/options.ts"
import type { Results } from "../run/results.ts"
import { type Requirement, specFolder } from "../spec/requirements.ts"
import { autogradingReport } from "./autograding.ts"
import { exercismReport } from "./exercism.ts"
import { gradescopeReport } from "./gradescope.ts"
import { htmlReport } from "./html.ts"
import { jsonReport } from "./json.ts"
import { junitReport } from "./junit.ts"
import { markdownReport } from "./markdown.ts"

/** What reports are made of. */
interface Material {
  readonly results: Results
  readonly requirements: ReadonlyArray<Requirement>
  readonly lang: Language
  readonly words: Words
  /** The folder into which they are written. */
  readonly out: string
}

interface Report {
  readonly file: string
  readonly of: (material: Material) => string
}

const reports: Readonly<Record<ReportKind, Report>> = {
  html: {
    file: "report.html",
    of: ({ lang, out, requirements, results }) => pageIn(lang, htmlReport(results, requirements, homeFrom(out)))
  },
  json: { file: "report.json", of: ({ results }) => jsonReport(results) },
  junit: { file: "junit.xml", of: ({ requirements, results, words }) => junitReport(results, requirements, words) },
  markdown: {
    file: "report.md",
    of: ({ requirements, results, words }) => markdownReport(results, requirements, words)
  },
  gradescope: { file: "gradescope.json", of: ({ results, words }) => gradescopeReport(results, words) },
  autograding: { file: "autograding.json", of: ({ results, words }) => autogradingReport(results, words) },
  exercism: { file: "exercism.json", of: ({ results, words }) => exercismReport(results, words) }
}

/** Writes these kinds of report; throws when the folder can't be made or written to. */
export const writeReports = (
  kinds: ReadonlyArray<ReportKind>,
  out: string,
  lang: Language,
  results: Results,
  requirements: ReadonlyArray<Requirement>
): void => {
  if (kinds.length === 0) return
  mkdirSync(out, { recursive: true })
  const material: Material = { results, requirements, lang, words: wordsOf(lang), out }
  for (const kind of kinds) writeFileSync(join(out, reports[kind].file), reports[kind].of(material))
}

/** The way from a folder to the one that holds `spec/`, as a link goes. */
const homeFrom = (folder: string): string => {
  const way = relative(folder, join(specFolder, "..")).split(sep).map(encodeURIComponent).join("/")
  return way === "" ? "" : `${way}/`
}
