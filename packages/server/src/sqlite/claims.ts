/**
 * The claims that an earlier life of the server has left in a data file.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type { Claim, LeftClaim } from "../claims.ts"
import { readOnce } from "./read-once.ts"
import type { StorageFault } from "./thread.ts"

interface Mark {
  readonly room: string
  readonly seq: number
}

/** Reads them all, once, before anybody is let in. */
export const readClaims = (file: string): Effect.Effect<ReadonlyArray<LeftClaim>, StorageFault> =>
  readOnce(file, (db) => {
    const marks = db.prepare(
      "SELECT rooms.name AS room, marks.seq AS seq FROM marks JOIN rooms ON rooms.id = marks.room WHERE marks.person = ?"
    )
    const claims = db.prepare("SELECT digest, person, nick FROM sessions").all() as unknown as ReadonlyArray<Claim>
    return claims.map((claim) => ({
      ...claim,
      marks: (marks.all(claim.person) as unknown as ReadonlyArray<Mark>).map(({ room, seq }) => [room, seq] as const)
    }))
  })
