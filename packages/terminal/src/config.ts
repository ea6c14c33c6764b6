/**
 * What a person has written down, so as not to say it each time: a JSON file, `tertulia/config.json` where the XDG directories say.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { foldName, isNick, isRoomName } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Failed } from "./failed.ts"
import { themeNames } from "./full/theme.ts"
import { languages } from "./full/words.ts"
import { oneLine } from "./visible.ts"

const nick = Schema.String.check(Schema.makeFilter((text) => isNick(foldName(text)) || "1 to 32 of a-z, 0-9, _ and -"))
const room = Schema.String.check(
  Schema.makeFilter((text) => isRoomName(foldName(text.startsWith("#") ? text : `#${text}`)) || "a room like #cafe")
)

/** What may stand in the file. */
export const Config = Schema.Struct({
  server: Schema.optionalKey(Schema.String),
  tls: Schema.optionalKey(Schema.Boolean),
  ca: Schema.optionalKey(Schema.String),
  nick: Schema.optionalKey(nick),
  room: Schema.optionalKey(room),
  language: Schema.optionalKey(Schema.Literals(languages)),
  outbox: Schema.optionalKey(Schema.String),
  log: Schema.optionalKey(Schema.String),
  plain: Schema.optionalKey(Schema.Boolean),
  theme: Schema.optionalKey(Schema.Literals(themeNames)),
  colour: Schema.optionalKey(Schema.Boolean),
  notify: Schema.optionalKey(Schema.Boolean),
  bell: Schema.optionalKey(Schema.Boolean),
  mouse: Schema.optionalKey(Schema.Boolean),
  ignore: Schema.optionalKey(Schema.Array(nick))
})

export type Config = typeof Config.Type

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Config))

/** Where the file is when nobody says so. */
export const configPath = (environment: NodeJS.ProcessEnv): string => {
  const base = environment["XDG_CONFIG_HOME"]
  return join(base === undefined || base === "" ? join(homedir(), ".config") : base, "tertulia", "config.json")
}

/** A path as people write it: `~` is home. */
export const pathOf = (written: string): string => written.replace(/^~(?=\/|$)/u, homedir())

/** Reads the file; undefined when there is none, unless it was asked for. */
export const readConfig = (
  asked: string | undefined,
  environment: NodeJS.ProcessEnv
): Effect.Effect<Config | undefined, Failed> => {
  const path = asked ?? configPath(environment)
  const unusable = (why: string) => new Failed({ sentence: `${oneLine(path)}: ${oneLine(why)}`, code: 2 })
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if ((code === "ENOENT" || code === "ENOTDIR") && asked === undefined) return Effect.undefined
    return Effect.fail(unusable(`can't be read (${code ?? "unknown"})`))
  }
  return decode(text, { onExcessProperty: "error" }).pipe(Effect.mapError((error) => unusable(error.message)))
}

/** Writes a file where there was none. */
export const writeConfig = (path: string, config: Config): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { flag: "wx" })
}
