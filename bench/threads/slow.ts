/**
 * A thread that writes to a disk whose sync takes 20 ms.
 *
 * @module
 */
import { answerFrom } from "../../packages/server/src/sqlite/answering.ts"
import { openDataFile } from "../../packages/server/src/sqlite/data-file.ts"
import { makeWriter } from "../../packages/server/src/sqlite/writer.ts"
import { slowCommit } from "../slow.ts"

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  return { answer: makeWriter(db, slowCommit(db)), close }
})
