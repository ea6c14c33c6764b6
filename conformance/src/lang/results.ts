/**
 * What a run has found, in the language of whoever reads it. Titles, IDs, verdicts and JSON stay: they are what programs know it by.
 *
 * @module
 */
import type { Story } from "../history/story.ts"
import type { Results, TestResult } from "../run/results.ts"
import type { Evidence, Finding, Outcome } from "../verdict.ts"
import type { Transcript } from "../wire/transcript.ts"
import { type Language, languageOf } from "./language.ts"
import type { Phrases } from "./phrases.ts"
import { phrasesOf } from "./spoken.ts"

/** The results with all their prose in a language, and commands that keep to it where the locale says another. */
export const resultsIn = (language: Language, results: Results): Results => {
  const phrases = phrasesOf(language)
  const option = languageOf(process.env) === language ? "" : ` --lang ${language}`
  return {
    ...results,
    faults: results.faults.map(phrases.of),
    stale: results.stale.map((entry) => ({ ...entry, complaint: phrases.of(entry.complaint) })),
    tests: results.tests.map((test) => testIn(phrases, { ...test, again: `${test.again}${option}` }))
  }
}

const testIn = (phrases: Phrases, test: TestResult): TestResult => ({
  ...test,
  heading: phrases.of(test.title),
  ...(test.hint === undefined ? {} : { hint: phrases.of(test.hint) }),
  ...(test.story === undefined ? {} : { story: told(phrases, test.story) }),
  outcome: outcomeIn(phrases, test.outcome)
})

/** A story whose violation is said in a language. */
export const storyIn = (language: Language, story: Story): Story => told(phrasesOf(language), story)

const told = <Told extends Story>({ of }: Phrases, story: Told): Told => ({
  ...story,
  violation: { ...story.violation, expected: of(story.violation.expected), got: of(story.violation.got) }
})

const outcomeIn = ({ of }: Phrases, outcome: Outcome): Outcome => {
  const { crash, finding, notes, reason, transcripts, warnings } = outcome
  const evidence = <Found extends Evidence>(found: Found): Found => ({
    ...found,
    expected: of(found.expected),
    got: of(found.got),
    ...(found.sent === undefined ? {} : { sent: of(found.sent) })
  })
  return {
    ...outcome,
    ...(reason === undefined ? {} : { reason: of(reason) }),
    ...(finding === undefined ? {} : { finding: evidence(finding) }),
    ...(crash === undefined ? {} : { crash: { ...crash, how: of(crash.how), remarks: crash.remarks.map(of) } }),
    ...(notes === undefined ? {} : { notes: notes.map(of) }),
    warnings: warnings.map((warning: Finding) => evidence(warning)),
    transcripts: transcripts.map((transcript) => transcriptIn(of, transcript))
  }
}

/** Bytes are nobody's prose: only who it is, and what the suite has noted. */
const transcriptIn = (of: Phrases["of"], transcript: Transcript): Transcript => ({
  ...transcript,
  who: of(transcript.who),
  moments: transcript.moments.map((moment) => (moment.what === "note" ? { ...moment, text: of(moment.text) } : moment))
})
