/**
 * A target that the suite starts itself, and may therefore stop or kill.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { notice } from "../clients/leftovers.ts"
import type { Address } from "../wire/connection.ts"

/** How a target is started: the program and its arguments. Plain data: it crosses to vitest's worker. */
export interface StartCommand {
  readonly program: string
  readonly args: ReadonlyArray<string>
}

/** A target that runs. */
export interface StartedTarget {
  readonly address: Address
  /** Asks it to stop (SIGTERM). */
  readonly stop: Effect.Effect<void>
  /** Kills it (SIGKILL). */
  readonly kill: Effect.Effect<void>
  /** Waits for its end and gives its exit code, or the signal that ended it. */
  readonly exit: Effect.Effect<number | string>
}

/** The target didn't come up. */
export class NotStarted extends Data.TaggedError("NotStarted")<{ readonly reason: string }> {}

const main = fileURLToPath(new URL("../../../packages/server/src/main.ts", import.meta.url))

/** Of the limits and clocks of the reference server, those that would take long to reach with their defaults. */
export const quick = {
  // A heartbeat of 1 s would be quicker still, but then a busy machine that stands for two is taken for a silent client.
  heartbeat: 2,
  "login-seconds": 5,
  connections: 96,
  joins: 16,
  members: 24,
  rooms: 256,
  replay: 100
}

/** The reference server, with clocks and limits small enough to be judged quickly. */
export const referenceServer: StartCommand = {
  program: process.execPath,
  args: [main, "--port", "0", ...Object.entries(quick).flatMap(([name, value]) => [`--${name}`, String(value)])]
}

const chat = fileURLToPath(new URL("../../../packages/client/src/main.ts", import.meta.url))

/** The terminal client of this repository, as a command for `--client`. */
export const referenceClient = `"${process.execPath}" "${chat}" --nick ana --room cafe`

const startSeconds = 20

/** Starts a target on a free port, and stops it with the scope. */
export const startTarget = (command: StartCommand): Effect.Effect<StartedTarget, NotStarted, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => launch(command)),
      (running) =>
        Effect.andThen(signal(running, "SIGTERM"), ended(running)).pipe(
          Effect.timeoutOption("5 seconds"),
          Effect.andThen(signal(running, "SIGKILL")),
          Effect.andThen(Effect.sync(() => noticed(running, false)))
        )
    )
    const address = yield* addressOf(child)
    return {
      address,
      stop: signal(child, "SIGTERM"),
      kill: signal(child, "SIGKILL"),
      exit: ended(child)
    }
  })

/** Starts the process, in a group of its own, so that an interrupted run can find and end it. */
const launch = ({ args, program }: StartCommand): ChildProcess => {
  // Neither the user's settings nor a file in the user's folder may change what is judged.
  const env = withoutSettings()
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: here, env, detached: true })
  noticed(child, true)
  return child
}

const noticed = ({ pid }: ChildProcess, running: boolean): void => {
  if (pid !== undefined) notice({ group: pid, running })
}

const here = fileURLToPath(new URL(".", import.meta.url))
const withoutSettings = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TERTULIA_")))

const signal = (child: ChildProcess, name: NodeJS.Signals) => Effect.sync(() => void child.kill(name))

const ended = (child: ChildProcess): Effect.Effect<number | string> =>
  Effect.callback<number | string>((resume) => {
    const done = () => resume(Effect.succeed(child.exitCode ?? child.signalCode ?? "unknown"))
    if (child.exitCode !== null || child.signalCode !== null) return done()
    child.once("exit", done)
    return Effect.sync(() => child.off("exit", done))
  })

/** Reads the log of a target until a line of JSON says where it listens; the rest of the log is thrown away. */
const addressOf = (child: ChildProcess): Effect.Effect<Address, NotStarted> =>
  Effect.callback<Address, NotStarted>((resume) => {
    const said: Array<string> = []
    const hear = (line: string) => {
      if (said.length < 20) said.push(line)
      const address = addressIn(line)
      if (address !== undefined) resume(Effect.succeed(address))
    }
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream! }).on("line", hear)
    const fail = (reason: string) => resume(Effect.fail(new NotStarted({ reason: [reason, ...said].join("\n") })))
    child.once("error", (error) => fail(error.message))
    child.once("exit", (code) => fail(`it ended with ${code} before it listened`))
  }).pipe(
    Effect.timeoutOrElse({
      duration: `${startSeconds} seconds`,
      orElse: () => Effect.fail(new NotStarted({ reason: `it didn't say where it listens within ${startSeconds} s` }))
    })
  )

/** The host and port of a log line that is JSON and has both, at any depth. */
const addressIn = (line: string): Address | undefined => {
  try {
    return search(JSON.parse(line))
  } catch {
    return undefined
  }
}

const search = (value: unknown): Address | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const { host, port } = value as { readonly host?: unknown; readonly port?: unknown }
  if (typeof host === "string" && typeof port === "number" && port > 0) return { host, port }
  return Object.values(value)
    .map(search)
    .find((found) => found !== undefined)
}
