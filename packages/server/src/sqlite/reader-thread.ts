/**
 * The thread that reads a data file, so that whoever reads waits for no commit, and nobody waits for whoever reads.
 *
 * @module
 */
import type { Known } from "../room-log.ts"
import { answerFrom } from "./answering.ts"
import { openForReading } from "./data-file.ts"
import { inWords } from "./fault.ts"
import { type KeyRequest, makeReader, type Page, type PageRequest, type UnreadRequest } from "./reader.ts"

/** A question of any kind. */
export type Question = PageRequest | KeyRequest | UnreadRequest

/** What answers a question. */
type Answer<Asked extends Question> = Asked extends KeyRequest ? Known : Asked extends UnreadRequest ? number : Page

/** What became of a question. */
export type Reply<Asked extends Question = Question> =
  | { readonly _tag: "Answer"; readonly answer: Answer<Asked> | undefined }
  | { readonly _tag: "Refused"; readonly reason: string }

answerFrom((file) => {
  const db = openForReading(file)
  const { known, page, unread } = makeReader(db)
  const answer = (question: Question): Reply => {
    try {
      if ("key" in question) return { _tag: "Answer", answer: known(question) }
      return { _tag: "Answer", answer: "except" in question ? unread(question) : page(question) }
    } catch (error) {
      return { _tag: "Refused", reason: inWords(error) }
    }
  }
  return { answer, close: () => db.close() }
})
