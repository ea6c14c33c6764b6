/**
 * The command `tertulia`: the reference server as a process, and the tools for its data file.
 *
 * @module
 */
import "effect/schema/SchemaJITCompiler/enable"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Desk } from "./admin/desk.ts"
import { openSocket, socketOf } from "./admin/socket.ts"
import { cliLayer, makeCommand } from "./command.ts"
import { storageFor } from "./data.ts"
import { inWords, listenersOf } from "./listeners.ts"
import * as Log from "./log.ts"
import { Meters } from "./meters.ts"
import type { Crew } from "./nats/crew.ts"
import { exitCode, report } from "./outcome.ts"
import { RoomLogs } from "./room-log.ts"
import { serve, serverName } from "./server.ts"
import type { Settings } from "./settings.ts"
import { type Crowd, makeCrowd, type Transport } from "./transport.ts"

const run = Effect.fnUntraced(
  function* (settings: Settings) {
    const crowd = makeCrowd(settings.bounds.connections)
    const transport = yield* listenersOf(settings, crowd)
    if (settings.store === "") return yield* serveUntilFailed(settings, transport, crowd, undefined)
    // What only few need takes a while to load.
    const { openShared } = yield* Effect.promise(() => import("./nats/shared.ts"))
    const shared = yield* openShared(transport, settings, crowd)
    return yield* serveUntilFailed(settings, shared.transport, crowd, shared.crew)
  },
  Effect.scoped,
  Effect.onInterrupt(() => Effect.logInfo("stopped")),
  (effect, settings) => operated(effect, settings),
  (effect, settings) => traced(effect, settings),
  (effect, { logFormat }) => Effect.provide(effect, logAs(logFormat))
)

/** Serves as soon as the storage is there, until it is asked to stop, or can't go on. */
const serveUntilFailed = Effect.fnUntraced(
  function* (settings: Settings, transport: Transport, crowd: Crowd, _crew: Crew | undefined) {
    const desk = yield* administered(settings)
    const serving = serve(transport, { ...settings, crowd })
    const { drained } = yield* desk === undefined ? serving : Effect.provideService(serving, Desk, desk)
    yield* Effect.addFinalizer(() => Effect.logInfo("stopping"))
    const { failed } = yield* RoomLogs
    return yield* Effect.raceFirst(failed, Effect.andThen(drained, Effect.logInfo("drained")))
  },
  Effect.scoped,
  (effect, settings, _transport, _crowd, crew) => Effect.provide(effect, storageFor(settings, crew))
)

/** With the operators' port, if there is to be one: it is open before the server listens, and until it has stopped. */
const operated = <A, E, R>(effect: Effect.Effect<A, E, R>, { opsHost, opsPort }: Settings) =>
  Effect.gen(function* () {
    if (opsPort === 0) return yield* effect
    // What only few need takes a while to load.
    const { operate } = yield* Effect.promise(() => import("./operations.ts"))
    const { address, meters } = yield* operate({ host: opsHost, port: opsPort })
    yield* Effect.logInfo(`operators: http://${inWords(address)}/metrics, /healthz, /readyz`)
    return yield* Effect.provideService(effect, Meters, meters)
  }).pipe(Effect.scoped)

/** With traces, if there is a collector for them. */
const traced = <A, E, R>(effect: Effect.Effect<A, E, R>, { otlpEndpoint, traceEvery }: Settings) =>
  Effect.gen(function* () {
    if (otlpEndpoint === "") return yield* effect
    // What only few need takes a while to load.
    const { layer } = yield* Effect.promise(() => import("./telemetry.ts"))
    return yield* Effect.provide(effect, layer(otlpEndpoint, traceEvery))
  })

/** With the admin socket, if there is to be one. Where nobody has asked for it, a server does without rather than not at all. */
const administered = Effect.fnUntraced(function* (settings: Settings) {
  const path = socketOf(settings)
  if (path === undefined) return undefined
  const opening = openSocket(path)
  if (settings.adminSocket !== "") return yield* opening
  return yield* Effect.catch(opening, ({ message }) => Effect.as(Effect.logWarning(message), undefined))
})

const logAs = (format: string) =>
  Log.layer({
    isTerminal: format === "auto" ? isTerminal : format === "text",
    hasColour: hasColour && format !== "json"
  })

const isTerminal = process.stdout.isTTY === true
const hasColour = isTerminal && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

makeCommand(run).pipe(
  Command.run({ version: serverName.split("/")[1]! }),
  Effect.tapCause(report),
  Effect.provide(Layer.mergeAll(NodeServices.layer, Log.layer({ isTerminal, hasColour }), cliLayer)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, done) => done(exitCode(exit)) })
)
