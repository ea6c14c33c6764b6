#!/usr/bin/env node
/**
 * The suite's command line: reads it, runs the command that it names, and turns what comes of it into an exit code. The commands are in
 * `commands/`.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { ExitWith } from "./commands/exit.ts"
import { historyCommand } from "./commands/history.ts"
import { judgeCommand } from "./commands/judge.ts"
import { proxyCommand } from "./commands/proxy.ts"
import { replayCommand } from "./commands/replay.ts"
import { helpFormatter } from "./lang/help.ts"
import { languageWanted } from "./lang/language.ts"
import { phrasesOf } from "./lang/spoken.ts"
import { wordsOf } from "./lang/words.ts"
import { styleOf } from "./report/style.ts"
import { visible } from "./report/visible.ts"
import { standWithTheCaller } from "./run/caller.ts"
import { leave } from "./run/leave.ts"
import { CannotJudge } from "./run/options.ts"

standWithTheCaller()

const language = languageWanted(process.argv.slice(2), process.env)
const words = wordsOf(language)

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
  // A command that runs until it is told to stop has said what it came to.
  if (Cause.hasInterruptsOnly(exit.cause)) return Number(process.exitCode ?? 130)
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

const command = judgeCommand(language).pipe(
  Command.withSubcommands([proxyCommand(language), replayCommand(language), historyCommand(language)])
)

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.provide(settings),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit) => leave(exitCodeOf(exit))
  })
)
