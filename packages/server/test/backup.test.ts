import { existsSync } from "node:fs"
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { Effect, Fiber } from "effect"
import { expect, test } from "vitest"
import { backup } from "../src/operate/backup.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { contentOf, epochOf, plant, tamper } from "./support/files.ts"
import { type Client, openClient } from "./support/house.ts"
import { draft, openLogs, openTemporary } from "./support/logs.ts"
import { listening, openFolder } from "./support/process.ts"
import { tertulia } from "./support/tertulia.ts"

const patience = { timeout: 30_000 }

/** A client of a server in a process, in a room. */
const person = async (port: number, nick: string, room: string): Promise<Client> => {
  const client = await openClient(port)
  await client.ask({ type: "login", nick })
  await client.ask({ type: "join", room })
  return client
}

/** Says one thing after another, and gives what was acknowledged so far. */
const talk = (client: Client, room: string) => {
  const sent: Array<string> = []
  let isOver = false
  const talking = (async () => {
    while (!isOver) {
      const text = `text ${sent.length} ${"x".repeat(500)}`
      const { type } = await client.ask({ type: "send", room, text })
      if (type !== "sent") throw new Error(`answered by ${type}`)
      sent.push(text)
    }
  })()
  const stop = async () => {
    isOver = true
    await talking
    client.socket.destroy()
  }
  return { sent, stop }
}

test("a copy made while people talk has all that was acknowledged before; a server started on it goes on", async () => {
  await using folder = await openFolder()
  const file = `${folder.path}/tertulia.db`
  plant(file, { room: "#old", entries: Array.from({ length: 2_000 }, () => ({ text: "x".repeat(500) })) })
  const first = folder.start(["--port", "0", "--rate", "1000000", "--burst", "1000000"])
  const { port } = await listening(first.child)
  const talks = [talk(await person(port, "ana", "#cafe"), "#cafe"), talk(await person(port, "leo", "#bar"), "#bar")]
  await expect.poll(() => talks.every(({ sent }) => sent.length > 20), patience).toBe(true)
  const before = talks.map(({ sent }) => sent.length)
  const made = await folder.start(["backup", "copy.db"]).exit
  expect(made).toMatchObject({ code: 0, err: "" })
  expect(made.out).toMatch(/^copy\.db: 3 rooms, [\d,]+ entries, [\d,]+ bytes; checked\n$/u)
  // They were talking all the time.
  expect(talks.every(({ sent }, index) => sent.length > before[index]!)).toBe(true)
  await Promise.all(talks.map(({ stop }) => stop()))
  const copy = `${folder.path}/copy.db`
  expect(await tertulia("verify", "--data", copy)).toMatchObject({ code: 0 })
  const heads = Object.fromEntries(contentOf(copy).map(({ head, room }) => [room, head]))
  for (const [index, room] of ["#cafe", "#bar"].entries()) {
    expect(heads[room]).toBeGreaterThanOrEqual(before[index]!)
    expect(heads[room]).toBeLessThanOrEqual(talks[index]!.sent.length)
  }
  const second = folder.start(["--port", "0", "--data", "copy.db"])
  const again = await person((await listening(second.child)).port, "pia", "#cafe")
  const page = await again.ask({ type: "history", room: "#cafe", after: 0, limit: 1 })
  expect(page).toMatchObject({ first: 1, head: heads["#cafe"], entries: [{ text: talks[0]!.sent[0] }] })
  expect(await again.ask({ type: "send", room: "#cafe", text: "hola" })).toMatchObject({ seq: heads["#cafe"]! + 1 })
  expect(await again.ask({ type: "join", room: "#old" })).toMatchObject({ head: 2_000 })
  again.socket.destroy()
})

test("who has seen more than a backup has isn't told that it is the same log, and nobody comes back by its sessions", async () => {
  await using folder = await openTemporary()
  plant(folder.file, { room: "#cafe", entries: [{}, {}] })
  tamper(folder.file, "INSERT INTO sessions VALUES ('0', 'p1', 'ana')")
  const copy = `${folder.path}/copy.db`
  expect(await tertulia("backup", copy, "--data", folder.file)).toMatchObject({ code: 0 })
  const bytes = await readFile(copy)
  const epochs = new Set([epochOf("#cafe")])
  for (const name of ["first.db", "second.db"]) {
    const restored = `${folder.path}/${name}`
    await writeFile(restored, bytes)
    expect(contentOf(restored)).toMatchObject([{ epoch: epochOf("#cafe") }])
    {
      await using logs = await openLogs(SqliteRoomLogs.layer({ file: restored }))
      const log = await logs.open("#cafe")
      expect([log.first(), log.head(), logs.claims.left]).toEqual([1, 2, []])
      epochs.add(log.epoch)
      await log.append(draft("three"))
    }
    // It is renewed once, and then a file like any other.
    await using logs = await openLogs(SqliteRoomLogs.layer({ file: restored }))
    epochs.add((await logs.open("#cafe")).epoch)
  }
  expect(epochs.size).toBe(3)
  for (const epoch of epochs) expect(epoch).toMatch(/^[A-Za-z0-9_-]{1,32}$/u)
})

test("a backup beside the WAL of the file that was there before isn't mixed with that", async () => {
  await using folder = await openTemporary()
  plant(folder.file, { room: "#cafe", entries: [{}] })
  const copy = `${folder.path}/copy.db`
  expect(await tertulia("backup", copy, "--data", folder.file)).toMatchObject({ code: 0 })
  const crashed = openDataFile(folder.file)
  crashed.db.exec("UPDATE entries SET text = 'in the WAL'")
  const wal = await readFile(`${folder.file}-wal`)
  crashed.close()
  await writeFile(folder.file, await readFile(copy))
  await writeFile(`${folder.file}-wal`, wal)
  const says = /it is a backup, and tertulia\.db-wal is of the file that was there before: move that away$/u
  expect(() => openDataFile(folder.file)).toThrow(says)
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({ code: 2, err: [expect.stringMatching(says)] })
  await rm(`${folder.file}-wal`)
  openDataFile(folder.file).close()
})

test("a copy is one file, as compact as can be, with nothing of what was given up", async () => {
  await using folder = await openTemporary()
  plant(folder.file, { room: "#cafe", entries: Array.from({ length: 1_000 }, () => ({ text: "secret ".repeat(100) })) })
  // As a server does that knows no secure_delete.
  tamper(folder.file, "DELETE FROM entries WHERE seq <= 900; UPDATE rooms SET first = 901")
  expect(await readFile(folder.file, "latin1")).toContain("secret")
  tamper(folder.file, "UPDATE entries SET text = 'open'")
  await chmod(folder.file, 0o600)
  const copy = `${folder.path}/copy.db`
  expect(await tertulia("backup", copy, "--data", folder.file)).toMatchObject({
    code: 0,
    out: [expect.stringMatching(/copy\.db: 1 room, 100 entries, [\d,]+ bytes; checked$/u)]
  })
  expect(await readFile(copy, "latin1")).not.toContain("secret")
  expect((await stat(copy)).size).toBeLessThan((await stat(folder.file)).size / 8)
  expect((await stat(copy)).mode & 0o777).toBe(0o600)
  expect(contentOf(copy)).toEqual(contentOf(folder.file))
  const db = new DatabaseSync(copy, { readOnly: true })
  expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" })
  db.close()
  expect((await readdir(folder.path)).filter((name) => name.startsWith("copy"))).toEqual(["copy.db"])
})

test("what can't be is one line on standard error, exit 2, and leaves nothing behind", async () => {
  await using folder = await openTemporary()
  plant(folder.file, { room: "#cafe", entries: Array.from({ length: 500 }, () => ({ text: "x".repeat(500) })) })
  const fails = async (to: string, says: RegExp) => {
    const { code, err, out } = await tertulia("backup", to, "--data", folder.file)
    expect({ code, out, err }).toEqual({ code: 2, out: [], err: [expect.stringMatching(says)] })
    expect((await readdir(folder.path)).filter((name) => !name.startsWith("tertulia.db"))).toEqual(["mine"])
  }
  const mine = `${folder.path}/mine`
  const copy = `${folder.path}/copy`
  await writeFile(mine, "mine")
  await fails(mine, /^tertulia: .*mine exists: name another, or remove it$/u)
  await fails(folder.file, /^tertulia: .*tertulia\.db exists: /u)
  await fails(folder.path, /^tertulia: .* exists: /u)
  await fails("/none/x.db", /^tertulia: can't write \/none\/x\.db: there is no such folder$/u)
  expect(await readFile(mine, "utf8")).toBe("mine")
  tamper(folder.file, "DELETE FROM entries WHERE seq = 7")
  await fails(
    copy,
    /^tertulia: .*tertulia\.db is damaged, and so was its copy, which isn't kept: tertulia verify says/u
  )
  const bytes = await readFile(folder.file)
  await writeFile(folder.file, bytes.fill(0x55, 40_960, 57_344))
  await fails(copy, /^tertulia: can't back up .*: it is corrupt: restore a backup$/u)
})

test("a disk without space for the copy is one line, exit 2, and nothing of it stays", async () => {
  await using folder = await openFolder()
  plant(`${folder.path}/tertulia.db`, {
    room: "#cafe",
    entries: Array.from({ length: 2_000 }, () => ({ text: "x".repeat(500) }))
  })
  const { code, err, out } = await folder.start(["backup", "copy.db"], {}, { fileBlocks: 1_000 }).exit
  expect({ code, out }).toEqual({ code: 2, out: "" })
  expect(err).toMatch(/^tertulia: can't back up \.\/tertulia\.db: the disk [^\n]+\n$/u)
  expect((await readdir(folder.path)).filter((name) => name.startsWith("copy"))).toEqual([])
})

test("one that is broken off leaves nothing behind", async () => {
  await using folder = await openTemporary()
  plant(folder.file, { room: "#cafe", entries: Array.from({ length: 50_000 }, () => ({ text: "x".repeat(500) })) })
  const screen = { isTerminal: false, hasColour: false, columns: 80, write: () => {} }
  const fiber = Effect.runFork(backup(`${folder.path}/copy`, { data: folder.file, screen }))
  await expect
    .poll(() => existsSync(`${folder.path}/copy.${process.pid}.part`), { ...patience, interval: 1 })
    .toBe(true)
  await Effect.runPromise(Fiber.interrupt(fiber))
  expect((await readdir(folder.path)).filter((name) => name.startsWith("copy"))).toEqual([])
})

test("no token and no invitation of a backup opens anything; passwords and bans are as they were", async () => {
  await using folder = await openFolder()
  const args = ["--port", "0", "--iterations", "4096", "--register", "invited"]
  const first = folder.start(args)
  const before = await openClient((await listening(first.child)).port)
  const invite = async () => JSON.parse((await folder.start(["admin", "--json", "invite", "--uses", "2"]).exit).out)
  const { invitation } = await invite()
  const password = "correct horse"
  const { token } = await before.ask({ type: "register", nick: "ana", password, invitation })
  expect(await folder.start(["admin", "ban", "eva"]).exit).toMatchObject({ code: 0 })
  expect(await folder.start(["backup", "copy.db"]).exit).toMatchObject({ code: 0 })
  before.socket.destroy()
  first.child.kill("SIGKILL")
  await first.exit
  const { port } = await listening(folder.start([...args, "--data", "copy.db"]).child)
  const answered = async (request: Readonly<Record<string, unknown>>) => {
    const client = await openClient(port)
    await client.expect({ type: "hello" })
    client.say({ id: 1, ...request })
    const { code, type } = await client.next()
    client.socket.destroy()
    return code ?? type
  }
  expect(await answered({ type: "login", nick: "ana", token })).toBe("bad-credentials")
  expect(await answered({ type: "login", nick: "ana", password })).toBe("welcome")
  expect(await answered({ type: "register", nick: "leo", password, invitation })).toBe("not-invited")
  expect(await answered({ type: "login", nick: "eva" })).toBe("banned")
})
