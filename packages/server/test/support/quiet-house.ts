/**
 * A server in simulated time: connections in memory, and a clock that only the test moves.
 */
import { defaultLimits, type Limits } from "@tertulia/protocol"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryRoomLogs from "../../src/room-log-memory.ts"
import { serve } from "../../src/server.ts"
import { type MemoryClient, makeMemoryTransport } from "../../src/transport-memory.ts"
import type { Json } from "./house.ts"

export interface QuietClient extends MemoryClient {
  /** Sends one object per line. */
  readonly say: (...objects: ReadonlyArray<Json>) => Effect.Effect<void>
  /** The objects that have come since the last look, when everything has come to rest. */
  readonly heard: Effect.Effect<ReadonlyArray<Json>>
}

/** Lets everything run that doesn't wait for the clock. */
const rest = Effect.promise(async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
})

/** Moves the clock in small steps, so that whatever waits runs in its time. */
export const pass = Effect.fnUntraced(function* (seconds: number) {
  for (let step = 0; step < seconds * 8; step++) {
    yield* TestClock.adjust(125)
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  }
  yield* rest
})

export const openQuietHouse = Effect.fnUntraced(function* (
  options: {
    readonly limits?: Partial<Limits>
    readonly heartbeat?: number
    /** Whether clients note `presence` events, which come beside much else: only for tests that are about them. */
    readonly hearsPresence?: boolean
  } = {}
) {
  const limits = { ...defaultLimits, ...options.limits }
  const transport = makeMemoryTransport()
  yield* serve(transport, { limits, heartbeat: options.heartbeat ?? 30 }).pipe(
    Effect.provide(MemoryRoomLogs.layer({ entries: limits.replay, bytes: 1e8 }))
  )

  const clients: Array<MemoryClient> = []
  // Time stands still when the test is over, so nobody may be waited for.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const client of clients) client.reset()
    })
  )

  const connect = Effect.sync((): QuietClient => {
    const client = transport.connect()
    clients.push(client)
    return {
      ...client,
      say: (...objects) =>
        Effect.andThen(
          Effect.sync(() => client.send(objects.map((object) => `${JSON.stringify(object)}\n`).join(""))),
          rest
        ),
      heard: Effect.map(rest, () =>
        client
          .take()
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line) as Json)
          .filter(({ type }) => options.hearsPresence === true || type !== "presence")
      )
    }
  })

  const person = Effect.fnUntraced(function* (nick: string, ...rooms: ReadonlyArray<string>) {
    const client = yield* connect
    yield* client.say({ type: "login", id: 1, nick }, ...rooms.map((room) => ({ type: "join", id: 2, room })))
    yield* client.heard
    return client
  })
  return { connect, person }
})
