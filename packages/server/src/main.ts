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
import { serveOver, serverName } from "./server.ts"
import type { Settings } from "./settings.ts"
import type { Address } from "./transport.ts"
import { tcp } from "./transport-tcp.ts"
import { web } from "./transport-web.ts"

const run = Effect.fnUntraced(
  function* (settings: Settings) {
    const { data, limits, webPort } = settings
    const origins = parseOrigins(settings.origins)
    const page = web({ host: settings.host, port: webPort, limits, origins, files })
    const [{ host, port }, webAddress] = yield* serveOver([tcp(settings), ...(webPort === -1 ? [] : [page])], settings)
    yield* Effect.addFinalizer(() => Effect.logInfo("stopping"))
    const tryIt = `try: nc ${reachable(host)} ${port}`
    yield* Effect.logInfo(`listening on ${at(host, port)}; ${tryIt}`).pipe(Effect.annotateLogs({ host, port, data }))
    if (webAddress !== undefined) yield* sayWeb(webAddress)
    const { failed } = yield* RoomLogs
    return yield* failed
  },
  Effect.scoped,
  Effect.onInterrupt(() => Effect.logInfo("stopped")),
  (effect, settings) => Effect.provide(effect, storageFor(settings))
)

/** The folder of the web client, once it is built. */
const files = fileURLToPath(new URL("../../web/dist", import.meta.url))

const sayWeb = ({ host, port }: Address): Effect.Effect<void> =>
  Effect.logInfo(`in a browser: http://${at(reachable(host), port)}`).pipe(Effect.annotateLogs({ host, webPort: port }))

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
