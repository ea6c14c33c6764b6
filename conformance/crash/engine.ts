/**
 * NATS servers with JetStream, on free ports, in a folder: one, or a cluster.
 *
 * @module
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { freePort } from "../src/run/free-port.ts"
import { type Program, type Running, run, standStill } from "../src/run/program.ts"
import { untilGreeting } from "../src/run/target.ts"

/** A node that can be ended, and comes back as it was. */
export interface Node {
  /** Its process, while it runs. */
  readonly pid: () => number | undefined
  readonly kill: Effect.Effect<void>
  /** Starts it again, and waits until it has all that the others have: before that, no other may be gone. */
  readonly start: Effect.Effect<void>
  /** Makes it stand still for so many seconds, as if its machine did, and waits for the same. */
  readonly standStill: (seconds: number) => Effect.Effect<void>
}

export interface Engine {
  /** The store of a tertulia there. */
  readonly store: string
  readonly nodes: ReadonlyArray<Node>
}

/** Starts so many nodes, until the scope closes. */
export const openEngine = Effect.fnUntraced(function* (
  folder: string,
  count: number
): Effect.fn.Return<Engine, never, Scope.Scope> {
  const ports = yield* Effect.forEach(Array.from({ length: count }), () => freePort)
  const routes = yield* Effect.forEach(Array.from({ length: count }), () => freePort)
  const monitors = yield* Effect.forEach(Array.from({ length: count }), () => freePort)
  const route = routes.map((port) => `nats://127.0.0.1:${port}`).join(",")
  const nodes = yield* Effect.forEach(ports, (port, index) => {
    const own = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", join(folder, `node-${index}`)]
    const monitor = ["-m", String(monitors[index])]
    const cluster = ["-n", `n${index}`, "--cluster_name", "tertulia", "--routes", route]
    const listen = ["--cluster", `nats://127.0.0.1:${routes[index]}`]
    const args = [...own, ...monitor, ...(count === 1 ? [] : [...cluster, ...listen])]
    return openNode({ program: "nats-server", args }, port, monitors[index]!)
  })
  const servers = ports.map((port) => `127.0.0.1:${port}`).join(",")
  return { store: `nats://${servers}/tertulia?replicas=${count}`, nodes }
})

const openNode = Effect.fnUntraced(function* (
  program: Program,
  port: number,
  monitor: number
): Effect.fn.Return<Node, never, Scope.Scope> {
  const scope = yield* Effect.scope
  let running: Running | undefined
  const start = Effect.gen(function* () {
    running = yield* Scope.provide(run(program), scope)
    yield* untilGreeting({ host: "127.0.0.1", port })
  })
  const told = (tell: (node: Running) => Effect.Effect<unknown>) =>
    Effect.suspend(() => (running === undefined ? Effect.void : Effect.asVoid(tell(running))))
  yield* start
  return {
    pid: () => running?.pid,
    start: Effect.andThen(start, untilHealthy(monitor)),
    standStill: (seconds) =>
      Effect.andThen(
        told((node) => standStill(node, seconds)),
        untilHealthy(monitor)
      ),
    kill: told(({ exit, signal }) => Effect.andThen(signal("SIGKILL"), exit))
  }
})

/** Waits until a node says of itself that it is up to date. */
const untilHealthy = Effect.fnUntraced(function* (monitor: number) {
  const ask = () => fetch(`http://127.0.0.1:${monitor}/healthz`).then(({ ok }) => ok)
  while (!(yield* Effect.orElseSucceed(Effect.tryPromise(ask), () => false))) yield* Effect.sleep(100)
})
