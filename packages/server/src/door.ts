/**
 * The door: lets in so many connections from one address at once (HELLO-5).
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { bye, hangUp, lastLine } from "./ending.ts"
import type { Connection } from "./transport.ts"

/** Serves a connection if there is room for it, else says why not. */
export type Door = (connection: Connection, serve: Effect.Effect<void>) => Effect.Effect<void>

/** @param limit connections from one address: `limits.connections` */
export const makeDoor = (limit: number): Door => {
  const open = makeCounter()
  // Those who are told why they can't come in stay for a second. A flood of them isn't worth a descriptor each.
  const refused = makeCounter()

  return (connection, serve) => {
    const { peer } = connection
    if (open.count(peer) < limit) return open.counting(peer, serve)
    if (refused.count(peer) >= limit) return Effect.sync(() => connection.destroy())
    return refused.counting(peer, refuse(connection, limit))
  }
}

const refuse = (connection: Connection, limit: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const full = bye("too-many-connections", `${limit} connections from your address are open`)
    connection.write(Buffer.from(lastLine(full)!), () => {})
    return hangUp(connection)
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
