/**
 * Processes that a test starts, and may kill.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, Exit, Queue, type Scope } from "effect"

/** A process whose output is read line by line. */
export interface Child {
  /** The next line of its standard output. */
  readonly line: Effect.Effect<string>
  /** SIGKILL; returns when it is gone, with what it had still written. */
  readonly kill: Effect.Effect<ReadonlyArray<string>>
  /** SIGTERM; returns when it is gone. */
  readonly stop: Effect.Effect<void>
}

/** Runs a script with this Node; killed with the scope. */
export const script = Effect.fnUntraced(function* (
  path: string,
  ...args: ReadonlyArray<string>
): Effect.fn.Return<Child, never, Scope.Scope> {
  const lines = yield* Queue.unbounded<string>()
  const gone = Deferred.makeUnsafe<void>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] })),
    (child) => killed(child, gone)
  )
  let rest = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n")
    rest = parts.pop() ?? ""
    for (const part of parts) Queue.offerUnsafe(lines, part)
  })
  child.on("close", () => Deferred.doneUnsafe(gone, Exit.void))
  return {
    stop: Effect.andThen(
      Effect.sync(() => void child.kill("SIGTERM")),
      within(Deferred.await(gone), `the end of ${path}`)
    ),
    line: within(Queue.take(lines), `a line of ${path}`),
    kill: Effect.andThen(
      killed(child, gone),
      Effect.suspend(() => (Queue.sizeUnsafe(lines) === 0 ? Effect.succeed<Array<string>>([]) : Queue.takeAll(lines)))
    )
  }
})

const killed = (child: ChildProcess, gone: Deferred.Deferred<void>) =>
  Effect.andThen(
    Effect.sync(() => void child.kill("SIGKILL")),
    Deferred.await(gone)
  )

const within = <A>(effect: Effect.Effect<A>, what: string): Effect.Effect<A> =>
  Effect.timeoutOrElse(effect, { duration: "60 seconds", orElse: () => Effect.die(new Error(`${what} never came`)) })

/** A folder that ends with the scope. */
export const folder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-client-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const main = fileURLToPath(new URL("../../../server/src/main.ts", import.meta.url))

/** The reference server, on ports or any, with its rooms in a file; gives where it listens, on the web too if it is to. */
export const referenceServer = Effect.fnUntraced(function* (data: string, port = 0, webPort = -1) {
  const ports = ["--port", String(port), "--web-port", String(webPort)]
  const child = yield* script(main, ...ports, "--data", data, "--rate", "1000")
  const plain = JSON.parse(yield* child.line) as { readonly port: number }
  const web = webPort === -1 ? { webPort } : (JSON.parse(yield* child.line) as { readonly webPort: number })
  return { ...child, port: plain.port, webPort: web.webPort }
})
