/**
 * Comes to what is to be judged: a server that listens, one that the suite builds and starts, or a client.
 *
 * @module
 */
import { claims, profiles } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { leaveNothingRunning } from "../clients/leftovers.ts"
import { probeClient } from "../clients/probe.ts"
import type { ClientUnderTest } from "../suite.ts"
import type { Address } from "../wire/connection.ts"
import { CannotJudge, type Flags, parseTarget } from "./options.ts"
import { probe } from "./probe.ts"
import { describeEnd, endOf, run } from "./program.ts"
import type { Target } from "./results.ts"
import { referenceServer, type StartCommand, startTarget } from "./target.ts"

/** What is to be judged, and how it came about. */
export interface Reached {
  readonly target: Target
  /** How the suite has started it, if it has. */
  readonly start?: StartCommand
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

/** Builds and starts what is to be built and started, and looks at what it is. */
export const reach = Effect.fnUntraced(function* (flags: Flags): Effect.fn.Return<Reached, CannotJudge, Scope.Scope> {
  yield* checkChoice(flags)
  if (flags.target.length === 0) yield* leaveNothingRunning
  if (flags.build !== undefined) yield* build(flags.build)
  return yield* flags.client === undefined ? reachServer(flags) : reachClient(flags, flags.client)
})

/** Of the options that say what is judged, one may be given, and once. */
const checkChoice = ({ build, client, start, target }: Flags): Effect.Effect<void, CannotJudge> => {
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
  if (target.length > 1) return refuse("--target: one target at a time, for now")
  if (start.length > 1) return refuse("--start: one target at a time, for now")
  if (start[0]?.trim() === "") return refuse(`--start: write a command, as in --start "./server {port}"`)
  if (build !== undefined && start.length === 0 && client === undefined) {
    return refuse("--build: say by --start or --client what has been built")
  }
  return Effect.void
}

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
  const [given = flags.start[0]] = flags.target
  const start = flags.target.length > 0 ? undefined : given === undefined ? referenceServer : { line: given }
  const address =
    start === undefined ? yield* parseTarget(given ?? "") : yield* startOne(start, startMillis * flags.timeoutScale)
  const where = `${address.host}:${address.port}`
  const probed = yield* probe(address, probeMillis * flags.timeoutScale).pipe(
    Effect.mapError(({ reason }) => new CannotJudge({ reason: `nobody answers at ${where}: ${reason}` }))
  )
  if (probed.protocol !== undefined && probed.protocol !== 1) {
    const reason = `${where} speaks protocol ${probed.protocol}; this suite judges protocol 1`
    return yield* new CannotJudge({ reason })
  }
  const { hello, responsive, roundTrip } = probed
  const claimed = profiles.filter((profile) => claims(hello?.features ?? [], profile))
  const target: Target = { who: "server", given, ...address, hello, roundTrip, responsive, profiles: claimed }
  if (start === undefined) return { target }
  return { target: { ...target, ...("line" in start ? { started: { build: flags.build } } : {}) }, start }
})

const startOne = (command: StartCommand, millis: number): Effect.Effect<Address, CannotJudge, Scope.Scope> =>
  startTarget(command, millis).pipe(
    Effect.map(({ address }) => address),
    Effect.mapError(({ output, reason }) => {
      const who = "line" in command ? `--start ${command.line}` : "the reference server"
      return new CannotJudge({ reason: `${who}: ${reason}`, output })
    })
  )

const reachClient = Effect.fnUntraced(function* (
  flags: Flags,
  command: string
): Effect.fn.Return<Reached, CannotJudge, Scope.Scope> {
  const { roundTrip, startMillis } = yield* probeClient(command, probeClientMillis * flags.timeoutScale).pipe(
    Effect.mapError(({ reason }) => new CannotJudge({ reason: `--client ${command}: ${reason}` }))
  )
  return { target: { ...nowhere, who: "client", given: command, roundTrip }, client: { command, startMillis } }
})
