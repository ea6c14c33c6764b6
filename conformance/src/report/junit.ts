/**
 * The report for build servers: one `testcase` per test, with its requirements as properties.
 *
 * @module
 */
import { english } from "../lang/en.ts"
import type { Words } from "../lang/words.ts"
import type { Results, TestResult } from "../run/results.ts"
import type { Requirement } from "../spec/requirements.ts"
import { isRed } from "../verdict.ts"
import type { Transcript } from "../wire/transcript.ts"
import { deathOf } from "./evidence.ts"
import { storyLines } from "./story.ts"
import { plainStyle } from "./style.ts"

/** One JUnit XML document. Tests have their English titles in every language: build servers know them by these. */
export const junitReport = (
  results: Results,
  requirements: ReadonlyArray<Requirement>,
  words: Words = english
): string => {
  const sentences = new Map(requirements.map((requirement) => [requirement.id, requirement]))
  const chapters = [...new Set(results.tests.map(({ chapter }) => chapter))]
  const suites = chapters.map((chapter) =>
    suiteXml(
      chapter,
      results.tests.filter((test) => test.chapter === chapter),
      sentences,
      words
    )
  )
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="tertulia conformance"${totalsXml(results)}>`,
    ...suites,
    ...staleXml(results, words),
    ...faultsXml(results.faults),
    `</testsuites>`,
    ""
  ].join("\n")
}

/** The numbers of all suites together: they count what is no test as well. The usual schema has no `skipped` here. */
const totalsXml = ({ faults, stale, tests }: Results): string => {
  const failures = tests.filter(isFailure).length + stale.length
  return ` tests="${tests.length + stale.length + faults.length}" failures="${failures}" errors="${faults.length}" time="${secondsOf(tests)}"`
}

const counts = (tests: ReadonlyArray<TestResult>): string =>
  ` tests="${tests.length}" failures="${tests.filter(isFailure).length}" errors="0" skipped="${tests.filter(isSkipped).length}" time="${secondsOf(tests)}"`

const secondsOf = (tests: ReadonlyArray<TestResult>): string =>
  (tests.reduce((sum, { outcome }) => sum + outcome.millis, 0) / 1_000).toFixed(3)

const isFailure = ({ outcome }: TestResult): boolean => isRed(outcome.verdict)

/** What build servers neither count as good nor complain of. */
const isSkipped = ({ outcome }: TestResult): boolean =>
  ["not run", "not claimed", "expected failure"].includes(outcome.verdict)

const suiteXml = (
  chapter: string,
  tests: ReadonlyArray<TestResult>,
  sentences: ReadonlyMap<string, Requirement>,
  words: Words
): string =>
  [
    `  <testsuite name="${xml(chapter)}"${counts(tests)}>`,
    ...tests.map((test) => caseXml(test, sentences, words)),
    `  </testsuite>`
  ].join("\n")

const caseXml = (test: TestResult, sentences: ReadonlyMap<string, Requirement>, words: Words): string => {
  const { chapter, ids, outcome, title } = test
  return [
    `    <testcase classname="${xml(chapter)}" name="${xml(title)}" time="${(outcome.millis / 1_000).toFixed(3)}">`,
    `      <properties>`,
    ...ids.flatMap((id) => propertiesXml(sentences.get(id))),
    property("verdict", outcome.verdict),
    property("again", test.again),
    `      </properties>`,
    ...verdictXml(test, words),
    `    </testcase>`
  ].join("\n")
}

const propertiesXml = (requirement: Requirement | undefined): ReadonlyArray<string> =>
  requirement === undefined
    ? []
    : [
        property("requirement", requirement.id),
        property("sentence", requirement.text),
        property("link", requirement.link)
      ]

const property = (name: string, value: string): string => `        <property name="${name}" value="${xml(value)}"/>`

const verdictXml = (test: TestResult, words: Words): ReadonlyArray<string> => {
  const { labels } = words
  const { hint, outcome, story } = test
  const { finding, reason = "", transcripts, verdict } = outcome
  if (isSkipped(test)) return [`      <skipped message="${xml(reason)}"/>`]
  if (!isRed(verdict)) return []
  const evidence =
    finding === undefined
      ? []
      : [
          `${labels.sent}: ${finding.sent ?? ""}`,
          `${labels.expected}: ${finding.expected}`,
          `${labels.got}: ${finding.got}`
        ]
  const { output, sanitizer } = deathOf(test.outcome)
  const death = [
    ...(sanitizer === undefined ? [] : [`${labels.sanitizer}: ${sanitizer}`]),
    ...(output === undefined ? [] : [`${labels.output}: ${output}`]),
    ...(test.outcome.crash?.remarks ?? []).map(words.note)
  ]
  const hints = hint === undefined ? [] : [`${labels.hint}: ${hint}`]
  const drawn = story === undefined ? [] : storyLines({ ...plainStyle, words }, story)
  const wires = transcripts.map((transcript) => transcriptText(transcript, words.port))
  const body = [...evidence, ...death, ...hints, ...drawn, ...wires].join("\n")
  return [`      <failure type="${xml(verdict)}" message="${xml(reason)}">${xml(body)}</failure>`]
}

const transcriptText = ({ localPort, moments, who }: Transcript, port: Words["port"]): string =>
  [`${who} (${port(localPort)})`, ...moments.map(({ at, text, what }) => `${at} ms ${what}: ${text}`)].join("\n")

const staleXml = ({ stale }: Results, words: Words): ReadonlyArray<string> =>
  stale.length === 0
    ? []
    : [
        `  <testsuite name="lists" tests="${stale.length}" failures="${stale.length}" errors="0" skipped="0" time="0">`,
        ...stale.map(({ complaint, file, reason, subject }) => {
          const message = words.stale(file, subject, complaint, reason)
          return `    <testcase classname="${xml(file)}" name="${xml(subject)}" time="0"><failure type="stale expected failure" message="${xml(message)}"/></testcase>`
        }),
        `  </testsuite>`
      ]

const faultsXml = (faults: ReadonlyArray<string>): ReadonlyArray<string> =>
  faults.length === 0
    ? []
    : [
        `  <testsuite name="faults of the suite" tests="${faults.length}" failures="0" errors="${faults.length}" skipped="0" time="0">`,
        ...faults.map(
          (fault) =>
            `    <testcase classname="suite" name="fault" time="0"><error type="fault" message="${xml(fault)}"/></testcase>`
        ),
        `  </testsuite>`
      ]

/** Text for XML 1.0, in which most control characters can't stand, not even escaped. */
const xml = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, "\ufffd")
    .replace(/&/gu, "&amp;")
    .replace(/</gu, "&lt;")
    .replace(/>/gu, "&gt;")
    .replace(/"/gu, "&quot;")
    .replace(/\n/gu, "&#10;")
    .replace(/\r/gu, "&#13;")
    .replace(/\t/gu, "&#9;")
