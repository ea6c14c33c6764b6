/**
 * A thread that writes to a disk that doesn't tell whether it has stored what it was given.
 */
import { answerFrom } from "../../../src/sqlite/answering.ts"
import { openDataFile } from "../../../src/sqlite/data-file.ts"
import { withTraces } from "../../../src/sqlite/traces.ts"
import { makeWriter } from "../../../src/sqlite/writer.ts"

/** SQLITE_IOERR_FSYNC. */
const failedSync = 1_034

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  const commit = () => {
    throw Object.assign(new Error("disk I/O error"), { errcode: failedSync })
  }
  return { answer: withTraces(db, makeWriter(db, commit)), close }
})
