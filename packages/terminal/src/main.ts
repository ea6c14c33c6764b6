/**
 * The terminal client: `npm run chat -- --nick ana --room cafe`.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Failed } from "./failed.ts"
import { flags, type Options } from "./options.ts"
import { runPlain } from "./plain/run.ts"
import { settingsOf } from "./settings.ts"
import { oneLine } from "./visible.ts"

const run = Effect.fnUntraced(function* (options: Options) {
  const settings = yield* settingsOf(options)
  if (settings.isPlain) return yield* runPlain(settings)
  // Pipes and scripts don't wait for what only a screen needs.
  const { runScreen } = yield* Effect.promise(() => import("./full/run.ts"))
  return yield* runScreen(settings)
})

// A usage error is one sentence on stderr; the whole help is for those who ask for it.
const presenter = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(`${event.errors.map(({ message }) => oneLine(message)).join("; ")} (--help shows the options)`)
      : CliOutput.defaultPresenter.present(event)
})

const builtIns = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })

Command.make("chat", flags, run).pipe(
  Command.withDescription(
    "Talk in a room of a Tertulia server. Works in a pipe, too: echo hola | npm run chat -- --nick ana"
  ),
  Command.run({ version: "0.1.0" }),
  Effect.catch((error) =>
    CliError.isCliError(error)
      ? Effect.fail(new Failed({ sentence: "", code: 2 }))
      : Effect.andThen(Console.error(oneLine(error.sentence)), Effect.fail(error))
  ),
  Effect.provide(Layer.mergeAll(NodeServices.layer, presenter, builtIns)),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
