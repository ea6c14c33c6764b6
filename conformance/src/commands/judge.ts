/**
 * The suite itself: `npm run conformance -- --target host:port`.
 *
 * @module
 */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Language } from "../lang/language.ts"
import { type OptionName, wordsOf } from "../lang/words.ts"
import { explain } from "../run/explain.ts"
import { judge, list } from "../run/judge.ts"
import { type Flags, reportKinds, usualRuns } from "../run/options.ts"
import { judgeAgain } from "../run/rerun.ts"
import { ExitWith } from "./exit.ts"
import * as flagsOf from "./flags.ts"

/** Judges a server or a client; what is done when no other command is named. */
export const judgeCommand = (language: Language) =>
  Command.make("conformance", flags(language), (given) =>
    run({
      ...given,
      ws: Option.getOrUndefined(given.ws),
      build: Option.getOrUndefined(given.build),
      client: Option.getOrUndefined(given.client),
      ca: Option.getOrUndefined(given.ca),
      explain: Option.getOrUndefined(given.explain),
      seed: Option.getOrUndefined(given.seed),
      path: Option.getOrUndefined(given.path),
      knownFailures: Option.getOrUndefined(given.knownFailures),
      knownFlaky: Option.getOrUndefined(given.knownFlaky),
      score: Option.getOrUndefined(given.score),
      report: given.report.split(",").filter((kind) => kind !== "")
    })
  ).pipe(Command.withDescription(wordsOf(language).about))

const several = (flag: Flag.Flag<string>) => Flag.atLeast(flag, 0)

const flags = (language: Language) => {
  const words = wordsOf(language)
  const about = (name: OptionName) => flagsOf.about(words.options[name])
  const value = flagsOf.valueIn(words)
  return {
    target: several(Flag.String("target")).pipe(value("address"), about("target")),
    tls: Flag.Boolean("tls").pipe(Flag.withDefault(false), about("tls")),
    ca: Flag.String("ca").pipe(Flag.optional, value("file"), about("ca")),
    insecure: Flag.Boolean("insecure").pipe(Flag.withDefault(false), about("insecure")),
    ws: Flag.String("ws").pipe(Flag.optional, value("url"), about("ws")),
    start: several(Flag.String("start")).pipe(value("command"), about("start")),
    build: Flag.String("build").pipe(Flag.optional, value("command"), about("build")),
    watch: Flag.Boolean("watch").pipe(Flag.withDefault(false), about("watch")),
    watchPath: several(Flag.String("watch-path")).pipe(value("path"), about("watch-path")),
    client: Flag.String("client").pipe(Flag.optional, value("command"), about("client")),
    list: Flag.Boolean("list").pipe(Flag.withDefault(false), about("list")),
    explain: Flag.String("explain").pipe(Flag.optional, Flag.withMetavar("ID"), about("explain")),
    grep: Flag.String("grep").pipe(Flag.withDefault(""), value("text"), about("grep")),
    requirement: several(Flag.String("requirement")).pipe(Flag.withMetavar("ID"), about("requirement")),
    profile: several(Flag.String("profile")).pipe(value("name"), about("profile")),
    seed: Flag.Int("seed").pipe(Flag.optional, value("integer"), about("seed")),
    path: Flag.String("path").pipe(Flag.optional, value("path"), about("path")),
    runs: Flag.Int("runs").pipe(Flag.withDefault(usualRuns), value("integer"), about("runs")),
    parallel: Flag.Int("parallel").pipe(Flag.withDefault(8), value("integer"), about("parallel")),
    shuffle: Flag.Boolean("shuffle").pipe(Flag.withDefault(false), about("shuffle")),
    timeoutScale: Flag.Finite("timeout-scale").pipe(Flag.withDefault(1), value("number"), about("timeout-scale")),
    bail: Flag.Boolean("bail").pipe(Flag.withDefault(false), about("bail")),
    knownFailures: Flag.String("known-failures").pipe(Flag.optional, value("file"), about("known-failures")),
    knownFlaky: Flag.String("known-flaky").pipe(Flag.optional, value("file"), about("known-flaky")),
    score: Flag.String("score").pipe(Flag.optional, value("file"), about("score")),
    report: Flag.String("report").pipe(Flag.withDefault(""), Flag.withMetavar(reportKinds.join(",")), about("report")),
    out: Flag.String("out").pipe(Flag.withDefault("conformance-report"), value("folder"), about("out")),
    lang: flagsOf.lang(language),
    quiet: Flag.Boolean("quiet").pipe(Flag.withDefault(false), about("quiet"))
  }
}

const run = Effect.fnUntraced(function* (given: Flags) {
  const code =
    given.explain !== undefined
      ? yield* explain(given, given.explain)
      : given.list
        ? yield* list(given)
        : yield* given.watch ? judgeAgain(given) : judge(given)
  if (code !== undefined && code !== 0) return yield* new ExitWith({ code })
}, Effect.scoped)
