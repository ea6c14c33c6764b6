/**
 * The outside of a thread that works on a data file: questions and answers, as effects.
 *
 * @module
 */
import { Worker } from "node:worker_threads"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { endThread, type Ready } from "./answering.ts"

/** The file can't be used; the message is one sentence. */
export class StorageFault extends Data.TaggedError("StorageFault")<{ readonly message: string }> {}

/** Asks; what was asked first is answered first. A thread that has ended is a defect. */
export type Ask<Question, Answer> = (question: Question) => Effect.Effect<Answer>

/**
 * Starts a thread on a file; it closes the file and ends with the scope, when all that it was asked is answered.
 *
 * @param more what its script is given besides, as `workerData`
 */
export const openThread = <Question, Answer>(
  script: URL,
  file: string,
  more: object = {}
): Effect.Effect<Ask<Question, Answer>, StorageFault, Scope.Scope> =>
  Effect.gen(function* () {
    const thread = yield* Effect.acquireRelease(
      Effect.sync(() => makeThread<Question, Answer>(script, { ...more, file })),
      ({ end }) => end
    )
    const ready = yield* thread.ready
    if (ready._tag === "Fault") return yield* new StorageFault({ message: ready.reason })
    return thread.ask
  })

const makeThread = <Question, Answer>(script: URL, workerData: object) => {
  const worker = new Worker(script, { workerData })
  const ready = Deferred.makeUnsafe<Ready>()
  const asked: Array<Deferred.Deferred<Answer>> = []
  let ended: Effect.Effect<never> | undefined

  /** A thread ends of its own accord when it couldn't start, and by a defect of its own. */
  const onEnd = (why: unknown) => {
    ended ??= Effect.die(why)
    Deferred.doneUnsafe(ready, ended)
    for (const answer of asked.splice(0)) Deferred.doneUnsafe(answer, ended)
  }

  worker.once("message", (first: Ready) => {
    worker.on("message", (answer: Answer) => Deferred.doneUnsafe(asked.shift()!, Effect.succeed(answer)))
    Deferred.doneUnsafe(ready, Effect.succeed(first))
  })
  worker.on("error", onEnd)
  worker.on("exit", () => onEnd(new Error("the storage thread has ended")))

  return {
    ready: Deferred.await(ready),
    ask: (question: Question): Effect.Effect<Answer> =>
      Effect.suspend(() => {
        if (ended !== undefined) return ended
        const answer = Deferred.makeUnsafe<Answer>()
        asked.push(answer)
        worker.postMessage(question)
        return Deferred.await(answer)
      }),
    end: Effect.callback<void>((resume) => {
      if (ended !== undefined) return resume(Effect.void)
      worker.once("exit", () => resume(Effect.void))
      worker.postMessage(endThread)
    })
  }
}
