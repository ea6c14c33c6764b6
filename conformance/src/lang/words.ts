/**
 * The words of the reports and of the command line, by what they say. Each language has all of them, or it doesn't compile. What tests
 * say is in phrase books (`phrases.ts`).
 *
 * @module
 */
import type { Side } from "../proxy/happening.ts"
import type { TestResult } from "../run/results.ts"
import type { Score } from "../run/score.ts"
import type { TestPlan } from "../suite.ts"
import type { Verdict } from "../verdict.ts"
import { english } from "./en.ts"
import { spanish } from "./es.ts"
import type { Language } from "./language.ts"

/** The options of the command line. */
export type OptionName =
  | "target"
  | "tls"
  | "ca"
  | "insecure"
  | "ws"
  | "start"
  | "build"
  | "watch"
  | "watch-path"
  | "client"
  | "list"
  | "explain"
  | "grep"
  | "requirement"
  | "profile"
  | "seed"
  | "path"
  | "runs"
  | "parallel"
  | "timeout-scale"
  | "shuffle"
  | "bail"
  | "known-failures"
  | "known-flaky"
  | "score"
  | "report"
  | "out"
  | "lang"
  | "quiet"

/** What may stand for the value of an option. */
export type Metavar =
  | "address"
  | "url"
  | "command"
  | "text"
  | "name"
  | "number"
  | "integer"
  | "path"
  | "file"
  | "folder"

/** How many things are wrong, in how many red tests, and the test to begin with. */
interface CauseCount {
  readonly causes: number
  readonly red: number
  readonly first: TestResult | undefined
}

/** Everything that the reports and the command line say. Labels have at most 9 letters, so that texts stand in a column. */
export interface Words {
  // Before the first test
  readonly labels: Readonly<
    Record<
      | "target"
      | "client"
      | "server"
      | "seed"
      | "profiles"
      | "limits"
      | "roundTrip"
      | "with"
      | "again"
      | "sent"
      | "expected"
      | "got"
      | "hint"
      | "where"
      | "binds"
      | "untestable"
      | "judgedBy"
      | "sanitizer"
      | "output",
      string
    >
  >
  readonly reference: (address: string) => string
  readonly overTls: (target: string) => string
  readonly noHello: string
  readonly protocol: (server: string, protocol: number) => string
  readonly heartbeat: (seconds: number) => string
  readonly pace: (millis: number, seed: number, parallel: number) => string

  // While tests run
  readonly progress: (done: number, planned: number) => string
  readonly nothingSelected: string
  /** So many tests are run alone, since the target died so often while they ran. */
  readonly alone: (tests: number, deaths: number) => string
  /** So many tests of one verdict: `3 passed`. */
  readonly count: (verdict: Verdict, tests: number) => string

  // What went wrong
  /** The verdict over one test, in capitals. */
  readonly heading: Readonly<Record<Verdict, string>>
  /** Why an entry of a list is stale. */
  readonly stale: (file: string, subject: string, complaint: string, reason: string) => string
  readonly fault: string
  readonly notRun: (title: string, reason: string) => string
  readonly note: (sentence: string) => string
  readonly andMore: (tests: number) => string
  readonly sameReason: (tests: number, titles: string) => string
  readonly hiddenChunks: (chunks: number) => string
  readonly hiddenTranscripts: (connections: number) => string
  /** What a story is: so many lines of so many connections, of what was recorded, in which the requirement is broken still. */
  readonly story: (requirement: string, lines: number, ofLines: number, lanes: number, ofLanes: number) => string
  /** Where a connection ends in a story. */
  readonly broke: string
  /** How often a counterexample broke its requirement, told again. */
  readonly hits: (broken: number, runs: number) => string
  /** The command `judge`, its file, and what it has found. */
  readonly aboutHistory: string
  readonly historyFile: string
  readonly historyJudged: (lanes: number, lines: number, judged: number, broken: ReadonlyArray<string>) => string
  /** Where a history lies, and what judges it again. */
  readonly history: (file: string) => string
  readonly legend: (port: number | undefined) => string
  readonly port: (port: number | undefined) => string

  // At the end
  readonly tests: (tests: number) => string
  readonly tested: (tests: number, seconds: string, counts: string) => string
  readonly judged: (judged: number, binding: number, who: "server" | "client", broken: ReadonlyArray<string>) => string
  /** How many things are wrong, in how many red tests, and the one to begin with. */
  readonly causes: (counted: CauseCount) => string
  readonly conformant: (profiles: string, notRun: number, expected: number) => string
  readonly notConformant: (profiles: string) => string
  /** Further tests that failed, after the one that was told. */
  readonly failToo: (tests: number, titles: string) => string
  readonly score: (score: Score) => string
  readonly couldNotJudge: (tests: number) => string
  readonly suiteAtFault: string

  // In tables
  readonly columns: Readonly<Record<"requirement" | "sentence" | "tests", string>>

  // --explain
  readonly line: (link: string, line: number) => string
  readonly bound: (who: "server" | "client" | "both", profile: string) => string
  readonly ofClients: (chapter: string) => string
  readonly kind: Readonly<Record<TestPlan["kind"], string>>
  readonly noTest: string

  // The command line
  readonly about: string
  readonly options: Readonly<Record<OptionName, string>>
  readonly metavars: Readonly<Record<Metavar, string>>
  readonly help: {
    readonly description: string
    readonly usage: string
    readonly flags: string
    readonly globalFlags: string
    readonly subcommands: string
    readonly arguments: string
    readonly anyFlags: string
    readonly anySubcommand: string
    readonly choices: string
    readonly help: string
    readonly version: string
  }
  readonly seeHelp: (fault: string) => string

  // The proxy, and the replay of what it has recorded
  readonly proxy: {
    readonly about: string
    readonly inShort: string
    readonly options: Readonly<Record<"listen" | "target" | "out" | "quiet", string>>
    readonly listening: (listen: string, target: string) => string
    readonly notRecorded: (file: string, reason: string) => string
  }
  readonly replay: {
    readonly about: string
    readonly inShort: string
    readonly transcript: string
    readonly options: Readonly<Record<"target" | "fresh" | "out" | "quiet", string>>
    readonly differs: (connection: number, nth: number) => string
    readonly labels: Readonly<Record<"recorded" | "now", string>>
    readonly nothing: string
    readonly replies: (replies: number, differing: number) => string
    readonly notAwaited: (times: number) => string
  }
  /** What went over a connection, and what is said of it. */
  readonly traffic: {
    readonly side: Readonly<Record<Side, string>>
    readonly opened: (peer: string) => string
    readonly unreachable: (reason: string) => string
    readonly ended: (side: Side) => string
    readonly reset: (side: Side) => string
    readonly closed: string
    readonly notUtf8: string
    readonly accused: (side: Side, isBinding: boolean, connection: number, nick: string | undefined) => string
    readonly seen: (connections: number, lines: Readonly<Record<Side, number>>) => string
    readonly leftOut: (connections: number) => string
    readonly nothingBroken: string
    readonly broken: (side: Side, ids: ReadonlyArray<string>) => string
  }
  readonly suiteFault: (cause: string) => string
}

const all = { en: english, es: spanish } as const satisfies Record<Language, Words>

/** The words of a language. */
export const wordsOf = (language: Language): Words => all[language]
