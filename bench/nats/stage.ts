/**
 * A store to be measured: its engine, a process of its own, and what uses it.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { openEngine as openNodes } from "../../conformance/crash/engine.ts"
import { untilGreeting } from "../../conformance/src/run/target.ts"
import { type Store, storeIn } from "../../packages/server/src/nats/store-url.ts"
import { type Draft, RoomLogs } from "../../packages/server/src/room-log.ts"
import * as NatsRoomLogs from "../../packages/server/src/room-log-nats.ts"

/** Milliseconds for which this process has stood still: a figure from then is none. */
let stoodStill = 0
let before = performance.now()
setInterval(() => {
  const now = performance.now()
  if (now - before > 2_000) stoodStill += now - before
  before = now
}, 100).unref()

/** Prints a line, and whether the machine has stood still before it. */
export const say = (line: string): void => {
  process.stdout.write(`${line}${stoodStill > 0 ? ` (stood still for ${seconds(stoodStill)})` : ""}\n`)
  stoodStill = 0
}

export const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`
export const mebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576).toLocaleString("en")} MiB`

/** What everybody says here. */
export const draft: Draft = {
  type: "message",
  author: { id: "ana" },
  from: "ana",
  text: "x".repeat(100),
  at: new Date().toISOString()
}

/** What the bare client publishes: as long as what a store does for one entry. */
export const payload = Buffer.from(
  JSON.stringify({ ...draft, room: "#cafe", epoch: "x".repeat(20), server: "x".repeat(15) })
)

/** The resident memory of a process, in bytes. */
export const residentOf = (pid: number): number =>
  1_024 * Number(/VmRSS:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])

export interface Engine {
  readonly url: string
  readonly store: Store
  readonly pid: number
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts an engine of one node in a folder. */
export const openEngine = async (folder: string): Promise<Engine> => {
  const scope = Scope.makeUnsafe()
  const { nodes, store: url } = await Effect.runPromise(Scope.provide(openNodes(join(folder, "engine"), 1), scope))
  return {
    url,
    store: storeIn(url)!,
    pid: nodes[0]!.pid()!,
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** A folder that goes again. */
export const openFolder = () => {
  const path = mkdtempSync(join(tmpdir(), "tertulia-bench-"))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The logs of a store in this process, without a network to clients, and how long it took until they were there. */
export const openLogs = async (store: Store, file: string, more: Partial<NatsRoomLogs.NatsLogOptions> = {}) => {
  const scope = Scope.makeUnsafe()
  const began = performance.now()
  const context = await Effect.runPromise(
    Layer.buildWithScope(NatsRoomLogs.layer({ store, file, patience: 600, ...more }), scope).pipe(
      Effect.provideService(References.MinimumLogLevel, "Warn")
    )
  )
  const took = performance.now() - began
  const logs = Context.get(context, RoomLogs)
  return {
    took,
    open: (room: string) =>
      Effect.runPromise(
        Scope.provide(
          logs.open(room, () => {}),
          scope
        )
      ),
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** The command `tertulia`. */
export const main = fileURLToPath(new URL("../../packages/server/src/main.ts", import.meta.url))

/** So fast does one client send and catch up here, and so many come from one address. */
const generous = [
  ...["--burst", "100000000", "--rate", "100000000", "--catch-up", "1000000000", "--connections", "20000"],
  ...["--max-connections", "20000", "--heartbeat", "30", "--login-seconds", "300", "--log-format", "json"]
]

export interface Server {
  readonly port: number
  readonly pid: number
  /** Ends it at once. */
  readonly kill: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts a server, and waits until it listens. */
export const startServer = async (file: string, store: string | undefined): Promise<Server> => {
  const shared = store === undefined ? [] : ["--store", store]
  const child = spawn(process.execPath, [main, "--port", "0", "--data", file, ...generous, ...shared], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const ended = once(child, "exit")
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { port } = JSON.parse(line) as { readonly port?: number }
      if (port !== undefined) resolve(port)
    })
    void ended.then(() => reject(new Error("the server ended")))
  })
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await ended
  }
  return { port, pid: child.pid!, kill: () => end("SIGKILL"), [Symbol.asyncDispose]: () => end("SIGTERM") }
}

/** Waits until a server greets, and gives how many milliseconds that took. */
export const greets = async (port: number): Promise<number> => {
  const began = performance.now()
  await Effect.runPromise(untilGreeting({ host: "127.0.0.1", port }))
  return performance.now() - began
}
