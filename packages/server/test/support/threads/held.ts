/**
 * A thread that writes to a disk that stands still while there is a file `…-held` beside the data file.
 */
import { existsSync } from "node:fs"
import { answerFrom } from "../../../src/sqlite/answering.ts"
import { openDataFile } from "../../../src/sqlite/data-file.ts"
import { withTraces } from "../../../src/sqlite/traces.ts"
import { makeWriter } from "../../../src/sqlite/writer.ts"

const never = new Int32Array(new SharedArrayBuffer(4))

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  const commit = () => {
    while (existsSync(`${file}-held`)) Atomics.wait(never, 0, 0, 5)
    db.exec("COMMIT")
  }
  return { answer: withTraces(db, makeWriter(db, commit)), close }
})
