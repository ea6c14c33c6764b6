/**
 * `import`: logs that were exported, into a data file that no server uses: all of them, or nothing.
 *
 * @module
 */
import { statSync } from "node:fs"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { makeEpoch } from "../epoch.ts"
import type { Entry } from "../room-log.ts"
import { openDataFile } from "../sqlite/data-file.ts"
import { type LogWriter, makeLogWriter } from "../sqlite/log-writer.ts"
import type { LogHead } from "../sqlite/snapshot.ts"
import { UsageFault } from "../usage.ts"
import { readEntry, readHeader } from "./archive.ts"
import { explaining } from "./data.ts"
import { readFault } from "./disk.ts"
import { type Lines, linesOf, longestLine } from "./lines.ts"
import { type Screen, showProgress } from "./progress.ts"
import { entries } from "./words.ts"

export interface ImportOptions {
  /** The data file, which is made if it isn't there. */
  readonly data: string
  /** What the room is to be called; absent: as it was. */
  readonly room: string | undefined
  /** Bytes of the longest text: `limits.text` of the server that will use the file. */
  readonly textLimit: number
  readonly screen: Screen
}

/**
 * Imports logs from files, or one from standard input. A room whose log comes from elsewhere is another log, whatever it holds: it has
 * a new epoch (EPOCH-2), and clients that know the old one begin anew.
 */
export const importLogs = Effect.fnUntraced(function* (paths: ReadonlyArray<string>, options: ImportOptions) {
  const { data } = options
  const transaction = yield* beginIn(data)
  const logs: Array<LogHead> = []
  for (const path of paths.length === 0 ? [undefined] : paths) {
    logs.push(yield* importLog(path, transaction.writer, options))
  }
  yield* transaction.commit
  for (const { epoch, first, head, room } of logs) {
    yield* Console.log(`${room}: ${entries(head - first + 1)}, up to ${head}, in ${data}; its epoch is ${epoch}`)
  }
}, Effect.scoped)

/** Begins to write to a data file; if that isn't committed until the scope closes, the file is as it was, or isn't there. */
const beginIn = Effect.fnUntraced(function* (data: string) {
  let isDone = false
  const { db } = yield* Effect.acquireRelease(
    explaining(data, () => openDataFile(data)),
    ({ close, discard, isNew }) => Effect.sync(() => (isNew && !isDone ? discard() : close()))
  )
  // What isn't committed when the file is closed is rolled back.
  yield* explaining(data, () => db.exec("BEGIN IMMEDIATE"))
  const commit = explaining(data, () => {
    db.exec("COMMIT")
    isDone = true
  })
  return { writer: makeLogWriter(db), commit }
})

const importLog = Effect.fnUntraced(function* (path: string | undefined, writer: LogWriter, options: ImportOptions) {
  const name = path ?? "standard input"
  const show = yield* showProgress(options.screen, `importing ${name}`, "bytes")
  const unreadable = (error: unknown) => readFault(name, error)
  const size = path === undefined ? undefined : yield* Effect.try({ try: () => statSync(path).size, catch: unreadable })
  const taking = takeLog(writer, { ...options, epoch: yield* makeEpoch })
  const takeAll = ({ bytes, lines }: Lines) =>
    Effect.flatMap(
      explaining(options.data, () => firstFault(lines, taking.take)),
      (fault) => {
        if (fault !== undefined) return refuse(`${name}, ${fault}`)
        return Effect.sync(() => show(bytes, size))
      }
    )
  yield* Stream.fromAsyncIterable(linesOf(path), unreadable).pipe(Stream.runForEach(takeAll))
  const log = taking.end()
  return Result.isSuccess(log) ? log.success : yield* refuse(`${name} ${log.failure}`)
}, Effect.scoped)

const refuse = (message: string) => Effect.fail(new UsageFault({ message: `${message}; nothing was imported` }))

const firstFault = (lines: ReadonlyArray<Buffer>, take: (line: Buffer) => string | undefined): string | undefined => {
  for (const line of lines) {
    const fault = take(line)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Takes the lines of a log, each in its turn, and says what is wrong with one, or with the end. */
const takeLog = (writer: LogWriter, { epoch, room, textLimit }: Taking) => {
  let log: LogHead | undefined
  let add: (entry: Entry) => void = () => {}
  let number = 0
  let seq = 0

  const takeHeader = (line: string): Result.Result<void, string> =>
    Result.flatMap(readHeader(line), (header) => {
      log = { ...header, epoch, room: room ?? header.room }
      const there = writer.log(log.room)
      if (there !== undefined) {
        return Result.fail(
          `${log.room} has a log already, up to entry ${there.head}: give this one another name with --room`
        )
      }
      add = writer.begin(log)
      seq = log.first
      return Result.void
    })

  const takeEntry = (line: string, { head }: LogHead): Result.Result<void, string> => {
    if (seq > head) return Result.fail(`an entry too many: the first line says that the log ends with ${head}`)
    return Result.map(readEntry(line, seq, textLimit), (entry) => {
      add(entry)
      seq++
    })
  }

  return {
    take: (bytes: Buffer): string | undefined => {
      number++
      const taken = Result.flatMap(textOf(bytes), (line) =>
        log === undefined ? takeHeader(line) : takeEntry(line, log)
      )
      return Result.isSuccess(taken) ? undefined : `line ${number}: ${taken.failure}`
    },
    end: (): Result.Result<LogHead, string> => {
      if (log === undefined) return Result.fail("is empty")
      if (seq <= log.head)
        return Result.fail(`ends before entry ${seq}: its first line says that the last is ${log.head}`)
      return Result.succeed(log)
    }
  }
}

/** What is known of a log before its first line is read. */
interface Taking {
  readonly epoch: string
  readonly room: string | undefined
  readonly textLimit: number
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const textOf = (line: Buffer): Result.Result<string, string> => {
  if (line.length > longestLine) return Result.fail(`longer than ${longestLine} bytes`)
  try {
    return Result.succeed(utf8.decode(line))
  } catch {
    return Result.fail("this is not UTF-8")
  }
}
