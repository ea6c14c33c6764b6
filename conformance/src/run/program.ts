/**
 * A program that the suite runs: started so that it can be ended with all that it has started in its turn, with the end of
 * its output kept.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { notice, signalGroup } from "../clients/leftovers.ts"
import { makeSignal, until } from "../clients/signal.ts"

/** A program and its arguments, in the suite's own folder, without the user's settings. */
export interface Program {
  readonly program: string
  readonly args: ReadonlyArray<string>
  /** The path of the WebSocket endpoint by which it is reached, when it is. */
  readonly ws?: string
  /** Whether it lives and dies with the group of the process that starts it: then signals reach it alone. */
  readonly companion?: boolean
}

/** A command as the user's shell would take it, in the user's folder. */
export interface CommandLine {
  readonly line: string
  /** The path of the WebSocket endpoint by which it is reached, when it is. */
  readonly ws?: string
}

/** How a program ended: its exit code, or the name of the signal that ended it. */
export type Ended = number | string

/** A program that was started. */
export interface Running {
  /** Its process; undefined when it could not be started. */
  readonly pid: number | undefined
  /** Whether it has ended, and how. */
  readonly ended: () => Ended | undefined
  /** Waits for its end, and for the last of its output. */
  readonly exit: Effect.Effect<Ended>
  /** The end of what it has written on its standard output and its standard error, as they came. */
  readonly output: () => string
  /** Looks at each change of the output, until something is found or the program has ended. */
  readonly find: <A>(look: (output: string) => A | undefined, millis: number) => Effect.Effect<A | undefined>
  /** Sends a signal to it and to all that it has started. */
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
}

/** Makes a program stand still for so many seconds (SIGSTOP, then SIGCONT), as if its machine did. */
export const standStill = ({ signal }: Pick<Running, "signal">, seconds: number): Effect.Effect<void> =>
  Effect.acquireUseRelease(
    signal("SIGSTOP"),
    () => Effect.sleep(1_000 * seconds),
    () => signal("SIGCONT")
  )

// A sanitizer's report has its first line first, and may be long; a program that floods must not fill the suite's memory.
const keptOutput = 65_536
// What a program that has ended still had in its pipes; one that it has started may hold them open for ever.
const lastOutputMillis = 500
// A shell may end at once by a signal of which the program that it runs has still something to do: a server that says goodbye, and has its data file open until then.
const behindShellMillis = 5_000
const patience = "5 seconds"

/** Starts a program, and ends it with the scope: by SIGTERM, then by SIGKILL. */
export const run = (what: Program | CommandLine): Effect.Effect<Running, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => launch(what)),
    ({ exit, group, signal }) =>
      Effect.andThen(signal("SIGTERM"), exit).pipe(
        Effect.timeoutOption(patience),
        Effect.andThen(signal("SIGKILL")),
        Effect.andThen(Effect.sync(() => (group === undefined ? undefined : notice({ group, running: false }))))
      )
  )

const launch = (what: Program | CommandLine): Running & { readonly group: number | undefined } => {
  const apart = !("companion" in what && what.companion === true)
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"]
  const child =
    "line" in what
      ? spawn(what.line, { shell: true, stdio, detached: true })
      : // Neither the user's settings nor a file in the user's folder may change what is judged.
        spawn(what.program, what.args, { stdio, detached: apart, env: withoutSettings(), cwd: import.meta.dirname })
  const group = apart ? child.pid : undefined
  if (group !== undefined) notice({ group, running: true })
  return { ...follow(child, "line" in what), group, signal: (name) => Effect.sync(() => signalTo(child, group, name)) }
}

const signalTo = (child: ChildProcess, group: number | undefined, name: NodeJS.Signals): void => {
  if (group === undefined) child.kill(name)
  else signalGroup(group, name)
}

const withoutSettings = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TERTULIA_")))

const follow = (child: ChildProcess, byShell: boolean): Omit<Running, "signal"> => {
  const changed = makeSignal()
  let output = ""
  let ended: Ended | undefined
  let isWhole = false

  const end = (how: Ended) => {
    ended ??= how
    changed.notify()
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream!.setEncoding("utf8").on("data", (text: string) => {
      output = `${output}${text}`.slice(-keptOutput)
      changed.notify()
    })
  }
  child.once("error", (error) => {
    isWhole = true
    end(error.message)
  })
  child.once("exit", (code, signal) => end(signal ?? (byShell ? behindShell(code ?? 0) : (code ?? 0))))
  child.once("close", () => {
    isWhole = true
    changed.notify()
  })

  return {
    pid: child.pid,
    ended: () => ended,
    output: () => output,
    exit: Effect.gen(function* () {
      while (ended === undefined) yield* changed.next()
      yield* until(changed, () => isWhole || undefined, { millis: byShell ? behindShellMillis : lastOutputMillis })
      return ended
    }),
    find: (look, millis) => until(changed, () => look(output), { millis, over: () => ended !== undefined && isWhole })
  }
}

/** A shell that ran a program which a signal has ended says so by an exit code above 128. */
const behindShell = (code: number): Ended =>
  Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0] ?? code

/** How a program ended, in words. */
export const describeEnd = (how: Ended): string => (typeof how === "number" ? `exit code ${how}` : how)

const shownLines = 20
const shownLetters = 4_000

/** The last lines of an output: as many as one reads. */
export const endOf = (output: string): string =>
  output.trimEnd().split("\n").slice(-shownLines).join("\n").slice(-shownLetters)
