/**
 * The data file that an operation looks at.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { DataFault, openToLook } from "../sqlite/data-file.ts"
import { inWords } from "../sqlite/fault.ts"
import { UsageFault } from "../usage.ts"

/** The file that `data` names, which must be one. */
export const fileOf = (data: string): Effect.Effect<string, UsageFault> =>
  data === ":memory:" || data === ":temporary:"
    ? Effect.fail(new UsageFault({ message: `${data} keeps nothing: name a data file with --data` }))
    : Effect.succeed(data)

/** Opens it for reading, whether a server uses it or not. */
export const look = (file: string): Effect.Effect<DatabaseSync, UsageFault, Scope.Scope> =>
  Effect.acquireRelease(
    explaining(file, () => openToLook(file)),
    (db) => Effect.sync(() => db.close())
  )

/** Runs what uses a data file; what is wrong with the file is told in one line. */
export const explaining = <A>(file: string, use: () => A): Effect.Effect<A, UsageFault> =>
  Effect.try({ try: use, catch: (error) => dataFault(file, error) })

export const dataFault = (file: string, error: unknown): UsageFault => {
  const message = error instanceof DataFault ? error.message : `can't use the data file ${file}: ${inWords(error)}`
  return new UsageFault({ message })
}
