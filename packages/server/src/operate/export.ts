/**
 * `export`: the logs of rooms as files, of one moment, while their server goes on.
 *
 * @module
 */
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { isRoomName } from "@tertulia/protocol"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { Entry } from "../room-log.ts"
import { DataFault } from "../sqlite/data-file.ts"
import { type LogHead, type Snapshot, takeSnapshot } from "../sqlite/snapshot.ts"
import { UsageFault } from "../usage.ts"
import { entryLine, headerLine } from "./archive.ts"
import { explaining, look } from "./data.ts"
import { exists, writing } from "./new-file.ts"
import { type Output, toFile, toStandardOutput } from "./output.ts"
import { type Screen, showProgress } from "./progress.ts"
import { transcriptOf } from "./transcript.ts"
import { counted } from "./words.ts"

/** How a log is written: to be imported, or to be read. */
export type Format = "ndjson" | "text"

export interface ExportOptions {
  /** The data file. */
  readonly data: string
  readonly format: Format
  readonly mayReplace: boolean
  readonly screen: Screen
}

/** Characters after which a chunk is written. */
const chunkLength = 65_536

/** Exports the log of a room, into a file or to standard output. */
export const exportRoom = Effect.fnUntraced(
  function* (room: string, out: string | undefined, options: ExportOptions) {
    const { data, mayReplace } = options
    const snapshot = yield* snapshotOf(data)
    const log = yield* explaining(data, () => snapshot.log(room))
    if (log === undefined) return yield* new UsageFault({ message: `there is no log of ${room} in ${data}` })
    const output = yield* out === undefined ? toStandardOutput : toFile(out, mayReplace)
    yield* writeLog(snapshot, log, output, options)
    yield* output.finish
    if (out !== undefined) yield* Console.log(`${room}: ${spanOf(log)}, in ${out}`)
  },
  Effect.scoped,
  Effect.catchTag("EnoughRead", () => Effect.void)
)

/** Exports the logs of all rooms into a folder, which is made if it isn't there: all of one moment. */
export const exportAll = Effect.fnUntraced(function* (folder: string, options: ExportOptions) {
  const { data, mayReplace } = options
  const snapshot = yield* snapshotOf(data)
  const logs = yield* explaining(data, () =>
    Array.from(snapshot.logs(), (log) => ({ log, path: pathOf(log, folder, options) }))
  )
  const taken = mayReplace ? undefined : logs.find(({ path }) => existsSync(path))
  if (taken !== undefined) return yield* exists(taken.path)
  yield* writing(folder, () => mkdirSync(folder, { recursive: true }))
  for (const { log, path } of logs) {
    yield* Effect.scoped(
      Effect.gen(function* () {
        const output = yield* toFile(path, mayReplace)
        yield* writeLog(snapshot, log, output, options)
        yield* output.finish
      })
    )
  }
  yield* Console.log(`${folder}: ${counted(logs.length, "room")}`)
}, Effect.scoped)

const snapshotOf = (data: string) => Effect.flatMap(look(data), (db) => explaining(data, () => takeSnapshot(db)))

/** What can be the name of a room can be the name of a file. */
const pathOf = ({ room }: LogHead, folder: string, { format }: ExportOptions): string => {
  if (!isRoomName(room)) throw new DataFault("a room has a name that no room can have: tertulia verify says more")
  return join(folder, `${room.slice(1)}.${format === "text" ? "txt" : "ndjson"}`)
}

const writeLog = Effect.fnUntraced(function* (
  snapshot: Snapshot,
  log: LogHead,
  output: Output,
  { data, format, screen }: ExportOptions
) {
  const show = yield* showProgress(screen, `exporting ${log.room}`, "entries")
  const chunks = chunksOf(log, snapshot.entries(log), format)
  while (true) {
    const chunk = yield* explaining(data, () => chunks.next())
    if (chunk.done === true) return
    yield* output.write(chunk.value.text)
    show(chunk.value.entries, log.head - log.first + 1)
  }
}, Effect.scoped)

/** Some lines, and how many entries are written with them. */
interface Chunk {
  readonly text: string
  readonly entries: number
}

const chunksOf = function* (log: LogHead, all: Iterable<Entry>, format: Format): Generator<Chunk, undefined> {
  const lineOf = format === "text" ? transcriptOf : entryLine
  let text = format === "text" ? "" : headerLine(log)
  let entries = 0
  for (const entry of all) {
    text += lineOf(entry)
    entries++
    if (text.length < chunkLength) continue
    yield { text, entries }
    text = ""
  }
  yield { text, entries }
}

const spanOf = ({ first, head }: LogHead): string =>
  first > head ? "no entries any more" : `entries ${first} to ${head}`
