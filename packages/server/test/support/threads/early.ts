/**
 * A thread that lies: what it says is on the disk is committed 10 ms later.
 */
import { answerFrom } from "../../../src/sqlite/answering.ts"
import { openDataFile } from "../../../src/sqlite/data-file.ts"
import { type WriterQuestion, withTraces } from "../../../src/sqlite/traces.ts"
import { makeWriter } from "../../../src/sqlite/writer.ts"

const never = new Int32Array(new SharedArrayBuffer(4))

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  const commit = () => {
    if (!db.isTransaction) return
    Atomics.wait(never, 0, 0, 10)
    db.exec("COMMIT")
  }
  const write = withTraces(
    db,
    makeWriter(db, () => setImmediate(commit))
  )
  const answer = (question: WriterQuestion) => {
    commit()
    return write(question)
  }
  return { answer, close }
})
