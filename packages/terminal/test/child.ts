/**
 * The terminal client as a process of its own: in pipes, or in a terminal that tmux plays.
 *
 * @module
 */

import { execFile, execFileSync, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, Exit } from "effect"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Where nobody has written a config file. */
const nowhere = "/nonexistent"

/** How a process ended, and all that it wrote. */
export interface Ending {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A client whose stdin, stdout and stderr are pipes; killed with the scope if it still runs. */
export const piped = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const ended = Deferred.makeUnsafe<Ending>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [main, ...args], { env: { ...process.env, XDG_CONFIG_HOME: nowhere } })),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )
  const output = { stdout: "", stderr: "" }
  let wake = () => {}
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text
      wake()
    })
  }
  child.stdin.on("error", () => {})
  child.on("close", (code) => Deferred.doneUnsafe(ended, Exit.succeed({ code, ...output })))
  return {
    types: (text: string) => Effect.sync(() => void child.stdin.write(text)),
    endsInput: Effect.sync(() => void child.stdin.end()),
    closesOutput: Effect.sync(() => void child.stdout.destroy()),
    /** Waits until a text has come on its standard output. */
    shows: (text: string) =>
      Effect.callback<void>((resume) => {
        wake = () => {
          if (output.stdout.includes(text)) resume(Effect.void)
        }
        wake()
      }),
    isTold: (signal: NodeJS.Signals) => Effect.sync(() => void child.kill(signal)),
    ends: Effect.timeoutOrElse(Deferred.await(ended), {
      duration: "10 seconds",
      orElse: () => Effect.die(new Error(`the client never ended; so far ${JSON.stringify(output)}`))
    })
  }
})

/** Why tests in a terminal can't run here; undefined when they can. */
export const noTmux: string | undefined = (() => {
  try {
    execFileSync("tmux", ["-V"], { stdio: "ignore" })
    return undefined
  } catch {
    return "tmux is not installed"
  }
})()

const call = (...args: ReadonlyArray<string>) =>
  Effect.callback<string>((resume) => {
    execFile("tmux", [...args], { encoding: "utf8" }, (error, stdout) =>
      resume(error === null ? Effect.succeed(stdout) : Effect.die(error))
    )
  })

let terminals = 0

/** How a terminal is, and what is in its environment: NAME=value. */
export interface TerminalOptions {
  readonly columns?: number
  readonly rows?: number
  readonly environment?: string
}

/** The plain client in a terminal of 60 columns and 16 rows. */
export const inTerminal = (...args: ReadonlyArray<string>) => onScreen({}, "--plain", ...args)

/** The same, with a variable of the environment: NAME=value. */
export const inTerminalWith = (environment: string, ...args: ReadonlyArray<string>) =>
  onScreen({ environment }, "--plain", ...args)

/** A client in a terminal. */
export const onScreen = Effect.fnUntraced(function* (
  { columns = 60, environment = "", rows = 16 }: TerminalOptions,
  ...args: ReadonlyArray<string>
) {
  const socket = `tertulia-test-${process.pid}-${terminals++}`
  const tmux = (...rest: ReadonlyArray<string>) => call("-L", socket, "-f", "/dev/null", ...rest)
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ")
  // What its person has written down doesn't matter here.
  const line = `XDG_CONFIG_HOME=${nowhere} ${environment} ${command}; echo "exit code $?"; read -r line`
  yield* Effect.acquireRelease(tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), line), () =>
    Effect.ignoreCause(tmux("kill-server"))
  )
  const screen = tmux("capture-pane", "-p").pipe(Effect.map((text) => text.trimEnd()))
  /** Looks at the screen until it is as it should be. */
  const looks = (what: string, isSo: (screen: string) => boolean) => {
    let seen = ""
    const look: Effect.Effect<string> = Effect.flatMap(screen, (now) => {
      seen = now
      return isSo(now) ? Effect.succeed(now) : look
    })
    return Effect.timeoutOrElse(look, {
      duration: "30 seconds",
      orElse: () => Effect.die(new Error(`the screen never ${what}; it is\n${seen}`))
    })
  }
  return {
    types: (text: string) => tmux("send-keys", "-l", text),
    presses: (...keys: ReadonlyArray<string>) => tmux("send-keys", ...keys),
    /** Pastes, as a terminal does it for a program that wants to know. */
    pastes: (text: string) =>
      Effect.andThen(tmux("set-buffer", "-b", "paste", text), tmux("paste-buffer", "-p", "-r", "-b", "paste")),
    resizes: (columns: number, rows: number) => tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    screen,
    /** Writes all that the program says to its terminal from now on, as it is, into a file. */
    records: (file: string) => tmux("pipe-pane", "-O", `cat >> '${file}'`),
    /** The same, with its colours as escape sequences. */
    painted: tmux("capture-pane", "-e", "-p"),
    /** The cursor: its column and its row, both from 0. */
    cursor: Effect.map(tmux("display-message", "-p", "#{cursor_x} #{cursor_y}"), (text) =>
      text.trim().split(" ").map(Number)
    ),
    looks,
    has: (text: string) => looks(`had ${JSON.stringify(text)}`, (now) => now.includes(text)),
    /** Looks at the screen until it ends with this text. */
    shows: (text: string) => looks(`ended with ${JSON.stringify(text)}`, (now) => now.endsWith(text))
  }
})
