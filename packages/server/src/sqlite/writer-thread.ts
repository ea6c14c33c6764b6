/**
 * The thread that writes a data file, and keeps its index of words.
 *
 * @module
 */
import { workerData } from "node:worker_threads"
import { answerFrom } from "./answering.ts"
import { makeCheckpointing, withoutCheckpoints } from "./checkpoint.ts"
import { openDataFile } from "./data-file.ts"
import { importDisk, timed } from "./disk.ts"
import type { LastPlace } from "./places.ts"
import { emptyWal } from "./traces.ts"
import type { Written } from "./transactions.ts"
import { openWriter, type Work } from "./writer.ts"

/** What the thread is started with, besides the file. */
export interface WriterData {
  readonly lastPlace: LastPlace
  /** The URL of a module that has another disk. */
  readonly disk: string | undefined
  /** Whether the file follows a log that other servers share. */
  readonly follows: boolean
}

/** A group of work; or what is left of deleted entries is to be removed, or all that was written is to be moved into the file. */
export type WriterQuestion =
  | { readonly _tag: "Write"; readonly group: ReadonlyArray<Work>; readonly touched: ReadonlyArray<number> }
  | { readonly _tag: "RemoveTraces" }
  | { readonly _tag: "Checkpoint" }

export interface WriterAnswer {
  readonly written: Written
  /** How many milliseconds the disk took to commit. */
  readonly took: number
}

const { disk: url, follows, lastPlace } = workerData as WriterData
const { openDisk } = await importDisk(url)

answerFrom((file) => {
  const { close, db } = openDataFile(file, { follows })
  withoutCheckpoints(db)
  const { checkpoint } = makeCheckpointing(() => db)
  let took = 0
  const disk = timed(openDisk(db, file), (milliseconds) => {
    took = milliseconds
  })
  const { touch, write } = openWriter(db, { disk, lastPlace })
  const answer = (question: WriterQuestion): WriterAnswer => {
    took = 0
    if (question._tag === "RemoveTraces") return { written: emptyWal(db), took }
    if (question._tag === "Checkpoint") {
      checkpoint({})
      return { written: { _tag: "Committed", results: [] }, took }
    }
    touch(question.touched)
    return { written: write(question.group), took }
  }
  return { answer, close }
})
