import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { copyFile, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { storeIn } from "../src/nats/store-url.ts"
import * as NatsRoomLogs from "../src/room-log-nats.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { contentOf, plant, tamper } from "./support/files.ts"
import { author, draft, openLogs, openTemporary, said } from "./support/logs.ts"
import { noNats, openNats } from "./support/nats.ts"
import { tertulia } from "./support/tertulia.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** A file of a server without a store: two rooms, with keys, a text that was taken back, and somebody's account and mark. */
const fill = async (file: string) => {
  await using logs = await openLogs(SqliteRoomLogs.layer({ file }))
  const cafe = await logs.open("#cafe")
  await cafe.append(draft("one", { key: "a1" }), draft("two"), draft("three"))
  await cafe.append({ type: "delete", target: 2, author: author("ana"), from: "ana", at: said("").at })
  await (await logs.open("#bar")).append(draft("hola"))
  tamper(
    file,
    `INSERT INTO accounts VALUES ('person-ana', 'ana', 's', 4096, 'k', 'k');
     INSERT INTO marks SELECT 'person-ana', id, 3 FROM rooms WHERE name = '#cafe';
     INSERT INTO bans VALUES ('leo', 'noise', NULL);`
  )
}

const exported = async (file: string, folder: string, name: string) => {
  const out = join(folder, name)
  expect(await tertulia("export", "--all", "--data", file, "--out", out)).toMatchObject({ code: 0, err: [] })
  return Promise.all(["cafe", "bar"].map((room) => readFile(join(out, `${room}.ndjson`), "utf8")))
}

const into = (file: string, store: string) => tertulia("migrate", "--data", file, "--store", store)
const back = (file: string, store: string) => tertulia("migrate", "--back", "--data", file, "--store", store)

const openIn = (url: string, file: string, more: Partial<NatsRoomLogs.NatsLogOptions> = {}) =>
  openLogs(NatsRoomLogs.layer({ store: storeIn(url)!, file, patience: 30, ...more }))

const checksumIn = (lines: ReadonlyArray<unknown>): string => /checksum (\S+)/u.exec(String(lines[0]))![1]!

describe.skipIf(noNats !== undefined)("migrate", () => {
  test("there and back gives the same export, the same epochs, and the same of all the rest", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    const store = nats.url("one")
    await fill(folder.file)
    const before = await exported(folder.file, folder.path, "before")
    const there = await into(folder.file, store)
    expect(there).toMatchObject({ code: 0, err: [] })
    expect(there.out[0]).toMatch(/2 logs, 5 entries, 1 account, 1 mark of what was read; checked/u)
    await expect(openLogs(SqliteRoomLogs.layer({ file: folder.file }))).rejects.toThrow(/start with --store/u)
    expect(await into(folder.file, store)).toMatchObject({ code: 0, out: [expect.stringContaining("already")] })
    const again = await back(folder.file, store)
    expect(again).toMatchObject({ code: 0, err: [] })
    expect(checksumIn(again.out)).toBe(checksumIn(there.out))
    expect(await exported(folder.file, folder.path, "after")).toEqual(before)
    await using logs = await openLogs(SqliteRoomLogs.layer({ file: folder.file }))
    const log = await logs.open("#cafe")
    await log.append(draft("one", { key: "a1" }), draft("five"))
    expect(log.published).toMatchObject([{ seq: 5, text: "five" }])
  })

  test("what is said in the store goes on after what was said before, and comes back into a new file, too", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const store = nats.url("one")
    await fill(folder.file)
    const [before] = contentOf(folder.file).filter(({ room }) => room === "#cafe")
    expect((await into(folder.file, store)).code).toBe(0)
    {
      await using logs = await openIn(store, other.file)
      const log = await logs.open("#cafe")
      expect([log.epoch, log.head()]).toEqual([before!.epoch, 4])
      await log.append(draft("one", { key: "a1" }), draft("five"))
      expect(log.published).toMatchObject([{ seq: 5, text: "five" }])
      const refused = await back(join(folder.path, "back.db"), store)
      expect(refused).toMatchObject({ code: 2, err: [expect.stringContaining("stop all of its servers first")] })
    }
    expect((await back(join(folder.path, "back.db"), store)).code).toBe(0)
    const [after] = contentOf(join(folder.path, "back.db")).filter(({ room }) => room === "#cafe")
    expect(after!.entries).toEqual([...before!.entries, { ...after!.entries[4], seq: 5, text: "five" }])
    await expect(openIn(store, other.file)).rejects.toThrow(/have moved to a file/u)
    expect(await back(other.file, store)).toMatchObject({
      code: 2,
      err: [expect.stringContaining("have moved to another file")]
    })
  })

  test("killed at any moment and called again it goes on, there and back, and nothing is missing", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    const store = nats.url("one")
    const entries = Array.from({ length: 40_000 }, (_, index) => ({ text: `${index} ${"x".repeat(60)}` }))
    plant(folder.file, { room: "#cafe", entries }, { room: "#bar", entries: entries.slice(0, 10) })
    const before = contentOf(folder.file)
    const { file } = folder
    const run = async (args: ReadonlyArray<string>, isTime?: () => boolean) => {
      const child = spawn(process.execPath, [main, "migrate", ...args, "--data", file, "--store", store])
      const ended = once(child, "exit")
      const looking = setInterval(() => isTime?.() === true && child.kill("SIGKILL"), 1)
      const [code] = await ended
      clearInterval(looking)
      return code
    }
    // While it copies; when some of it is in the engine; and while all of it is read back.
    const sizes = [() => existsSync(`${file}-snapshot`), () => nats.size() > 500_000, () => existsSync(`${file}-check`)]
    for (const isTime of sizes) expect(await run([], isTime)).toBe(null)
    expect(await run([])).toBe(0)
    expect(await run(["--back"], () => existsSync(`${file}-check`))).toBe(null)
    expect(await run(["--back"])).toBe(0)
    expect(contentOf(file)).toEqual(before)
  })

  test("ended between its last two steps it is done when it is called again, unless the file was used meanwhile", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    const store = nats.url("one")
    await fill(folder.file)
    const [same, used] = ["same.db", "used.db"].map((name) => join(folder.path, name))
    for (const copy of [same!, used!]) await copyFile(folder.file, copy)
    expect((await into(folder.file, store)).code).toBe(0)
    // As it was before the store had its first message, and the file said that it follows.
    expect(await into(same!, store)).toMatchObject({ code: 0, err: [] })
    tamper(used!, "UPDATE entries SET text = 'something else' WHERE seq = 3")
    expect(await into(used!, store)).toMatchObject({
      code: 2,
      err: [expect.stringContaining("and not those of")]
    })
    expect((await back(folder.file, store)).code).toBe(0)
    expect(await back(same!, store)).toMatchObject({ code: 2 })
    // As the file was that closed the log, before it followed nothing any more.
    tamper(same!, "UPDATE following SET self = at")
    expect(await back(same!, store)).toMatchObject({ code: 0, err: [] })
    expect(contentOf(same!)).toEqual(contentOf(folder.file))
  })

  test("refuses what can't be, in one line, and changes nothing", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const store = nats.url("one")
    const says = async (outcome: ReturnType<typeof tertulia>, what: RegExp) => {
      const { code, err } = await outcome
      expect(code).toBe(2)
      expect(err).toEqual([expect.stringMatching(what)])
    }
    await fill(folder.file)
    await fill(other.file)
    {
      await using _ = await openLogs(SqliteRoomLogs.layer({ file: folder.file }))
      await says(into(folder.file, store), /another server uses it/u)
    }
    await says(into(join(folder.path, "none.db"), store), /it doesn't exist/u)
    await says(into(folder.file, "nats://127.0.0.1:1/one"), /can't reach the store nats:/u)
    await says(into(folder.file, "http://127.0.0.1"), /--store is "http:.* it must be written as nats:/u)
    await says(back(join(folder.path, "new.db"), nats.url("none")), /has no rooms/u)
    expect((await into(other.file, store)).code).toBe(0)
    await says(into(folder.file, store), /has rooms already/u)
    await says(into(other.file, nats.url("two")), /follows another store/u)
    await says(back(folder.file, store), /it is of a server without --store/u)
    tamper(folder.file, "PRAGMA user_version = 99")
    await says(into(folder.file, nats.url("three")), /it has version 99, and this server knows up to/u)
  })
})
