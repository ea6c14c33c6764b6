/**
 * The thread that writes a data file.
 *
 * @module
 */
import { answerFrom } from "./answering.ts"
import { openDataFile } from "./data-file.ts"
import { withTraces } from "./traces.ts"
import { makeWriter } from "./writer.ts"

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  return { answer: withTraces(db, makeWriter(db)), close }
})
