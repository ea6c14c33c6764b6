/**
 * The limits that a server announces in `hello.limits` and enforces (spec/registries.md).
 *
 * @module
 */
import * as Schema from "effect/Schema"
import type { Profile } from "./features.ts"

/** What the registry says of one limit. */
export interface LimitEntry {
  readonly profile: Profile
  readonly unit: string
  readonly default: number
  readonly minimum: number
  readonly meaning: string
}

const entry = (
  unit: string,
  byDefault: number,
  minimum: number,
  meaning: string,
  profile: Profile = "core"
): LimitEntry => ({
  profile,
  unit,
  default: byDefault,
  minimum,
  meaning
})

/** The registry of limits, in the order of the spec's table. */
export const limitRegistry = {
  line: entry("bytes", 65_536, 8_192, "a line, its LF included, in both directions"),
  text: entry("bytes", 4_096, 1_000, "a text in UTF-8, after unescaping"),
  page: entry("items", 200, 1, "items of one list in one reply"),
  joins: entry("rooms", 128, 4, "rooms that one connection is in at once"),
  members: entry("people", 10_000, 8, "members of one room"),
  rooms: entry("rooms", 100_000, 16, "rooms of the server"),
  replay: entry("entries", 1_000, 0, "entries that a join with `after` replays at the most"),
  catchUp: entry(
    "entries",
    16_000,
    1_000,
    "entries of replays, pages, searches and lists of conversations that one address gets at once, and in four seconds, before more of them come later"
  ),
  connections: entry("connections", 1_024, 16, "connections from one address at once"),
  loginSeconds: entry("seconds", 30, 5, "time that a connection has to log in"),
  backlog: entry("bytes", 1_048_576, 131_072, "unsent bytes of events above which a connection may be ended at once"),
  burst: entry("requests", 100, 10, "requests read at once from one connection before the server slows down"),
  rate: entry("requests per second", 50, 5, "requests read per second from one connection after the burst"),
  grace: entry("seconds", 15, 5, "time for which a person without a connection stays (profile resume)", "resume"),
  keySeconds: entry("seconds", 604_800, 3_600, "time for which a used key is known (profile resume)", "resume"),
  idleSeconds: entry(
    "seconds",
    300,
    5,
    "time after which an active person who does nothing is idle (profile presence)",
    "presence"
  ),
  reactions: entry("reactions", 64, 8, "different reactions to one message (profile rich)", "rich"),
  typingSeconds: entry("seconds", 6, 4, "time after which somebody who typed is typing no more (profile rich)", "rich"),
  tokenSeconds: entry(
    "seconds",
    2_592_000,
    5,
    "time for which a token opens its account (profile accounts)",
    "accounts"
  ),
  logins: entry("connections", 16, 2, "connections of one person at once (profile accounts)", "accounts"),
  attempts: entry(
    "attempts",
    10,
    3,
    "logins by a password or a proof that may fail in a row for one nick (profile accounts)",
    "accounts"
  ),
  attemptSeconds: entry("seconds", 300, 5, "time after which as many may fail again (profile accounts)", "accounts")
} as const satisfies Record<string, LimitEntry>

/** The name of a limit. */
export type LimitName = keyof typeof limitRegistry

/** Every limit, with its value. */
export type Limits = { readonly [Name in LimitName]: number }

/** The names of all limits, in the registry's order. */
export const limitNames = Object.keys(limitRegistry) as ReadonlyArray<LimitName>

/** The defaults: what a limit that a server doesn't announce is (LIMIT-1). */
export const defaultLimits: Limits = Object.fromEntries(
  limitNames.map((name) => [name, limitRegistry[name].default])
) as Limits

/** All limits of a server, from those that its `hello` announces. */
export const effectiveLimits = (announced: Partial<Limits>): Limits => ({ ...defaultLimits, ...announced })

const limit = (name: LimitName) => {
  const { meaning, minimum, unit } = limitRegistry[name]
  return Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(minimum)).annotate({
      title: name,
      description: `${meaning} (${unit})`
    })
  )
}

/** `hello.limits`: what is absent has its default. */
export const AnnouncedLimits = Schema.Struct({
  line: limit("line"),
  text: limit("text"),
  page: limit("page"),
  joins: limit("joins"),
  members: limit("members"),
  rooms: limit("rooms"),
  replay: limit("replay"),
  catchUp: limit("catchUp"),
  connections: limit("connections"),
  loginSeconds: limit("loginSeconds"),
  backlog: limit("backlog"),
  burst: limit("burst"),
  rate: limit("rate"),
  grace: limit("grace"),
  keySeconds: limit("keySeconds"),
  idleSeconds: limit("idleSeconds"),
  reactions: limit("reactions"),
  typingSeconds: limit("typingSeconds"),
  tokenSeconds: limit("tokenSeconds"),
  logins: limit("logins"),
  attempts: limit("attempts"),
  attemptSeconds: limit("attemptSeconds")
}).annotate({ identifier: "Limits", title: "Limits", description: "Limits that differ from the registry's defaults" })

/** What is wrong with a set of limits, in one sentence each; empty when it may be announced. */
export const limitFaults = (limits: Limits): ReadonlyArray<string> => [
  ...limitNames
    .filter((name) => !Number.isSafeInteger(limits[name]) || limits[name] < limitRegistry[name].minimum)
    .map(
      (name) => `limits.${name} is ${limits[name]}: it must be an integer of at least ${limitRegistry[name].minimum}`
    ),
  ...(limits.line < 6 * limits.text + 2_048
    ? [`limits.line is ${limits.line}: it must be at least 6 x limits.text + 2,048 = ${6 * limits.text + 2_048}`]
    : []),
  ...(limits.backlog < 2 * limits.line
    ? [`limits.backlog is ${limits.backlog}: it must be at least 2 x limits.line = ${2 * limits.line}`]
    : [])
]

/** The shortest `limits.line` of a server that claims rich: a message goes on one line with all of its reactions (RICH-6). */
export const richLine = ({ reactions, text }: Pick<Limits, "reactions" | "text">): number =>
  6 * text + 4_096 + 256 * reactions

/** Seconds of silence after which a server pings: the default of `hello.heartbeat`, its minimum and maximum. */
export const heartbeat = { default: 30, minimum: 1, maximum: 300 } as const

/** `hello` fits this many bytes, since the client doesn't know the limits yet (HELLO-3). */
export const helloBytes = 4_096

/** The deepest nesting of a JSON text; the object itself is level 1 (JSON-2, JSON-3). */
export const nesting = 8
