/**
 * Comes to what is to be judged: a server that listens, one that the suite builds and starts, or a client.
 *
 * @module
 */
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { isDeepStrictEqual } from "node:util"
import { claimedBy } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { leaveNothingRunning } from "../clients/leftovers.ts"
import { probeClient } from "../clients/probe.ts"
import { bindingsOf } from "../spec/offers.ts"
import type { ClientUnderTest } from "../suite.ts"
import type { Address, Unreachable } from "../wire/connection.ts"
import type { Trust } from "../wire/dial.ts"
import { type Keeper, keepTarget } from "./keeper.ts"
import { CannotJudge, type Flags, isSecureUrl, parseTarget, parseWebSocket } from "./options.ts"
import { probe } from "./probe.ts"
import { describeEnd, endOf, run } from "./program.ts"
import type { Target } from "./results.ts"
import {
  type NotStarted,
  portHole,
  referenceServer,
  referenceServerOver,
  referenceServerOverTls,
  type StartCommand
} from "./target.ts"

/** What is to be judged, and how it came about. */
export interface Reached {
  readonly target: Target
  /** How the suite has started it, if it has. */
  readonly start?: StartCommand
  /** What starts it again when it has died. */
  readonly keeper?: Keeper
  /** Absent when a server is judged. */
  readonly client?: ClientUnderTest
}

/** No target, where none is needed. */
export const nowhere: Target = {
  who: "server",
  given: undefined,
  host: "",
  port: 0,
  hello: undefined,
  roundTrip: 0,
  profiles: ["core"]
}

const startMillis = 20_000
const probeMillis = 5_000
// A client has to be started, perhaps by a script that builds it first.
const probeClientMillis = 20_000
// The probe starts it alone. The tests start several at once, on a machine that may be busier by then: so one that was quick is taken for
// one that needs this long.
const leastStartMillis = 4_000

/** Builds and starts what is to be built and started, and looks at what it is. */
export const reach = Effect.fnUntraced(function* (flags: Flags): Effect.fn.Return<Reached, CannotJudge, Scope.Scope> {
  yield* checkChoice(flags)
  if (flags.target.length === 0) yield* leaveNothingRunning
  if (flags.build !== undefined) yield* build(flags.build)
  return yield* flags.client === undefined ? reachServer(flags) : reachClient(flags, flags.client)
})

/** Of the options that say what is judged, one may be given, and once. */
const checkChoice = (flags: Flags): Effect.Effect<void, CannotJudge> => {
  const { build, ca, client, insecure, start, target, tls, ws } = flags
  const refuse = (reason: string) => Effect.fail(new CannotJudge({ reason }))
  if (client !== undefined && target.length > 0) {
    return refuse("--target judges a server and --client a client: give one of them")
  }
  if (client !== undefined && start.length > 0) {
    return refuse("--start starts a server and --client a client: give one of them")
  }
  if (start.length > 0 && target.length > 0) {
    return refuse("--target judges a server that runs, and --start one that the suite starts: give one of them")
  }
  if (ws !== undefined && target.length > 0)
    return refuse("--ws says where the server is, as --target does: give one of them")
  if (ws !== undefined && client !== undefined)
    return refuse("--ws judges a server and --client a client: give one of them")
  if (start.some((line) => line.trim() === ""))
    return refuse(`--start: write a command, as in --start "./server {port}"`)
  if (build !== undefined && start.length === 0 && client === undefined) {
    return refuse("--build: say by --start or --client what has been built")
  }
  if (tls && client !== undefined) return refuse("--tls is for servers: --client starts a client that speaks TCP")
  if (tls && ws !== undefined) return refuse("--tls and --ws: give one of them; --ws wss://host:port/path is both")
  if (!isOverTls(flags) && ca !== undefined) return refuse("--ca is for --tls: give both")
  if (!isOverTls(flags) && insecure) return refuse("--insecure is for --tls: give both")
  if (ca !== undefined && insecure) return refuse("--ca and --insecure contradict each other: give one of them")
  return Effect.void
}

/** Whether the target is spoken to over TLS: lines, or WebSocket. */
const isOverTls = ({ tls, ws }: Flags): boolean => tls || (ws !== undefined && isSecureUrl(ws))

/** By what the certificate of the target is judged, if it is spoken to over TLS. */
const trustOf = (flags: Flags): Effect.Effect<Trust | undefined, CannotJudge> => {
  const { ca, insecure } = flags
  if (!isOverTls(flags) || ca === undefined) return Effect.succeed(isOverTls(flags) ? { insecure } : undefined)
  return Effect.try({
    try: () => {
      const pem = readFileSync(ca, "utf8")
      new X509Certificate(pem)
      return { ca: pem }
    },
    catch: (error) => new CannotJudge({ reason: `--ca ${ca}: ${unreadable(error)}` })
  })
}

const unreadable = (error: unknown): string =>
  error instanceof Error && "syscall" in error && "code" in error
    ? `it can't be read (${String(error.code)})`
    : "it holds no certificate in PEM"

/** Runs the command that builds the target, to its end. */
const build = (line: string): Effect.Effect<void, CannotJudge> =>
  Effect.gen(function* () {
    const running = yield* run({ line })
    const ended = yield* running.exit
    if (ended === 0) return
    const reason = `--build ${line}: ${describeEnd(ended)}`
    return yield* new CannotJudge({ reason, output: endOf(running.output()) })
  }).pipe(Effect.scoped)

const reachServer = Effect.fnUntraced(function* (flags: Flags): Effect.fn.Return<Reached, CannotJudge, Scope.Scope> {
  const given = flags.target[0] ?? flags.ws
  const millis = probeMillis * flags.timeoutScale
  const { over, path, running } = yield* overWhat(flags)
  const tls = yield* trustOf(flags)
  const overTls = <A extends object>(one: A) => (tls === undefined ? one : { ...one, tls })
  const how = { ...over, ...(isOverTls(flags) ? { tlsOptions: tlsOptionsOf(flags) } : {}) }
  if (given !== undefined && running !== undefined) {
    const where = `${running.host}:${running.port}`
    const found = yield* lookAt(overTls(running), millis).pipe(
      Effect.catchTag("Unreachable", ({ gone, reason }) =>
        cannot(
          gone || flags.ws === undefined
            ? `nobody answers at ${where}: ${reason}`
            : `no WebSocket at ${flags.ws}: ${reason}`
        )
      )
    )
    const others = yield* otherServers(flags, found, overTls, millis)
    return { target: { given, ...how, ...found, ...(others.length === 0 ? {} : { others }) } }
  }
  const [line, ...more] = flags.start
  const reference: Effect.Effect<StartCommand, NotStarted, Scope.Scope> =
    line === undefined && flags.tls ? referenceServerOverTls : Effect.succeed(overTls(commandOf(line, path)))
  const begun = yield* Effect.catchTag(reference, "NotStarted", ({ output, reason }) =>
    cannot(`the reference server: ${reason}`, output)
  )
  const start = more.length === 0 ? begun : { ...begun, more: more.map((each) => overTls(commandOf(each, path))) }
  const who = line === undefined ? "the reference server" : flags.start.map((each) => `--start ${each}`).join(" ")
  const keeper = yield* keepTarget(start, startMillis * flags.timeoutScale).pipe(
    Effect.catchTag("NotStarted", ({ output, reason }) => cannot(`${who}: ${reason}`, output))
  )
  const look = (address: Address) =>
    lookAt(address, millis).pipe(
      Effect.catchTag("Unreachable", ({ reason }) => {
        const [crash] = keeper.crashes()
        return crash === undefined
          ? cannot(`${who}: nobody answers: ${reason}`)
          : cannot(`${who}: it died as soon as somebody had connected: ${crash.how}`, crash.output)
      })
    )
  const found = yield* look(keeper.first.address)
  const others = yield* Effect.forEach(keeper.first.others, (address, index) =>
    Effect.gen(function* () {
      const { hello } = yield* look(address)
      return yield* asOne("--start", flags.start[0]!, more[index]!, found, { hello, ...address })
    })
  )
  const started = line === undefined ? {} : { started: { build: flags.build } }
  const withOthers = others.length === 0 ? {} : { others }
  return { target: { given: line, ...started, ...how, ...found, ...withOthers }, start, keeper }
})

/** The servers of a target that has several, after the first. */
const otherServers = (
  { target }: Flags,
  first: Omit<Target, "given">,
  overTls: <A extends object>(one: A) => A,
  millis: number
): Effect.Effect<NonNullable<Target["others"]>, CannotJudge> =>
  Effect.forEach(target.slice(1), (given) =>
    Effect.gen(function* () {
      const address = yield* parseTarget(given)
      const { hello } = yield* lookAt(overTls(address), millis).pipe(
        Effect.catchTag("Unreachable", ({ reason }) => cannot(`nobody answers at ${given}: ${reason}`))
      )
      return yield* asOne("--target", target[0]!, given, first, { hello, ...address })
    })
  )

/** Another server of a target, as it was given: whoever claims something else or has other limits is no part of it. */
const asOne = (
  option: "--start" | "--target",
  one: string,
  given: string,
  first: Omit<Target, "given">,
  { hello, host, port }: Pick<Target, "hello" | "host" | "port">
) =>
  isDeepStrictEqual(hello, first.hello)
    ? Effect.succeed({ given, host, port })
    : cannot(`${option} ${given}: its hello is another than that of ${one}: give servers of one tertulia`)

/** The options of TLS, as they are written. */
const tlsOptionsOf = ({ ca, insecure, tls }: Flags): ReadonlyArray<string> => [
  ...(tls ? ["--tls"] : []),
  ...(ca === undefined ? [] : [`--ca ${ca}`]),
  ...(insecure ? ["--insecure"] : [])
]

/** Where the target runs, unless the suite starts it, and over what it is reached. */
const overWhat = Effect.fnUntraced(function* ({ start, target, ws }: Flags) {
  if (ws === undefined) {
    const [given] = target
    return { over: {}, path: undefined, running: given === undefined ? undefined : yield* parseTarget(given) }
  }
  const { address, path } = yield* parseWebSocket(ws)
  const over = { ws: { url: ws, path } }
  const [line] = start
  if (line === undefined) return { over, path, running: address }
  if (address === undefined && line.includes(portHole)) return { over, path, running: undefined }
  return yield* cannot(
    `--ws ${ws}: with --start, write ${portHole} there and in the command: the suite chooses the port`
  )
})

/** What starts the target: the user's command, or the reference server. */
const commandOf = (line: string | undefined, ws: string | undefined): StartCommand => {
  if (line !== undefined) return ws === undefined ? { line } : { line, ws }
  return ws === undefined ? referenceServer : referenceServerOver(ws)
}

const cannot = (reason: string, output?: string) =>
  Effect.fail(new CannotJudge({ reason, ...(output === undefined ? {} : { output }) }))

/** Looks at what listens there: all of a target but how it came about. */
const lookAt = Effect.fnUntraced(function* (
  address: Address,
  millis: number
): Effect.fn.Return<Omit<Target, "given">, CannotJudge | Unreachable> {
  const { hello, protocol, responsive, roundTrip } = yield* probe(address, millis)
  if (protocol !== undefined && protocol !== 1) {
    const where = `${address.host}:${address.port}`
    return yield* cannot(`${where} speaks protocol ${protocol}; this suite judges protocol 1`)
  }
  const { host, port, tls } = address
  const profiles = [...claimedBy(hello?.features ?? []), ...bindingsOf(address)]
  const at = { host, port, ...(tls === undefined ? {} : { tls }) }
  return { who: "server", ...at, hello, roundTrip, responsive, profiles }
})

const reachClient = Effect.fnUntraced(function* (
  flags: Flags,
  command: string
): Effect.fn.Return<Reached, CannotJudge, Scope.Scope> {
  const { roundTrip, startMillis } = yield* probeClient(command, probeClientMillis * flags.timeoutScale).pipe(
    Effect.mapError(({ reason }) => new CannotJudge({ reason: `--client ${command}: ${reason}` }))
  )
  const client = { command, startMillis: Math.max(leastStartMillis, startMillis) }
  return { target: { ...nowhere, who: "client", given: command, roundTrip }, client }
})
