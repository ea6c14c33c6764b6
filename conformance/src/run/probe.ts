/**
 * What the target is, before the first test: its greeting and its round trip.
 *
 * @module
 */
import { defaultLimits, encodeLine, type Hello } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Address, type Arrival, type Connection, connect, type Unreachable } from "../wire/connection.ts"

/** What the probe has found. */
export interface Probed {
  /** Absent when no valid `hello` came in time: then the tests say what is wrong. */
  readonly hello: Hello | undefined
  /** The `protocol` of whatever greeting came, even if the rest of it is another version's. */
  readonly protocol: number | undefined
  /** The shortest of a few round trips, in milliseconds: the network's, not the busy machine's. */
  readonly roundTrip: number
  /** Whether it greets and answers a `ping`: whoever doesn't, need not be waited for so long again. */
  readonly responsive: boolean
}

const rounds = 3

/** Connects once, reads the greeting, and measures a few `ping`s. */
export const probe = (address: Address, patience: number): Effect.Effect<Probed, Unreachable> =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const connection = yield* connect({ address, line: defaultLimits.line, began, patience })
    const connected = (yield* Clock.currentTimeMillis) - began
    const first = yield* next(connection, patience)
    const protocol = protocolOf(first)
    const hello = first?._tag === "Object" && first.message?.type === "hello" ? first.message : undefined
    if (hello === undefined || hello.protocol !== 1) {
      return { hello: undefined, protocol, roundTrip: connected, responsive: false }
    }
    const trips: Array<number> = []
    for (let id = 1; id <= rounds; id++) {
      const asked = yield* Clock.currentTimeMillis
      yield* connection.write([new TextEncoder().encode(encodeLine({ type: "ping", id } as { type: "ping" }))])
      const answer = yield* next(connection, patience)
      if (answer?._tag !== "Object" || answer.message?.type !== "pong") break
      trips.push((yield* Clock.currentTimeMillis) - asked)
    }
    return { hello, protocol, roundTrip: Math.min(connected, ...trips), responsive: trips.length === rounds }
  }).pipe(Effect.scoped)

const next = (connection: Connection, patience: number): Effect.Effect<Arrival | undefined, never, Scope.Scope> =>
  Effect.gen(function* () {
    while (true) {
      const arrival = connection.nextArrival()
      const item = connection.inbox.shift()
      if (item !== undefined) return item
      yield* arrival
    }
  }).pipe(Effect.timeoutOrElse({ duration: patience, orElse: () => Effect.undefined }))

const protocolOf = (item: Arrival | undefined): number | undefined => {
  if (item?._tag !== "Object" && item?._tag !== "Malformed") return undefined
  try {
    const { protocol, type } = JSON.parse(item.line) as { readonly protocol?: unknown; readonly type?: unknown }
    return type === "hello" && typeof protocol === "number" ? protocol : undefined
  } catch {
    return undefined
  }
}
