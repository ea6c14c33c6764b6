import { DatabaseSync } from "node:sqlite"
import { Effect, Exit } from "effect"
import { describe, expect, test, vi } from "vitest"
import { encodeCommand } from "../src/nats/command.ts"
import { openEngine } from "../src/nats/engine.ts"
import { untilGone } from "../src/nats/standing-by.ts"
import { storeFault, storeIn } from "../src/nats/store-url.ts"
import * as NatsRoomLogs from "../src/room-log-nats.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { added, author, draft, openLogs, openTemporary, said } from "./support/logs.ts"
import { noNats, openNats } from "./support/nats.ts"
import { tertulia } from "./support/tertulia.ts"

const openIn = (url: string, file: string, patience = 30) =>
  openLogs(NatsRoomLogs.layer({ store: storeIn(url)!, file, patience }))

const textsOf = (entries: ReadonlyArray<object>) => entries.map((entry) => ("text" in entry ? entry.text : entry))

test("a store is written as a URL, and what isn't one is refused in one sentence", () => {
  expect(storeIn("nats://localhost")).toEqual({
    servers: ["localhost:4222"],
    tls: false,
    name: "tertulia",
    replicas: 1
  })
  expect(storeIn("tls://ana:s%40l@a:1,b,[::1]:2/cafe?replicas=3")).toEqual({
    servers: ["a:1", "b:4222", "[::1]:2"],
    tls: true,
    user: "ana",
    pass: "s@l",
    name: "cafe",
    replicas: 3
  })
  for (const text of ["http://a", "nats://", "nats://a:0", "nats://a:70000", "nats://a/b/c", "nats://a/b?replicas=9"]) {
    expect(storeFault(text)).toMatch(/^it must be written as nats:\/\/host:port\/name\?replicas=3/u)
  }
})

describe.skipIf(noNats !== undefined)("a log in JetStream", () => {
  test("numbers entries from 1, shows each once, gives them back, and goes on after a restart", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    let epoch = ""
    {
      await using logs = await openIn(url, folder.file)
      const log = await logs.open("#cafe")
      epoch = log.epoch
      expect([log.first(), log.head()]).toEqual([1, 0])
      const places = [1, 2].map((seq) => added(seq, `text ${seq}`))
      expect(await log.append(draft("text 1"), draft("text 2"))).toEqual(Exit.succeed(places))
      expect(log.published).toEqual([1, 2].map((seq) => ({ seq, ...said(`text ${seq}`) })))
      expect(await log.read(0, 2)).toEqual(log.published)
    }
    await using logs = await openIn(url, folder.file)
    const log = await logs.open("#cafe")
    expect([log.epoch, log.head()]).toEqual([epoch, 2])
    expect(await log.append(draft("text 3", { key: "a1" }))).toEqual(Exit.succeed([added(3, "text 3", { key: "a1" })]))
    expect(await logs.known("#cafe", "ana", "a1")).toMatchObject({ seq: 3 })
  })

  test("is the same in the new file of another server, with the same epoch, keys and changes", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const look = async (file: string) => {
      await using logs = await openIn(nats.url("one"), file)
      const log = await logs.open("#cafe")
      return { epoch: log.epoch, entries: await log.read(0, log.head()), known: await logs.known("#cafe", "ana", "a1") }
    }
    {
      await using logs = await openIn(nats.url("one"), folder.file)
      const log = await logs.open("#cafe")
      await log.append(draft("one", { key: "a1" }), draft("one", { key: "a1" }), draft("two"))
      await log.append({ type: "edit", target: 2, text: "deux", author: author("ana"), from: "ana", at: said("").at })
    }
    const before = await look(folder.file)
    expect(textsOf(before.entries)).toEqual(["one", "deux", "deux"])
    expect(await look(other.file)).toEqual(before)
  })

  test("takes more at once than goes into a message of the engine", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    await using logs = await openIn(nats.url("one"), folder.file)
    const log = await logs.open("#cafe")
    const drafts = Array.from({ length: 256 }, (_, nth) => draft(`${nth} ${"\n".repeat(4_000)}`))
    expect(Exit.isSuccess(await log.append(...drafts))).toBe(true)
    expect(textsOf(await log.read(0, 256))).toEqual(drafts.map((each) => Reflect.get(each, "text")))
  })

  test("has nothing of a text that was taken back, nor of its edits, in any file of the engine", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const by = { author: author("ana"), from: "ana", at: said("").at }
    {
      await using logs = await openIn(nats.url("one"), folder.file)
      const log = await logs.open("#cafe")
      await log.append(draft("stays-1"), draft("secret-1", { key: "a1" }), draft("stays-2"))
      await log.append(draft("secret-1", { key: "a1" }), { type: "edit", target: 2, text: "secret-2", ...by })
      expect([await nats.holds("secret-1"), await nats.holds("secret-2")]).toEqual([true, true])
      await log.append({ type: "delete", target: 2, ...by })
      await vi.waitFor(
        async () => expect([await nats.holds("secret-1"), await nats.holds("secret-2")]).toEqual([false, false]),
        { timeout: 30_000, interval: 500 }
      )
      expect(await nats.holds("stays-2")).toBe(true)
    }
    await using logs = await openIn(nats.url("one"), other.file)
    const log = await logs.open("#cafe")
    const shown = await log.read(0, 5)
    expect(shown.slice(0, 3)).toEqual([
      { seq: 1, ...said("stays-1") },
      { seq: 2, type: "erased", from: "ana", key: "a1", at: by.at, deleted: 5 },
      { seq: 3, ...said("stays-2") }
    ])
    expect(shown.slice(3)).toEqual([
      { seq: 4, type: "edit", from: "ana", at: by.at, target: 2 },
      { seq: 5, type: "delete", from: "ana", at: by.at, target: 2 }
    ])
  })

  test("has nothing of a conversation that has ended, and all of what went to the engine with it", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    {
      await using logs = await openIn(nats.url("one"), folder.file)
      const log = await logs.open("#cafe")
      const between = ["person-ana", "person-bea"] as const
      const talk = logs.conversations.open(between, () => {})
      // What is asked for in one turn of the event loop goes in one message.
      await Promise.all([
        log.append(draft("stays-1")),
        Effect.runPromise(talk.append([draft("secret-1"), draft("secret-2")])),
        log.append(draft("stays-2"))
      ])
      expect([await nats.holds("secret-1"), await nats.holds("secret-2")]).toEqual([true, true])
      await Effect.runPromise(logs.conversations.remove(between))
      await vi.waitFor(
        async () => expect([await nats.holds("secret-1"), await nats.holds("secret-2")]).toEqual([false, false]),
        { timeout: 30_000, interval: 500 }
      )
    }
    await using logs = await openIn(nats.url("one"), other.file)
    const log = await logs.open("#cafe")
    expect(textsOf(await log.read(0, log.head()))).toEqual(["stays-1", "stays-2"])
  })

  test("finds in the engine what a file of an earlier version has noted about it", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    {
      await using logs = await openIn(nats.url("one"), folder.file)
      const log = await logs.open("#cafe")
      await log.append(draft("stays-1"), draft("stays-2"))
      await log.append(draft("stays-3"), draft("secret-1"))
    }
    {
      using db = new DatabaseSync(folder.file)
      db.exec(`
        CREATE TABLE parcels (room INTEGER NOT NULL, first INTEGER NOT NULL, parcel INTEGER NOT NULL, before INTEGER NOT NULL, indexes TEXT,
          PRIMARY KEY (room, first)) STRICT, WITHOUT ROWID;
        INSERT INTO parcels SELECT room, seq, parcel, before, indexes FROM appended;
        DROP TABLE appended`)
    }
    await using logs = await openIn(nats.url("one"), folder.file)
    const log = await logs.open("#cafe")
    await log.append({ type: "delete", target: 4, author: author("ana"), from: "ana", at: said("").at })
    await vi.waitFor(async () => expect(await nats.holds("secret-1")).toBe(false), { timeout: 30_000, interval: 500 })
    expect(await Promise.all(["stays-1", "stays-2", "stays-3"].map(nats.holds))).toEqual([true, true, true])
  })

  test("refuses while the engine is gone, has none of what it has refused, and goes on by itself", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    await using logs = await openIn(nats.url("one"), folder.file, 2)
    const log = await logs.open("#cafe")
    await log.append(draft("one"))
    await nats.kill()
    await vi.waitFor(
      async () => {
        const refused = await log.append(draft("lost"))
        expect(Exit.isFailure(refused) && String(refused.cause)).toContain("can't be reached")
      },
      { timeout: 30_000 }
    )
    await nats.start()
    await vi.waitFor(async () => expect(Exit.isSuccess(await log.append(draft("two")))).toBe(true), {
      timeout: 30_000,
      interval: 100
    })
    const texts = textsOf(await log.read(0, log.head()))
    expect(texts.filter((text) => text !== "lost")).toEqual(["one", "two"])
    expect(log.published.map(({ seq }) => seq)).toEqual(log.published.map((_, index) => index + 1))
  })

  test("says of nothing that it wasn't done while the engine stands still: what is unknown is a defect", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    await using logs = await openIn(nats.url("one"), folder.file, 1)
    const log = await logs.open("#cafe")
    await log.append(draft("one"))
    await nats.freeze()
    const unknown = await log.append(draft("perhaps"))
    expect(Exit.hasDies(unknown)).toBe(true)
    nats.thaw()
    await vi.waitFor(async () => expect(Exit.isSuccess(await log.append(draft("two")))).toBe(true), {
      timeout: 30_000,
      interval: 100
    })
    const texts = textsOf(await log.read(0, log.head()))
    expect(texts.filter((text) => text !== "perhaps")).toEqual(["one", "two"])
    expect(textsOf(log.published)).toEqual(texts)
  })

  test("ends with who has lost the lead, from whom nothing more comes", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    await using logs = await openIn(url, folder.file)
    const log = await logs.open("#cafe")
    await log.append(draft("one"))
    const leader = await leaderIn(folder.file)
    await tell(url, { _tag: "Lead", server: "other", over: leader, at: "127.0.0.1:1" })
    expect(Exit.isFailure(await log.append(draft("too late")))).toBe(true)
    const broken = await Effect.runPromise(Effect.flip(logs.failed))
    expect(broken.message).toMatch(/^another server has taken over the rooms in nats:/u)
    expect(textsOf(log.published)).toEqual(["one"])
  })

  test("is another server's as soon as the first has stopped, which has stood by until then", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    const first = await openIn(url, folder.file)
    const log = await first.open("#cafe")
    await log.append(draft("one"))
    let isThere = false
    const coming = openIn(url, other.file).then((second) => {
      isThere = true
      return second
    })
    await log.append(draft("two"))
    expect(isThere).toBe(false)
    await first[Symbol.asyncDispose]()
    await using second = await coming
    expect(textsOf(await (await second.open("#cafe")).read(0, 2))).toEqual(["one", "two"])
  })

  test("is taken over from who was found gone, and not from another that has taken it over meanwhile", async () => {
    await using nats = await openNats()
    const gone = Effect.gen(function* () {
      const engine = yield* openEngine(storeIn(nats.url("one"))!)
      let leader = "gone"
      const asks: typeof engine.asks = async (...asked) => {
        const found = await engine.asks(...asked)
        // While whoever has found nobody makes sure of that, another has done so.
        leader = found === "gone" && ++times === 4 ? "other" : leader
        return found
      }
      let times = 0
      engine.answerFor("other")
      return yield* untilGone({ ...engine, asks }, () => leader)
    })
    expect(await Effect.runPromise(Effect.scoped(gone))).toBe("gone")
  })

  test("takes no file of a server without a store, or of another tertulia; and nobody else takes its own", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    await (await openIn(nats.url("one"), folder.file))[Symbol.asyncDispose]()
    await (await openLogs(SqliteRoomLogs.layer({ file: other.file })))[Symbol.asyncDispose]()
    await expect(openIn(nats.url("two"), folder.file)).rejects.toThrow(/follows another tertulia than nats:/u)
    await expect(openIn(nats.url("one"), other.file)).rejects.toThrow(/it is of a server without --store/u)
    await expect(openLogs(SqliteRoomLogs.layer({ file: folder.file }))).rejects.toThrow(/start with --store/u)
  })

  test("leaves a backup that is a file of its own, with all that was said, under other epochs", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    const backup = `${folder.path}/backup.db`
    let epoch = ""
    {
      await using logs = await openIn(nats.url("one"), folder.file)
      const log = await logs.open("#cafe")
      epoch = log.epoch
      await log.append(draft("one"))
      expect((await tertulia("backup", "--data", folder.file, backup)).code).toBe(0)
    }
    await using logs = await openLogs(SqliteRoomLogs.layer({ file: backup }))
    const log = await logs.open("#cafe")
    expect(textsOf(await log.read(0, log.head()))).toEqual(["one"])
    expect(log.epoch).not.toBe(epoch)
    expect(Exit.isSuccess(await log.append(draft("two")))).toBe(true)
  })

  test("isn't used when the engine has less than the file has", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    await using others = await openNats()
    await (await openIn(nats.url("one"), folder.file))[Symbol.asyncDispose]()
    await expect(openIn(others.url("one"), folder.file)).rejects.toThrow(/follows another tertulia/u)
    await nats.kill()
    await expect(openIn(nats.url("one"), folder.file)).rejects.toThrow(/^can't reach the store nats:/u)
  })

  test("ends with an engine that was put back to an earlier state", async () => {
    await using folder = await openTemporary()
    await using nats = await openNats()
    await using logs = await openIn(nats.url("one"), folder.file)
    const log = await logs.open("#cafe")
    await log.append(draft("one"))
    await nats.kill()
    const putBack = await nats.save()
    await nats.start()
    await vi.waitFor(async () => expect(Exit.isSuccess(await log.append(draft("two")))).toBe(true), {
      timeout: 30_000,
      interval: 100
    })
    await nats.kill()
    await putBack()
    await nats.start()
    const broken = await Effect.runPromise(Effect.flip(logs.failed))
    expect(broken.message).toMatch(/ has lost \d+ messages that the data file /u)
  })
})

/** Who leads, as the file says. */
const leaderIn = async (file: string): Promise<string> => {
  const { DatabaseSync } = await import("node:sqlite")
  const db = new DatabaseSync(file, { readOnly: true })
  const { leader } = db.prepare("SELECT leader FROM following").get() as { readonly leader: string }
  db.close()
  return leader
}

/** Appends a command to a log, as another server would. */
const tell = (url: string, command: Parameters<typeof encodeCommand>[0]) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(openEngine(storeIn(url)!), (engine) => Effect.promise(() => engine.append(encodeCommand(command))))
    )
  )
