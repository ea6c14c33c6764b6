#!/usr/bin/env node
/**
 * The suite's command line: `npm run conformance -- --target host:port`.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import { CliConfig, CliOutput, Command, Flag, GlobalFlag } from "effect/cli"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { helpFormatter } from "./lang/help.ts"
import { languages, languageWanted } from "./lang/language.ts"
import { phrasesOf } from "./lang/spoken.ts"
import { type Metavar, type OptionName, wordsOf } from "./lang/words.ts"
import { styleOf } from "./report/style.ts"
import { visible } from "./report/visible.ts"
import { explain } from "./run/explain.ts"
import { judge, list } from "./run/judge.ts"
import { CannotJudge, type Flags } from "./run/options.ts"

const language = languageWanted(process.argv.slice(2), process.env)
const words = wordsOf(language)

const several = (flag: Flag.Flag<string>) => Flag.atLeast(flag, 0)
const about =
  (name: OptionName) =>
  <A>(flag: Flag.Flag<A>): Flag.Flag<A> =>
    Flag.withDescription(flag, words.options[name])
const value =
  (name: Metavar) =>
  <A>(flag: Flag.Flag<A>): Flag.Flag<A> =>
    Flag.withMetavar(flag, words.metavars[name])

const flags = {
  target: several(Flag.String("target")).pipe(value("address"), about("target")),
  start: several(Flag.String("start")).pipe(value("command"), about("start")),
  build: Flag.String("build").pipe(Flag.optional, value("command"), about("build")),
  client: Flag.String("client").pipe(Flag.optional, value("command"), about("client")),
  list: Flag.Boolean("list").pipe(Flag.withDefault(false), about("list")),
  explain: Flag.String("explain").pipe(Flag.optional, Flag.withMetavar("ID"), about("explain")),
  grep: Flag.String("grep").pipe(Flag.withDefault(""), value("text"), about("grep")),
  requirement: several(Flag.String("requirement")).pipe(Flag.withMetavar("ID"), about("requirement")),
  profile: several(Flag.String("profile")).pipe(value("name"), about("profile")),
  seed: Flag.Int("seed").pipe(Flag.optional, value("integer"), about("seed")),
  path: Flag.String("path").pipe(Flag.optional, value("path"), about("path")),
  runs: Flag.Int("runs").pipe(Flag.withDefault(20), value("integer"), about("runs")),
  parallel: Flag.Int("parallel").pipe(Flag.withDefault(8), value("integer"), about("parallel")),
  timeoutScale: Flag.Finite("timeout-scale").pipe(Flag.withDefault(1), value("number"), about("timeout-scale")),
  bail: Flag.Boolean("bail").pipe(Flag.withDefault(false), about("bail")),
  knownFailures: Flag.String("known-failures").pipe(Flag.optional, value("file"), about("known-failures")),
  knownFlaky: Flag.String("known-flaky").pipe(Flag.optional, value("file"), about("known-flaky")),
  score: Flag.String("score").pipe(Flag.optional, value("file"), about("score")),
  report: Flag.String("report").pipe(
    Flag.withDefault(""),
    Flag.withMetavar("html,json,junit,markdown"),
    about("report")
  ),
  out: Flag.String("out").pipe(Flag.withDefault("conformance-report"), value("folder"), about("out")),
  lang: Flag.Literals("lang", languages).pipe(Flag.withDefault(language), Flag.withMetavar("en|es"), about("lang")),
  quiet: Flag.Boolean("quiet").pipe(Flag.withDefault(false), about("quiet"))
}

const command = Command.make("conformance", flags, (given) =>
  run({
    ...given,
    build: Option.getOrUndefined(given.build),
    client: Option.getOrUndefined(given.client),
    explain: Option.getOrUndefined(given.explain),
    seed: Option.getOrUndefined(given.seed),
    path: Option.getOrUndefined(given.path),
    knownFailures: Option.getOrUndefined(given.knownFailures),
    knownFlaky: Option.getOrUndefined(given.knownFlaky),
    score: Option.getOrUndefined(given.score),
    report: given.report.split(",").filter((kind) => kind !== "")
  })
).pipe(Command.withDescription(words.about))

/** Ends the process with this code, when all has been said. */
class ExitWith extends Data.TaggedError("ExitWith")<{ readonly code: number }> {}

const run = Effect.fnUntraced(function* (given: Flags) {
  const code =
    given.explain !== undefined
      ? yield* explain(given, given.explain)
      : given.list
        ? yield* list(given)
        : yield* judge(given)
  if (code !== undefined && code !== 0) return yield* new ExitWith({ code })
}, Effect.scoped)

// A wrong option costs one line, not a page of help.
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.sync(() =>
          complain(words.seeHelp(event.errors.map(({ message }) => phrase(oneLine(message))).join("; ")))
        )
      : CliOutput.defaultPresenter.present(event)
}

const oneLine = (message: string): string => message.replace(/\s+/gu, " ")

const phrase = phrasesOf(language).of

const complain = (line: string) => process.stderr.write(`conformance: ${line}\n`)

const colours = styleOf(process.stdout, process.env).bold("") !== ""

const settings = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layer(helpFormatter(words, colours)),
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })
)

const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return 130
  const error = Cause.squash(exit.cause)
  if (error instanceof ExitWith) return error.code
  if (error instanceof CannotJudge) {
    complain(phrase(error.reason))
    if (error.output !== undefined) process.stderr.write(`${visible(error.output)}\n`)
    return 2
  }
  if (typeof error === "object" && error !== null && "_tag" in error && error._tag === "ShowHelp") return 2
  complain(words.suiteFault(Cause.pretty(exit.cause)))
  return 3
}

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.provide(settings),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, done) => done(exitCodeOf(exit))
  })
)
