/**
 * The thread that reads a data file, so that whoever reads waits for no commit, and nobody waits for whoever reads.
 *
 * @module
 */
import type { Known } from "../room-log.ts"
import { answerFrom } from "./answering.ts"
import { openForReading } from "./data-file.ts"
import { inWords } from "./fault.ts"
import { type KeyRequest, makeReader, type Page, type PageRequest } from "./reader.ts"

/** A question of either kind. */
export type Question = PageRequest | KeyRequest

/** What became of a question. */
export type Reply<Asked extends Question = Question> =
  | { readonly _tag: "Answer"; readonly answer: (Asked extends KeyRequest ? Known : Page) | undefined }
  | { readonly _tag: "Refused"; readonly reason: string }

answerFrom((file) => {
  const db = openForReading(file)
  const { known, page } = makeReader(db)
  const answer = (question: Question): Reply => {
    try {
      return { _tag: "Answer", answer: "key" in question ? known(question) : page(question) }
    } catch (error) {
      return { _tag: "Refused", reason: inWords(error) }
    }
  }
  return { answer, close: () => db.close() }
})
