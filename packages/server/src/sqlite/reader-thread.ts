/**
 * The thread that reads a data file, so that whoever reads waits for no commit, and nobody waits for whoever reads.
 *
 * @module
 */
import { answerFrom } from "./answering.ts"
import { openForReading } from "./data-file.ts"
import { inWords } from "./fault.ts"
import { makeReader, type Page, type PageRequest } from "./reader.ts"

/** What became of a question. */
export type PageReply =
  | { readonly _tag: "Page"; readonly page: Page | undefined }
  | { readonly _tag: "Refused"; readonly reason: string }

answerFrom((file) => {
  const db = openForReading(file)
  const page = makeReader(db)
  const answer = (request: PageRequest): PageReply => {
    try {
      return { _tag: "Page", page: page(request) }
    } catch (error) {
      return { _tag: "Refused", reason: inWords(error) }
    }
  }
  return { answer, close: () => db.close() }
})
