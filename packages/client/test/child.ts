/**
 * The terminal client as a process of its own: in pipes, or in a terminal that tmux plays.
 *
 * @module
 */

import { execFile, execFileSync, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, Exit } from "effect"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

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
    Effect.sync(() => spawn(process.execPath, [main, ...args])),
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

/** A client in a terminal of 60 columns and 16 rows. */
export const inTerminal = (...args: ReadonlyArray<string>) => inTerminalWith("", ...args)

/** The same, with a variable of the environment: NAME=value. */
export const inTerminalWith = Effect.fnUntraced(function* (variable: string, ...args: ReadonlyArray<string>) {
  const socket = `tertulia-test-${process.pid}-${terminals++}`
  const tmux = (...rest: ReadonlyArray<string>) => call("-L", socket, "-f", "/dev/null", ...rest)
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ")
  yield* Effect.acquireRelease(
    tmux("new-session", "-d", "-x", "60", "-y", "16", `${variable} ${command}; echo "exit code $?"; read -r line`),
    () => Effect.ignoreCause(tmux("kill-server"))
  )
  const screen = tmux("capture-pane", "-p").pipe(Effect.map((text) => text.trimEnd()))
  return {
    types: (text: string) => tmux("send-keys", "-l", text),
    presses: (...keys: ReadonlyArray<string>) => tmux("send-keys", ...keys),
    screen,
    /** The same, with its colours as escape sequences. */
    painted: tmux("capture-pane", "-e", "-p"),
    /** Looks at the screen until it ends with this text. */
    shows: (text: string) => {
      let seen = ""
      const look: Effect.Effect<string> = Effect.flatMap(screen, (now) => {
        seen = now
        return now.endsWith(text) ? Effect.succeed(now) : look
      })
      return Effect.timeoutOrElse(look, {
        duration: "10 seconds",
        orElse: () => Effect.die(new Error(`the screen never ended with ${JSON.stringify(text)}; it is\n${seen}`))
      })
    }
  }
})
