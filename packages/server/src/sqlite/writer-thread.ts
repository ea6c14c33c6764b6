/**
 * The thread that writes a data file.
 *
 * @module
 */
import { answerFrom } from "./answering.ts"
import { openDataFile } from "./data-file.ts"
import { makeWriter } from "./writer.ts"

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  return { answer: makeWriter(db), close }
})
