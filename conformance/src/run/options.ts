/**
 * The command line's options, checked before anything is done.
 *
 * @module
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { Language } from "../lang/language.ts"
import type { Requirement } from "../spec/requirements.ts"
import type { Address } from "../wire/connection.ts"
import { portHole } from "./target.ts"

/** How often each property runs, unless it is said otherwise. */
export const usualRuns = 20

/** The options as they were given. */
export interface Flags {
  readonly target: ReadonlyArray<string>
  /** Whether the target is spoken to over TLS; the file of whoever may have signed its certificate; whether any certificate will do. */
  readonly tls: boolean
  readonly ca: string | undefined
  readonly insecure: boolean
  /** The URL of a target that is reached over WebSocket. */
  readonly ws: string | undefined
  /** The commands that start targets. */
  readonly start: ReadonlyArray<string>
  /** What is run first. */
  readonly build: string | undefined
  /** Whether it is judged again when its sources change, and which: those of the present folder, if none is named. */
  readonly watch: boolean
  readonly watchPath: ReadonlyArray<string>
  /** The command of a client to judge instead of a server. */
  readonly client: string | undefined
  readonly list: boolean
  readonly grep: string
  readonly requirement: ReadonlyArray<string>
  readonly profile: ReadonlyArray<string>
  readonly seed: number | undefined
  readonly path: string | undefined
  readonly runs: number
  readonly parallel: number
  /** Whether the order of chapters and tests is drawn from the seed. */
  readonly shuffle: boolean
  readonly timeoutScale: number
  readonly bail: boolean
  readonly explain: string | undefined
  /** Files with lists. */
  readonly knownFailures: string | undefined
  readonly knownFlaky: string | undefined
  readonly score: string | undefined
  readonly report: ReadonlyArray<string>
  readonly out: string
  readonly quiet: boolean
  readonly lang: Language
}

/** The run can't judge: exit 2, with one line, and the end of what the target's program has written, where that says why. */
export class CannotJudge extends Data.TaggedError("CannotJudge")<{
  readonly reason: string
  readonly output?: string
}> {
  override get message() {
    return this.reason
  }
}

/** The kinds of report besides the terminal's. */
export const reportKinds = ["html", "json", "junit", "markdown", "gradescope", "autograding", "exercism"] as const

export type ReportKind = (typeof reportKinds)[number]

/** Reads `host:port`, also `[::1]:7331`. */
export const parseTarget = (text: string): Effect.Effect<Address, CannotJudge> => parseAddress("--target", text, 1)

/** Reads the `host:port` of an option; the port 0, where it is allowed, is a free one. */
export const parseAddress = (option: string, text: string, leastPort: 0 | 1): Effect.Effect<Address, CannotJudge> => {
  const match = /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s]+)):(?<port>[0-9]{1,5})$/u.exec(text)
  const port = Number(match?.groups?.["port"])
  const host = match?.groups?.["six"] ?? match?.groups?.["host"]
  return host !== undefined && port >= leastPort && port <= 65_535
    ? Effect.succeed({ host, port })
    : Effect.fail(new CannotJudge({ reason: `${option} ${text}: write host:port, as in localhost:7331` }))
}

/** Whether the URL of a WebSocket is one over TLS. */
export const isSecureUrl = (url: string): boolean => url.startsWith("wss:")

/** The path of a WebSocket's URL, and the address when its port is written out, and not to be chosen by the suite. */
export const parseWebSocket = (
  url: string
): Effect.Effect<{ readonly path: string; readonly address: Address | undefined }, CannotJudge> => {
  const match = /^wss?:\/\/(?<where>[^/\s]+)(?<path>\/[^\s#]*)?$/u.exec(url)
  const { path = "/", where } = match?.groups ?? {}
  if (where === undefined) {
    return Effect.fail(
      new CannotJudge({ reason: `--ws ${url}: write ws://host:port/path, as in ws://localhost:7332/ws` })
    )
  }
  if (where.endsWith(`:${portHole}`)) {
    return isSecureUrl(url)
      ? Effect.fail(new CannotJudge({ reason: `--ws ${url}: over TLS a server is judged that runs: write its port` }))
      : Effect.succeed({ path, address: undefined })
  }
  return Effect.map(parseAddress("--ws", where, 1), (address) => ({ path, address: { ...address, ws: path } }))
}

/** Every ID in capitals, or the reason why one is none. */
export const checkIds = (
  option: string,
  ids: ReadonlyArray<string>,
  requirements: ReadonlyArray<Requirement>
): Effect.Effect<ReadonlyArray<string>, CannotJudge> =>
  Effect.forEach(ids, (given) => {
    const id = given.toUpperCase()
    const found = requirements.find((requirement) => requirement.id === id)
    if (found?.removed !== undefined) {
      return Effect.fail(new CannotJudge({ reason: `${option} ${given}: it was removed (${found.removed})` }))
    }
    if (found !== undefined) return Effect.succeed(id)
    const family = requirements.filter((each) => each.id.startsWith(`${id.split("-")[0]}-`)).map((each) => each.id)
    const hint = family.length === 0 ? "see --list" : `there are ${family[0]} to ${family.at(-1)}`
    return Effect.fail(new CannotJudge({ reason: `${option} ${given}: the spec has no such requirement; ${hint}` }))
  })

/** One of a few words, or the reason why not. */
export const checkWords = (
  option: string,
  given: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): Effect.Effect<void, CannotJudge> => {
  const odd = given.find((word) => !known.includes(word))
  return odd === undefined
    ? Effect.void
    : Effect.fail(new CannotJudge({ reason: `${option} ${odd}: write one of ${known.join(", ")}` }))
}

/** A number of at least `least`, or the reason why not. */
export const checkNumber = (option: string, given: number, least: number): Effect.Effect<void, CannotJudge> =>
  given >= least && Number.isFinite(given)
    ? Effect.void
    : Effect.fail(new CannotJudge({ reason: `${option} ${given}: write a number of at least ${least}` }))
