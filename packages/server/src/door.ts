/**
 * The door: lets in so many connections from one address at once (HELLO-5).
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { bye, hangUp, lastLine } from "./ending.ts"
import type { Connection } from "./transport.ts"

/** Serves a connection if there is room for it, else says why not; then hangs up. */
export type Door = (connection: Connection, serve: Effect.Effect<void>) => Effect.Effect<void>

/** @param limit connections from one address: `limits.connections` */
export const makeDoor = (limit: number): Door => {
  // From hello to the last object.
  const served = makeCounter()
  // After the last object; a crowd of them isn't worth a descriptor each.
  const leaving = makeCounter()

  const seeOut = (connection: Connection): Effect.Effect<void> =>
    Effect.suspend(() =>
      leaving.count(connection.peer) < limit ? leaving.counting(connection.peer, hangUp(connection)) : Effect.void
    )

  return (connection, serve) =>
    Effect.suspend(() =>
      served.count(connection.peer) < limit ? served.counting(connection.peer, serve) : refuse(connection, limit)
    ).pipe(Effect.andThen(seeOut(connection)), Effect.ensuring(Effect.sync(() => connection.destroy())))
}

const refuse = (connection: Connection, limit: number): Effect.Effect<void> =>
  Effect.sync(() => {
    const full = bye("too-many-connections", `${limit} connections from your address are open`)
    connection.because?.("too-many-connections")
    connection.write(Buffer.from(lastLine(full)!), () => {})
  })

/** Counts what is running, by address. */
const makeCounter = () => {
  const counts = new Map<string, number>()
  const count = (peer: string): number => counts.get(peer) ?? 0
  const add = (peer: string, change: number) => {
    const sum = count(peer) + change
    if (sum === 0) counts.delete(peer)
    else counts.set(peer, sum)
  }
  return {
    count,
    counting: (peer: string, effect: Effect.Effect<void>): Effect.Effect<void> =>
      Effect.acquireUseRelease(
        Effect.sync(() => add(peer, 1)),
        () => effect,
        () => Effect.sync(() => add(peer, -1))
      )
  }
}
