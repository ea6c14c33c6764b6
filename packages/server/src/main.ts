#!/usr/bin/env node
import { fileURLToPath } from "node:url"
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
import * as Log from "./log.ts"
import { parseOrigins } from "./origins.ts"
import { exitCode, report } from "./outcome.ts"
import { RoomLogs } from "./room-log.ts"
import { serve, serverName } from "./server.ts"
import type { Settings } from "./settings.ts"
import { together, told } from "./transport.ts"
import { tcp } from "./transport-tcp.ts"
import { web } from "./transport-web.ts"

const run = Effect.fnUntraced(
  function* (settings: Settings) {
    yield* serve(listenersOf(settings), settings)
    yield* Effect.addFinalizer(() => Effect.logInfo("stopping"))
    const { failed } = yield* RoomLogs
    return yield* failed
  },
  Effect.scoped,
  Effect.onInterrupt(() => Effect.logInfo("stopped")),
  (effect, settings) => Effect.provide(effect, storageFor(settings))
)

/** The folder of the web client, once it is built. */
const files = fileURLToPath(new URL("../../web/dist", import.meta.url))

/** TCP, and the web port where there is to be one; each says where it listens. */
const listenersOf = ({ data, host, limits, origins, port, webPort }: Settings) => {
  const plain = told(tcp({ host, port }), (address) => {
    const tryIt = `try: nc ${reachable(address.host)} ${address.port}`
    const said = `listening on ${at(address.host, address.port)}; ${tryIt}`
    return Effect.annotateLogs(Effect.logInfo(said), { ...address, data })
  })
  if (webPort === -1) return plain
  const page = web({ host, port: webPort, limits, origins: parseOrigins(origins), files })
  const onWeb = told(page, (address) => {
    const said = `in a browser: http://${at(reachable(address.host), address.port)}`
    return Effect.annotateLogs(Effect.logInfo(said), { host: address.host, webPort: address.port })
  })
  return together(plain, onWeb)
}

const at = (host: string, port: number): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)

/** A name for a server on this machine: a wildcard isn't one. */
const reachable = (host: string): string => (host === "0.0.0.0" || host === "::" ? "localhost" : host)

const isTerminal = process.stdout.isTTY === true
const hasColour = isTerminal && (process.env["NO_COLOR"] ?? "") === "" && process.env["TERM"] !== "dumb"

makeCommand(run).pipe(
  Command.run({ version: serverName.split("/")[1]! }),
  Effect.tapCause(report),
  Effect.provide(Layer.mergeAll(NodeServices.layer, Log.layer({ isTerminal, hasColour }), cliLayer)),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, done) => done(exitCode(exit)) })
)
