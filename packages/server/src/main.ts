#!/usr/bin/env node
/**
 * The command `tertulia`: the reference server as a process. Exits 0 when it was asked to stop, 2 when it couldn't start, 1
 * when it can't go on.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { cliLayer, makeCommand, sayFault, UsageFault } from "./command.ts"
import { storageFor } from "./data.ts"
import * as Log from "./log.ts"
import { RoomLogs, StorageBroken } from "./room-log.ts"
import { serve, serverName } from "./server.ts"
import type { Settings } from "./settings.ts"
import { StorageFault } from "./sqlite/thread.ts"
import { ListenFailed } from "./transport.ts"
import { tcp } from "./transport-tcp.ts"

const run = Effect.fnUntraced(
  function* (settings: Settings) {
    const { host, port } = yield* serve(tcp(settings), settings)
    yield* Effect.addFinalizer(() => Effect.logInfo("stopping"))
    const at = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
    const tryIt = `try: nc ${isWildcard(host) ? "localhost" : host} ${port}`
    yield* Effect.logInfo(`listening on ${at}; ${tryIt}`).pipe(Effect.annotateLogs({ host, port, data: settings.data }))
    const { failed } = yield* RoomLogs
    return yield* failed
  },
  Effect.scoped,
  Effect.onInterrupt(() => Effect.logInfo("stopped")),
  (effect, settings) => Effect.provide(effect, storageFor(settings))
)

const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::"

const isTerminal = process.stdout.isTTY === true
const hasColour = isTerminal && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

/** Whether somebody other than us can do something about it. */
const isFault = (error: unknown): error is UsageFault | ListenFailed | StorageFault =>
  error instanceof UsageFault || error instanceof ListenFailed || error instanceof StorageFault

/** Says what went wrong, unless it was said. */
const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const error = Cause.squash(cause)
  if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error)) return Effect.void
  if (isFault(error) || error instanceof StorageBroken) return sayFault(error.message)
  return Effect.logFatal("a defect ended the server", cause)
}

const exitCode = <A, E>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return 0
  const error = Cause.squash(exit.cause)
  return CliError.isCliError(error) || isFault(error) ? 2 : 1
}

makeCommand(run).pipe(
  Command.run({ version: serverName.split("/")[1]! }),
  Effect.tapCause(report),
  Effect.provide(Layer.mergeAll(NodeServices.layer, Log.layer({ isTerminal, hasColour }), cliLayer)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, done) => done(exitCode(exit)) })
)
