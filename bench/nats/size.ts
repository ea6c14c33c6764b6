/**
 * What many rooms and entries take: bytes in the engine, memory of the engine and of a server, and the time until a server has all of it,
 * from the log, from a snapshot, or after it was away.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import {
  draft,
  type Engine,
  greets,
  main,
  mebibytes,
  openEngine,
  openFolder,
  openLogs,
  residentOf,
  say,
  seconds,
  startServer
} from "./stage.ts"

const rooms = 10_000

/** Appends that are under way at once. */
const window = 256

/** The messages and bytes of the log in the engine. */
const logOf = async ({ store }: Engine) => {
  const connection = await connect({ servers: [...store.servers] })
  const manager = await jetstreamManager(connection)
  const { state } = await manager.streams.info("tertulia-tertulia")
  await connection.close()
  return { messages: state.messages, bytes: state.bytes, start: state.first_seq, last: state.last_seq }
}

type Logs = Awaited<ReturnType<typeof openLogs>>

/** Appends so many entries, one at a time to each of many rooms. */
const fill = async (logs: Logs, entries: number): Promise<number> => {
  const began = performance.now()
  let next = 0
  const lane = async () => {
    while (next < entries) {
      // Others go on while one opens a room.
      const room = next++ % rooms
      const log = opened.get(room) ?? (await logs.open(`#r${room}`))
      opened.set(room, log)
      // Where the machine stands still for a while, it is refused, and not done.
      await Effect.runPromise(log.append([draft]).pipe(Effect.retry(Schedule.spaced("200 millis"))))
    }
  }
  const opened = new Map<number, Awaited<ReturnType<Logs["open"]>>>()
  await Promise.all(Array.from({ length: window }, lane))
  return performance.now() - began
}

/** Memory of a server that has just come to lead, in a process of its own. */
const memoryOf = async (file: string, url: string): Promise<number> => {
  await using server = await startServer(file, url)
  await greets(server.port)
  return residentOf(server.pid)
}

const show = (what: string, figure: string) => say(`  ${what.padEnd(64)} ${figure}`)

export const size = async (entries: number): Promise<void> => {
  using folder = openFolder()
  await using engine = await openEngine(folder.path)
  const fileOf = (name: string) => join(folder.path, `${name}.db`)
  const first = fileOf("first")
  say(`rooms: ${rooms.toLocaleString("en")}, entries: ${entries.toLocaleString("en")}`)
  {
    await using logs = await openLogs(engine.store, first)
    show("memory of the engine with nothing", mebibytes(residentOf(engine.pid)))
    show("opened all rooms, with an entry each", seconds(await fill(logs, rooms)))
    show("memory of the engine then", mebibytes(residentOf(engine.pid)))
  }
  show("memory of a server then", mebibytes(await memoryOf(first, engine.url)))
  const away = Math.round(entries / 10)
  {
    await using logs = await openLogs(engine.store, first)
    const took = await fill(logs, entries - away - rooms)
    show("appended entries", `${Math.round((1_000 * (entries - away - rooms)) / took).toLocaleString("en")} a second`)
  }
  copyFileSync(first, fileOf("away"))
  {
    await using logs = await openLogs(engine.store, first)
    await fill(logs, away)
  }
  const { bytes, messages } = await logOf(engine)
  show("bytes of the log for an entry", `${Math.round(bytes / entries)}, in ${messages.toLocaleString("en")} messages`)
  show("bytes of a server's file for an entry", `${Math.round(statSync(first).size / entries)}`)
  show("memory of the engine", mebibytes(residentOf(engine.pid)))
  show("memory of a server", mebibytes(await memoryOf(first, engine.url)))
  const time = async (file: string) => {
    await using logs = await openLogs(engine.store, file)
    return logs.took
  }
  show("a server that has it all is there after", seconds(await time(first)))
  show(`one that was away for ${away.toLocaleString("en")} entries`, seconds(await time(fileOf("away"))))
  show("a new one, from the log", seconds(await time(fileOf("new"))))
  await snapshot(engine, first, fileOf)
  await migrate(engine, first)
}

/** Takes a snapshot, and has a new server begin with it. */
const snapshot = async (engine: Engine, first: string, fileOf: (name: string) => string): Promise<void> => {
  const began = performance.now()
  {
    await using _ = await openLogs(engine.store, first, { snapshots: { every: 1, grace: 0 } })
    while ((await logOf(engine)).start === 1) await new Promise((resolve) => setTimeout(resolve, 50))
    show("a snapshot is taken and sent within", seconds(performance.now() - began))
    // It overwrites what is left one by one.
    for (let before = 0, now = 1; before !== now; ) {
      before = now
      await new Promise((resolve) => setTimeout(resolve, 500))
      now = (await logOf(engine)).start
    }
    show("and the log is truncated within", seconds(performance.now() - began))
  }
  const { bytes } = await logOf(engine)
  show("bytes of the log then", bytes.toLocaleString("en"))
  const file = fileOf("from-snapshot")
  await using logs = await openLogs(engine.store, file)
  show("a new server, from the snapshot", `${seconds(logs.took)}, ${mebibytes(statSync(file).size)}`)
}

/** Moves all of it into a file, and from there into another store. */
const migrate = async ({ url }: Engine, file: string): Promise<void> => {
  const run = async (...args: ReadonlyArray<string>) => {
    const began = performance.now()
    const child = spawn(process.execPath, [main, "migrate", ...args, "--data", file], { stdio: "inherit" })
    const [code] = await once(child, "exit")
    if (code !== 0) throw new Error(`migrate ended with ${code}`)
    return seconds(performance.now() - began)
  }
  show("migrate --back, into a file of a server", await run("--back", "--store", url))
  show("migrate, into another store", await run("--store", url.replace("/tertulia", "/tertulia-2")))
}

/** How long nobody is let in when the server that leads is killed, and another stands by. */
export const failover = async (): Promise<void> => {
  using folder = openFolder()
  await using engine = await openEngine(folder.path)
  const leader = await startServer(join(folder.path, "1.db"), engine.url)
  await greets(leader.port)
  await using other = await startServer(join(folder.path, "2.db"), engine.url)
  await greets(other.port)
  await leader.kill()
  show("the one that leads is killed: another lets people in after", seconds(await greets(other.port)))
}
