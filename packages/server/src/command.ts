/**
 * The command line: its flags and its help; every fault of a user is one line on standard error, and exit 2.
 *
 * @module
 */
import { readFile } from "node:fs/promises"
import { visible } from "@tertulia/protocol"
import * as Console from "effect/Console"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { makeAdmin } from "./admin/commands.ts"
import { devCert } from "./dev-cert.ts"
import { makeOperations } from "./operate/commands.ts"
import {
  combine,
  fromFile,
  fromTexts,
  oneLine,
  type Setting,
  type SettingName,
  type Settings,
  type Source,
  settingNames,
  settings
} from "./settings.ts"
import { UsageFault } from "./usage.ts"

/** Where a configuration file is looked for when none is named. */
const defaultFile = "./tertulia.json"

const describe = (name: SettingName): string => {
  const { alias, default: byDefault, environment, meaning }: Setting = settings[name]
  const names = alias === undefined ? environment : `${environment}, ${alias}`
  return `${meaning} [${byDefault === "" ? "" : `default ${byDefault}, `}${names}]`
}

// Texts, also where an integer is meant: every source is read and refused in the same words.
const flag = (name: SettingName): Flag.Flag<Option.Option<string>> =>
  Flag.String(settings[name].flag).pipe(
    Flag.withMetavar(settings[name].range === undefined ? "text" : "integer"),
    Flag.withDescription(describe(name)),
    Flag.optional
  )

type Flags<A> = Record<SettingName, A>

const { data, ...serverFlags } = Object.fromEntries(settingNames.map((name) => [name, flag(name)])) as Flags<
  Flag.Flag<Option.Option<string>>
>

const config = Flag.String("config").pipe(
  Flag.withMetavar("path"),
  Flag.withDescription(
    `JSON file of settings: {"port": 7331, "limits": {"text": 4096}} [default ${defaultFile}, if it exists, TERTULIA_CONFIG]`
  ),
  Flag.optional
)

/** The server's command, whose flags `--data` and `--config` its subcommands take, too. */
const server = Command.make("tertulia", serverFlags).pipe(Command.withSharedFlags({ data, config }))

/** Settings as the subcommands have them: from two flags, the environment and the file. */
const shared = Effect.flatMap(server, ({ config, data }) =>
  readSettings({ ...nothingGiven, data }, Option.getOrUndefined(config))
)

const nothingGiven = Object.fromEntries(settingNames.map((name) => [name, Option.none()])) as Flags<
  Option.Option<string>
>

/** The command `tertulia`, which runs a server with the settings that flags, environment and file give, or operates its data file. */
export const makeCommand = <E, R>(run: (settings: Settings) => Effect.Effect<void, E, R>) => {
  const serve = Command.make("serve", serverFlags, (given) =>
    Effect.gen(function* () {
      const { config, data } = yield* server
      yield* run(yield* readSettings({ ...given, data }, Option.getOrUndefined(config)))
    })
  ).pipe(
    Command.withDescription(
      "Run the server, as without a subcommand. A flag wins over the environment, that over the file."
    ),
    Command.withShortDescription("Run the server, as without a subcommand")
  )
  return server.pipe(
    Command.withHandler(({ config, ...given }) =>
      Effect.flatMap(readSettings(given, Option.getOrUndefined(config)), run)
    ),
    Command.withDescription(
      "The reference server of Tertulia, a chat protocol; with a subcommand, the tools for its data file, and for the server that runs. " +
        "A flag wins over the environment, that over the file."
    ),
    Command.withSubcommands([serve, ...makeOperations(shared), makeAdmin(shared), devCert])
  )
}

const readSettings = Effect.fnUntraced(function* (given: Flags<Option.Option<string>>, path: string | undefined) {
  const texts = Object.fromEntries(
    settingNames.map((name) => [settings[name].flag, Option.getOrUndefined(given[name])])
  )
  const fromFlags = fromTexts(({ flag }) => ({ text: texts[flag], place: `--${flag}` }))
  const fromEnvironment = fromTexts(({ alias, environment }) => {
    const isOurs = alias === undefined || (process.env[environment] ?? "") !== ""
    const place = isOurs ? environment : alias
    return { text: process.env[place], place }
  })
  const file = yield* readSource(path ?? process.env["TERTULIA_CONFIG"])
  return yield* usage(combine([fromFlags, fromEnvironment, file]))
})

/** What the file gives: the one that was named, or the default one if it exists. */
const readSource = (path: string | undefined): Effect.Effect<Source, UsageFault> => {
  const file = path ?? defaultFile
  return Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (error) => new Unreadable({ code: (error as NodeJS.ErrnoException).code ?? "unknown" })
  }).pipe(
    Effect.catch(({ code }) => {
      if (code === "ENOENT" && path === undefined) return Effect.succeed("{}")
      const reason = code === "ENOENT" ? "it doesn't exist" : code
      return Effect.fail(new UsageFault({ message: `can't read the configuration file ${oneLine(file)}: ${reason}` }))
    }),
    Effect.flatMap((text) => usage(fromFile(file, text)))
  )
}

class Unreadable extends Data.TaggedError("Unreadable")<{ readonly code: string }> {}

const usage = <A>(result: Result.Result<A, string>): Effect.Effect<A, UsageFault> =>
  Effect.fromResult(Result.mapError(result, (message) => new UsageFault({ message })))

/** Help as Effect gives it; faults of usage as one line. */
export const cliLayer = Layer.merge(
  CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.LogLevel] }),
  CliOutput.layerPresenter({
    present: (event) =>
      event._tag === "InvalidInvocation"
        ? sayFault(`${event.errors.map(({ message }) => oneLine(message)).join("; ")} (see --help)`)
        : CliOutput.defaultPresenter.present(event)
  })
)

/** Tells the user, in one line on standard error, what can't be done. */
export const sayFault = (message: string): Effect.Effect<void> =>
  Console.error(`tertulia: ${visible(oneLine(message))}`)
