/**
 * Where an export goes: to standard output, or into a file.
 *
 * @module
 */
import { type FileHandle, open } from "node:fs/promises"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { UsageFault } from "../usage.ts"
import { writeFault } from "./disk.ts"
import { newFile } from "./new-file.ts"

/** Whoever reads the output has had enough of it, as `head` has: nothing is wrong. */
export class EnoughRead extends Data.TaggedError("EnoughRead") {}

export interface Output {
  /** Writes, and waits while whoever reads it is slow. */
  readonly write: (text: string) => Effect.Effect<void, UsageFault | EnoughRead>
  /** Ends it, when all was written. */
  readonly finish: Effect.Effect<void, UsageFault>
}

export const toStandardOutput: Effect.Effect<Output> = Effect.sync(() => {
  // Each write hears of its own error.
  process.stdout.on("error", () => {})
  return {
    write: (text) =>
      Effect.callback((resume) => {
        process.stdout.write(text, (error) => resume(error ? Effect.fail(standardFault(error)) : Effect.void))
      }),
    finish: Effect.void
  }
})

const standardFault = (error: Error): UsageFault | EnoughRead =>
  "code" in error && error.code === "EPIPE" ? new EnoughRead() : writeFault("standard output", error)

/** Into a file that is there when it is finished, and not before. */
export const toFile = Effect.fnUntraced(function* (
  path: string,
  mayReplace: boolean
): Effect.fn.Return<Output, UsageFault, Scope.Scope> {
  const { draft, publish } = yield* newFile(path, mayReplace)
  const trying = <A>(attempt: () => Promise<A>) =>
    Effect.tryPromise({ try: attempt, catch: (error) => writeFault(path, error) })
  const handle = yield* Effect.acquireRelease(
    trying(() => open(draft, "wx")),
    (handle: FileHandle) => Effect.promise(() => handle.close())
  )
  return {
    write: (text) => Effect.asVoid(trying(() => handle.writeFile(text))),
    finish: publish
  }
})
