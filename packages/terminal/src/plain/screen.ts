/**
 * Where lines are typed and shown. Two kinds: a terminal, where what arrives is put above the line being typed, and a
 * pipe, where lines are just lines.
 *
 * @module
 */

import * as Readline from "node:readline"
import { Writable } from "node:stream"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** A place to type and to read. */
export interface Screen {
  /** Whether a person sits there. */
  readonly interactive: boolean
  /** The lines as they are typed, until Ctrl-C, Ctrl-D or the end of the input; who stops reading goes on where it stopped. */
  readonly typed: Stream.Stream<string>
  /** Shows a text, of one line or more, and leaves the line being typed as it is. */
  readonly show: (text: string) => Effect.Effect<void>
  /** The same for what went wrong; of a pipe, it goes to stderr. */
  readonly complain: (text: string) => Effect.Effect<void>
  /** Sets what stands before the line being typed. */
  readonly label: (label: string) => Effect.Effect<void>
  /** Asks for one line; the empty one when there is none to come. */
  readonly ask: (question: string) => Effect.Effect<string>
  /** The same, and shows nothing of the answer; of a pipe, it is the next line. */
  readonly askHidden: (question: string) => Effect.Effect<string>
  /** Returns when nobody is there any more to wait for an end: see each kind. */
  readonly deserted: Effect.Effect<void>
}

/** A stream that takes no line before somebody wants it, so that none is lost with whoever stops reading. */
const oneByOne = (line: Effect.Effect<string | undefined>): Stream.Stream<string> =>
  Stream.unfold(undefined, () =>
    Effect.map(line, (text) => (text === undefined ? undefined : ([text, undefined] as const)))
  )

/** What Readline writes, as long as it may be shown. */
const passing = (stdout: NodeJS.WriteStream, isShown: () => boolean): Writable => {
  const output = new Writable({
    decodeStrings: false,
    write: (text, _, done) => {
      if (isShown()) stdout.write(text)
      done()
    }
  })
  Object.defineProperty(output, "columns", { get: () => stdout.columns })
  stdout.on("resize", () => output.emit("resize"))
  return output
}

/**
 * A terminal. What is typed is wiped when it is entered: it is shown where the room puts it. Whoever has left it is not
 * kept longer than two seconds.
 */
export const terminal: Effect.Effect<Screen, never, Scope.Scope> = Effect.gen(function* () {
  const lines = yield* Queue.unbounded<string, Cause.Done>()
  const { stdin, stdout } = process
  let isHidden = false
  const output = passing(stdout, () => !isHidden)
  const line = yield* Effect.acquireRelease(
    Effect.sync(() => Readline.createInterface({ input: stdin, output, terminal: true, prompt: "" })),
    (line) => Effect.sync(() => line.close())
  )
  const left = Deferred.makeUnsafe<void>()
  let closed = false

  /** Moves to the first column of the row that is `rows` above, and wipes everything from there on. */
  const wipe = (rows: number) => `${rows > 0 ? `\u001b[${rows}A` : ""}\r\u001b[J`

  const show = (text: string) =>
    Effect.sync(() => {
      if (closed) return void stdout.write(`${text}\n`)
      const { rows } = line.getCursorPos()
      stdout.write(`${wipe(rows)}${text}\n`)
      // Readline goes up so many rows before it draws the line again; here it begins at the first, and after a paste the
      // number is wrong anyway.
      Object.assign(line, { prevRows: 0 })
      line.prompt(true)
    })

  const entered = (text: string) => {
    const label = line.getPrompt()
    line.setPrompt(label + text)
    const { rows } = line.getCursorPos()
    line.setPrompt(label)
    stdout.write(wipe(rows + 1))
    line.prompt()
    Queue.offerUnsafe(lines, text)
  }

  line.on("line", entered)
  line.on("SIGINT", () => line.close())
  line.on("close", () => {
    closed = true
    // What was half typed stays to be seen: nobody has said it.
    stdout.write(line.line === "" ? wipe(0) : "\n")
    Queue.endUnsafe(lines)
    Deferred.doneUnsafe(left, Exit.void)
  })
  return {
    interactive: true,
    typed: oneByOne(Queue.take(lines).pipe(Effect.orElseSucceed(() => undefined))),
    show,
    complain: show,
    label: (label) =>
      Effect.sync(() => {
        line.setPrompt(label)
        if (!closed) line.prompt(true)
      }),
    ask: (question) =>
      Effect.callback<string>((resume) => {
        const done = (answer: string) => resume(Effect.succeed(answer))
        line.once("close", () => done(""))
        line.question(question, done)
      }),
    askHidden: (question) =>
      Effect.callback<string>((resume) => {
        const done = (answer: string) => {
          isHidden = false
          stdout.write(wipe(0))
          line.prompt(true)
          resume(Effect.succeed(answer))
        }
        line.once("close", () => done(""))
        stdout.write(`${wipe(0)}${question}`)
        isHidden = true
        line.question("", done)
      }),
    deserted: Effect.andThen(Deferred.await(left), Effect.sleep("2 seconds"))
  }
})

/** A pipe: stdin's lines, at the pace at which they are taken, to stdout. Deserted when nobody reads that any more. */
export const pipe: Effect.Effect<Screen, never, Scope.Scope> = Effect.gen(function* () {
  const { stderr, stdin, stdout } = process
  const enough = Deferred.makeUnsafe<void>()
  yield* Effect.acquireRelease(
    Effect.sync(() => void stdout.on("error", () => Deferred.doneUnsafe(enough, Exit.void))),
    () => Effect.sync(() => void stdin.destroy())
  )
  // Readline loses what comes before somebody iterates, so it begins with the stream.
  let lines: AsyncIterator<string> | undefined
  // Whoever stops waiting for a line leaves it to the next who asks.
  let next: Promise<IteratorResult<string>> | undefined
  const read = () => {
    lines ??= Readline.createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]()
    next ??= lines.next()
    return next
  }
  const line = Effect.tryPromise(read).pipe(
    Effect.map(({ done, value }) => {
      next = undefined
      return done === true ? undefined : value
    }),
    Effect.orElseSucceed(() => undefined)
  )
  return {
    interactive: false,
    typed: oneByOne(line),
    show: (text) => Effect.sync(() => void stdout.write(`${text}\n`)),
    complain: (text) => Effect.sync(() => void stderr.write(`${text}\n`)),
    label: () => Effect.void,
    ask: () => Effect.succeed(""),
    askHidden: () => Effect.map(line, (text) => text ?? ""),
    deserted: Deferred.await(enough)
  }
})
