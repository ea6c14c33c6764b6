import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { rm, writeFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { Effect, Exit } from "effect"
import { expect, test } from "vitest"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { openDisk } from "../src/sqlite/disk.ts"
import { makeWriter, type Work } from "../src/sqlite/writer.ts"
import { openClient, openHouse } from "./support/house.ts"
import { draft, openLogs, openTemporary } from "./support/logs.ts"
import { listening, openFolder } from "./support/process.ts"

const disk = (name: string) => new URL(`./support/disks/${name}.ts`, import.meta.url)

test("what doesn't fit is refused as a whole and leaves no hole; with space again, sending goes on", async () => {
  await using folder = await openTemporary()
  const { close, db } = openDataFile(folder.file)
  const write = makeWriter(db)
  const append = (room: string, ...texts: ReadonlyArray<string>): Work => ({
    _tag: "Append",
    room,
    epoch: room,
    reactions: 8,
    drafts: texts.map((text) => draft(text))
  })
  expect(write([append("#cafe", "one")])).toEqual({ _tag: "Committed", results: [[1]] })
  db.exec("PRAGMA max_page_count = 8")
  const tooMuch = [append("#bar", "one"), append("#cafe", "two", "x".repeat(100_000))]
  expect(write(tooMuch)).toEqual({ _tag: "Refused", reason: "the disk is full" })
  expect(db.prepare("SELECT count(*) AS count FROM entries").get()).toEqual({ count: 1 })
  db.exec("PRAGMA max_page_count = 1000")
  // Where only the commit is refused, the transaction is still open.
  const refusing = makeWriter(db, {
    disk: {
      ...openDisk(db),
      commit: () => {
        throw Object.assign(new Error("database or disk is full"), { errcode: 13 })
      }
    }
  })
  expect(refusing(tooMuch)).toEqual({ _tag: "Refused", reason: "the disk is full" })
  expect(db.prepare("SELECT count(*) AS count FROM entries").get()).toEqual({ count: 1 })
  expect(write(tooMuch)).toEqual({ _tag: "Committed", results: [[1], [2, 3]] })
  close()
})

test("a defect of one work keeps none of those beside it from the file", async () => {
  await using folder = await openTemporary()
  const { close, db } = openDataFile(folder.file)
  const write = makeWriter(db)
  const claim = (digest: string): Work => ({ _tag: "KeepClaim", claim: { digest, person: digest, nick: digest } })
  const append = (room: string, epoch: string, ...texts: ReadonlyArray<string>): Work => ({
    _tag: "Append",
    room,
    epoch,
    reactions: 8,
    drafts: texts.map((text) => draft(text))
  })
  const written = write([
    append("#cafe", "k1", "one"),
    claim("ana"),
    // The second row of what has two would be the same as one that is there, and another life of the room is another log.
    claim("ana"),
    append("#cafe", "k2", "two", "three"),
    append("#cafe", "k1", "four"),
    claim("leo")
  ])
  expect(written).toMatchObject({ _tag: "Committed", results: [[1], undefined, undefined, undefined, [2], undefined] })
  if (written._tag !== "Committed") throw new Error("nothing was written")
  expect([...(written.defects ?? [])]).toEqual([
    [2, expect.stringMatching(/UNIQUE/u)],
    [3, "#cafe has another epoch than k2"]
  ])
  expect(
    db
      .prepare("SELECT text FROM entries ORDER BY seq")
      .all()
      .map(({ text }) => text)
  ).toEqual(["one", "four"])
  expect(
    db
      .prepare("SELECT digest FROM sessions ORDER BY digest")
      .all()
      .map(({ digest }) => digest)
  ).toEqual(["ana", "leo"])
  expect(write([claim("leo")])).toMatchObject({ _tag: "Committed", results: [undefined] })
  expect(write([append("#cafe", "k1", "five")])).toEqual({ _tag: "Committed", results: [[3]] })
  // A disk that is full refuses all, whoever else has a defect.
  db.exec("PRAGMA max_page_count = 1")
  const full = write([claim("leo"), append("#cafe", "k1", "x".repeat(200_000))])
  expect(full).toEqual({ _tag: "Refused", reason: "the disk is full" })
  expect(db.isTransaction).toBe(false)
  close()
})

test("whoever shares a transaction with a defect has what they have sent in the log, and the server goes on", async () => {
  await using folder = await openTemporary()
  await using logs = await openLogs(SqliteRoomLogs.layer({ file: folder.file }))
  const cafe = await logs.open("#cafe")
  const claim = { digest: "d", person: "p", nick: "ana" }
  await Effect.runPromise(logs.claims.keep(claim))
  const together = await Promise.all([
    cafe.append(draft("one")),
    Effect.runPromiseExit(logs.claims.keep(claim)),
    cafe.append(draft("two")),
    Effect.runPromiseExit(logs.claims.keep({ ...claim, digest: "e" }))
  ])
  expect(together.map(({ _tag }) => _tag === "Success")).toEqual([true, false, true, true])
  expect(await cafe.append(draft("three"))).toMatchObject({ _tag: "Success" })
  expect(cafe.published.map(({ seq }) => seq)).toEqual([1, 2, 3])
})

const canRaise = existsSync("/usr/bin/prlimit")
test.skipIf(!canRaise)(
  "a server on a full disk refuses its senders, goes on with all else, and sends again when there is space",
  async () => {
    await using folder = await openFolder()
    const { child } = folder.start(["--port", "0", "--rate", "1000", "--burst", "1000"], {}, { fileBlocks: 400 })
    const { port } = await listening(child)
    const ana = await openClient(port)
    const leo = await openClient(port)
    for (const [client, nick] of [
      [ana, "ana"],
      [leo, "leo"]
    ] as const) {
      await client.ask({ type: "login", nick })
      await client.ask({ type: "join", room: "#cafe" })
    }
    const send = () => ana.ask({ type: "send", room: "#cafe", text: "x".repeat(4_000) })
    let stored = 0
    let reply = await send()
    for (; reply["type"] === "sent" && stored < 100; reply = await send()) stored++
    expect(stored).toBeGreaterThan(5)
    expect(reply).toMatchObject({ type: "error", code: "unavailable", retryAfter: 1_000 })
    expect(await send()).toMatchObject({ code: "unavailable" })
    expect(ana.before()).toEqual([])
    await leo.ask({ type: "sync" })
    expect(leo.before().filter(({ type }) => type === "message")).toHaveLength(stored)
    expect(await leo.ask({ type: "join", room: "#bar" })).toMatchObject({ type: "joined", head: 0 })
    execFileSync("/usr/bin/prlimit", ["--pid", String(child.pid), "--fsize=unlimited"])
    expect(await send()).toMatchObject({ type: "sent", seq: stored + 1 })
    await leo.ask({ type: "sync" })
    expect(leo.before()).toMatchObject([{ type: "message", seq: stored + 1 }])
    const db = new DatabaseSync(`${folder.path}/tertulia.db`, { readOnly: true })
    expect(db.prepare("SELECT min(seq) AS first, max(seq) AS head, count(*) AS count FROM entries").get()).toEqual({
      first: 1,
      head: stored + 1,
      count: stored + 1
    })
    db.close()
    ana.socket.destroy()
    leo.socket.destroy()
  }
)

test("a commit that may or may not have happened is a defect, and nothing is written after it", async () => {
  await using folder = await openTemporary()
  await using logs = await openLogs(SqliteRoomLogs.layer({ file: folder.file, disk: disk("failing") }))
  const log = await logs.open("#cafe")
  const outcome = await log.append(draft("hola"))
  expect(Exit.hasDies(outcome)).toBe(true)
  expect(log.published).toEqual([])
  expect(await Effect.runPromise(Effect.flip(logs.failed))).toMatchObject({
    message: `can't go on with the data file ${folder.file}: the disk fails, or is full`
  })
  expect(Exit.hasFails(await log.append(draft("hola")))).toBe(true)
})

test("a server whose file is changed under it says so in one line, says goodbye, and exits 1", async () => {
  await using folder = await openFolder()
  const { child, exit } = folder.start(["--port", "0"])
  const { port } = await listening(child)
  const ana = await openClient(port)
  await ana.ask({ type: "login", nick: "ana" })
  await ana.ask({ type: "join", room: "#cafe" })
  await ana.ask({ type: "send", room: "#cafe", text: "hola" })
  const other = new DatabaseSync(`${folder.path}/tertulia.db`)
  other.exec("DROP TABLE entries")
  other.close()
  ana.say({ type: "send", id: 1, room: "#cafe", text: "hola" })
  // `shutting-down` where the one who fills the index was the first to find out.
  expect((await ana.rest()).at(-1)).toMatchObject({
    type: "bye",
    code: expect.stringMatching(/^(internal|shutting-down)$/u)
  })
  ana.socket.end()
  const { code, err } = await exit
  expect(code).toBe(1)
  expect(err).toBe("tertulia: can't go on with the data file ./tertulia.db: no such table: entries\n")
})

test("while the disk stands still, whoever sends waits, and everybody else is served", async () => {
  await using folder = await openTemporary()
  const logs = SqliteRoomLogs.layer({ file: folder.file, disk: disk("held") })
  await using house = await openHouse({ logs })
  const ana = await house.person("ana", "#cafe")
  for (const text of ["one", "two"]) await ana.ask({ type: "send", room: "#cafe", text })
  await writeFile(`${folder.file}-held`, "")
  ana.say({ type: "send", id: 1, room: "#cafe", text: "three" })
  const leo = await house.person("leo")
  const { epoch } = await leo.ask({ type: "join", room: "#cafe" })
  await leo.ask({ type: "leave", room: "#cafe" })
  expect(await leo.ask({ type: "join", room: "#bar" })).toMatchObject({ type: "joined" })
  expect(await leo.ask({ type: "join", room: "#cafe", epoch, after: 0 })).toMatchObject({ head: 2, resumed: true })
  await leo.ask({ type: "sync" })
  expect(leo.before()).toMatchObject([{ seq: 1 }, { seq: 2 }])
  await rm(`${folder.file}-held`)
  await leo.expect({ type: "message", seq: 3 })
  await ana.ask({ type: "sync" })
  expect(ana.before().at(-1)).toMatchObject({ type: "sent", re: 1, seq: 3 })
})
