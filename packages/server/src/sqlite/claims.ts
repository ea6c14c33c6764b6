/**
 * The claims that an earlier life of the server has left in a data file.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Claim } from "../claims.ts"
import { DataFault, openForReading } from "./data-file.ts"
import { StorageFault } from "./thread.ts"

/** Reads them all, once, before anybody is let in. */
export const readClaims = (file: string): Effect.Effect<ReadonlyArray<Claim>, StorageFault> =>
  Effect.try({
    try: () => {
      const db = openForReading(file)
      try {
        return db.prepare("SELECT digest, person, nick FROM sessions").all() as unknown as ReadonlyArray<Claim>
      } finally {
        db.close()
      }
    },
    catch: (error) => new StorageFault({ message: error instanceof DataFault ? error.message : String(error) })
  })
