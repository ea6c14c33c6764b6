/**
 * What a run looks like to a person, whose first server this may be.
 *
 * @module
 */
import { effectiveLimits } from "@tertulia/protocol"
import type { TestReport } from "../run/drive.ts"
import { allOf, type Results, type Target, type TestResult, whereIs } from "../run/results.ts"
import type { Requirement } from "../spec/requirements.ts"
import { type Finding, isRed, type Outcome, type Verdict, verdicts } from "../verdict.ts"
import type { Moment, Transcript } from "../wire/transcript.ts"
import {
  accused,
  blocksOf,
  type Cause,
  causeCount,
  causesOf,
  coverageOf,
  deathOf,
  type Sentences,
  sentencesOf,
  withVerdict
} from "./evidence.ts"
import { keptStoryLines } from "./story.ts"
import { labelled, type Style, wrap } from "./style.ts"
import { visible } from "./visible.ts"

/** What was found before the first test. */
export const greetingLines = (style: Style, target: Target, seed: number, parallel: number): string => {
  const { hello } = target
  if (target.who === "client") return clientLines(style, target, seed, parallel)
  const { labels, ...words } = style.words
  const at = target.given === undefined ? words.reference(whereIs(target)) : allOf(target).join(", ")
  const where = target.tls === undefined ? at : words.overTls(at)
  if (hello === undefined) {
    return [
      labelled(style, labels.target, where),
      labelled(style, labels.server, style.red(words.noHello)),
      labelled(style, labels.seed, String(seed))
    ].join("\n")
  }
  const limits = effectiveLimits(hello.limits)
  const shown = (["line", "text", "page", "joins", "connections"] as const).map((name) => `${name} ${limits[name]}`)
  return [
    labelled(style, labels.target, where),
    labelled(style, labels.server, words.protocol(visible(hello.server), hello.protocol)),
    labelled(style, labels.profiles, target.profiles.join(", ")),
    labelled(style, labels.limits, `${shown.join(", ")}, ${words.heartbeat(hello.heartbeat)}`),
    labelled(style, labels.roundTrip, words.pace(target.roundTrip, seed, parallel))
  ].join("\n")
}

const clientLines = (style: Style, { given = "", roundTrip }: Target, seed: number, parallel: number): string =>
  [
    labelled(style, style.words.labels.client, given),
    labelled(style, style.words.labels.roundTrip, style.words.pace(roundTrip, seed, parallel))
  ].join("\n")

/** One line for a chapter that is done. */
export const chapterLine = (style: Style, chapter: string, reports: ReadonlyArray<TestReport>): string => {
  const found = reports.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome.verdict]))
  const counts = countsOf(style, (verdict) => found.filter((each) => each === verdict).length)
  return labelled(style, chapter, counts === "" ? style.dim(style.words.nothingSelected) : counts, 16)
}

const countsOf = (style: Style, count: (verdict: Verdict) => number): string =>
  verdicts
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => painted(style, verdict, style.words.count(verdict, count(verdict))))
    .join(", ")

const painted = (style: Style, verdict: Verdict, text: string): string =>
  verdict === "passed"
    ? style.green(text)
    : isRed(verdict)
      ? style.red(text)
      : verdict === "warned" || verdict === "flaky" || verdict === "expected failure"
        ? style.yellow(text)
        : style.dim(text)

/** Everything that is worth knowing after the last test. */
export const closingLines = (style: Style, results: Results, requirements: ReadonlyArray<Requirement>): string => {
  const sentences = sentencesOf(requirements)
  const of = (verdict: Verdict) => withVerdict(results, verdict)
  return [
    ...of("warned").map((test) => warnedBlock(style, test, sentences)),
    ...causesOf(results).flatMap((cause) => causeBlock(style, cause, sentences)),
    ...blockedBlocks(style, results),
    ...excusedBlock(style, [...of("flaky"), ...of("expected failure")]),
    ...staleBlock(style, results),
    ...notRunBlock(style, of("not run")),
    ...notesBlock(style, results.tests),
    ...results.faults.map((fault) => style.red(wrapped(style, `${style.words.fault}  ${fault}`))),
    summary(style, results)
  ].join("\n\n")
}

/** A sentence from the left edge on, broken where the terminal ends. */
const wrapped = (style: Style, text: string): string => wrap(text, style.width).join("\n")

/** The first test in full, and the titles of those that are red for the same reason. */
const causeBlock = (style: Style, { tests }: Cause, sentences: Sentences): ReadonlyArray<string> => {
  const [first, ...same] = tests
  if (first === undefined) return []
  const more =
    same.length === 0 ? [] : [labelled(style, "", style.words.sameReason(same.length, titlesOf(style, same)))]
  return [[redBlock(style, first, sentences), ...more].join("\n")]
}

const redBlock = (style: Style, test: TestResult, sentences: Sentences): string => {
  const { chapter, heading, hint, outcome, story } = test
  const { finding, reason, replay, transcripts, verdict } = outcome
  const { labels } = style.words
  return [
    style.red(style.bold(wrapped(style, `${style.words.heading[verdict]}  ${chapter} > ${heading}`))),
    ...(finding === undefined
      ? [labelled(style, "", visible(reason ?? ""))]
      : findingLines(style, finding, test, sentences)),
    ...(replay?.counterexample === undefined ? [] : [labelled(style, labels.with, visible(replay.counterexample))]),
    ...deathLines(style, outcome),
    ...(replay?.hits === undefined
      ? []
      : [labelled(style, "", style.words.hits(replay.hits.broken, replay.hits.runs))]),
    ...hintLines(style, hint),
    // A story says in a few lines what the transcripts of all connections hide.
    ...(story === undefined ? transcriptsLines(style, test.kind, transcripts) : keptStoryLines(style, story)),
    labelled(style, labels.again, style.bold(test.again))
  ].join("\n")
}

const hintLines = (style: Style, hint: string | undefined): ReadonlyArray<string> =>
  hint === undefined ? [] : [style.yellow(labelled(style, style.words.labels.hint, hint))]

const deathLines = (style: Style, outcome: Outcome): ReadonlyArray<string> => {
  const { output, sanitizer } = deathOf(outcome)
  const { labels } = style.words
  return [
    ...(sanitizer === undefined ? [] : [labelled(style, labels.sanitizer, visible(sanitizer))]),
    ...(output === undefined ? [] : [labelled(style, labels.output, visible(output))]),
    ...(outcome.crash?.remarks ?? []).map((remark) => labelled(style, "", style.words.note(remark)))
  ]
}

const warnedBlock = (style: Style, test: TestResult, sentences: Sentences): string =>
  [
    style.yellow(wrapped(style, `${style.words.heading.warned}  ${test.chapter} > ${test.heading}`)),
    ...test.outcome.warnings.flatMap((warning) => findingLines(style, warning, test, sentences)),
    ...hintLines(style, test.hint),
    labelled(style, style.words.labels.again, test.again)
  ].join("\n")

const findingLines = (
  style: Style,
  finding: Finding,
  test: TestResult,
  sentences: Sentences
): ReadonlyArray<string> => {
  const { labels } = style.words
  return [
    ...accused(test, finding).flatMap((id) => sentenceLines(style, sentences.get(id))),
    ...(finding.sent === undefined ? [] : [labelled(style, labels.sent, visible(finding.sent))]),
    labelled(style, labels.expected, visible(finding.expected)),
    labelled(style, labels.got, visible(finding.got))
  ]
}

const sentenceLines = (style: Style, requirement: Requirement | undefined): ReadonlyArray<string> =>
  requirement === undefined
    ? []
    : [labelled(style, requirement.id, requirement.text), style.dim(labelled(style, "", requirement.link))]

// The first is the one on which it went wrong: of it there is more. The cases of a vector have nothing to do with each other.
const shownOf = (kind: TestResult["kind"]): number => (kind === "vector" ? 1 : 3)

const transcriptsLines = (
  style: Style,
  kind: TestResult["kind"],
  transcripts: ReadonlyArray<Transcript>
): ReadonlyArray<string> => {
  const shown = transcripts.slice(0, shownOf(kind))
  const hidden = transcripts.length - shown.length
  return [
    ...shown.map((transcript, nth) => transcriptLines(style, transcript, nth === 0 ? ends.main : ends.others)),
    ...(hidden === 0 ? [] : [style.dim(labelled(style, "", style.words.hiddenTranscripts(hidden)))])
  ]
}

// The beginning says who it is, the end says what went wrong; the JSON report has all.
const ends = { main: { beginning: 4, end: 14 }, others: { beginning: 2, end: 6 } } as const
const shownLetters = 240

const transcriptLines = (
  style: Style,
  { leftOut, localPort, moments, who }: Transcript,
  { beginning, end }: { readonly beginning: number; readonly end: number }
): string => {
  const hidden = Math.max(0, moments.length - beginning - end)
  const first = hidden === 0 ? moments : moments.slice(0, beginning)
  const last = hidden === 0 ? [] : moments.slice(-end)
  const gap = hidden === 0 ? [] : [style.dim(`            ${style.words.hiddenChunks(hidden + leftOut)}`)]
  return [
    whoLine(style, who, localPort),
    ...first.map((moment) => momentLine(style, moment)),
    ...gap,
    ...last.map((moment) => momentLine(style, moment))
  ].join("\n")
}

/** Whose transcript it is, and how to read it. */
const whoLine = (style: Style, who: string, port: number | undefined): string => {
  const [first = "", ...rest] = wrap(`${who} (${style.words.legend(port)})`, style.width - 2)
  const head = `  ${style.bold(who)}${style.dim(first.slice(who.length))}`
  return [head, ...rest.map((line) => style.dim(`  ${line}`))].join("\n")
}

const arrows = { sent: ">", received: "<", note: "-" } as const

const momentLine = (style: Style, { at, text, what }: Moment): string =>
  labelled(style, `${String(at).padStart(6)} ms ${arrows[what]}`, clipped(text), 14)

/** A chunk without its middle: its beginning says what it is, its end whether it is whole. */
const clipped = (text: string): string =>
  text.length <= shownLetters ? text : `${text.slice(0, shownLetters - 60)} ... ${text.slice(-60)}`

const blockedBlocks = (style: Style, results: Results): ReadonlyArray<string> =>
  blocksOf(results).map(({ cause, reason, tests }) =>
    [
      style.red(wrapped(style, `${style.words.heading.blocked}  ${tests.length}, ${visible(reason)}`)),
      labelled(style, "", titlesOf(style, tests)),
      // Of a requirement that is broken, the hint stands where the test of it has failed.
      ...hintLines(style, cause === undefined ? tests[0]?.hint : undefined)
    ].join("\n")
  )

/** A few titles, and how many more there are. */
const titlesOf = (style: Style, tests: ReadonlyArray<TestResult>): string => {
  const shown = tests.slice(0, 3).map(({ heading }) => `"${heading}"`)
  return `${shown.join(", ")}${tests.length > 3 ? style.words.andMore(tests.length - 3) : ""}`
}

const excusedBlock = (style: Style, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> =>
  tests.length === 0
    ? []
    : [
        tests
          .map(({ heading, outcome }) =>
            [
              style.yellow(`${style.words.heading[outcome.verdict]}  ${heading}`),
              labelled(style, outcome.finding?.requirement ?? "", visible(outcome.reason ?? ""))
            ].join("\n")
          )
          .join("\n")
      ]

const staleBlock = (style: Style, { stale }: Results): ReadonlyArray<string> =>
  stale.map(({ complaint, file, reason, subject }) =>
    [
      style.red(style.bold(style.words.heading["stale expected failure"])),
      labelled(style, "", visible(style.words.stale(file, subject, complaint, reason)))
    ].join("\n")
  )

const notRunBlock = (style: Style, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> => {
  const reasons = [...new Set(tests.map(({ outcome }) => outcome.reason ?? ""))]
  const lines = reasons.map((reason) => {
    const same = tests.filter(({ outcome }) => (outcome.reason ?? "") === reason)
    const more = same.length > 1 ? style.words.andMore(same.length - 1) : ""
    return style.dim(wrapped(style, `${style.words.notRun(same[0]!.heading, reason)}${more}`))
  })
  return lines.length === 0 ? [] : [lines.join("\n")]
}

const notesBlock = (style: Style, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> => {
  const notes = [...new Set(tests.flatMap(({ outcome }) => outcome.notes ?? []))]
  return notes.map((note) => {
    const same = tests.filter(({ outcome }) => outcome.notes?.includes(note) === true)
    return style.dim([wrapped(style, style.words.note(note)), labelled(style, "", titlesOf(style, same))].join("\n"))
  })
}

const summary = (style: Style, results: Results): string => {
  const { millis, planned, totals } = results
  const { binding, broken, judged } = coverageOf(results)
  const causes = causeCount(results)
  const counts = countsOf(style, (verdict) => totals[verdict])
  return [
    style.words.tested(planned, (millis / 1_000).toFixed(1), counts),
    wrapped(style, style.words.judged(judged, binding, results.target.who, broken)),
    ...(causes === undefined ? [] : [wrapped(style, style.words.causes(causes))]),
    ...(results.score === undefined ? [] : [wrapped(style, style.words.score(results.score))]),
    conclusion(style, results)
  ].join("\n")
}

const conclusion = (style: Style, { exitCode, target, tests, totals }: Results): string => {
  const profiles = target.profiles.join(", ")
  switch (exitCode) {
    case 0:
      return style.green(style.bold(style.words.conformant(profiles, totals["not run"], totals["expected failure"])))
    case 1:
      return style.red(style.bold(style.words.notConformant(profiles)))
    case 2:
      return style.red(style.words.couldNotJudge(tests.length))
    case 3:
      return style.red(style.bold(style.words.suiteAtFault))
  }
}
