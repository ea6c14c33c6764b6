/**
 * What is read of a data file once, before anybody is let in.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { DataFault, openForReading } from "./data-file.ts"
import { StorageFault } from "./thread.ts"

/** Opens the file, reads, and closes it again. */
export const readOnce = <A>(file: string, read: (db: DatabaseSync) => A): Effect.Effect<A, StorageFault> =>
  Effect.try({
    try: () => {
      const db = openForReading(file)
      try {
        return read(db)
      } finally {
        db.close()
      }
    },
    catch: (error) => new StorageFault({ message: error instanceof DataFault ? error.message : String(error) })
  })
