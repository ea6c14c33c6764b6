#!/usr/bin/env node
/**
 * The command `tertulia`: the reference server as a process, and the tools for its data file.
 *
 * @module
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { cliLayer, makeCommand } from "./command.ts"
import { storageFor } from "./data.ts"
import { listenersOf } from "./listeners.ts"
import * as Log from "./log.ts"
import { exitCode, report } from "./outcome.ts"
import { RoomLogs } from "./room-log.ts"
import { serve, serverName } from "./server.ts"
import type { Settings } from "./settings.ts"

const run = Effect.fnUntraced(
  function* (settings: Settings) {
    yield* serve(yield* listenersOf(settings), settings)
    yield* Effect.addFinalizer(() => Effect.logInfo("stopping"))
    const { failed } = yield* RoomLogs
    return yield* failed
  },
  Effect.scoped,
  Effect.onInterrupt(() => Effect.logInfo("stopped")),
  (effect, settings) => Effect.provide(effect, storageFor(settings))
)

const isTerminal = process.stdout.isTTY === true
const hasColour = isTerminal && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

makeCommand(run).pipe(
  Command.run({ version: serverName.split("/")[1]! }),
  Effect.tapCause(report),
  Effect.provide(Layer.mergeAll(NodeServices.layer, Log.layer({ isTerminal, hasColour }), cliLayer)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, done) => done(exitCode(exit)) })
)
