/**
 * The thread that reads a data file, so that whoever reads waits for no commit, and nobody waits for whoever reads.
 *
 * @module
 */
import { standBack } from "../stand-back.ts"
import { answerFrom } from "./answering.ts"
import { openForReading } from "./data-file.ts"
import { inWords } from "./fault.ts"
import { makeReadings, type Question, type Reply } from "./readings.ts"

standBack()

answerFrom((file) => {
  const db = openForReading(file)
  const readings = makeReadings(db)
  const answer = ({ name, request }: Question): Reply => {
    const read: (request: never) => unknown = readings[name]
    try {
      return { _tag: "Read", value: read(request as never) }
    } catch (error) {
      return { _tag: "Refused", reason: inWords(error) }
    }
  }
  return { answer, close: () => db.close() }
})
