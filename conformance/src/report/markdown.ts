/**
 * The report for a build's summary page: short, in the Markdown that code hosts show, with failures to be opened.
 *
 * @module
 */
import { english } from "../lang/en.ts"
import type { Words } from "../lang/words.ts"
import type { Results, TestResult } from "../run/results.ts"
import type { Requirement } from "../spec/requirements.ts"
import { verdicts } from "../verdict.ts"
import {
  accused,
  blocksOf,
  causeCount,
  causesOf,
  coverageOf,
  deathOf,
  nameOf,
  type Sentences,
  sentencesOf
} from "./evidence.ts"
import { storyLines } from "./story.ts"
import { plainStyle } from "./style.ts"
import { visible } from "./visible.ts"

// Such pages have a limit of 1 MB or less; the other reports have everything.
const shownFailures = 40
const shownLetters = 2_000

/** One Markdown document. Nothing that the target sent is markup in it. */
export const markdownReport = (
  results: Results,
  requirements: ReadonlyArray<Requirement>,
  words: Words = english
): string => {
  const sentences = sentencesOf(requirements)
  const causes = causesOf(results).filter(({ tests }) => tests.length > 0)
  const blocks = blocksOf(results).map(
    ({ reason, tests }) => `${words.count("blocked", tests.length)}: ${text(reason)}`
  )
  const stale = results.stale.map(({ complaint, file, reason, subject }) =>
    text(words.stale(file, subject, complaint, reason))
  )
  const faults = results.faults.map((fault) => `**${words.fault}**\n\n${fenced(fault)}`)
  const parts = [
    `## ${sign(results)} ${headline(results, words)}`,
    [`${code(nameOf(results))}`, ...totals(results, words)].join("  \n"),
    ...faults,
    ...brokenTable(results, sentences, words),
    ...list([...blocks, ...stale]),
    ...causes.slice(0, shownFailures).map(({ tests }) => failure(tests, sentences, words)),
    ...(causes.length > shownFailures ? [words.andMore(causes.length - shownFailures).trim()] : [])
  ]
  return `${parts.join("\n\n")}\n`
}

const sign = ({ exitCode }: Results): string => (exitCode === 0 ? "✅" : exitCode === 1 ? "❌" : "⚠️")

const headline = ({ exitCode, target, tests, totals }: Results, words: Words): string => {
  const profiles = target.profiles.join(", ")
  if (exitCode === 0) return words.conformant(profiles, totals["not run"], totals["expected failure"])
  if (exitCode === 1) return words.notConformant(profiles)
  return exitCode === 2 ? words.couldNotJudge(tests.length) : words.suiteAtFault
}

const totals = (results: Results, words: Words): ReadonlyArray<string> => {
  const { millis, planned, score, target, totals } = results
  const { binding, judged } = coverageOf(results)
  const causes = causeCount(results)
  const counts = verdicts
    .filter((verdict) => totals[verdict] > 0)
    .map((verdict) => words.count(verdict, totals[verdict]))
  return [
    words.tested(planned, (millis / 1_000).toFixed(1), counts.join(", ")),
    words.judged(judged, binding, target.who, []),
    ...(causes === undefined ? [] : [text(words.causes({ ...causes, first: undefined }))]),
    ...(score === undefined ? [] : [words.score(score)])
  ]
}

const brokenTable = (results: Results, sentences: Sentences, { columns }: Words): ReadonlyArray<string> => {
  const rows = coverageOf(results).broken.map((id) => {
    const failed = results.tests.filter(({ outcome }) => (outcome.judged[id]?.broken ?? 0) > 0)
    return `| ${id} | ${prose(sentences.get(id)?.text ?? "")} | ${failed.map(({ heading }) => prose(heading)).join("<br>")} |`
  })
  if (rows.length === 0) return []
  return [
    [`| ${columns.requirement} | ${columns.sentence} | ${columns.tests} |`, "| --- | --- | --- |", ...rows].join("\n")
  ]
}

const list = (items: ReadonlyArray<string>): ReadonlyArray<string> =>
  items.length === 0 ? [] : [items.map((item) => `- ${item}`).join("\n")]

/** The first of some tests that are red for the same reason, to be opened, and the titles of the others. */
const failure = ([test, ...same]: ReadonlyArray<TestResult>, sentences: Sentences, all: Words): string => {
  const { heading, labels, ...words } = all
  if (test === undefined) return ""
  const { again, chapter, hint, outcome, story } = test
  const { finding, reason, replay, verdict } = outcome
  const quoted = finding === undefined ? [] : accused(test, finding).flatMap((id) => sentences.get(id) ?? [])
  const death = deathOf(outcome)
  const told = (label: string, content: string | undefined) =>
    content === undefined ? [] : [`${label}\n\n${fenced(content)}`]
  return [
    `<details><summary>${heading[verdict]}: ${text(chapter)}, ${text(test.heading)}</summary>`,
    ...quoted.map((requirement) => `> **${requirement.id}** ${prose(requirement.text)} (${requirement.link})`),
    ...(finding === undefined
      ? told("", reason)
      : [
          ...told(labels.sent, finding.sent),
          ...told(labels.expected, finding.expected),
          ...told(labels.got, finding.got)
        ]),
    ...told(labels.sanitizer, death.sanitizer),
    ...told(labels.output, death.output),
    ...(outcome.crash?.remarks ?? []).map((remark) => text(words.note(remark))),
    ...told(labels.with, replay?.counterexample),
    ...(replay?.hits === undefined ? [] : [words.hits(replay.hits.broken, replay.hits.runs)]),
    ...(story === undefined ? [] : [fenced(storyLines({ ...plainStyle, words: all }, story).join("\n"))]),
    ...(hint === undefined ? [] : [`**${labels.hint}** ${prose(hint)}`]),
    ...told(labels.again, again),
    ...(same.length === 0 ? [] : [prose(words.sameReason(same.length, same.map(({ heading }) => heading).join("; ")))]),
    "</details>"
  ].join("\n\n")
}

// ---------------------------------------------------------------------------------------------------------------------
// Text that Markdown leaves alone
// ---------------------------------------------------------------------------------------------------------------------

/** One line of plain text. */
const text = (content: string): string =>
  visible(content)
    .replace(/\s+/gu, " ")
    .replace(/&/gu, "&amp;")
    .replace(/</gu, "&lt;")
    .replace(/>/gu, "&gt;")
    .replace(/[\\`*_[\]#|~@!]/gu, (each) => `&#${each.charCodeAt(0)};`)

/** The spec's and the suite's own sentences, in which code stands between back quotes. */
const prose = (content: string): string =>
  content
    .split(/`([^`]+)`/u)
    .map((part, nth) => (nth % 2 === 1 ? code(part) : text(part)))
    .join("")

const code = (content: string): string => {
  const line = visible(content).replace(/\s+/gu, " ").replace(/\|/gu, "\\|")
  const ticks = fenceFor(line, 1)
  return ticks.length > 1 ? `${ticks} ${line} ${ticks}` : `\`${line}\``
}

const fenced = (content: string): string => {
  const shown = visible(content)
  const cut = shown.length > shownLetters ? `${shown.slice(0, shownLetters)} ...` : shown
  const ticks = fenceFor(cut, 3)
  return `${ticks}text\n${cut}\n${ticks}`
}

/** More back quotes than there are together anywhere in a text. */
const fenceFor = (content: string, least: number): string => {
  const longest = Math.max(0, ...[...content.matchAll(/`+/gu)].map(([ticks]) => ticks.length))
  return "`".repeat(Math.max(least, longest + 1))
}
