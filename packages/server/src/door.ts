/**
 * The door: lets in so many connections from one address at once (HELLO-5), and none from an address that is banned (BAN-2).
 *
 * @module
 */
import type { ByeCode } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { bye, type Ending, hangUp, lastLine, shuttingDown } from "./ending.ts"
import { type Connection, type Crowd, carefree, makeCrowd } from "./transport.ts"

/** Serves a connection if there is room for it, else says why not; then hangs up, unless its place is held. */
export type Door = (connection: Connection, serve: (place: Place) => Effect.Effect<void>) => Effect.Effect<void>

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

  /** Lets a connection through, or turns it away. */
  const pass = Effect.fnUntraced(function* (
    connection: Connection,
    serve: (place: Place) => Effect.Effect<void>,
    place: Place
  ) {
    const { peer } = connection
    const refused = fault(peer)
    if (refused !== undefined) {
      onRefused(refused[0])
      // Whoever has to be waited for before it is told why, is one of those who leave.
      if (connection.opening !== undefined && !(place.moves(leaving) && (yield* opens(connection, 1)))) return
      sayNow(connection, yield* refused[1])
    } else {
      if (!(place.moves(served) && (yield* opens(connection, loginSeconds)))) return
      // Whoever was banned while the connection opened isn't served, either.
      const ban = banned(peer)
      if (ban === undefined) yield* serve(place)
      else {
        onRefused("banned")
        sayNow(connection, ban)
      }
    }
    if (!place.isHeld) yield* place.leave
  })

  return (connection, serve) =>
    Effect.suspend(() => {
      const place = new Place(connection, leaving)
      const free = Effect.sync(() => {
        if (!place.isHeld) place.free()
      })
      return Effect.ensuring(pass(connection, serve, place), free)
    })
}

/** Where a connection counts, until it is hung up. */
export class Place {
  /** Whether somebody holds it beyond the effect that serves: they see to it that it is left. */
  isHeld = false
  private readonly connection: Connection
  private readonly leaving: Counter
  private counter: Counter | undefined = undefined

  constructor(connection: Connection, leaving: Counter) {
    this.connection = connection
    this.leaving = leaving
  }

  /** Counts the connection somewhere else, if there is room; gives whether there is. */
  moves(to: Counter | undefined): boolean {
    const { peer } = this.connection
    this.counter?.leave(peer)
    this.counter = to?.enter(peer) === true ? to : undefined
    return this.counter !== undefined
  }

  /** Hangs up, when the last object is said; to be freed then. */
  get leave(): Effect.Effect<void> {
    return Effect.suspend(() => (this.moves(this.leaving) ? hangUp(this.connection) : Effect.void))
  }

  free(): void {
    this.moves(undefined)
    this.connection.destroy()
  }
}

/** Waits until bytes may go both ways, for so many seconds, and gives whether they may. */
const opens = ({ opening }: Connection, seconds: number): Effect.Effect<boolean> =>
  opening === undefined
    ? Effect.succeed(true)
    : opening.pipe(
        Effect.as(true),
        Effect.catch(() => Effect.succeed(false)),
        Effect.timeoutOrElse({ duration: 1_000 * seconds, orElse: () => Effect.succeed(false) })
      )

const sayNow = (connection: Connection, ending: Ending): void => {
  if (ending._tag === "Bye") connection.because?.(ending.code)
  connection.write(Buffer.from(lastLine(ending)!), carefree)
}

/** Counts the connections that are somewhere, by address and in all. */
interface Counter {
  readonly count: (peer: string) => number
  readonly isFull: (peer: string) => boolean
  /** Counts one more, unless there are as many as may be; gives whether it did. */
  readonly enter: (peer: string) => boolean
  readonly leave: (peer: string) => void
}

const makeCounter = (limit: number, crowd: Crowd): Counter => {
  const counts = new Map<string, number>()
  const count = (peer: string): number => counts.get(peer) ?? 0
  const isFull = (peer: string): boolean => crowd.isFull() || count(peer) >= limit
  return {
    count,
    isFull,
    enter: (peer) => {
      if (isFull(peer)) return false
      crowd.enter()
      counts.set(peer, count(peer) + 1)
      return true
    },
    leave: (peer) => {
      crowd.leave()
      if (count(peer) === 1) counts.delete(peer)
      else counts.set(peer, count(peer) - 1)
    }
  }
}
