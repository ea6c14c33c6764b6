#!/usr/bin/env node
/**
 * `npm run bench:durable`: how many entries per second are on the disk and acknowledged, against a bare insert loop with the same
 * batches on the same disk; and how long the event loop stands still meanwhile, when a thread writes and when the loop itself does.
 * Storage alone: no network, no rooms.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { DatabaseSync } from "node:sqlite"
import { setImmediate } from "node:timers/promises"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type Draft, RoomLogs } from "../packages/server/src/room-log.ts"
import * as SqliteRoomLogs from "../packages/server/src/room-log-sqlite.ts"
import { openDataFile } from "../packages/server/src/sqlite/data-file.ts"
import { openDisk } from "../packages/server/src/sqlite/disk.ts"
import { makeWriter } from "../packages/server/src/sqlite/writer.ts"
import { openDisk as openSlowDisk } from "./disks/slow.ts"
import { median, quantile } from "./times.ts"

/** Rooms that append all the time, each so many entries at once. */
interface Shape {
  readonly rooms: number
  readonly entries: number
}

interface Outcome {
  readonly perSecond: number
  /** Milliseconds from the append to its acknowledgement, and of the loop's longest stall. */
  readonly median: number
  readonly worst: number
  readonly stall: number
}

type Run = (file: string, shape: Shape, isSlow: boolean) => Promise<Outcome>

const seconds = 0.6
const at = new Date().toISOString()
const text = "x".repeat(100)
const draft: Draft = { type: "message", author: { id: "ana" }, from: "ana", text, at }

/** Calls `append` of each room again and again, and measures from outside. */
const measure = async ({ entries, rooms }: Shape, append: (room: number) => Promise<unknown>): Promise<Outcome> => {
  const latencies: Array<number> = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const began = performance.now()
  const until = began + 1_000 * seconds
  delay.enable()
  await Promise.all(
    Array.from({ length: rooms }, async (_, room) => {
      while (performance.now() < until) {
        const from = performance.now()
        await append(room)
        latencies.push(performance.now() - from)
      }
    })
  )
  delay.disable()
  latencies.sort((one, other) => one - other)
  return {
    perSecond: (1_000 * latencies.length * entries) / (performance.now() - began),
    median: quantile(latencies, 0.5),
    worst: quantile(latencies, 0.99),
    stall: delay.max / 1e6
  }
}

/** What the machine allows: one table, one statement, as many rows in a transaction as there are under way. */
const bare: Run = async (file, { entries, rooms }, isSlow) => {
  const db = new DatabaseSync(file)
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
  db.exec(
    "CREATE TABLE entries (room INTEGER, seq INTEGER, author TEXT, at INTEGER, text TEXT, PRIMARY KEY (room, seq)) WITHOUT ROWID"
  )
  const add = db.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, ?)")
  const disk = (isSlow ? openSlowDisk : openDisk)(db, file)
  let seq = 0
  const outcome = await measure({ rooms: 1, entries: rooms * entries }, async () => {
    disk.begin()
    for (let row = 0; row < entries; row++) {
      seq++
      for (let room = 0; room < rooms; room++) add.run(room, seq, draft.from, Date.now(), text)
    }
    disk.commit()
    await setImmediate()
  })
  db.close()
  return outcome
}

/** The server's writer, but in the thread of the event loop: what is asked for in one turn goes into one transaction. */
const inline: Run = async (file, shape, isSlow) => {
  const { close, db } = openDataFile(file)
  const write = makeWriter(db, { disk: (isSlow ? openSlowDisk : openDisk)(db, file) })
  const drafts = Array.from({ length: shape.entries }, () => draft)
  let group: Array<{ readonly room: number; readonly done: () => void }> = []
  const flush = async () => {
    await setImmediate()
    const taken = group
    group = []
    write(taken.map(({ room }) => ({ _tag: "Append", room: `#${room}`, epoch: `${room}`, reactions: 64, drafts })))
    for (const { done } of taken) done()
  }
  const outcome = await measure(shape, (room) => {
    if (group.length === 0) void flush()
    return new Promise<void>((done) => group.push({ room, done }))
  })
  close()
  return outcome
}

/** The server's log, as rooms use it. */
const log: Run = async (file, shape, isSlow) => {
  const scope = Scope.makeUnsafe()
  const layer = SqliteRoomLogs.layer({
    file,
    ...(isSlow ? { disk: new URL("./disks/slow.ts", import.meta.url) } : {})
  })
  const logs = Context.get(await Effect.runPromise(Layer.buildWithScope(layer, scope)), RoomLogs)
  const drafts = Array.from({ length: shape.entries }, () => draft)
  const opened = await Effect.runPromise(
    Effect.forEach(Array.from({ length: shape.rooms }), (_, room) => logs.open(`#${room}`, () => {})).pipe(
      Scope.provide(scope)
    )
  )
  const outcome = await measure(shape, (room) => Effect.runPromise(opened[room]!.append(drafts)))
  await Effect.runPromise(Scope.close(scope, Exit.void))
  return outcome
}

const runs: Readonly<Record<string, Run>> = { "bare loop": bare, "in the event loop": inline, "the server's log": log }
const shapes: ReadonlyArray<Shape> = [
  { rooms: 1, entries: 1 },
  { rooms: 10, entries: 10 },
  { rooms: 10, entries: 64 },
  { rooms: 100, entries: 10 }
]

/** Rounds of all runs in turn, so that what else the machine does meets all of them alike. */
const rounds = 5

const inFolder = async (run: Run, shape: Shape, isSlow: boolean): Promise<Outcome> => {
  const folder = mkdtempSync(join(tmpdir(), "tertulia-"))
  const outcome = await run(join(folder, "bench.db"), shape, isSlow)
  rmSync(folder, { recursive: true })
  return outcome
}

const cell = (value: number, digits = 1) => value.toFixed(digits).padStart(9)

for (const isSlow of [false, true]) {
  console.log(`\n${isSlow ? "a disk whose sync takes 20 ms" : "this disk"} (medians of ${rounds} rounds)`)
  console.log("rooms x entries                  entries/s  of bare    p50 ms    p99 ms  stall ms")
  for (const shape of shapes) {
    const outcomes = new Map<string, Array<Outcome>>(Object.keys(runs).map((name) => [name, []]))
    for (let round = 0; round < rounds; round++) {
      for (const [name, run] of Object.entries(runs)) outcomes.get(name)!.push(await inFolder(run, shape, isSlow))
    }
    for (const [name, found] of outcomes) {
      const ratios = found.map(({ perSecond }, round) => perSecond / outcomes.get("bare loop")![round]!.perSecond)
      const of = (figure: keyof Outcome) => median(found.map((outcome) => outcome[figure]))
      const figures = [
        cell(of("perSecond"), 0),
        cell(median(ratios), 2),
        cell(of("median")),
        cell(of("worst")),
        cell(of("stall"))
      ]
      console.log(
        `${String(shape.rooms).padStart(5)} x ${String(shape.entries).padEnd(3)} ${name.padEnd(18)} ${figures.join(" ")}`
      )
    }
  }
}
