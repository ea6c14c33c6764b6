/**
 * The thread that writes a data file, and keeps its index of words.
 *
 * @module
 */
import { workerData } from "node:worker_threads"
import { answerFrom } from "./answering.ts"
import { openDataFile } from "./data-file.ts"
import { importDisk } from "./disk.ts"
import type { LastPlace } from "./places.ts"
import { emptyWal } from "./traces.ts"
import { openWriter, type Work, type Written } from "./writer.ts"

/** What the thread is started with, besides the file. */
export interface WriterData {
  readonly lastPlace: LastPlace
  /** The URL of a module that has another disk. */
  readonly disk: string | undefined
}

/** A group of work; or what is left of deleted entries is to be removed. */
export type WriterQuestion =
  | { readonly _tag: "Write"; readonly group: ReadonlyArray<Work>; readonly touched: ReadonlyArray<number> }
  | { readonly _tag: "RemoveTraces" }

export interface WriterAnswer {
  readonly written: Written
  /** How long it took to write, in milliseconds. */
  readonly took: number
}

const { disk, lastPlace } = workerData as WriterData
const { openDisk } = await importDisk(disk)

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  const { touch, write } = openWriter(db, { disk: openDisk(db, file), lastPlace })
  const answer = (question: WriterQuestion): WriterAnswer => {
    const began = performance.now()
    if (question._tag === "Write") touch(question.touched)
    const written = question._tag === "Write" ? write(question.group) : emptyWal(db)
    return { written, took: performance.now() - began }
  }
  return { answer, close }
})
