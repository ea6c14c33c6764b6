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
import { explain } from "./run/explain.ts"
import { judge, list } from "./run/judge.ts"
import { CannotJudge, type Flags } from "./run/options.ts"

const several = (flag: Flag.Flag<string>) => Flag.atLeast(flag, 0)

const flags = {
  target: several(Flag.String("target")).pipe(
    Flag.withMetavar("host:port"),
    Flag.withDescription("The server to judge; without it, the reference server is started on a free port")
  ),
  client: Flag.String("client").pipe(
    Flag.optional,
    Flag.withMetavar("command"),
    Flag.withDescription("The client to judge instead: a command, to which host:port is appended")
  ),
  list: Flag.Boolean("list").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print the tests that would run, with what they judge")
  ),
  explain: Flag.String("explain").pipe(
    Flag.optional,
    Flag.withMetavar("ID"),
    Flag.withDescription("Print a requirement, where it stands, and what judges it")
  ),
  grep: Flag.String("grep").pipe(
    Flag.withDefault(""),
    Flag.withMetavar("text"),
    Flag.withDescription("Only tests whose title contains this text")
  ),
  requirement: several(Flag.String("requirement")).pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("Only tests that judge this requirement (may be repeated)")
  ),
  profile: several(Flag.String("profile")).pipe(
    Flag.withMetavar("name"),
    Flag.withDescription("Only tests of this profile (may be repeated)")
  ),
  seed: Flag.Int("seed").pipe(Flag.optional, Flag.withDescription("The seed of all chance; each run prints its own")),
  path: Flag.String("path").pipe(
    Flag.optional,
    Flag.withDescription("With --seed: the way to one counterexample of a property")
  ),
  runs: Flag.Int("runs").pipe(Flag.withDefault(20), Flag.withDescription("How often each property runs (20)")),
  parallel: Flag.Int("parallel").pipe(Flag.withDefault(8), Flag.withDescription("Tests at once (8)")),
  timeoutScale: Flag.Finite("timeout-scale").pipe(
    Flag.withDefault(1),
    Flag.withDescription("Multiplies every deadline; for slow targets and debuggers (1)")
  ),
  bail: Flag.Boolean("bail").pipe(Flag.withDefault(false), Flag.withDescription("Stop after the first failure")),
  report: Flag.String("report").pipe(
    Flag.withDefault(""),
    Flag.withMetavar("json,junit"),
    Flag.withDescription("Reports to write besides the terminal's")
  ),
  out: Flag.String("out").pipe(
    Flag.withDefault("conformance-report"),
    Flag.withMetavar("folder"),
    Flag.withDescription("Where the reports are written (conformance-report)")
  ),
  quiet: Flag.Boolean("quiet").pipe(Flag.withDefault(false), Flag.withDescription("Print nothing but errors"))
}

const command = Command.make("conformance", flags, (given) =>
  run({
    ...given,
    client: Option.getOrUndefined(given.client),
    explain: Option.getOrUndefined(given.explain),
    seed: Option.getOrUndefined(given.seed),
    path: Option.getOrUndefined(given.path),
    report: given.report.split(",").filter((kind) => kind !== "")
  })
).pipe(
  Command.withDescription(
    "Judges a Tertulia server, or a client, against the spec. Exit codes: 0 conformant, 1 not, 2 could not judge, 3 a fault of the suite."
  )
)

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
          complain(
            event.errors
              .map(({ message }) => message)
              .join("; ")
              .replace(/\s+/gu, " ")
          )
        )
      : CliOutput.defaultPresenter.present(event)
}

const complain = (line: string) => process.stderr.write(`conformance: ${line} (--help lists the options)\n`)

const settings = Layer.mergeAll(
  NodeServices.layer,
  CliOutput.layerPresenter(presenter),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })
)

const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return 130
  const error = Cause.squash(exit.cause)
  if (error instanceof ExitWith) return error.code
  if (error instanceof CannotJudge) {
    process.stderr.write(`conformance: ${error.reason}\n`)
    return 2
  }
  if (typeof error === "object" && error !== null && "_tag" in error && error._tag === "ShowHelp") return 2
  process.stderr.write(`conformance: a fault of the suite: ${Cause.pretty(exit.cause)}\n`)
  return 3
}

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.provide(settings),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, done) => done(exitCodeOf(exit))
  })
)
