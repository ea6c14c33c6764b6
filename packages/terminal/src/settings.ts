/**
 * How the client is to be: what was said on the command line, else what stands in the file, else as usual.
 *
 * @module
 */
import { userInfo } from "node:os"
import type { TcpAddress } from "@tertulia/client/tcp"
import { defaultPort, defaultTlsPort, foldName, isNick } from "@tertulia/protocol"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AccountFlags } from "./account.ts"
import { configPath, pathOf, readConfig } from "./config.ts"
import { Failed } from "./failed.ts"
import type { ThemeName } from "./full/theme.ts"
import { type Language, languageOf } from "./full/words.ts"
import { type Options, readAddress } from "./options.ts"
import { roomName } from "./plain/command.ts"
import { transportTo, type Way } from "./way.ts"

/** What both modes go by. */
export interface Settings {
  readonly at: TcpAddress
  /** How one connects there. */
  readonly transport: Way
  readonly nick: string | undefined
  /** Who to be when nobody has said it and nobody can be asked. */
  readonly login: string | undefined
  readonly room: string
  readonly outbox: string | undefined
  /** A folder for what was said, a file for each room and day; undefined for none. */
  readonly log: string | undefined
  readonly reconnect: boolean
  readonly raw: boolean
  /** What was said about an account. */
  readonly account: AccountFlags
  /** Line by line. */
  readonly isPlain: boolean
  /** Whether a person sits at a terminal. */
  readonly isTerminal: boolean
  readonly hasColour: boolean
  readonly theme: ThemeName
  readonly language: Language
  readonly bell: boolean
  /** Whether the terminal's own notices are used, too. */
  readonly notify: boolean
  readonly mouse: boolean
  readonly configFile: string
  /** Whether that file is there. */
  readonly isConfigured: boolean
  readonly ignored: ReadonlyArray<string>
}

/** The name by which this machine knows whoever runs this, as a nick, if it can be one. */
const loginName = (): string | undefined => {
  try {
    const name = foldName(userInfo().username)
    return isNick(name) ? name : undefined
  } catch {
    return undefined
  }
}

/** Puts together what was said where. */
export const settingsOf = Effect.fnUntraced(function* (options: Options) {
  const environment = process.env
  const { canColor, canPrompt } = yield* TerminalCapabilities
  const asked = Option.getOrUndefined(options.config)
  const found = yield* readConfig(asked, environment)
  const config = found ?? {}
  const written = config.server === undefined ? Option.none() : readAddress(config.server)
  if (config.server !== undefined && Option.isNone(written)) {
    return yield* new Failed({ sentence: "the server in the config file: write it as in localhost:7331", code: 2 })
  }
  const isSecure = options.tls || config.tls === true
  const ca = Option.getOrElse(options.ca, () => (config.ca === undefined ? undefined : pathOf(config.ca)))
  const base = Option.getOrElse(written, () => ({ host: "127.0.0.1", port: isSecure ? defaultTlsPort : defaultPort }))
  const at = Option.getOrElse(options.address, () => ({
    host: Option.getOrElse(options.host, () => base.host),
    port: Option.getOrElse(options.port, () => base.port)
  }))
  const outbox = Option.getOrElse(options.outbox, () =>
    config.outbox === undefined ? undefined : pathOf(config.outbox)
  )
  const settings: Settings = {
    at,
    transport: yield* transportTo(at, { isSecure, ca }),
    nick: Option.getOrElse(options.nick, () => config.nick),
    login: options.plain && !canPrompt ? loginName() : undefined,
    room: Option.getOrElse(options.room, () => foldName(roomName(config.room ?? "#cafe"))),
    outbox,
    log: config.log === undefined ? undefined : pathOf(config.log),
    reconnect: options.reconnect || options.plain,
    raw: options.raw,
    account: {
      account: options.account,
      register: options.register,
      invitation: Option.getOrUndefined(options.invitation),
      passwordFile: Option.getOrUndefined(options.passwordFile)
    },
    isPlain: options.plain || config.plain === true || !canPrompt,
    isTerminal: canPrompt,
    hasColour: canColor && !options.noColor && config.colour !== false,
    theme: Option.getOrElse(options.theme, () => config.theme ?? "ansi"),
    language: Option.getOrElse(options.lang, () => config.language ?? languageOf(environment)),
    bell: config.bell ?? true,
    notify: config.notify ?? false,
    mouse: config.mouse ?? true,
    configFile: asked ?? configPath(environment),
    isConfigured: found !== undefined,
    ignored: (config.ignore ?? []).map(foldName)
  }
  return settings
})
