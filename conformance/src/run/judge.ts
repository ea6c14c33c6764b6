/**
 * One run, from the options to the exit code.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { resultsIn } from "../lang/results.ts"
import { phrasesOf } from "../lang/spoken.ts"
import { wordsOf } from "../lang/words.ts"
import { type Style, styleOf } from "../report/style.ts"
import { chapterLine, closingLines, greetingLines } from "../report/terminal.ts"
import { writeReports } from "../report/write.ts"
import { offers } from "../spec/offers.ts"
import type { Requirement } from "../spec/requirements.ts"
import { readRequirementsIn } from "../spec/translations.ts"
import type { SuiteOptions } from "../suite.ts"
import type { Outcome, Verdict } from "../verdict.ts"
import type { Address } from "../wire/connection.ts"
import { type Driven, drive, type TestReport } from "./drive.ts"
import { flakyAmong, settled } from "./expected.ts"
import { withStories } from "./histories.ts"
import { writeJudged } from "./judged.ts"
import type { Keeper } from "./keeper.ts"
import { type Lists, readKnownFailures, readKnownFlaky, readScale } from "./lists.ts"
import { CannotJudge, checkIds, checkNumber, checkWords, type Flags, reportKinds } from "./options.ts"
import { nowhere, type Reached, reach } from "./reach.ts"
import { type Results, resultsOf } from "./results.ts"
import { explained, toRunAlone } from "./suspects.ts"
import { referenceClient } from "./target.ts"

/** Judges a target, writes the reports, and gives the exit code: 0 conformant, 1 not, 2 nothing selected, 3 a fault. */
export const judge = (flags: Flags): Effect.Effect<0 | 1 | 2 | 3, CannotJudge, Scope.Scope> =>
  Effect.map(judged(flags), ({ exitCode }) => exitCode)

/**
 * Judges a target, writes the reports, and gives what was found.
 *
 * @param titles whole titles, when only these tests are to run
 */
export const judged = Effect.fnUntraced(function* (
  flags: Flags,
  titles?: ReadonlyArray<string>
): Effect.fn.Return<Results, CannotJudge, Scope.Scope> {
  const requirements = readRequirementsIn(flags.lang)
  const selected = yield* checkFlags(flags, requirements)
  const lists = yield* readLists(flags, requirements)
  const reached = yield* reach(flags)
  const { target } = reached
  const all = yield* suiteOptions(flags, reached, selected)
  const options = titles === undefined ? all : { ...all, selection: { ...all.selection, titles } }
  const style = styleOf(process.stdout, process.env, wordsOf(flags.lang))
  const say = (text: string) => (flags.quiet ? undefined : process.stdout.write(`${text}\n`))

  say(`\n${greetingLines(style, target, options.seed, options.parallel)}\n`)
  const began = yield* Clock.currentTimeMillis
  const watching = watcher(style, flags)
  const first = yield* Effect.promise(() => drive(options, watching))
  const named = yield* findWhoKilled(options, first, reached.keeper, watching.onAlone)
  const driven = yield* runFlakyAgain(options, named, lists, watching.onAgain)
  const millis = (yield* Clock.currentTimeMillis) - began
  const found = resultsOf(target, options.seed, driven, requirements, millis, lists)
  const results = resultsIn(flags.lang, withStories(found, flags.out))
  yield* write(flags, results, requirements)
  if (isWhole(flags) && results.exitCode <= 1) yield* Effect.sync(() => writeJudged(target.who, results))
  say(`\n${closingLines(style, results, requirements)}\n`)
  if (results.planned === 0) return yield* nothingSelected
  return results
})

const readLists = Effect.fnUntraced(function* (
  { knownFailures, knownFlaky, score }: Flags,
  requirements: ReadonlyArray<Requirement>
): Effect.fn.Return<Lists, CannotJudge> {
  const today = DateTime.formatIsoDateUtc(yield* DateTime.now)
  return {
    today,
    ...(knownFailures !== undefined && {
      failures: { file: knownFailures, entries: yield* readKnownFailures(knownFailures) }
    }),
    ...(knownFlaky !== undefined && { flakes: { file: knownFlaky, entries: yield* readKnownFlaky(knownFlaky) } }),
    ...(score !== undefined && { scale: yield* readScale(score, requirements) })
  }
})

/** Has the tests that ran when the target died run again, one at a time: so each death is that of one test, where it can be. */
const findWhoKilled = Effect.fnUntraced(function* (
  options: SuiteOptions,
  driven: Driven,
  keeper: Keeper | undefined,
  onAlone: (tests: number, deaths: number) => void
): Effect.fn.Return<Driven> {
  const deaths = (keeper?.crashes() ?? []).map(({ nth = 0 }) => ({ nth, suspects: keeper?.suspects(nth) ?? [] }))
  const titles = toRunAlone(deaths)
  if (keeper === undefined || titles.length === 0) return driven
  onAlone(titles.length, deaths.length)
  yield* keeper.forgive
  const nonce = yield* freshNonce
  const alone = { ...options, selection: { ...options.selection, titles }, parallel: 1, bail: false, nonce }
  const { faults, reports } = yield* Effect.promise(() => drive(alone))
  return {
    plan: driven.plan,
    reports: explained(
      driven.reports,
      reports.filter(({ selected }) => selected),
      deaths
    ),
    faults: [...driven.faults, ...faults]
  }
})

/** Runs what is red and known to be flaky as often as the list says, each time under fresh names. */
const runFlakyAgain = Effect.fnUntraced(function* (
  options: SuiteOptions,
  driven: Driven,
  lists: Lists,
  onAgain: (run: number, most: number) => void
): Effect.fn.Return<Driven> {
  const flaky = flakyAmong(driven.reports, lists)
  const verdicts = new Map(flaky.map(({ test }) => [test.title, [] as Verdict[]]))
  const most = Math.max(0, ...flaky.map(({ entry }) => entry.runs))
  for (let run = 1; run <= most; run++) {
    onAgain(run, most)
    const titles = flaky.filter(({ entry }) => run <= entry.runs).map(({ test }) => test.title)
    const selection = { ...options.selection, titles }
    const nonce = yield* freshNonce
    const { reports } = yield* Effect.promise(() => drive({ ...options, selection, bail: false, nonce }))
    for (const { outcome, title } of reports) if (outcome !== undefined) verdicts.get(title)?.push(outcome.verdict)
  }
  const outcomes = new Map(
    flaky.map(({ entry, test }) => [test.title, settled(test, entry, verdicts.get(test.title)!)])
  )
  return {
    ...driven,
    reports: driven.reports.map((report) => ({ ...report, ...withOutcome(outcomes.get(report.title)) }))
  }
})

const withOutcome = (outcome: Outcome | undefined) => (outcome === undefined ? {} : { outcome })

/** Whether a run is one that `npm run spec:check` may rely on: of everything, of this repository's server or client. */
const isWhole = (flags: Flags): boolean => {
  const { bail, client, grep, knownFailures, profile, requirement, start, target, tls, ws } = flags
  return (
    !tls &&
    ws === undefined &&
    (client === undefined ? target.length + start.length === 0 : client === referenceClient) &&
    grep === "" &&
    requirement.length === 0 &&
    profile.length === 0 &&
    knownFailures === undefined &&
    !bail
  )
}

/** Prints the tests that would run, with what they judge. */
export const list = Effect.fnUntraced(function* (flags: Flags): Effect.fn.Return<void, CannotJudge> {
  const requirements = yield* checkFlags(flags, readRequirementsIn(flags.lang))
  const { plan } = yield* plannedTests(flags, requirements)
  const selected = plan.filter((test) => test.selected)
  if (selected.length === 0) return yield* nothingSelected
  for (const chapter of [...new Set(selected.map((test) => test.chapter))]) {
    const tests = selected.filter((test) => test.chapter === chapter)
    process.stdout.write(
      `${chapter}\n${tests.map((test) => `  ${phrasesOf(flags.lang).of(test.title)}  [${test.ids.join(" ")}]\n`).join("")}`
    )
  }
  process.stdout.write(`${wordsOf(flags.lang).tests(selected.length)}\n`)
})

/** Every test, registered but not run: no target is needed. */
export const plannedTests = (flags: Flags, requirements: ReadonlyArray<string>): Effect.Effect<Driven> =>
  Effect.gen(function* () {
    const client = flags.client === undefined ? undefined : { command: flags.client, startMillis: 0 }
    const reached = { target: nowhere, ...(client === undefined ? {} : { client }) }
    const options = yield* suiteOptions(flags, reached, requirements)
    return yield* Effect.promise(() => drive({ ...options, mode: "list" }))
  })

const nothingSelected = Effect.fail(
  new CannotJudge({ reason: "no test is selected by --grep, --requirement and --profile together; see --list" })
)

const checkFlags = Effect.fnUntraced(function* (flags: Flags, requirements: ReadonlyArray<Requirement>) {
  yield* checkNumber("--runs", flags.runs, 1)
  yield* checkNumber("--parallel", flags.parallel, 1)
  yield* checkNumber("--timeout-scale", flags.timeoutScale, 0.01)
  yield* checkWords("--report", flags.report, reportKinds)
  yield* checkWords("--profile", flags.profile, offers)
  return yield* checkIds("--requirement", flags.requirement, requirements)
})

const freshNonce = Effect.map(Random.nextIntBetween(36 ** 3, 36 ** 4), (number) => number.toString(36))

const suiteOptions = Effect.fnUntraced(function* (
  flags: Flags,
  { client, keeper, start, target }: Reached,
  requirements: ReadonlyArray<string>
): Effect.fn.Return<SuiteOptions> {
  const seed = flags.seed ?? (yield* Random.nextIntBetween(1, 2_147_483_647))
  const nonce = yield* freshNonce
  const addressOf = ({ host, port }: Pick<Address, "host" | "port">): Address => ({
    host,
    port,
    ...(target.tls === undefined ? {} : { tls: target.tls }),
    ...(target.ws === undefined ? {} : { ws: target.ws.path })
  })
  return {
    mode: "run",
    address: addressOf(target),
    others: (target.others ?? []).map(addressOf),
    hello: target.hello,
    roundTrip: target.roundTrip,
    responsive: target.responsive ?? true,
    timeoutScale: flags.timeoutScale,
    seed,
    path: flags.path,
    runs: flags.runs,
    // Waiting for a target that doesn't answer is no work: it can be done for more tests at once.
    parallel: flags.parallel * (target.responsive === false ? 4 : 1),
    shuffle: flags.shuffle,
    bail: flags.bail,
    selection: { grep: flags.grep, requirements, profiles: flags.profile },
    start,
    ...(keeper === undefined ? {} : { keeper: keeper.channel }),
    ...(client === undefined ? {} : { client }),
    nonce
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// What is written
// ---------------------------------------------------------------------------------------------------------------------

/** Shows the progress on a terminal, and a line for each chapter that is done. */
const watcher = (style: Style, { lang, quiet }: Flags) => {
  const tty = process.stdout.isTTY === true && !quiet
  const done: Array<TestReport> = []
  let planned = 0
  const clear = () => (tty ? process.stdout.write("\r\u001b[K") : undefined)
  const show = (text: string) => {
    clear()
    if (tty) process.stdout.write(style.dim(`  ${text}`.slice(0, style.width - 1)))
  }
  return {
    onPlan: (_: string, selected: number) => {
      planned += selected
    },
    onTest: (report: TestReport) => {
      done.push(report)
      show(`${style.words.progress(done.length, planned)}  ${phrasesOf(lang).of(report.title)}`)
    },
    onAlone: (tests: number, deaths: number) => {
      clear()
      if (!quiet) process.stdout.write(`${style.dim(`  ${style.words.alone(tests, deaths)}`)}\n`)
    },
    onAgain: (run: number, most: number) => show(`${style.words.heading.flaky}: ${style.words.progress(run, most)}`),
    onChapter: (chapter: string) => {
      clear()
      const reports = done.filter((report) => report.chapter === chapter)
      if (!quiet && reports.length > 0) process.stdout.write(`${chapterLine(style, chapter, reports)}\n`)
    }
  }
}

const write = (
  { lang, out, report }: Flags,
  results: Results,
  requirements: ReadonlyArray<Requirement>
): Effect.Effect<void, CannotJudge> =>
  Effect.try({
    try: () => {
      const kinds = reportKinds.filter((kind) => report.includes(kind))
      writeReports(kinds, out, lang, results, requirements)
    },
    catch: (error) => new CannotJudge({ reason: `--out ${out}: ${(error as Error).message}` })
  })
