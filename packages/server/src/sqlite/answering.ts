/**
 * The inside of a thread that works on a data file: it opens the file, then answers one question after another.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads"
import { DataFault } from "./data-file.ts"

/** The first thing that a thread says: that it is ready, or why it isn't. */
export type Ready = { readonly _tag: "Ready" } | { readonly _tag: "Fault"; readonly reason: string }

/** Ends a thread, when all that it was asked before is answered. */
export const endThread = "end"

/** What a thread has open. */
export interface Answering<Question, Answer> {
  readonly answer: (question: Question) => Answer
  readonly close: () => void
}

/** Opens the file that this thread was started for, and answers from then on. */
export const answerFrom = <Question, Answer>(open: (file: string) => Answering<Question, Answer>): void => {
  const port = parentPort!
  const say = (ready: Ready) => port.postMessage(ready)
  let opened: Answering<Question, Answer>
  try {
    opened = open(String(workerData.file))
  } catch (error) {
    if (!(error instanceof DataFault)) throw error
    say({ _tag: "Fault", reason: error.message })
    return
  }
  port.on("message", (question: Question | typeof endThread) => {
    if (question !== endThread) return port.postMessage(opened.answer(question))
    opened.close()
    port.close()
  })
  say({ _tag: "Ready" })
}
