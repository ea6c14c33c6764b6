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
  /** Does what can wait, a bounded part of it, when nobody has asked for a while; gives whether there is more. */
  readonly rest?: () => boolean
  readonly close: () => void
}

/** Milliseconds without a question after which a thread rests. */
const pause = 20

/** Opens the file that this thread was started for, and answers from then on. */
export const answerFrom = <Question, Answer>(open: (file: string) => Answering<Question, Answer>): void => {
  const port = parentPort!
  const say = (ready: Ready) => port.postMessage(ready)
  let opened: Answering<Question, Answer>
  try {
    opened = open(String(workerData))
  } catch (error) {
    if (!(error instanceof DataFault)) throw error
    say({ _tag: "Fault", reason: error.message })
    return
  }
  let resting: NodeJS.Timeout | undefined
  const restIn = (milliseconds: number) => {
    if (opened.rest === undefined) return
    resting = setTimeout(() => {
      if (opened.rest!()) restIn(0)
    }, milliseconds)
  }
  port.on("message", (question: Question | typeof endThread) => {
    clearTimeout(resting)
    if (question !== endThread) {
      port.postMessage(opened.answer(question))
      return restIn(pause)
    }
    opened.close()
    port.close()
  })
  say({ _tag: "Ready" })
  restIn(pause)
}
