/**
 * The door: lets in so many connections from one address at once (HELLO-5), and none from an address that is banned (BAN-2).
 *
 * @module
 */
import type { ByeCode } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { bye, type Ending, hangUp, lastLine, shuttingDown } from "./ending.ts"
import { type Connection, type Crowd, carefree, makeCrowd } from "./transport.ts"

/** Serves a connection if there is room for it, else says why not; then hangs up. */
export type Door = (connection: Connection, serve: Effect.Effect<void>) => Effect.Effect<void>

export interface DoorOptions {
  /** Connections from one address: `limits.connections`. */
  readonly connections: number
  /** Connections from all addresses that may be leaving at once. */
  readonly inAll: number
  /** Seconds that opening may take where bytes can't go both ways at once (TLS-4): `limits.loginSeconds`. */
  readonly loginSeconds: number
  /** Whether it lets nobody in any more, because the server drains. */
  readonly isClosed: () => boolean
  /** How a connection from an address ends that an operator has banned. */
  readonly banned: (peer: string) => Ending | undefined
}

/**
 * @param crowd the connections from all addresses together
 * @param onRefused is told of each connection that is turned away, with the code of its `bye`
 */
export const makeDoor = (
  { banned, connections, inAll, isClosed, loginSeconds }: DoorOptions,
  crowd: Crowd,
  onRefused: (code: ByeCode) => void = () => {}
): Door => {
  // From being accepted to the last object, whether they have become open or not (TLS-5).
  const served = makeCounter(connections, crowd)
  // After the last object, or before being refused; a crowd of them isn't worth a descriptor each.
  const leaving = makeCounter(connections, makeCrowd(inAll))

  const tooMany = (peer: string): Ending =>
    bye(
      "too-many-connections",
      served.count(peer) < connections
        ? "as many connections are open as this server takes"
        : `${connections} connections from your address are open`
    )

  /** Why a connection from an address isn't served; undefined when it is. */
  const fault = (peer: string): readonly [ByeCode, Effect.Effect<Ending>] | undefined => {
    if (isClosed()) return ["shutting-down", shuttingDown]
    const ban = banned(peer)
    if (ban !== undefined) return ["banned", Effect.succeed(ban)]
    return served.isFull(peer) ? ["too-many-connections", Effect.sync(() => tooMany(peer))] : undefined
  }

  /** Says why nobody is let in. Whoever has to be waited for before that is one of those who leave. */
  const refuse = (connection: Connection, ending: Effect.Effect<Ending>): Effect.Effect<boolean> => {
    const say = Effect.map(ending, (ending) => sayNow(connection, ending))
    if (connection.opening === undefined) return Effect.as(say, true)
    return leaving.counting(connection.peer, whenOpen(connection, 1, say))
  }

  return (connection, serve) =>
    Effect.gen(function* () {
      const { peer } = connection
      const refused = fault(peer)
      if (refused !== undefined) onRefused(refused[0])
      // Whoever was banned while the connection opened isn't served, either.
      const serveUnlessBanned = Effect.suspend(() => {
        const ban = banned(peer)
        if (ban === undefined) return serve
        onRefused("banned")
        return Effect.sync(() => sayNow(connection, ban))
      })
      const hasSpoken =
        refused === undefined
          ? yield* served.counting(peer, whenOpen(connection, loginSeconds, serveUnlessBanned))
          : yield* refuse(connection, refused[1])
      if (hasSpoken) yield* leaving.counting(peer, Effect.as(hangUp(connection), true))
    }).pipe(Effect.ensuring(Effect.sync(() => connection.destroy())))
}

/** Does something once bytes may go both ways, and gives whether they ever might: for so many seconds it is waited for. */
const whenOpen = (connection: Connection, seconds: number, effect: Effect.Effect<void>): Effect.Effect<boolean> => {
  if (connection.opening === undefined) return Effect.as(effect, true)
  const open = connection.opening.pipe(
    Effect.as(true),
    Effect.catch(() => Effect.succeed(false)),
    Effect.timeoutOrElse({ duration: 1_000 * seconds, orElse: () => Effect.succeed(false) })
  )
  return Effect.flatMap(open, (isOpen) => (isOpen ? Effect.as(effect, true) : Effect.succeed(false)))
}

const sayNow = (connection: Connection, ending: Ending): void => {
  if (ending._tag === "Bye") connection.because?.(ending.code)
  connection.write(Buffer.from(lastLine(ending)!), carefree)
}

/** Counts what is running, by address and in all. */
const makeCounter = (limit: number, crowd: Crowd) => {
  const counts = new Map<string, number>()
  const count = (peer: string): number => counts.get(peer) ?? 0
  const add = (peer: string, change: number) => {
    const sum = count(peer) + change
    if (change > 0) crowd.enter()
    else crowd.leave()
    if (sum === 0) counts.delete(peer)
    else counts.set(peer, sum)
  }
  const isFull = (peer: string): boolean => crowd.isFull() || count(peer) >= limit
  return {
    count,
    isFull,
    /** Runs an effect and counts it meanwhile; does nothing where there are as many as may be. */
    counting: (peer: string, effect: Effect.Effect<boolean>): Effect.Effect<boolean> =>
      Effect.suspend(() =>
        isFull(peer)
          ? Effect.succeed(false)
          : Effect.acquireUseRelease(
              Effect.sync(() => add(peer, 1)),
              () => effect,
              () => Effect.sync(() => add(peer, -1))
            )
      )
  }
}
