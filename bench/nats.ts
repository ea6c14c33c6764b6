#!/usr/bin/env node
/**
 * `npm run bench:nats`: how many entries per second a store acknowledges, against the bare client of its engine that publishes messages of the
 * same size with as many under way, in the same run; and how long 10,000 rooms take that have one entry each. Storage alone: no network to
 * clients, no rooms. Takes a `nats-server` that it starts itself.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { openEngine } from "../conformance/crash/engine.ts"
import { storeIn } from "../packages/server/src/nats/store-url.ts"
import { type Draft, RoomLogs } from "../packages/server/src/room-log.ts"
import * as NatsRoomLogs from "../packages/server/src/room-log-nats.ts"
import { median, quantile } from "./times.ts"

const seconds = 2
const rounds = 3
const text = "x".repeat(100)
const draft: Draft = { type: "message", author: { id: "ana" }, from: "ana", text, at: new Date().toISOString() }

interface Outcome {
  readonly perSecond: number
  readonly median: number
  readonly worst: number
}

/** As many as `window` call `append` again and again. */
const measure = async (
  window: number,
  entries: number,
  append: (nth: number) => Promise<unknown>
): Promise<Outcome> => {
  const latencies: Array<number> = []
  const began = performance.now()
  const until = began + 1_000 * seconds
  const lane = async (_: unknown, nth: number) => {
    while (performance.now() < until) {
      const from = performance.now()
      await append(nth)
      latencies.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: window }, lane))
  const perSecond = (1_000 * latencies.length * entries) / (performance.now() - began)
  latencies.sort((one, other) => one - other)
  return { perSecond, median: quantile(latencies, 0.5), worst: quantile(latencies, 0.99) }
}

const folder = mkdtempSync(join(tmpdir(), "tertulia-bench-"))
const scope = Scope.makeUnsafe()
const { store: url } = await Effect.runPromise(Scope.provide(openEngine(folder, 1), scope))
const store = storeIn(url)!

const connection = await connect({ servers: [...store.servers] })
await (await jetstreamManager(connection)).streams.add({ name: "bare", subjects: ["bare"] })
const client = jetstream(connection)
// What the store publishes for one entry has this size, too.
const payload = Buffer.from(JSON.stringify({ ...draft, room: "#cafe", epoch: "x".repeat(20), server: "x".repeat(15) }))
const bare = (window: number) => measure(window, 1, () => client.publish("bare", payload))

const context = await Effect.runPromise(
  Layer.buildWithScope(NatsRoomLogs.layer({ store, file: join(folder, "tertulia.db"), patience: 30 }), scope)
)
const logs = Context.get(context, RoomLogs)
const open = (room: string) =>
  Effect.runPromise(
    Scope.provide(
      logs.open(room, () => {}),
      scope
    )
  )

const say = (line: string) => process.stdout.write(`${line}\n`)
const show = (what: string, { median: half, perSecond, worst }: Outcome, ratio?: number) =>
  say(
    `  ${what.padEnd(44)} ${Math.round(perSecond).toLocaleString("en").padStart(8)}/s, ${half.toFixed(2)} ms median, ${worst.toFixed(2)} ms p99${ratio === undefined ? "" : `, ${ratio.toFixed(2)} of bare`}`
  )
const middle = (outcomes: ReadonlyArray<Outcome>): Outcome => {
  const rate = median(outcomes.map(({ perSecond }) => perSecond))
  return outcomes.find(({ perSecond }) => perSecond === rate) ?? outcomes[0]!
}

for (const window of [1, 16, 256]) {
  const rooms = await Promise.all(Array.from({ length: window }, (_, nth) => open(`#w${window}-${nth}`)))
  const batch = Array.from({ length: 16 }, () => draft)
  const found: { readonly bare: Array<Outcome>; readonly one: Array<Outcome>; readonly many: Array<Outcome> } = {
    bare: [],
    one: [],
    many: []
  }
  for (let round = 0; round < rounds; round++) {
    found.bare.push(await bare(window))
    found.one.push(await measure(window, 1, (nth) => Effect.runPromise(rooms[nth]!.append([draft]))))
    found.many.push(await measure(window, 16, (nth) => Effect.runPromise(rooms[nth]!.append(batch))))
  }
  const base = middle(found.bare)
  say(`${window} under way, the median of ${rounds} rounds`)
  show("bare client, a message each", base)
  show("store, an entry in each room", middle(found.one), middle(found.one).perSecond / base.perSecond)
  show("store, 16 entries at once in each room", middle(found.many), middle(found.many).perSecond / base.perSecond)
}

const before = process.memoryUsage().rss
const began = performance.now()
const names = Array.from({ length: 10_000 }, (_, nth) => `#r${nth}`)
for (let from = 0; from < names.length; from += 256) {
  const some = await Promise.all(names.slice(from, from + 256).map(open))
  await Promise.all(some.map((log) => Effect.runPromise(log.append([draft]))))
}
say(
  `10,000 rooms opened, with an entry each: ${((performance.now() - began) / 1_000).toFixed(1)} s, ${((process.memoryUsage().rss - before) / 1_048_576).toFixed(0)} MiB more in the server`
)
await connection.close()
await Effect.runPromise(Scope.close(scope, Exit.void))
rmSync(folder, { recursive: true, force: true })
