import { readFile, rm, writeFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { fc } from "@fast-check/vitest"
import { Effect, Exit, Scope, Stream } from "effect"
import { describe, expect, test } from "vitest"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { makeOverdue } from "../src/sqlite/overdue.ts"
import { contentOf, epochOf, plant } from "./support/files.ts"
import { openClient } from "./support/house.ts"
import { draft, openLogs, openTemporary, said } from "./support/logs.ts"
import { linesOf, openFolder } from "./support/process.ts"
import { stopClock } from "./support/stopped-clock.ts"

const day = 86_400_000
const now = Date.parse("2026-11-20T20:08:00.000Z")
const ago = (days: number) => now - days * day

/** Entries that were written so many days ago. */
const written = (...days: ReadonlyArray<number>) => days.map((days) => ({ at: ago(days), text: `${days} days old` }))

/** Opens logs at `now`, in a time that only the test moves. */
const openAtNow = async (options: SqliteRoomLogs.SqliteLogOptions) => {
  // The one who gives up entries, and the one who forgets keys.
  const { clock, ...time } = stopClock(now, 2)
  return { ...time, logs: await openLogs(SqliteRoomLogs.layer(options), clock) }
}

/** `[first, head]` of each room in the file. */
const bounds = (file: string) =>
  Object.fromEntries(contentOf(file).map(({ first, head, room }) => [room, [first, head]]))

describe("entries that are kept for 30 days", () => {
  test("are given up at the start, in rooms that nobody has opened, the oldest only", async () => {
    await using folder = await openTemporary()
    plant(
      folder.file,
      { room: "#all", entries: written(33, 32, 31) },
      { room: "#backwards", entries: written(40, 31, 29, 35, 2) },
      { room: "#none", entries: written(29, 40) },
      { room: "#some", entries: written(33, 32, 3), first: 7 }
    )
    const { allAsleep, logs } = await openAtNow({ file: folder.file, keepDays: 30 })
    await using _logs = logs
    await allAsleep()
    expect(contentOf(folder.file)).toMatchObject([
      { room: "#all", epoch: epochOf("#all"), first: 4, head: 3, entries: [] },
      { room: "#backwards", first: 3, head: 5, entries: [{ seq: 3 }, { seq: 4 }, { seq: 5 }] },
      { room: "#none", first: 1, head: 2, entries: [{ seq: 1 }, { seq: 2 }] },
      { room: "#some", epoch: epochOf("#some"), first: 9, head: 9, entries: [{ seq: 9, text: "3 days old" }] }
    ])
  })

  test("are given up when their time has come, in a room that is open and silent", async () => {
    await using folder = await openTemporary()
    plant(folder.file, { room: "#cafe", entries: written(29, 28, 1) })
    const { allAsleep, logs, pass } = await openAtNow({ file: folder.file, keepDays: 30 })
    await using _logs = logs
    const log = await logs.open("#cafe")
    await allAsleep()
    expect([log.first(), log.head(), bounds(folder.file)]).toEqual([1, 3, { "#cafe": [1, 3] }])
    await pass(1.5 * day)
    expect([log.first(), log.head(), bounds(folder.file)]).toEqual([2, 3, { "#cafe": [2, 3] }])
    await pass(40 * day)
    expect([log.first(), log.head(), bounds(folder.file)]).toEqual([4, 3, { "#cafe": [4, 3] }])
    expect(log.epoch).toBe(epochOf("#cafe"))
    await log.append(draft("still here"))
    expect(await log.read(3, 4)).toEqual([{ seq: 4, ...said("still here") }])
  })

  test("are given up in parts when they are many", async () => {
    await using folder = await openTemporary()
    const old = Array.from({ length: 1_000 }, () => ({ at: ago(31), text: "x".repeat(4_000) }))
    plant(folder.file, { room: "#cafe", entries: [...old, ...written(2)] })
    const { allAsleep, logs } = await openAtNow({ file: folder.file, keepDays: 30 })
    await using _logs = logs
    await allAsleep()
    expect(bounds(folder.file)).toEqual({ "#cafe": [1_001, 1_001] })
  })

  test("stay while somebody reads them, and go when they have been read", async () => {
    await using folder = await openTemporary()
    plant(folder.file, { room: "#cafe", entries: Array.from({ length: 600 }, () => ({ at: ago(29) })) })
    const { allAsleep, logs, pass } = await openAtNow({ file: folder.file, keepDays: 30 })
    await using _logs = logs
    await allAsleep()
    const log = await logs.open("#cafe")
    const reading = Scope.makeUnsafe()
    const pull = await Effect.runPromise(Scope.provide(Stream.toPull(log.stream(100, 600)), reading))
    const seqs = async () => (await Effect.runPromise(pull)).map(({ seq }) => seq)
    const seen = await seqs()
    await pass(2 * day)
    expect([log.first(), bounds(folder.file)]).toEqual([101, { "#cafe": [101, 600] }])
    while (seen.at(-1) !== 600) seen.push(...(await seqs()))
    expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => 101 + index))
    await Effect.runPromise(Scope.close(reading, Exit.void))
    await pass(day)
    expect([log.first(), bounds(folder.file)]).toEqual([601, { "#cafe": [601, 600] }])
  })

  test("can't be read by whoever opens the room while they are given up", async () => {
    await using folder = await openTemporary()
    plant(folder.file, { room: "#cafe", entries: written(33, 32, 3) })
    await writeFile(`${folder.file}-held`, "")
    const disk = new URL("./support/disks/held.ts", import.meta.url)
    const { allAsleep, logs } = await openAtNow({ file: folder.file, keepDays: 30, disk })
    await using _logs = logs
    const log = await logs.open("#cafe")
    await expect.poll(log.first, { timeout: 30_000 }).toBe(3)
    const other = await logs.open("#cafe")
    expect([other.first(), bounds(folder.file)]).toEqual([3, { "#cafe": [1, 3] }])
    await rm(`${folder.file}-held`)
    await allAsleep()
    expect(bounds(folder.file)).toEqual({ "#cafe": [3, 3] })
  })

  test("are gone from the file when they are given up, and from its WAL", async () => {
    await using folder = await openTemporary()
    const { allAsleep, logs, pass } = await openAtNow({ file: folder.file, keepDays: 30 })
    await using _logs = logs
    await allAsleep()
    const log = await logs.open("#cafe")
    const at = new Date(ago(29.9)).toISOString()
    await log.append(...Array.from({ length: 50 }, (_, index) => draft(`secret ${"x".repeat(100 * index)}`, { at })))
    await log.append(draft("in the open"))
    const bytes = async () =>
      `${await readFile(folder.file, "latin1")}${await readFile(`${folder.file}-wal`, "latin1")}`
    expect(await bytes()).toContain("secret")
    // While another program reads, what the WAL has stays there, and nobody waits for that.
    const other = new DatabaseSync(folder.file, { readOnly: true })
    other.exec("BEGIN; SELECT * FROM rooms")
    await pass(day)
    expect([bounds(folder.file), await bytes()]).toEqual([{ "#cafe": [51, 51] }, expect.stringContaining("secret")])
    other.close()
    await pass(day)
    expect(await bytes()).not.toContain("secret")
    expect(await bytes()).toContain("in the open")
  })
})

test("a room that nobody opens keeps as many entries as it may, and both bounds hold", async () => {
  await using folder = await openTemporary()
  const young = Array.from({ length: 20 }, () => 1)
  plant(
    folder.file,
    { room: "#long", entries: written(...young) },
    { room: "#old", entries: written(40, 1) },
    { room: "#short", entries: written(...young.slice(0, 11)) }
  )
  const { allAsleep, logs } = await openAtNow({ file: folder.file, keep: 10, keepDays: 30 })
  await using _logs = logs
  await allAsleep()
  expect(bounds(folder.file)).toEqual({ "#long": [11, 20], "#old": [2, 2], "#short": [1, 11] })
})

test("more rooms than are looked at in one go are all looked at", async () => {
  await using folder = await openTemporary()
  plant(folder.file, ...Array.from({ length: 700 }, (_, index) => ({ room: `#r${index}`, entries: written(31, 1) })))
  const { allAsleep, logs } = await openAtNow({ file: folder.file, keepDays: 30 })
  await using _logs = logs
  await allAsleep()
  expect(contentOf(folder.file).filter(({ first }) => first !== 2)).toEqual([])
})

test("what is given up is the longest beginning of the log of which nothing is to be kept", async () => {
  await using folder = await openTemporary()
  plant(folder.file)
  const db = new DatabaseSync(folder.file)
  const times = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 600 })
  const since = fc.integer({ min: 0, max: 9 })
  const bound = fc.integer({ min: 1, max: 700 })
  const property = fc.property(times, since, bound, (times, since, entries) => {
    db.exec("BEGIN; INSERT INTO rooms (id, name, epoch, first, head) VALUES (1, '#cafe', 'k', 1, 0)")
    const add = db.prepare(
      "INSERT INTO entries (room, seq, author, key, at, text) VALUES (1, ?, 'ana', NULL, ?, 'hola')"
    )
    for (const [index, at] of times.entries()) add.run(index + 1, at)
    db.exec(`UPDATE rooms SET head = ${times.length}`)
    const { stays } = makeOverdue(db)
    let first = 0
    let next = 1
    while (next > first) {
      first = next
      next = stays({ room: "#cafe", first, kept: { entries, since } })
    }
    db.exec("ROLLBACK")
    const kept = times.findIndex((at, index) => at >= since && index + 1 > times.length - entries)
    expect(first).toBe(kept === -1 ? times.length + 1 : kept + 1)
  })
  fc.assert(property)
  db.close()
})

test("a server gives up what is older than --keep-days says, and says so", async () => {
  await using folder = await openFolder()
  const at = Date.now()
  plant(`${folder.path}/tertulia.db`, {
    room: "#cafe",
    entries: [{ at: at - 3 * day }, { at: at - 2 * day }, { at, text: "young" }]
  })
  const { child } = folder.start(["--port", "0"], { TERTULIA_KEEP_DAYS: "1" })
  const lines = linesOf(child)
  const { port } = await lines.saying("listening")
  await lines.saying("gave up the oldest entries: 2, in rooms: 1")
  const ana = await openClient(Number(port))
  await ana.ask({ type: "login", nick: "ana" })
  expect(await ana.ask({ type: "join", room: "#cafe" })).toMatchObject({ first: 3, head: 3 })
  const page = await ana.ask({ type: "history", room: "#cafe", after: 0 })
  expect(page).toMatchObject({ first: 3, head: 3, entries: [{ seq: 3, text: "young" }] })
  ana.socket.destroy()
})
