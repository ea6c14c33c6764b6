/**
 * What rooms cost an engine, by where they are: each in a stream of its own, each a subject of one stream, whose place in its room the writer
 * guards by the last sequence of the subject, or as a store has them, a field of the messages of one log. The same entries, one in each room at a time.
 *
 * @module
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import {
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  StorageType
} from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import {
  draft,
  type Engine,
  mebibytes,
  openEngine,
  openFolder,
  openLogs,
  payload,
  residentOf,
  say,
  seconds
} from "./stage.ts"

const rooms = 10_000

/** Rounds of an entry in each room. */
const rounds = 3

/** What is under way at once. */
const window = 256

/** Does something for each room, so many at once, and gives the milliseconds that it took. */
const forAll = async (deed: (room: number) => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  let next = 0
  const lane = async () => {
    while (next < rooms) await deed(next++)
  }
  await Promise.all(Array.from({ length: window }, lane))
  return performance.now() - began
}

/** Rooms in an engine: how each is made, and how something is said in it. */
interface Mapping {
  readonly open: (room: number) => Promise<unknown>
  readonly append: (room: number) => Promise<unknown>
}

const measure = async (what: string, { pid }: Engine, { append, open }: Mapping): Promise<void> => {
  const before = residentOf(pid)
  const show = (name: string, figure: string) => say(`  ${name.padEnd(44)} ${figure}`)
  let there = 0
  let refusal: unknown
  const opened = await forAll(async (room) => {
    if (refusal !== undefined) return
    await open(room).then(
      () => there++,
      (error: unknown) => {
        refusal = error
      }
    )
  })
  say(what)
  if (refusal === undefined) {
    const first = await forAll(append)
    let more = 0
    for (let round = 0; round < rounds; round++) more += await forAll(append)
    show("opened, with an entry each", `${seconds(opened)} and ${seconds(first)}`)
    show("entries a second after that", Math.round((1_000 * rounds * rooms) / more).toLocaleString("en"))
  } else {
    const why = refusal instanceof Error ? refusal.message : String(refusal)
    show(`refused after ${there.toLocaleString("en")} rooms`, `${seconds(opened)}: ${why}`)
  }
  show("memory of the engine, before and after", `${mebibytes(before)}, ${mebibytes(residentOf(pid))}`)
  show("files that it has open", readdirSync(`/proc/${pid}/fd`).length.toLocaleString("en"))
}

/** The bare client of an engine that nobody else uses. */
const withClient = async (
  what: string,
  mappingOf: (manager: JetStreamManager, client: JetStreamClient) => Promise<Mapping>
): Promise<void> => {
  using folder = openFolder()
  await using engine = await openEngine(folder.path)
  const connection = await connect({ servers: [...engine.store.servers] })
  const manager = await jetstreamManager(connection, { timeout: 60_000 })
  await measure(what, engine, await mappingOf(manager, jetstream(connection, { timeout: 60_000 })))
  await connection.close()
}

export const mapping = async (): Promise<void> => {
  say(`${rooms.toLocaleString("en")} rooms, ${window} under way`)
  await withClient("a stream for each room, the bare client", async (manager, client) => ({
    open: (room) =>
      manager.streams.add({ name: `room-${room}`, subjects: [`room.${room}`], storage: StorageType.File }),
    append: (room) => client.publish(`room.${room}`, payload)
  }))
  await withClient("a subject of one stream for each room, guarded, the bare client", async (manager, client) => {
    await manager.streams.add({ name: "rooms", subjects: ["room.*"], storage: StorageType.File })
    const last = new Map<number, number>()
    return {
      open: async () => {},
      append: async (room) => {
        const expect = { lastSubjectSequence: last.get(room) ?? 0 }
        last.set(room, (await client.publish(`room.${room}`, payload, { expect })).seq)
      }
    }
  })
  using folder = openFolder()
  await using engine = await openEngine(folder.path)
  await using logs = await openLogs(engine.store, join(folder.path, "tertulia.db"))
  const opened = new Map<number, Awaited<ReturnType<typeof logs.open>>>()
  await measure("a field of the messages of one log, a store and its file", engine, {
    open: async (room) => void opened.set(room, await logs.open(`#r${room}`)),
    append: (room) => Effect.runPromise(opened.get(room)!.append([draft]))
  })
}
