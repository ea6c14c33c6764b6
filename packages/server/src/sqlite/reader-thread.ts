/**
 * The thread that reads a data file, so that whoever reads waits for no commit, and nobody waits for whoever reads. It writes nothing, but
 * moves what was written to where it belongs.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { workerData } from "node:worker_threads"
import { standBack } from "../stand-back.ts"
import { answerFrom } from "./answering.ts"
import { openBeside, openForReading } from "./data-file.ts"
import { inWords } from "./fault.ts"
import { makeReadings, type Question, type Reply } from "./readings.ts"

/** What the thread is started with, besides the file. */
export interface ReaderData {
  /** Whether the file follows a log that other servers share. */
  readonly follows: boolean
}

standBack("reading")

answerFrom((file) => {
  const db = openForReading(file)
  let moving: DatabaseSync | undefined
  const readings = makeReadings(db, () => {
    moving ??= openBeside(file, workerData as ReaderData)
    return moving
  })
  const answer = ({ name, request }: Question): Reply => {
    const read: (request: never) => unknown = readings[name]
    try {
      return { _tag: "Read", value: read(request as never) }
    } catch (error) {
      return { _tag: "Refused", reason: inWords(error) }
    }
  }
  const close = () => {
    moving?.close()
    db.close()
  }
  return { answer, close }
})
