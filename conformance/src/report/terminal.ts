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
import { labelled, type Style } from "./style.ts"

/** What was found before the first test. */
export const greetingLines = (style: Style, target: Target, seed: number, parallel: number): string => {
  const { hello, host, port } = target
  if (target.who === "client") return clientLines(style, target, seed, parallel)
  const where = target.given ?? `${host}:${port} (the reference server, started for this run)`
  if (hello === undefined) {
    return [
      labelled(style, "target", where),
      labelled(style, "server", style.red("sends no valid `hello`, so most tests are blocked")),
      labelled(style, "seed", String(seed))
    ].join("\n")
  }
  const limits = effectiveLimits(hello.limits)
  const shown = (["line", "text", "page", "joins", "connections"] as const).map((name) => `${name} ${limits[name]}`)
  return [
    labelled(style, "target", where),
    labelled(style, "server", `${hello.server}, protocol ${hello.protocol}`),
    labelled(style, "profiles", target.profiles.join(", ")),
    labelled(style, "limits", `${shown.join(", ")}, heartbeat ${hello.heartbeat} s`),
    labelled(style, "round trip", `${target.roundTrip} ms; seed ${seed}; up to ${parallel} tests at once`)
  ].join("\n")
}

const clientLines = (style: Style, { given = "", roundTrip }: Target, seed: number, parallel: number): string =>
  [
    labelled(style, "client", given),
    labelled(style, "round trip", `${roundTrip} ms; seed ${seed}; up to ${parallel} tests at once`)
  ].join("\n")

/** One line for a chapter that is done. */
export const chapterLine = (style: Style, chapter: string, reports: ReadonlyArray<TestReport>): string => {
  const found = reports.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome.verdict]))
  const counts = countsOf(style, (verdict) => found.filter((each) => each === verdict).length)
  return labelled(style, chapter, counts === "" ? style.dim("nothing selected") : counts, 16)
}

const countsOf = (style: Style, count: (verdict: Verdict) => number): string =>
  verdicts
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => painted(style, verdict, `${count(verdict)} ${verdict}`))
    .join(", ")

const painted = (style: Style, verdict: Verdict, text: string): string =>
  verdict === "passed"
    ? style.green(text)
    : isRed(verdict)
      ? style.red(text)
      : verdict === "warned"
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
    ...notRunBlock(style, of("not run")),
    ...notesBlock(style, results.tests),
    ...results.faults.map((fault) => style.red(`FAULT OF THE SUITE  ${fault}`)),
    summary(style, results)
  ].join("\n\n")
}

const redBlock = (style: Style, test: TestResult, sentences: ReadonlyMap<string, Requirement>): string => {
  const { chapter, outcome, title } = test
  const { finding, reason, replay, transcripts, verdict } = outcome
  return [
    style.red(style.bold(`${verdict.toUpperCase()}  ${chapter} > ${title}`)),
    ...(finding === undefined ? [labelled(style, "", reason ?? "")] : findingLines(style, finding, test, sentences)),
    ...(replay?.counterexample === undefined ? [] : [labelled(style, "with", replay.counterexample)]),
    ...transcripts.map((transcript) => transcriptLines(style, transcript)),
    labelled(style, "again", style.bold(test.again))
  ].join("\n")
}

const warnedBlock = (style: Style, test: TestResult, sentences: ReadonlyMap<string, Requirement>): string =>
  [
    style.yellow(`WARNED  ${test.chapter} > ${test.title}`),
    ...test.outcome.warnings.flatMap((warning) => findingLines(style, warning, test, sentences)),
    labelled(style, "again", test.again)
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
  return [
    ...ids.flatMap((id) => sentenceLines(style, sentences.get(id))),
    ...(finding.sent === undefined ? [] : [labelled(style, "sent", finding.sent)]),
    labelled(style, "expected", finding.expected),
    labelled(style, "got", finding.got)
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
  const gap = hidden === 0 ? [] : [style.dim(`            ... ${hidden + leftOut} chunks ...`)]
  // What is no connection has no port: the input and the output of a client.
  const legend = localPort === undefined ? "> typed, < shown" : `the suite's port ${localPort}; > sent, < came`
  return [
    `  ${style.bold(who)} ${style.dim(`(${legend}, one line per chunk)`)}`,
    ...first.map((moment) => momentLine(style, moment)),
    ...gap,
    ...last.map((moment) => momentLine(style, moment))
  ].join("\n")
}

const arrows = { sent: ">", received: "<", note: "-" } as const

const momentLine = (style: Style, { at, text, what }: Moment): string =>
  labelled(style, `${String(at).padStart(6)} ms ${arrows[what]}`, text, 14)

const blockedBlock = (style: Style, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> => {
  const reasons = [...new Set(tests.map(({ outcome }) => outcome.reason ?? "blocked"))]
  return reasons.map((reason) => {
    const same = tests.filter(({ outcome }) => (outcome.reason ?? "blocked") === reason)
    return [style.red(`BLOCKED  ${same.length}, ${reason}`), labelled(style, "", titlesOf(same))].join("\n")
  })
}

/** A few titles, and how many more there are. */
const titlesOf = (tests: ReadonlyArray<TestResult>): string => {
  const shown = tests.slice(0, 3).map(({ title }) => `"${title}"`)
  return `${shown.join(", ")}${tests.length > 3 ? ` and ${tests.length - 3} more` : ""}`
}

const notRunBlock = (style: Style, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> =>
  tests.length === 0
    ? []
    : [tests.map(({ outcome, title }) => style.dim(`not run: "${title}": ${outcome.reason}`)).join("\n")]

const notesBlock = (style: Style, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> => {
  const notes = [...new Set(tests.flatMap(({ outcome }) => outcome.notes ?? []))]
  return notes.map((note) => {
    const same = tests.filter(({ outcome }) => outcome.notes?.includes(note) === true)
    return style.dim([`note: ${note}`, labelled(style, "", titlesOf(same))].join("\n"))
  })
}

const summary = (style: Style, results: Results): string => {
  const { millis, planned, requirements, totals } = results
  const apart = new Set(["client", "server", "not claimed"])
  const binding = requirements.filter(({ standing }) => !apart.has(standing))
  const judged = binding.filter(({ broken, kept }) => kept + broken > 0).length
  const broken = binding.filter(({ standing }) => standing === "broken").map(({ requirement }) => requirement.id)
  const time = `${(millis / 1_000).toFixed(1)} s`
  return [
    `${planned} tests in ${time}: ${countsOf(style, (verdict) => totals[verdict])}`,
    `${judged} of ${binding.length} requirements on ${results.target.who}s judged${broken.length === 0 ? "" : `; broken: ${broken.join(", ")}`}`,
    conclusion(style, results)
  ].join("\n")
}

const conclusion = (style: Style, { exitCode, target, tests, totals }: Results): string => {
  const profiles = target.profiles.join(", ")
  switch (exitCode) {
    case 0:
      return style.green(
        style.bold(
          `conformant: ${profiles}${totals["not run"] > 0 ? `, but for ${totals["not run"]} tests not run` : ""}`
        )
      )
    case 1:
      return style.red(style.bold(`not conformant: ${profiles}`))
    case 2:
      return style.red(`could not judge: nothing was selected (${tests.length} tests)`)
    case 3:
      return style.red(style.bold("the suite is at fault: this says nothing about the target"))
  }
}
