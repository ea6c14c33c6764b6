/**
 * What the engine itself loses of what it has acknowledged, when the one of its three nodes that decides stands still again and again, as a
 * machine that is moved does: bare clients, no store. A replica can't tell, and promises no more than its engine (docs/several-servers.md).
 *
 * @module
 */
import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { openEngine } from "../../conformance/crash/engine.ts"
import { storeIn } from "../../packages/server/src/nats/store-url.ts"
import { openFolder, say } from "./stage.ts"

const publishers = 24
const times = 14
const standingSeconds = 6
const betweenSeconds = 4
const patience = 2_000

const name = "standing"

const connectTo = (servers: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      connect({
        servers: [...servers],
        noRandomize: true,
        maxReconnectAttempts: -1,
        pingInterval: 3_000,
        maxPingOut: 2
      })
    ),
    (connection) => Effect.promise(() => connection.close())
  )

/** Publishes one message after the other, and notes what was acknowledged at which place. */
const publish = (connection: NatsConnection, nth: number, acknowledged: Map<number, string>) => {
  const client = jetstream(connection, { timeout: patience })
  let count = 0
  return Effect.gen(function* () {
    const text = `${nth}-${++count}`
    const { seq } = yield* Effect.tryPromise(() => client.publish(name, text))
    acknowledged.set(seq, text)
    // A window of one for each, at a pace that leaves the engine time for its nodes.
    yield* Effect.sleep(2)
  }).pipe(
    // While nobody decides, all is refused at once.
    Effect.catch(() => Effect.sleep(20)),
    Effect.forever
  )
}

/** All that is there, by its place. */
const readAll = async (connection: NatsConnection, manager: JetStreamManager) => {
  const { state } = await manager.streams.info(name)
  const consumer = await jetstream(connection).consumers.get(name)
  const found = new Map<number, string>()
  for await (const message of await consumer.consume({ max_messages: 1_000 })) {
    found.set(message.seq, message.string())
    if (message.seq >= state.last_seq) break
  }
  return found
}

export const standing = async (): Promise<void> => {
  using folder = openFolder()
  await Effect.runPromise(Effect.scoped(stand(folder.path)))
}

const stand = Effect.fnUntraced(function* (folder: string) {
  const engine = yield* openEngine(folder, 3)
  const { servers } = storeIn(engine.store)!
  // Each comes first to another.
  const connections = yield* Effect.forEach(servers, (_, nth) =>
    connectTo([...servers.slice(nth), ...servers.slice(0, nth)])
  )
  const [connection] = connections as [NatsConnection]
  const manager = yield* Effect.promise(() => jetstreamManager(connection, { checkAPI: false, timeout: patience }))
  const ask = <A>(what: () => Promise<A>) =>
    Effect.tryPromise(what).pipe(Effect.retry(Schedule.spaced("500 millis")), Effect.orDie)
  yield* ask(() => manager.streams.add({ name, subjects: [name], num_replicas: 3 }))
  const acknowledged = new Map<number, string>()
  say(`the one of three nodes that decides stands still ${times} times for ${standingSeconds} s: bare clients`)
  const strike = Effect.gen(function* () {
    // What there is to lose is acknowledged meanwhile.
    yield* Effect.sleep(1_000 * betweenSeconds)
    const { cluster } = yield* ask(() => manager.streams.info(name))
    yield* engine.nodes[Number(cluster?.leader?.slice(1) ?? 0)]!.standStill(standingSeconds)
  })
  yield* Effect.raceFirst(
    Effect.repeat(strike, { times: times - 1 }),
    Effect.forEach(
      Array.from({ length: publishers }, (_, nth) =>
        publish(connections[nth % connections.length]!, nth, acknowledged)
      ),
      (one) => one,
      { concurrency: "unbounded", discard: true }
    )
  )
  const found = yield* Effect.promise(() => readAll(connection, manager))
  const lost = [...acknowledged].filter(([place, text]) => found.get(place) !== text)
  say(`  ${acknowledged.size.toLocaleString("en")} messages acknowledged, ${lost.length} of them not there in the end`)
})
