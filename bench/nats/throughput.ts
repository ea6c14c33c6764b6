/**
 * How many entries per second a store acknowledges, against the bare client of its engine that publishes messages of the same size with as
 * many under way, in the same run. Storage alone: no network to clients, no rooms.
 *
 * @module
 */
import { join } from "node:path"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { median, quantile } from "../times.ts"
import { draft, openEngine, openFolder, openLogs, say } from "./stage.ts"

const span = 2_000
const rounds = 3

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
  const until = began + span
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

const show = (what: string, { median: half, perSecond, worst }: Outcome, ratio?: number) =>
  say(
    `  ${what.padEnd(44)} ${Math.round(perSecond).toLocaleString("en").padStart(8)}/s, ${half.toFixed(2)} ms median, ${worst.toFixed(2)} ms p99${ratio === undefined ? "" : `, ${ratio.toFixed(2)} of bare`}`
  )

const middle = (outcomes: ReadonlyArray<Outcome>): Outcome => {
  const rate = median(outcomes.map(({ perSecond }) => perSecond))
  return outcomes.find(({ perSecond }) => perSecond === rate) ?? outcomes[0]!
}

export const throughput = async (): Promise<void> => {
  using folder = openFolder()
  await using engine = await openEngine(folder.path)
  const connection = await connect({ servers: [...engine.store.servers] })
  await (await jetstreamManager(connection)).streams.add({ name: "bare", subjects: ["bare"] })
  const client = jetstream(connection)
  // What the store publishes for one entry has this size, too.
  const payload = Buffer.from(
    JSON.stringify({ ...draft, room: "#cafe", epoch: "x".repeat(20), server: "x".repeat(15) })
  )
  const bare = (window: number) => measure(window, 1, () => client.publish("bare", payload))
  await using logs = await openLogs(engine.store, join(folder.path, "tertulia.db"))
  const batch = Array.from({ length: 16 }, () => draft)
  for (const window of [1, 16, 256]) {
    const rooms = await Promise.all(Array.from({ length: window }, (_, nth) => logs.open(`#w${window}-${nth}`)))
    const found: Record<"bare" | "one" | "many", Array<Outcome>> = { bare: [], one: [], many: [] }
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
  await connection.close()
}
