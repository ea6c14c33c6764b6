/**
 * How many entries per second a store acknowledges, against the bare client of its engine that publishes a message for each, of the same size
 * and with as many entries under way, in the same run. Storage alone: no network to clients, no rooms.
 *
 * Both wait until the engine has acknowledged; the store has the entry decided on and in the file of its server besides. Both have one
 * connection, and share a process and an engine, one after the other in short rounds: a machine that has other things to do has them for both,
 * so what counts is the middle of the ratios of all rounds. What the bench itself does costs both: a promise for each, and for the store
 * an effect that is run for it, as a server doesn't.
 *
 * The bare client is measured as it comes, and as the store has it, too: without the stacks that it notes for each message (engine.ts).
 *
 * @module
 */
import { join } from "node:path"
import { type JetStreamClient, jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import { median, quantile } from "../times.ts"
import { draft, openEngine, openFolder, openLogs, payload, say } from "./stage.ts"

const span = 700
const rounds = 9

/** Entries that a busy room appends at once. */
const batchSize = 16

interface Outcome {
  readonly perSecond: number
  readonly median: number
  readonly worst: number
}

/** One of those that are compared: appends so many entries at a time, in one of so many lanes. */
interface Runner {
  readonly name: string
  readonly lanes: number
  readonly entries: number
  readonly append: (lane: number) => Promise<unknown>
}

/** As many as there are lanes call `append` again and again. */
const measure = async ({ append, entries, lanes }: Runner): Promise<Outcome> => {
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
  await Promise.all(Array.from({ length: lanes }, lane))
  const perSecond = (1_000 * latencies.length * entries) / (performance.now() - began)
  latencies.sort((one, other) => one - other)
  return { perSecond, median: quantile(latencies, 0.5), worst: quantile(latencies, 0.99) }
}

/** Measures all of them in turn, several times, and says how they compare to the first two. */
const compare = async (runners: ReadonlyArray<Runner>): Promise<void> => {
  // The first round is slower, of whatever comes first.
  for (const runner of runners) await measure(runner)
  const found = runners.map((): Array<Outcome> => [])
  for (let round = 0; round < rounds; round++) {
    for (const [nth, runner] of runners.entries()) found[nth]!.push(await measure(runner))
  }
  const middle = (nth: number, of: keyof Outcome) => median(found[nth]!.map((outcome) => outcome[of]))
  const ratio = (nth: number, to: number) =>
    median(found[nth]!.map(({ perSecond }, round) => perSecond / found[to]![round]!.perSecond)).toFixed(2)
  for (const [nth, { name }] of runners.entries()) {
    const rate = Math.round(middle(nth, "perSecond")).toLocaleString("en").padStart(8)
    const times = `${middle(nth, "median").toFixed(2)} ms median, ${middle(nth, "worst").toFixed(2)} ms p99`
    const ratios = nth < 2 ? "" : `, ${ratio(nth, 0)} of bare, ${ratio(nth, 1)} of bare without stacks`
    say(`  ${name.padEnd(40)} ${rate}/s, ${times}${ratios}`)
  }
}

export const throughput = async (): Promise<void> => {
  using folder = openFolder()
  await using engine = await openEngine(folder.path)
  const asItComes = await connect({ servers: [...engine.store.servers] })
  const withoutStacks = await connect({ servers: [...engine.store.servers], noAsyncTraces: true })
  await (await jetstreamManager(asItComes)).streams.add({ name: "bare", subjects: ["bare"] })
  await using logs = await openLogs(engine.store, join(folder.path, "tertulia.db"))
  const batch = Array.from({ length: batchSize }, () => draft)
  for (const window of [1, 16, 256]) {
    const rooms = await Promise.all(Array.from({ length: window }, (_, nth) => logs.open(`#w${window}-${nth}`)))
    const bare = (name: string, client: JetStreamClient): Runner => ({
      name,
      lanes: window,
      entries: 1,
      append: () => client.publish("bare", payload)
    })
    const store = (drafts: ReadonlyArray<typeof draft>): Runner => ({
      name:
        drafts.length === 1 ? "store, an entry in each room" : `store, ${drafts.length} entries at once in each room`,
      lanes: window / drafts.length,
      entries: drafts.length,
      append: (nth) => Effect.runPromise(rooms[nth]!.append(drafts))
    })
    say(`${window} under way, the median of ${rounds} rounds`)
    await compare([
      bare("bare client", jetstream(asItComes)),
      bare("bare client without stacks", jetstream(withoutStacks)),
      store([draft]),
      ...(window < batchSize ? [] : [store(batch)])
    ])
  }
  await asItComes.close()
  await withoutStacks.close()
}
