/**
 * The claims that an earlier life of the server has left in a data file.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type { Claim } from "../claims.ts"
import { readOnce } from "./read-once.ts"
import type { StorageFault } from "./thread.ts"

/** Reads them all, once, before anybody is let in. */
export const readClaims = (file: string): Effect.Effect<ReadonlyArray<Claim>, StorageFault> =>
  readOnce(
    file,
    (db) => db.prepare("SELECT digest, person, nick FROM sessions").all() as unknown as ReadonlyArray<Claim>
  )
