/**
 * The thread that reads a data file, so that whoever reads waits for no commit, and nobody waits for whoever reads.
 *
 * @module
 */
import type { Known } from "../room-log.ts"
import { answerFrom } from "./answering.ts"
import { openForReading } from "./data-file.ts"
import { inWords } from "./fault.ts"
import { type FindRequest, makeFinder, type Slice } from "./finder.ts"
import { type KeyRequest, makeReader, type Page, type PageRequest } from "./reader.ts"

/** A question of any kind. */
export type Question = PageRequest | KeyRequest | FindRequest

/** What is answered to a question; nothing, when there is nothing. */
type AnswerTo<Asked extends Question> = Asked extends KeyRequest ? Known : Asked extends FindRequest ? Slice : Page

/** What became of a question. */
export type Reply<Asked extends Question = Question> =
  | { readonly _tag: "Answer"; readonly answer: AnswerTo<Asked> | undefined }
  | { readonly _tag: "Refused"; readonly reason: string }

answerFrom((file) => {
  const db = openForReading(file)
  const { atOnce, known, page } = makeReader(db)
  const find = atOnce(makeFinder(db))
  const answerTo = (question: Question) => {
    if ("parts" in question) return find(question)
    return "key" in question ? known(question) : page(question)
  }
  const answer = (question: Question): Reply => {
    try {
      return { _tag: "Answer", answer: answerTo(question) }
    } catch (error) {
      return { _tag: "Refused", reason: inWords(error) }
    }
  }
  return { answer, close: () => db.close() }
})
