/**
 * The server as a whole: what all connections share, who is let in, and how it stops.
 *
 * @module
 */
import { encodeLine, type Hello, type Limits, protocolVersion, requestsOf } from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { makeDoor } from "./door.ts"
import { RoomLogs } from "./room-log.ts"
import { makeRooms, type Rooms } from "./rooms.ts"
import { type Session, serveConnection } from "./session.ts"
import type { Address, ListenFailed, Transport } from "./transport.ts"
import { watch } from "./watch.ts"

/** What a server announces and enforces. */
export interface ServerOptions {
  readonly limits: Limits
  /** Seconds, 1 to 300. */
  readonly heartbeat: number
}

/** What all sessions of a server share. */
export interface Server extends ServerOptions {
  /** The line that greets everybody. */
  readonly hello: Uint8Array
  /** The requests of the profiles that the server claims. */
  readonly known: ReadonlySet<string>
  readonly rooms: Rooms
  /** Who holds each nick. */
  readonly nicks: Map<string, Session>
  readonly sessions: Set<Session>
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The time of day, as entries carry it. */
  readonly today: () => string
}

/** How long a server that stops waits for its connections to take what they are owed. */
const drainTime = "4 seconds"

/** The program and its version, as `hello` gives them. */
export const serverName = "tertulia/0.1.0"

/**
 * Serves until the scope closes; then takes no more connections, reads no more requests, answers those that it has read, and
 * says `bye` to everybody (END-8). Gives the address once it listens.
 */
export const serve = Effect.fnUntraced(function* (
  transport: Transport,
  options: ServerOptions
): Effect.fn.Return<Address, ListenFailed, RoomLogs | Scope.Scope> {
  const clock = yield* Clock.Clock
  const background = yield* FiberSet.makeRuntime()
  const { durable } = yield* RoomLogs
  const features = durable ? ["history/1"] : []
  const server: Server = {
    ...options,
    hello: Buffer.from(helloLine(options, features)),
    known: requestsOf(features),
    rooms: yield* makeRooms(options.limits, (effect) => void background(logDefects(effect))),
    nicks: new Map(),
    sessions: new Set(),
    now: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
    today: () => new Date(clock.currentTimeMillisUnsafe()).toISOString()
  }
  const door = makeDoor(options.limits.connections)
  yield* Effect.forkScoped(watch(server))
  const connections = yield* FiberSet.make()
  const run = yield* FiberSet.runtime(connections)()
  yield* Effect.addFinalizer(() => drain(server, connections))
  return yield* transport.listen((connection) => {
    run(door(connection, serveConnection(server, connection)))
  })
})

/** What runs for nobody in particular has nobody else to tell. */
const logDefects = (effect: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchCause(effect, (cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("a defect of the server", cause)
  )

const helloLine = ({ heartbeat, limits }: ServerOptions, features: ReadonlyArray<string>): string => {
  const hello: Hello = {
    type: "hello",
    protocol: protocolVersion,
    server: serverName,
    features,
    auth: ["guest"],
    limits,
    heartbeat
  }
  return encodeLine(hello)
}

/** Lets every session say what it owes and goodbye, for a bounded time: one that stalls holds nobody up. */
const drain = ({ sessions }: Server, connections: FiberSet.FiberSet): Effect.Effect<void> =>
  Effect.suspend(() => {
    for (const session of sessions) session.drain()
    return FiberSet.awaitEmpty(connections)
  }).pipe(Effect.timeoutOption(drainTime), Effect.asVoid)
