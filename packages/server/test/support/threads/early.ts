/**
 * A thread that lies: what it says is on the disk gets there 20 ms later, or with what comes next.
 */
import { answerFrom } from "../../../src/sqlite/answering.ts"
import { openDataFile } from "../../../src/sqlite/data-file.ts"
import { type Append, makeWriter } from "../../../src/sqlite/writer.ts"

answerFrom((file) => {
  const { close, db } = openDataFile(file)
  const commit = () => {
    if (db.isTransaction) db.exec("COMMIT")
  }
  const write = makeWriter(db, () => setTimeout(commit, 20))
  const answer = (appends: ReadonlyArray<Append>) => {
    commit()
    return write(appends)
  }
  return { answer, close }
})
