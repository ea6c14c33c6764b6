#!/usr/bin/env node
/**
 * `npm run bench:growth`: how the cost of a delivery grows with the members of a room and with the number of rooms, beside the raw Node
 * relay; and how the cost of an entry, a page and a start grows with the length of a history. Writes plots to bench/results.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs, styleText } from "node:util"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Draft, RoomLogs } from "../../packages/server/src/room-log.ts"
import * as SqliteRoomLogs from "../../packages/server/src/room-log-sqlite.ts"
import { median } from "../times.ts"
import { type Measured, prepare, putLoad } from "./load.ts"
import { type Line, lines } from "./plot.ts"
import { type Contender, named, withServer } from "./servers.ts"

const { values } = parseArgs({ options: { out: { type: "string" }, entries: { type: "string", default: "1000000" } } })
const out = values.out ?? fileURLToPath(new URL("../results", import.meta.url))
const say = (text = ""): void => void process.stdout.write(`${text}\n`)
const rounds = 3

prepare()

// ---------------------------------------------------------------------------------------------------------------------
// Members, and rooms
// ---------------------------------------------------------------------------------------------------------------------

const pair: ReadonlyArray<Contender> = ["Tertulia, in memory", "raw Node relay"].map(named)

/** A size, and what the load is told for it. */
type Sized = readonly [size: number, args: ReadonlyArray<string>]

const membersOf = (members: number): Sized => [
  members,
  ["--members", `${members}`, "--senders", `${Math.min(10, members)}`, "--window", "16"]
]

const roomsOf = (rooms: number): Sized => [
  rooms,
  // As many messages under way in all, however many rooms share them.
  ["--rooms", `${rooms}`, "--members", "10", "--senders", "2", "--window", `${Math.max(1, Math.round(1_000 / rooms))}`]
]

/** Microseconds of the server's processor time per delivery, for each size. */
const costs = async (contender: Contender, sizes: ReadonlyArray<Sized>): Promise<Line> => {
  const points: Array<readonly [number, number]> = []
  for (const [size, args] of sizes) {
    const found: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const measured = await withServer(contender, (server) =>
        putLoad<Measured>(contender, server, [...args, "--seconds", "1"])
      )
      found.push(measured.cpuPerMillion)
    }
    const cost = median(found)
    points.push([size, cost])
    say(`  ${contender.name.padEnd(22)} ${`${size}`.padStart(8)}  ${cost.toFixed(3)} us per delivery`)
  }
  return { label: contender.name, kind: contender.role, points }
}

const grow = async (title: string, xName: string, sizes: ReadonlyArray<Sized>): Promise<string> => {
  say(`\n${styleText("bold", title)}`)
  const drawn: Array<Line> = []
  for (const contender of pair) drawn.push(await costs(contender, sizes))
  return lines(title, xName, "us of processor time per delivery", drawn)
}

// ---------------------------------------------------------------------------------------------------------------------
// The length of a history
// ---------------------------------------------------------------------------------------------------------------------

const draft: Draft = {
  type: "message",
  author: { id: "ana" },
  from: "ana",
  text: "x".repeat(100),
  at: new Date(0).toISOString()
}
const batch = 256
const pages = 200

interface Lengths {
  readonly appends: Array<readonly [number, number]>
  readonly reads: Array<readonly [number, number]>
  readonly starts: Array<readonly [number, number]>
}

const opened = async (file: string) => {
  const scope = await Effect.runPromise(Scope.make())
  const context = await Effect.runPromise(Layer.buildWithScope(SqliteRoomLogs.layer({ file }), scope))
  const log = await Effect.runPromise(
    Scope.provide(
      Context.get(context, RoomLogs).open("#cafe", () => {}),
      scope
    )
  )
  return { log, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const micros = async (times: number, deed: () => Promise<unknown>): Promise<number> => {
  const found: Array<number> = []
  for (let time = 0; time < times; time++) {
    const began = performance.now()
    await deed()
    found.push(1_000 * (performance.now() - began))
  }
  return median(found)
}

const lengthen = async (most: number): Promise<Lengths> => {
  const folder = mkdtempSync(join(tmpdir(), "tertulia-growth-"))
  const file = join(folder, "rooms.db")
  const lengths: Lengths = { appends: [], reads: [], starts: [] }
  const drafts = Array.from({ length: batch }, () => draft)
  try {
    for (let wanted = 1_000; wanted <= most; wanted *= 10) {
      const began = performance.now()
      const { close, log } = await opened(file)
      lengths.starts.push([wanted, 1_000 * (performance.now() - began)])
      while (log.head() < wanted - batch * 20) await Effect.runPromise(log.append(drafts))
      const append = await micros(20, () => Effect.runPromise(log.append(drafts)))
      lengths.appends.push([wanted, append / batch])
      // Anywhere in it: what was read last is in a cache.
      const page = () => {
        const after = Math.floor(Math.random() * (log.head() - pages))
        return Effect.runPromise(Stream.runDrain(log.read(after, after + pages)))
      }
      lengths.reads.push([wanted, await micros(50, page)])
      await close()
      say(
        `  ${`${wanted}`.padStart(9)} entries: ${lengths.appends.at(-1)![1].toFixed(1)} us per entry, ${lengths.reads.at(-1)![1].toFixed(0)} us per page of ${pages}, opened in ${(lengths.starts.at(-1)![1] / 1_000).toFixed(0)} ms`
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return lengths
}

mkdirSync(out, { recursive: true })
const save = (name: string, plot: string): void => writeFileSync(join(out, name), plot)

save("growth-members.svg", await grow("members of one room", "members", [10, 100, 1_000, 5_000].map(membersOf)))
save("growth-rooms.svg", await grow("rooms of 10", "rooms", [1, 10, 100, 1_000].map(roomsOf)))
say(`\n${styleText("bold", "entries of one room")}`)
const lengths = await lengthen(Number(values.entries))
save(
  "growth-history.svg",
  lines("entries of one room", "entries", "us", [
    { label: "an entry", kind: "ours", points: lengths.appends },
    { label: `a page of ${pages}`, kind: "peer", points: lengths.reads },
    { label: "opening the file", kind: "limit", points: lengths.starts }
  ])
)
say(`\n${out}/growth-*.svg`)
