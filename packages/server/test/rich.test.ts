import { readFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { defaultLimits, richLine } from "@tertulia/protocol"
import { Effect, Exit } from "effect"
import { expect, test } from "vitest"
import type { Content, Draft } from "../src/room-log.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { emptyWal } from "../src/sqlite/traces.ts"
import { makeWriter } from "../src/sqlite/writer.ts"
import { tamper } from "./support/files.ts"
import { openHouse } from "./support/house.ts"
import { author, openLogs, openTemporary } from "./support/logs.ts"
import { tertulia } from "./support/tertulia.ts"

const at = "2026-11-20T20:08:00.000Z"

const draft = (content: Content, from = "ana", key?: string): Draft => ({
  ...content,
  author: author(from),
  from,
  at,
  ...(key === undefined ? {} : { key })
})
const says = (text: string, from?: string, key?: string) => draft({ type: "message", text }, from, key)
const edits = (target: number, text: string, from?: string) => draft({ type: "edit", target, text }, from)
const deletes = (target: number, from?: string) => draft({ type: "delete", target }, from)
const reacts = (target: number, reaction: string, from?: string, on = true) =>
  draft({ type: "react", target, reaction, on }, from)

const open = (file: string, more: Partial<SqliteRoomLogs.SqliteLogOptions> = {}) =>
  openLogs(SqliteRoomLogs.layer({ file, ...more }))

/** The files of a database, as they are on the disk. */
const bytesOf = async (file: string) =>
  Buffer.concat(
    await Promise.all([file, `${file}-wal`].map((path) => readFile(path).catch(() => Buffer.alloc(0))))
  ).toString("latin1")

test("what was taken back is nowhere in the file, once its log is swept", async () => {
  await using folder = await openTemporary()
  // Short ones, that share a page with others, and one that fills pages of its own.
  const secrets = ["secret-one", "secret-two", `secret-${"three".repeat(2_000)}`, "secret-four"]
  const { close, db } = openDataFile(folder.file)
  const write = makeWriter(db)
  const append = (...drafts: ReadonlyArray<Draft>) =>
    write([{ _tag: "Append", room: "#cafe", epoch: "k", reactions: 8, drafts: drafts }])
  append(says("before"), says(secrets[0]!, "ana", "k1"), says("between"), says(secrets[2]!), says("after"))
  append(edits(2, secrets[1]!), edits(2, secrets[3]!))
  expect(await bytesOf(folder.file)).toContain(secrets[0])
  append(deletes(2), deletes(4))
  expect(emptyWal(db)).toEqual({ _tag: "Committed", results: [] })
  const left = await bytesOf(folder.file)
  for (const secret of secrets) expect(left).not.toContain(secret.slice(0, 200))
  expect(left).not.toContain("threethree")
  for (const word of ["before", "between", "after"]) expect(left).toContain(word)
  close()
})

test("a server sweeps by itself", async () => {
  await using folder = await openTemporary()
  await using logs = await open(folder.file)
  const log = await logs.open("#cafe")
  await log.append(says("secret"), says("kept"))
  await log.append(deletes(1))
  await expect.poll(() => bytesOf(folder.file), { timeout: 30_000, interval: 500 }).not.toContain("secret")
  expect(await bytesOf(folder.file)).toContain("kept")
})

test("what depends on other entries is decided where they are written, one after the other", async () => {
  await using folder = await openTemporary()
  await using logs = await open(folder.file, { reactions: 8 })
  const log = await logs.open("#cafe")
  // All in one batch: each sees what came before it.
  const outcome = await log.append(
    says("one"),
    edits(1, "two", "leo"),
    edits(1, "two"),
    edits(3, "three"),
    reacts(1, "+1", "leo"),
    reacts(1, "+1", "leo"),
    reacts(1, "+1", "eva", false),
    deletes(1),
    edits(1, "four"),
    reacts(1, "+1", "eva"),
    draft({ type: "message", text: "an answer", replyTo: 1 }),
    draft({ type: "message", text: "an answer", replyTo: 2 }),
    draft({ type: "topic", text: "numbers" })
  )
  const placed = Exit.isSuccess(outcome) ? outcome.value : []
  expect(
    placed.map((place) => (place._tag === "Added" ? place.entry.seq : place._tag === "Known" ? -place.seq : place.code))
  ).toEqual([
    1,
    "forbidden",
    2,
    "no-such-entry",
    3,
    -3,
    "no-such-entry",
    4,
    "no-such-entry",
    "no-such-entry",
    5,
    "no-such-entry",
    6
  ])
  expect(await log.read(0, 6)).toEqual([
    { type: "erased", seq: 1, from: "ana", deleted: 4, at },
    { type: "edit", seq: 2, from: "ana", target: 1, at },
    { type: "react", seq: 3, from: "leo", target: 1, reaction: "+1", on: true, at },
    { type: "delete", seq: 4, from: "ana", target: 1, at },
    { type: "message", seq: 5, from: "ana", replyTo: 1, text: "an answer", at },
    { type: "topic", seq: 6, from: "ana", text: "numbers", at }
  ])
  expect(log.topic()).toBe("numbers")
})

test("a log that gives up a message forgets its reactions, and keeps the topic and what is unread", async () => {
  await using folder = await openTemporary()
  {
    await using logs = await open(folder.file, { keep: 8 })
    const log = await logs.open("#cafe")
    await log.append(says("one"), reacts(1, "+1", "leo"), draft({ type: "topic", text: "numbers" }))
    for (let nth = 0; nth < 12; nth++) await log.append(says(`word ${nth}`))
    expect(log.first()).toBeGreaterThan(3)
    const [refused] = Exit.getSuccess(await log.append(edits(1, "two"))).pipe((value) =>
      value._tag === "Some" ? value.value : []
    )
    expect(refused).toMatchObject({ _tag: "Rejected", code: "no-such-entry" })
  }
  await using logs = await open(folder.file, { keep: 8 })
  const log = await logs.open("#cafe")
  expect(log.topic()).toBe("numbers")
  const db = new DatabaseSync(folder.file, { readOnly: true })
  expect(db.prepare("SELECT count(*) AS count FROM reactions").get()).toEqual({ count: 0 })
  db.close()
})

test("marks outlive the server, and end with their session", async () => {
  await using folder = await openTemporary()
  const claim = { digest: "d".repeat(64), person: "p1", nick: "ana" }
  {
    await using logs = await open(folder.file)
    await (await logs.open("#cafe")).append(says("one"), says("two"))
    await Effect.runPromise(logs.claims.keep(claim))
    await Effect.runPromise(logs.claims.keepMark("p1", "#cafe", 1))
    await Effect.runPromise(logs.claims.keepMark("p1", "#cafe", 2))
  }
  {
    await using logs = await open(folder.file)
    expect(logs.claims.left).toEqual([{ ...claim, marks: [["#cafe", 2]] }])
    await Effect.runPromise(logs.claims.forget([claim.digest]))
  }
  const db = new DatabaseSync(folder.file, { readOnly: true })
  expect(db.prepare("SELECT count(*) AS count FROM marks").get()).toEqual({ count: 0 })
  db.close()
})

test("a file from before there were changes goes on, and nobody may change what is in it", async () => {
  await using folder = await openTemporary()
  {
    const { close, db } = openDataFile(folder.file)
    db.exec(`INSERT INTO rooms (id, name, epoch, first, head) VALUES (1, '#cafe', 'k', 1, 1);
      INSERT INTO entries (room, seq, author, key, at, text) VALUES (1, 1, 'ana', NULL, ${Date.parse(at)}, 'one')`)
    close()
  }
  await using logs = await open(folder.file)
  const log = await logs.open("#cafe")
  expect(await log.read(0, 1)).toEqual([{ type: "message", seq: 1, from: "ana", text: "one", at }])
  expect(await log.append(edits(1, "two"), reacts(1, "+1"))).toMatchObject({
    value: [{ _tag: "Rejected", code: "forbidden" }, { _tag: "Added" }]
  })
})

test("a server without a file, or whose lines are too short, doesn't claim rich", async () => {
  const features = async (options: Parameters<typeof openHouse>[0]) => {
    await using house = await openHouse(options)
    const client = await house.connect()
    return (await client.expect({ type: "hello" }))["features"]
  }
  await using folder = await openTemporary()
  expect(await features({})).toEqual(["resume/1", "presence/1", "accounts/1"])
  const limits = { ...defaultLimits, line: richLine(defaultLimits) - 1 }
  expect(await features({ logs: SqliteRoomLogs.layer({ file: folder.file }), limits })).toEqual([
    "history/1",
    "resume/1",
    "direct/1",
    "presence/1",
    "search/1",
    "accounts/1",
    "moderation/1"
  ])
})

test("the largest message fits the shortest line that a server with rich may have", async () => {
  await using folder = await openTemporary()
  const limits = { text: 1_000, reactions: 64, line: richLine({ text: 1_000, reactions: 64 }) }
  await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file: folder.file }), limits })
  const [nick, room] = ["n".repeat(32), `#${"r".repeat(32)}`]
  const ana = await house.person(nick, room)
  const names = Array.from({ length: 25 }, (_, index) => `@${`${index}`.padStart(32, "n")}`).join(" ")
  const text = `tea ${names}`.padEnd(limits.text, '"')
  await ana.ask({ type: "send", room, text: "tea" })
  await ana.ask({ type: "send", room, text, replyTo: 1, key: "k".repeat(64) })
  await ana.ask({ type: "edit", room, target: 2, text })
  for (let index = 0; index < 64; index++) {
    await ana.ask({ type: "react", room, target: 2, reaction: `${'"'.repeat(60)}${index + 1_000}` })
  }
  const found = await ana.ask({ type: "search", room, text: "tea", limit: 1 })
  const page = await ana.ask({ type: "history", room, before: 3, limit: 1 })
  for (const items of [found["results"], page["entries"]]) {
    expect(items).toMatchObject([{ text, edited: 3, replyTo: 1, reacted: 67, key: "k".repeat(64) }])
  }
  expect(found["next"]).toBeDefined()
})

test("a log with entries of all kinds is sound, can be exported, and is the same where it is imported", async () => {
  await using folder = await openTemporary()
  const other = `${folder.path}/other.db`
  const archive = `${folder.path}/cafe.ndjson`
  const read = async (file: string) => {
    await using logs = await open(file)
    const log = await logs.open("#cafe")
    return { topic: log.topic(), entries: await log.read(log.first() - 1, log.head()) }
  }
  {
    await using logs = await open(folder.file)
    const log = await logs.open("#cafe")
    await log.append(
      says("one", "ana", "k1"),
      says("two, @leo"),
      reacts(1, "b", "leo"),
      reacts(1, "a"),
      reacts(1, "b"),
      edits(1, "one, edited"),
      reacts(1, "b", "leo", false),
      edits(2, "two, edited"),
      reacts(2, "+1", "leo"),
      deletes(2),
      draft({ type: "message", text: "an answer", replyTo: 1 }, "leo"),
      draft({ type: "topic", text: "numbers" })
    )
  }
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({ code: 0 })
  expect(await tertulia("export", "cafe", "--data", folder.file, "--out", archive)).toMatchObject({ code: 0, err: [] })
  expect(await readFile(archive, "utf8")).not.toContain("two")
  expect(await tertulia("import", archive, "--data", other)).toMatchObject({ code: 0, err: [] })
  expect(await tertulia("verify", "--data", other)).toMatchObject({ code: 0 })
  const before = await read(folder.file)
  expect(before.entries).toHaveLength(12)
  expect(before.entries[0]).toMatchObject({
    text: "one, edited",
    edited: 6,
    reacted: 7,
    reactions: [
      { reaction: "b", count: 1 },
      { reaction: "a", count: 1 }
    ]
  })
  expect(await read(other)).toEqual(before)
  // Whose they were, nobody knows there.
  await using logs = await open(other)
  const log = await logs.open("#cafe")
  expect(await log.append(edits(1, "mine?"), reacts(1, "b"))).toMatchObject({
    value: [{ _tag: "Rejected", code: "forbidden" }, { _tag: "Added" }]
  })
})

test("what no server can have written of changes is found", async () => {
  await using folder = await openTemporary()
  {
    await using logs = await open(folder.file)
    await (await logs.open("#cafe")).append(says("one"), edits(1, "secret"), reacts(1, "+1"), deletes(1))
  }
  tamper(
    folder.file,
    `UPDATE entries SET text = 'secret' WHERE kind IN (0, 1); UPDATE entries SET target = 9 WHERE kind = 2;
     UPDATE entries SET kind = 8 WHERE kind = 3; INSERT INTO marks VALUES ('p1', 1, 5);
     INSERT INTO reactions VALUES (1, 1, '+1', 'p1', 3, 3)`
  )
  const { code, out } = await tertulia("verify", "--data", folder.file)
  expect(code).toBe(1)
  expect(out.slice(0, -1)).toEqual([
    expect.stringContaining("#cafe: with a text that was taken back: entry 1"),
    expect.stringContaining("#cafe: of a kind that this version doesn't know: entry 3"),
    expect.stringContaining("#cafe: about an entry that didn't come before: entry 4"),
    "the file: reactions to what is no message, or was taken back: 1",
    "the file: edits that still say what was taken back: 1",
    "the file: marks above the head of their room: 1"
  ])
})
