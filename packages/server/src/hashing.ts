/**
 * The costly step of hashing passwords, on threads that stand back: whoever guesses passwords takes no time from those who talk.
 *
 * @module
 */
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import type { Derive } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { scriptAt } from "./scripts.ts"

/** What a hashing thread is asked for; the answer is the bytes. */
export interface Hash {
  readonly password: Uint8Array<ArrayBuffer>
  readonly salt: Uint8Array<ArrayBuffer>
  readonly iterations: number
}

/** Passwords that are hashed at once: one processor is left to those who talk, where there are two. */
const hashesAtOnce = Math.max(1, Math.min(2, availableParallelism() - 1))

const script = scriptAt("hashing-thread")

/** Runs what hashes one password, when it is its turn. */
export type Hashing = <A>(hashed: (derive: Derive) => Promise<A>) => Effect.Effect<A>

/** Starts threads when they are wanted for the first time; they end with the scope. */
export const makeHashing: Effect.Effect<Hashing, never, Scope.Scope> = Effect.gen(function* () {
  const permits = Semaphore.makeUnsafe(hashesAtOnce)
  const idle: Array<Worker> = []
  const all: Array<Worker> = []
  yield* Effect.addFinalizer(() => Effect.promise(() => Promise.all(all.map((thread) => thread.terminate()))))

  const start = (): Worker => {
    const thread = new Worker(script)
    thread.unref()
    all.push(thread)
    return thread
  }

  const deriveOn =
    (thread: Worker): Derive =>
    (password, salt, iterations) =>
      new Promise((resolve, reject) => {
        const onMessage = (bytes: Awaited<ReturnType<Derive>>) => {
          thread.off("error", onError)
          resolve(bytes)
        }
        const onError = (why: unknown) => {
          thread.off("message", onMessage)
          reject(why)
        }
        thread.once("message", onMessage).once("error", onError)
        thread.postMessage({ password, salt, iterations } satisfies Hash)
      })

  return (hashed) =>
    permits.withPermit(
      Effect.acquireUseRelease(
        Effect.sync(() => idle.pop() ?? start()),
        (thread) => Effect.promise(() => hashed(deriveOn(thread))),
        (thread) => Effect.sync(() => void idle.push(thread))
      )
    )
})
