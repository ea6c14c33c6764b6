/**
 * From what each test came to, to what a run has found: verdicts that add up, and one line per requirement.
 *
 * @module
 */
import type { Hello } from "@tertulia/protocol"
import type { RequirementId } from "../generated/requirement-id.ts"
import { hintOf } from "../hints.ts"
import type { Story } from "../history/story.ts"
import type { Requirement } from "../spec/requirements.ts"
import { isRed, type Outcome, type Verdict, verdicts } from "../verdict.ts"
import type { Trust } from "../wire/dial.ts"
import { call } from "./caller.ts"
import type { Driven, TestReport } from "./drive.ts"
import { excuse, type Stale } from "./expected.ts"
import { blockedByFraming } from "./framing.ts"
import type { Role } from "./judged.ts"
import type { Lists } from "./lists.ts"
import { type Score, scoreOf } from "./score.ts"

/** One test that was selected, with what it came to. */
export interface TestResult extends TestReport {
  readonly outcome: Outcome
  /** The title in the language of whoever reads; `title` stays what the test is known by. */
  readonly heading: string
  /** What programs that fail like this usually do wrong: in a red test, or one that warns. */
  readonly hint?: string
  /** The command that runs just this test again. */
  readonly again: string
  /** What its history comes down to, if it has one, and the file that holds all of it. */
  readonly story?: KeptStory
}

/** A story, and where the history lies of which it is the least, if it could be written. */
export type KeptStory = Story & { readonly file?: string }

/** What became of one requirement. */
export type Standing =
  | "kept"
  | "broken"
  | "warned"
  | "not judged"
  | "not claimed"
  | "untestable"
  /** It binds clients only, and a server is judged. */
  | "client"
  /** It binds servers only, and a client is judged. */
  | "server"

/** One requirement after a run. */
export interface RequirementResult {
  readonly requirement: Requirement
  readonly standing: Standing
  /** Judgements that were made, in all tests. */
  readonly kept: number
  readonly broken: number
  /** How many tests name it as the one that was broken; a written conversation speaks of others besides. */
  readonly named: number
  /** The titles of the tests that judged it. */
  readonly tests: ReadonlyArray<string>
}

/** What was judged. */
export interface Target {
  readonly who: Role
  /** As the user gave it: an address, a command that starts it, or `undefined` for the reference server. */
  readonly given: string | undefined
  /** Present when the suite has started a server by a command of the user's; with the command that built it, if there was one. */
  readonly started?: { readonly build: string | undefined }
  readonly host: string
  readonly port: number
  /** The other servers of the target, if it has several, as they were given: clients come to each in its turn. */
  readonly others?: ReadonlyArray<{ readonly given: string; readonly host: string; readonly port: number }>
  /** Present when it is spoken to over TLS. */
  readonly tls?: Trust
  /** The options that say so, as they were given. */
  readonly tlsOptions?: ReadonlyArray<string>
  /** Present when it was reached over WebSocket: the URL as it was given, and its path. */
  readonly ws?: { readonly url: string; readonly path: string }
  readonly hello: Hello | undefined
  readonly roundTrip: number
  /** Whether it answered the probe's pings. */
  readonly responsive?: boolean
  readonly profiles: ReadonlyArray<string>
}

/** All servers of a target, as they were given. */
export const allOf = ({ given = "", others = [] }: Target): ReadonlyArray<string> => [
  given,
  ...others.map((other) => other.given)
]

/** Where a server was reached. */
export const whereIs = ({ host, port, ws }: Target): string => {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`
  return ws === undefined ? at : `ws://${at}${ws.path}`
}

/** A whole run. */
export interface Results {
  readonly target: Target
  readonly seed: number
  readonly tests: ReadonlyArray<TestResult>
  readonly requirements: ReadonlyArray<RequirementResult>
  readonly totals: Readonly<Record<Verdict, number>>
  /** How many tests were selected, counted when the files were loaded, and one more for each stale entry: the totals add up to it. */
  readonly planned: number
  /** Entries of the lists that excuse nothing any more. */
  readonly stale: ReadonlyArray<Stale>
  /** With `--score`. */
  readonly score?: Score
  readonly faults: ReadonlyArray<string>
  readonly millis: number
  /** 0 conformant, 1 not, 2 nothing was selected, 3 a fault of the suite. */
  readonly exitCode: 0 | 1 | 2 | 3
}

/** Puts a run together. */
export const resultsOf = (
  target: Target,
  seed: number,
  driven: Driven,
  requirements: ReadonlyArray<Requirement>,
  millis: number,
  lists: Lists = { today: "" }
): Results => {
  const planned = driven.plan.filter(({ selected }) => selected).length
  const finished = blockedByFraming(driven.reports.filter(({ selected }) => selected))
  const ended = ownFailures(finished.flatMap((report) => resultOf(report, target, seed)))
  const { stale, tests } = excuse(ended, driven.plan, lists)
  const faults = [
    ...driven.faults,
    ...tests.flatMap(({ outcome, title }) => (outcome.fault === undefined ? [] : [`"${title}": ${outcome.fault}`])),
    ...missing(driven, tests)
  ]
  const totals = countVerdicts(tests, stale.length)
  const red = verdicts.some((verdict) => isRed(verdict) && totals[verdict] > 0)
  const standings = requirements
    .filter(({ removed }) => removed === undefined)
    .map((requirement) => standingOf(requirement, tests, target))
  return {
    target,
    seed,
    tests,
    requirements: standings,
    totals,
    planned: planned + stale.length,
    stale,
    ...(lists.scale === undefined ? {} : { score: scoreOf(standings, lists.scale) }),
    faults,
    millis,
    exitCode: faults.length > 0 ? 3 : planned === 0 ? 2 : red ? 1 : 0
  }
}

const resultOf = (report: TestReport, target: Target, seed: number): ReadonlyArray<TestResult> => {
  const { outcome, title } = report
  if (outcome === undefined) return []
  const hint = hintOf(report, outcome, target.who)
  const hinted = hint === undefined ? {} : { hint }
  return [{ ...report, outcome, heading: title, ...hinted, again: againOf(report, target, seed) }]
}

const againOf = ({ outcome, title }: TestReport, target: Target, seed: number): string => {
  const path = outcome?.replay?.path
  return [
    call(),
    ...optionsOf(target),
    `--grep ${quoted(title)}`,
    `--seed ${outcome?.replay?.seed ?? seed}`,
    ...(path === undefined ? [] : [`--path ${path}`])
  ].join(" ")
}

/** The options that say what is judged. */
const optionsOf = (target: Target): ReadonlyArray<string> => {
  const { given, started, tlsOptions = [], who, ws } = target
  const over = [...tlsOptions, ...(ws === undefined ? [] : [`--ws ${quoted(ws.url)}`])]
  if (given === undefined) return over
  if (started === undefined) {
    if (ws !== undefined) return over
    if (who === "client") return [`--client ${quoted(given)}`, ...over]
    return [...allOf(target).map((each) => `--target ${each}`), ...over]
  }
  const built = started.build === undefined ? [] : [`--build ${quoted(started.build)}`]
  return [...built, ...allOf(target).map((each) => `--start ${quoted(each)}`), ...over]
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The tests of the plan that gave no outcome: verdicts must add up to the plan. */
const missing = (driven: Driven, tests: ReadonlyArray<TestResult>): ReadonlyArray<string> => {
  const left = tests.map(({ chapter, title }) => `${chapter} > ${title}`)
  return driven.plan
    .filter(({ selected }) => selected)
    .map(({ chapter, title }) => `${chapter} > ${title}`)
    .filter((name) => {
      const at = left.indexOf(name)
      if (at !== -1) left.splice(at, 1)
      return at === -1
    })
    .map((name) => `${name}: the test was planned and never came to an outcome`)
}

/** A block whose cause no test has failed is itself the failure: so every cause is counted, and counted once. */
const ownFailures = (tests: ReadonlyArray<TestResult>): ReadonlyArray<TestResult> => {
  const failed = new Set<string | undefined>(
    tests.filter(({ outcome }) => outcome.verdict === "failed").map(({ outcome }) => outcome.finding?.requirement)
  )
  return tests.map((test) => {
    const { outcome } = test
    const cause = outcome.finding?.requirement
    if (outcome.verdict !== "blocked" || cause === undefined || failed.has(cause)) return test
    failed.add(cause)
    const judged = { ...outcome.judged, [cause]: { kept: 0, broken: 1 } }
    return { ...test, outcome: { ...outcome, verdict: "failed" as const, reason: `${cause} is broken`, judged } }
  })
}

const countVerdicts = (tests: ReadonlyArray<TestResult>, stale: number): Readonly<Record<Verdict, number>> => {
  const count = (verdict: Verdict) => tests.filter(({ outcome }) => outcome.verdict === verdict).length
  const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, count(verdict)])) as Record<Verdict, number>
  return { ...counts, "stale expected failure": stale }
}

const standingOf = (requirement: Requirement, tests: ReadonlyArray<TestResult>, target: Target): RequirementResult => {
  const id = requirement.id as RequirementId
  const judging = tests.filter(({ outcome }) => outcome.judged[id] !== undefined)
  const sum = (what: "kept" | "broken") => judging.reduce((all, { outcome }) => all + outcome.judged[id]![what], 0)
  const kept = sum("kept")
  const broken = sum("broken")
  const standing: Standing =
    broken > 0
      ? requirement.level === "SHOULD"
        ? "warned"
        : "broken"
      : kept > 0
        ? "kept"
        : requirement.untestable !== undefined
          ? "untestable"
          : requirement.who !== "both" && requirement.who !== target.who
            ? requirement.who
            : target.profiles.includes(requirement.profile)
              ? "not judged"
              : "not claimed"
  const named = judging.filter(({ outcome }) =>
    [outcome.finding, ...outcome.warnings].some((finding) => finding?.requirement === id)
  ).length
  return { requirement, standing, kept, broken, named, tests: judging.map(({ title }) => title) }
}
