/**
 * What can be set, and where: a flag, the environment, a file, in this order of precedence; then the default.
 *
 * @module
 */
import {
  defaultPort,
  defaultTlsPort,
  defaultWebPort,
  heartbeat,
  type LimitName,
  type Limits,
  leastIterations,
  limitFaults,
  limitNames,
  limitRegistry
} from "@tertulia/protocol"
import * as Result from "effect/Result"
import { defaultIterations } from "./accounts.ts"
import type { Bounds } from "./bounds.ts"
import { storeFault } from "./nats/store-url.ts"
import { operatorsFault } from "./operators.ts"
import { originsFault } from "./origins.ts"
import { trustedIn } from "./proxy-header.ts"

/** Something that can be set. Its flag is `--login-seconds` when its environment name is `TERTULIA_LOGIN_SECONDS`. */
export interface Setting {
  readonly flag: string
  readonly environment: string
  /** Its name in the environment by another standard, which yields to ours. */
  readonly alias?: string
  readonly default: string | number
  readonly meaning: string
  /** The range of an integer; a setting without one is text. */
  readonly range?: { readonly minimum: number; readonly maximum: number }
  /** What is wrong with a text, if anything is. */
  readonly fault?: (text: string) => string | undefined
}

type OperatorName = "opsHost" | "opsPort" | "adminSocket" | "otlpEndpoint" | "traceEvery" | "logFormat"

type BoundName = "maxConnections" | "newRooms" | "newAccounts" | "keptRooms" | "conversations"

type AccountName = "register" | "invitation" | "iterations" | "operator"

type TlsName = "tlsHost" | "tlsPort" | "webTlsPort" | "tlsCert" | "tlsKey"

/** The name of a setting: what it is called in the file, where limits stand under `limits`. */
export type SettingName =
  | "host"
  | "port"
  | "webPort"
  | "origins"
  | TlsName
  | "proxyProtocol"
  | "forwardedFrom"
  | "data"
  | "store"
  | "snapshotEvery"
  | "relayHost"
  | "relayPort"
  | "keep"
  | "keepDays"
  | "heartbeat"
  | AccountName
  | BoundName
  | OperatorName
  | LimitName

/** Every setting, with its value. */
export interface Settings {
  readonly host: string
  readonly port: number
  /** The port of the web page and of WebSocket; -1 for none. */
  readonly webPort: number
  /** The origins whose pages may connect, beside the server's own, separated by commas. */
  readonly origins: string
  /** Where TLS is spoken, if it is; an empty host is the one of TCP. */
  readonly tlsHost: string
  readonly tlsPort: number
  /** The port of the web page and of WebSocket over TLS; -1 for none. */
  readonly webTlsPort: number
  /** The PEM files of the certificate and its key; empty where there is no TLS. */
  readonly tlsCert: string
  readonly tlsKey: string
  /** The addresses of proxies, in one text; empty where there are none. */
  readonly proxyProtocol: string
  /** The addresses of proxies of HTTP, in one text; empty where there are none. */
  readonly forwardedFrom: string
  readonly data: string
  /** The engine that keeps the rooms, where several servers share them; empty where the data file does. */
  readonly store: string
  /** Messages of the store after which there is another snapshot; 0 for none. */
  readonly snapshotEvery: number
  /** Where the other servers of the store reach this one. */
  readonly relayHost: string
  readonly relayPort: number
  /** Entries that a room keeps; 0 for all. */
  readonly keep: number
  /** Days that an entry is kept; 0 for ever. */
  readonly keepDays: number
  readonly heartbeat: number
  readonly bounds: Bounds
  /** The operators' port; 0 for none. */
  readonly opsHost: string
  readonly opsPort: number
  /** The Unix socket of `tertulia admin`; empty where it is to lie beside the data file. */
  readonly adminSocket: string
  /** The URL of a collector of OpenTelemetry; empty where nothing is traced. */
  readonly otlpEndpoint: string
  /** One request in so many is traced. */
  readonly traceEvery: number
  readonly logFormat: string
  /** Who may make an account: "open", "invited" or "closed". */
  readonly register: string
  /** What whoever registers has to know; empty when nothing. */
  readonly invitation: string
  /** How often the password of a new account is hashed. */
  readonly iterations: number
  /** The nicks of the operators' accounts, separated by commas; empty when there are none. */
  readonly operator: string
  readonly limits: Limits
}

const setting = (name: string, about: Omit<Setting, "flag" | "environment">): Setting => {
  const flag = name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)
  return { flag, environment: `TERTULIA_${flag.toUpperCase().replaceAll("-", "_")}`, ...about }
}

const limitSetting = (name: LimitName): Setting => {
  const { default: byDefault, meaning, minimum, unit } = limitRegistry[name]
  return setting(name, {
    default: byDefault,
    meaning: `${meaning} (${unit}, at least ${minimum})`,
    range: { minimum, maximum: Number.MAX_SAFE_INTEGER }
  })
}

const bound = (name: BoundName, byDefault: number, meaning: string): Setting =>
  setting(name, { default: byDefault, meaning, range: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER } })

/** Every setting, in the order of `--help`. */
export const settings = {
  host: setting("host", {
    default: "127.0.0.1",
    meaning: "address to listen on; 0.0.0.0 or :: lets in other machines"
  }),
  port: setting("port", {
    default: defaultPort,
    meaning: "TCP port to listen on; 0 takes any free one",
    range: { minimum: 0, maximum: 65_535 }
  }),
  webPort: setting("webPort", {
    default: defaultWebPort,
    meaning: `HTTP port of the web page and of WebSocket (/ws); 0 takes any free one, -1 is none, which is also what holds beside a --port other than ${defaultPort}`,
    range: { minimum: -1, maximum: 65_535 }
  }),
  origins: setting("origins", {
    default: "",
    meaning:
      "origins whose pages may connect, as https://chat.example.org, separated by commas; always those of this server by its IP address or as localhost",
    fault: originsFault
  }),
  tlsHost: setting("tlsHost", {
    default: "",
    meaning: "address to listen on for TLS, where it isn't that of --host: so TCP can stay on this machine"
  }),
  tlsPort: setting("tlsPort", {
    default: defaultTlsPort,
    meaning: "port to listen on for TLS, where there is a certificate",
    range: { minimum: 0, maximum: 65_535 }
  }),
  webTlsPort: setting("webTlsPort", {
    default: -1,
    meaning:
      "port of the web page and of WebSocket over TLS (https:, wss:), where there is a certificate; 0 takes any free one, -1 is none",
    range: { minimum: -1, maximum: 65_535 }
  }),
  tlsCert: setting("tlsCert", {
    default: "",
    meaning:
      "PEM file of the certificate for TLS and those between it and its root; read anew when it changes, and on SIGHUP"
  }),
  tlsKey: setting("tlsKey", {
    default: "",
    meaning: "PEM file of the certificate's private key"
  }),
  proxyProtocol: setting("proxyProtocol", {
    default: "",
    meaning:
      "addresses of proxies, as in 127.0.0.1,10.0.0.0/8: each connection from there, over TCP, TLS or HTTP, has to begin with a header of the PROXY protocol, version 2, which says whose it is"
  }),
  forwardedFrom: setting("forwardedFrom", {
    default: "",
    meaning:
      "addresses of proxies of HTTP, as in 127.0.0.1,10.0.0.0/8: of a WebSocket that comes from there, the last address in X-Forwarded-For says whose it is"
  }),
  data: setting("data", {
    default: "./tertulia.db",
    meaning: "file that keeps the rooms; :memory: keeps none, :temporary: is a file that ends with the server"
  }),
  store: setting("store", {
    default: "",
    meaning:
      "NATS JetStream that keeps the rooms, where several servers share them, as nats://host:4222/name?replicas=3; the data file follows it then",
    fault: storeFault
  }),
  snapshotEvery: setting("snapshotEvery", {
    default: 100_000,
    meaning:
      "messages of the store after which the server that leads takes a snapshot: a new server begins with it, and the store needs nothing of what came before; 0 takes none, and keeps all",
    range: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
  }),
  relayHost: setting("relayHost", {
    default: "127.0.0.1",
    meaning: "address of this machine at which the other servers of the store reach this one, unencrypted"
  }),
  relayPort: setting("relayPort", {
    default: 0,
    meaning: "port for the other servers of the store; 0 takes any free one",
    range: { minimum: 0, maximum: 65_535 }
  }),
  keep: setting("keep", {
    default: 0,
    meaning: "entries that a room keeps in the file, the oldest being given up; 0 keeps all",
    range: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
  }),
  keepDays: setting("keepDays", {
    default: 0,
    meaning: "days after which an entry is given up, also in rooms where nobody is; 0 keeps it for ever",
    range: { minimum: 0, maximum: 36_500 }
  }),
  heartbeat: setting("heartbeat", {
    default: heartbeat.default,
    meaning: `silence after which a client is pinged; after two it is cut off (seconds, ${heartbeat.minimum} to ${heartbeat.maximum})`,
    range: { minimum: heartbeat.minimum, maximum: heartbeat.maximum }
  }),
  maxConnections: bound("maxConnections", 10_000, "connections from all addresses at once; 0 for no bound"),
  newRooms: bound("newRooms", 20_000, "rooms that may be created from one address in an hour; 0 for no bound"),
  newAccounts: bound("newAccounts", 2_000, "accounts that may be made from one address in an hour; 0 for no bound"),
  keptRooms: bound("keptRooms", 1_000_000, "rooms whose log is kept; above it none is created; 0 for no bound"),
  conversations: bound("conversations", 10_000, "conversations that one person may have begun; 0 for no bound"),
  opsHost: setting("opsHost", { default: "127.0.0.1", meaning: "address of the operators' port" }),
  opsPort: setting("opsPort", {
    default: 0,
    meaning:
      "port for operators, with /healthz, /readyz and /metrics (Prometheus), unencrypted and open to whoever reaches it; 0 for none",
    range: { minimum: 0, maximum: 65_535 }
  }),
  adminSocket: setting("adminSocket", {
    default: "",
    meaning:
      "Unix socket by which `tertulia admin` asks the server, open to the user who runs it and to root; else one beside the data file, its name and -admin, and none where there is no file"
  }),
  otlpEndpoint: setting("otlpEndpoint", {
    default: "",
    alias: "OTEL_EXPORTER_OTLP_ENDPOINT",
    meaning:
      "collector of OpenTelemetry that gets traces by OTLP over HTTP, as http://127.0.0.1:4318; none are made without one",
    fault: (text) => (isWebUrl(text) ? undefined : "it must be a URL that begins with http:// or https://")
  }),
  traceEvery: setting("traceEvery", {
    default: 100,
    meaning: "one request and one transaction in so many are traced, where there is a collector",
    range: { minimum: 1, maximum: 1_000_000 }
  }),
  logFormat: setting("logFormat", {
    default: "auto",
    meaning:
      "how the log is written: json, a JSON object on each line; text, for people; auto, text on a terminal and json elsewhere"
  }),
  register: setting("register", {
    default: "open",
    meaning:
      "who may make an account, over TLS or on this machine: open is everybody, invited is who has an invitation of `tertulia admin invite`, closed is nobody",
    fault: (text) => (["open", "invited", "closed"].includes(text) ? undefined : "it must be open, invited or closed")
  }),
  invitation: setting("invitation", {
    default: "",
    meaning:
      "what whoever makes an account has to know; better in the environment or the file than as a flag, which others can see"
  }),
  iterations: setting("iterations", {
    default: defaultIterations,
    meaning:
      "how often the password of a new account is hashed (PBKDF2-HMAC-SHA256): fewer make passwords easier to guess for whoever has the file",
    range: { minimum: leastIterations, maximum: 10_000_000 }
  }),
  operator: setting("operator", {
    default: "",
    meaning:
      "nicks of accounts, separated by commas, whose people are operators: they enter every room and may do in it whatever its owner may; an account has to be there when the server starts",
    fault: operatorsFault
  }),
  ...(Object.fromEntries(limitNames.map((name) => [name, limitSetting(name)])) as Record<LimitName, Setting>)
} as const satisfies Record<SettingName, Setting>

const isWebUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol)

/** The names of all settings, in the order of `--help`. */
export const settingNames = Object.keys(settings) as ReadonlyArray<SettingName>

/** A value that was given somewhere, with the words that name the place. */
export interface Given {
  readonly value: unknown
  readonly place: string
}

/** What one source gives. */
export type Source = Partial<Record<SettingName, Given>>

/** What texts give, by the words that name their place: flags, or the environment. An empty text gives nothing. */
export const fromTexts = (
  textOf: (setting: Setting) => { readonly text: string | undefined; readonly place: string }
) => {
  const source: Source = {}
  for (const name of settingNames) {
    const { place, text } = textOf(settings[name])
    if (text === undefined || text === "") continue
    const isInteger = settings[name].range !== undefined && /^-?[0-9]+$/u.test(text)
    source[name] = { value: isInteger ? Number(text) : text, place }
  }
  return source
}

/** What the text of a configuration file gives, or the sentence that says what is wrong with it. */
export const fromFile = (path: string, text: string): Result.Result<Source, string> => {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    return Result.fail(`${path} is not JSON: ${error instanceof Error ? oneLine(error.message) : "not readable"}`)
  }
  if (!isObject(content)) return Result.fail(`${path} must hold one JSON object`)
  const { limits = {}, ...top } = content
  if (!isObject(limits)) return Result.fail(`${path}: limits must be an object`)
  const topNames = settingNames.filter((name) => !isLimit(name))
  return Result.flatMap(namedIn(path, "", top, topNames, [...topNames, "limits"]), (above) =>
    Result.map(namedIn(path, "limits.", limits, limitNames, limitNames), (below) => ({ ...above, ...below }))
  )
}

const namedIn = (
  path: string,
  prefix: string,
  object: Readonly<Record<string, unknown>>,
  names: ReadonlyArray<SettingName>,
  known: ReadonlyArray<string>
): Result.Result<Source, string> => {
  const unknown = Object.keys(object).find((key) => !names.some((name) => name === key))
  if (unknown !== undefined) {
    const spelled = JSON.stringify(prefix + unknown)
    return Result.fail(`${path}: there is no setting ${spelled}; there are ${known.join(", ")}`)
  }
  return Result.succeed(
    Object.fromEntries(
      Object.entries(object).map(([key, value]) => [key, { value, place: `${path}: ${prefix}${key}` }])
    )
  )
}

/** Puts the sources together, the first having precedence; or gives the sentence that says what is wrong. */
export const combine = (sources: ReadonlyArray<Source>): Result.Result<Settings, string> => {
  const values: Partial<Record<SettingName, unknown>> = {}
  for (const name of settingNames) {
    const given = sources.map((source) => source[name]).find((candidate) => candidate !== undefined)
    const fault = given === undefined ? undefined : faultOf(settings[name], given)
    if (fault !== undefined) return Result.fail(fault)
    values[name] = given === undefined ? settings[name].default : given.value
  }
  // Whoever moves one port has another server on the default ones, more often than not.
  const isGiven = (name: SettingName) => sources.some((source) => source[name] !== undefined)
  if (values.port !== defaultPort && !isGiven("webPort")) values.webPort = -1
  const named = (isWanted: (name: SettingName) => boolean) =>
    Object.fromEntries(settingNames.filter(isWanted).map((name) => [name, values[name]]))
  const bounds: Bounds = {
    connections: orNone(values.maxConnections),
    newRooms: orNone(values.newRooms),
    newAccounts: orNone(values.newAccounts),
    keptRooms: orNone(values.keptRooms),
    conversations: orNone(values.conversations)
  }
  const limits = named(isLimit)
  const others = named((name) => !isLimit(name))
  const all = { ...others, bounds, limits } as Settings
  const [fault = storeConflict(all) ?? tlsFault(all) ?? proxyFault(all) ?? logFault(all)] = limitFaults(all.limits)
  return fault === undefined ? Result.succeed(all) : Result.fail(fault)
}

const orNone = (bound: unknown): number => (bound === 0 ? Number.POSITIVE_INFINITY : (bound as number))

const logFault = ({ logFormat }: Settings): string | undefined =>
  ["auto", "json", "text"].includes(logFormat)
    ? undefined
    : `logFormat is ${oneLine(JSON.stringify(logFormat))}: it must be auto, json or text`

const storeConflict = ({ data, keep, keepDays, snapshotEvery, store }: Settings): string | undefined => {
  if (store === "") return undefined
  if (data === ":memory:") return "data is :memory:, and what follows a store is a file: name one, or :temporary:"
  if (snapshotEvery === 0 && (keep > 0 || keepDays > 0))
    return "a store without snapshots keeps all entries: with keep or keepDays, snapshotEvery must not be 0"
  return undefined
}

const proxyFault = ({ forwardedFrom, proxyProtocol }: Settings): string | undefined => {
  for (const [name, list] of Object.entries({ proxyProtocol, forwardedFrom })) {
    const trusted = list === "" ? undefined : trustedIn(list)
    if (typeof trusted === "string") return `${name}: ${oneLine(trusted)}`
  }
  return undefined
}

const tlsFault = ({ tlsCert, tlsKey }: Settings): string | undefined => {
  if ((tlsCert === "") === (tlsKey === "")) return undefined
  const [given, missing] = tlsKey === "" ? ["tlsCert", "tlsKey"] : ["tlsKey", "tlsCert"]
  return `${given} is given without ${missing}: TLS needs a certificate and its key`
}

const faultOf = ({ fault, range }: Setting, { place, value }: Given): string | undefined => {
  const is = `${place} is ${oneLine(JSON.stringify(value) ?? "nothing")}`
  if (range === undefined) {
    if (typeof value !== "string" || value === "") return `${is}: it must be a text that is not empty`
    const what = fault?.(value)
    return what === undefined ? undefined : `${is}: ${what}`
  }
  const { maximum, minimum } = range
  if (Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum) return undefined
  const bounds = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
  return `${is}: it must be an integer ${bounds}`
}

const isLimit = (name: SettingName): name is LimitName => Object.hasOwn(limitRegistry, name)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A text that fits one line of a terminal, and can't act on it. */
export const oneLine = (text: string): string => text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/gu, " ").trim()
