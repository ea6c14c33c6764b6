/**
 * A client under test: a process that the suite starts, types to and watches.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address } from "../wire/connection.ts"
import { makeRecorder, type Transcript } from "../wire/transcript.ts"
import { notice, signalGroup } from "./leftovers.ts"
import type { Signal } from "./signal.ts"

/** A client that was started. */
export interface ClientProcess {
  /** Types a line into its standard input. */
  readonly types: (line: string) => Effect.Effect<void>
  readonly endsInput: Effect.Effect<void>
  /** All that has come on its standard output, up to a bound. */
  readonly shown: () => string
  /** The exit code, or the signal that ended it, once it has ended and its output is read. */
  readonly ended: () => number | string | undefined
  /** How it ended and what it wrote on its standard error, in a few words. */
  readonly lastWords: () => string
  readonly transcript: () => Transcript
}

export interface StartOptions {
  /** As the user's shell would take it. */
  readonly command: string
  /** Where it is to connect to: appended to the command. */
  readonly address: Address
  /** Milliseconds of the clock at which the test began. */
  readonly began: number
  readonly changed: Signal
}

/** What a transcript calls the process, besides its connections. */
export const terminal = "its terminal"

// Nobody needs more of it to see what went wrong, and a client that floods must not fill the suite's memory.
const keptOutput = 1_048_576
const shownWords = 400

/** Starts a client, and stops it with the scope: by the end of its input and SIGTERM, then by SIGKILL. */
export const startClient = Effect.fnUntraced(function* (
  options: StartOptions
): Effect.fn.Return<ClientProcess, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => start(options)),
    stop
  )
  return watch(child, options, () => clock.currentTimeMillisUnsafe() - options.began)
})

/** In a process group of its own: the command may be a script that starts the client, and all of it must end. */
const start = ({ address: { host, port }, command }: StartOptions): ChildProcess => {
  const child = spawn(`${command} ${host}:${port}`, { shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"] })
  if (child.pid !== undefined) notice({ group: child.pid, running: true })
  return child
}

const stop = (child: ChildProcess): Effect.Effect<void> => {
  const { exitCode, pid, signalCode, stdin } = child
  if (pid === undefined) return Effect.void
  return Effect.callback<void>((resume) => {
    if (exitCode !== null || signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    stdin?.end()
    signalGroup(pid, "SIGTERM")
  }).pipe(
    Effect.timeoutOption("1 second"),
    Effect.andThen(
      Effect.sync(() => {
        signalGroup(pid, "SIGKILL")
        notice({ group: pid, running: false })
      })
    )
  )
}

const watch = (child: ChildProcess, { changed }: StartOptions, now: () => number): ClientProcess => {
  const recorder = makeRecorder(now)
  const { stderr, stdin, stdout } = child
  let shown = ""
  let words = ""
  let ended: number | string | undefined

  const end = (how: number | string) => {
    recorder.note(`the client ended (${how})`)
    ended = how
    changed.notify()
  }
  const decoder = new TextDecoder()
  stdout!.on("data", (chunk: Uint8Array) => {
    recorder.chunk("received", chunk)
    shown = `${shown}${decoder.decode(chunk, { stream: true })}`.slice(0, keptOutput)
    changed.notify()
  })
  stderr!.setEncoding("utf8").on("data", (text: string) => {
    recorder.note(`stderr: ${text.trimEnd()}`)
    words = `${words}${text}`.slice(0, keptOutput)
  })
  // Whoever has ended takes no input any more; that is seen by its end.
  stdin!.on("error", () => {})
  child.once("error", (error) => end(error.message))
  child.once("close", (code, signal) => end(code ?? signal ?? "unknown"))

  return {
    types: (line) =>
      Effect.sync(() => {
        const bytes = new TextEncoder().encode(`${line}\n`)
        recorder.chunk("sent", bytes)
        stdin!.write(bytes)
      }),
    endsInput: Effect.sync(() => {
      recorder.note("the end of its input")
      stdin!.end()
    }),
    shown: () => shown,
    ended: () => ended,
    lastWords: () => {
      const said = words.trim().replace(/\s+/gu, " ")
      const excerpt = said.length > shownWords ? `${said.slice(0, shownWords)} ...` : said
      const state = ended === undefined ? "it still runs" : `it ended with ${ended}`
      return said === "" ? state : `${state}, and wrote on its standard error: ${excerpt}`
    },
    transcript: () => recorder.transcript(terminal, undefined)
  }
}
