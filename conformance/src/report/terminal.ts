/**
 * What a run looks like to a person, whose first server this may be.
 *
 * @module
 */
import { effectiveLimits } from "@tertulia/protocol"
import type { TestReport } from "../run/drive.ts"
import type { Results, Target, TestResult } from "../run/results.ts"
import type { Requirement } from "../spec/requirements.ts"
import { type Finding, isRed, type Verdict, verdicts } from "../verdict.ts"
import type { Moment, Transcript } from "../wire/transcript.ts"
import { labelled, type Style, wrap } from "./style.ts"
import { visible } from "./visible.ts"

/** What was found before the first test. */
export const greetingLines = (style: Style, target: Target, seed: number, parallel: number): string => {
  const { hello, host, port } = target
  if (target.who === "client") return clientLines(style, target, seed, parallel)
  const { labels, ...words } = style.words
  const where = target.given ?? words.reference(`${host}:${port}`)
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
  const sentences = new Map(requirements.map((requirement) => [requirement.id, requirement]))
  const of = (verdict: Verdict) => results.tests.filter(({ outcome }) => outcome.verdict === verdict)
  return [
    ...of("warned").map((test) => warnedBlock(style, test, sentences)),
    ...of("failed").map((test) => redBlock(style, test, sentences)),
    ...of("inconclusive").map((test) => redBlock(style, test, sentences)),
    ...blockedBlock(style, of("blocked")),
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

const redBlock = (style: Style, test: TestResult, sentences: ReadonlyMap<string, Requirement>): string => {
  const { chapter, heading, outcome } = test
  const { finding, reason, replay, transcripts, verdict } = outcome
  const { labels } = style.words
  return [
    style.red(style.bold(wrapped(style, `${style.words.heading[verdict]}  ${chapter} > ${heading}`))),
    ...(finding === undefined
      ? [labelled(style, "", visible(reason ?? ""))]
      : findingLines(style, finding, test, sentences)),
    ...(replay?.counterexample === undefined ? [] : [labelled(style, labels.with, visible(replay.counterexample))]),
    ...transcripts.map((transcript) => transcriptLines(style, transcript)),
    labelled(style, labels.again, style.bold(test.again))
  ].join("\n")
}

const warnedBlock = (style: Style, test: TestResult, sentences: ReadonlyMap<string, Requirement>): string =>
  [
    style.yellow(wrapped(style, `${style.words.heading.warned}  ${test.chapter} > ${test.heading}`)),
    ...test.outcome.warnings.flatMap((warning) => findingLines(style, warning, test, sentences)),
    labelled(style, style.words.labels.again, test.again)
  ].join("\n")

const findingLines = (
  style: Style,
  finding: Finding,
  test: TestResult,
  sentences: ReadonlyMap<string, Requirement>
): ReadonlyArray<string> => {
  // A written conversation judges several sentences at once: it can't say which of them was broken.
  const written = (test.kind === "dialogue" || test.kind === "vector") && test.ids.includes(finding.requirement ?? "")
  const ids = written ? test.ids : finding.requirement === undefined ? [] : [finding.requirement]
  const { labels } = style.words
  return [
    ...ids.flatMap((id) => sentenceLines(style, sentences.get(id))),
    ...(finding.sent === undefined ? [] : [labelled(style, labels.sent, visible(finding.sent))]),
    labelled(style, labels.expected, visible(finding.expected)),
    labelled(style, labels.got, visible(finding.got))
  ]
}

const sentenceLines = (style: Style, requirement: Requirement | undefined): ReadonlyArray<string> =>
  requirement === undefined
    ? []
    : [labelled(style, requirement.id, requirement.text), style.dim(labelled(style, "", requirement.link))]

// The beginning says who it is, the end says what went wrong; the JSON report has all.
const shownFirst = 4
const shownLast = 14

const transcriptLines = (style: Style, { leftOut, localPort, moments, who }: Transcript): string => {
  const hidden = Math.max(0, moments.length - shownFirst - shownLast)
  const first = hidden === 0 ? moments : moments.slice(0, shownFirst)
  const last = hidden === 0 ? [] : moments.slice(-shownLast)
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
  labelled(style, `${String(at).padStart(6)} ms ${arrows[what]}`, text, 14)

const blockedBlock = (style: Style, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> => {
  const reasons = [...new Set(tests.map(({ outcome }) => outcome.reason ?? "blocked"))]
  return reasons.map((reason) => {
    const same = tests.filter(({ outcome }) => (outcome.reason ?? "blocked") === reason)
    return [
      style.red(wrapped(style, `${style.words.heading.blocked}  ${same.length}, ${visible(reason)}`)),
      labelled(style, "", titlesOf(style, same))
    ].join("\n")
  })
}

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
  const { millis, planned, requirements, totals } = results
  const apart = new Set(["client", "server", "not claimed"])
  const binding = requirements.filter(({ standing }) => !apart.has(standing))
  const judged = binding.filter(({ broken, kept }) => kept + broken > 0).length
  const broken = binding.filter(({ standing }) => standing === "broken").map(({ requirement }) => requirement.id)
  const counts = countsOf(style, (verdict) => totals[verdict])
  return [
    style.words.tested(planned, (millis / 1_000).toFixed(1), counts),
    wrapped(style, style.words.judged(judged, binding.length, results.target.who, broken)),
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
