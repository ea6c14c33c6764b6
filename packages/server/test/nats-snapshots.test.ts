import { copyFile } from "node:fs/promises"
import { Effect, Exit, Scope } from "effect"
import { describe, expect, test, vi } from "vitest"
import { type Engine, openEngine } from "../src/nats/engine.ts"
import { partBytes, partsOf, type Snapshot } from "../src/nats/snapshots.ts"
import { storeIn } from "../src/nats/store-url.ts"
import * as NatsRoomLogs from "../src/room-log-nats.ts"
import { author, draft, openLogs, openTemporary, said } from "./support/logs.ts"
import { noNats, openCluster, openNats } from "./support/nats.ts"

const openIn = (url: string, file: string, more: Partial<NatsRoomLogs.NatsLogOptions> = {}) =>
  openLogs(NatsRoomLogs.layer({ store: storeIn(url)!, file, patience: 30, ...more }))

/** As often as can be, and with no time in which the others could still read what goes. */
const often = { every: 5, grace: 0 }

/** An engine without a server. */
const engineAt = async (url: string) => {
  const scope = Scope.makeUnsafe()
  const engine = await Effect.runPromise(Scope.provide(openEngine(storeIn(url)!), scope))
  return { ...engine, [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const newest = (engine: Engine): Promise<Snapshot> =>
  vi.waitFor(
    async () => {
      const snapshot = await engine.snapshots.current()
      expect(snapshot).toBeDefined()
      expect(await engine.start()).toBe(snapshot!.place)
      return snapshot!
    },
    { timeout: 30_000, interval: 100 }
  )

const textsOf = (entries: ReadonlyArray<object>) => entries.map((entry) => ("text" in entry ? entry.text : entry))

/** The texts of a log that was filled. */
const filled = (count: number) => Array.from({ length: count }, (_, at) => `text-${at + 1}`)

const fill = async (log: Awaited<ReturnType<Awaited<ReturnType<typeof openIn>>["open"]>>, count: number) => {
  for (let seq = 1; seq <= count; seq++) await log.append(draft(`text-${seq}`, { key: `k${seq}` }))
}

/** Begins a tertulia with so many entries and a snapshot, and leaves it. */
const begin = async (url: string, file: string, entries: number) => {
  await using logs = await openIn(url, file, { snapshots: often })
  await fill(await logs.open("#cafe"), entries)
  await using engine = await engineAt(url)
  await newest(engine)
}

describe.skipIf(noNats !== undefined)("snapshots", () => {
  test("have a new server begin with all that was said, and with what comes after; the store has nothing of before", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    let epoch = ""
    {
      await using logs = await openIn(url, folder.file, { snapshots: often })
      const log = await logs.open("#cafe")
      epoch = log.epoch
      await fill(log, 20)
      await using engine = await engineAt(url)
      const { place } = await newest(engine)
      expect(place).toBeGreaterThan(5)
      expect(await engine.leftOf(1)).toBeDefined()
      expect(await engine.first()).toEqual(await engine.leftOf(1))
      await log.append(draft("after"))
    }
    await using logs = await openIn(url, other.file)
    const log = await logs.open("#cafe")
    expect([log.epoch, log.head()]).toEqual([epoch, 21])
    expect(textsOf(await log.read(0, 21))).toEqual([...filled(20), "after"])
    expect(await logs.known("#cafe", "ana", "k3")).toMatchObject({ seq: 3 })
    expect(Exit.isSuccess(await log.append(draft("more")))).toBe(true)
  })

  test("are on every node of an engine: with the one of three gone that decides, a new server begins with them, and goes on", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using cluster = await openCluster()
    await begin(cluster.url("one"), folder.file, 20)
    const { deciding, others } = await cluster.parts("one")
    await deciding.kill()
    const url = cluster.url("one", others[0])
    {
      await using engine = await engineAt(url)
      expect(await engine.start()).toBeGreaterThan(5)
    }
    await using logs = await openIn(url, other.file)
    const log = await logs.open("#cafe")
    expect(textsOf(await log.read(0, 20))).toEqual(filled(20))
    expect(Exit.isSuccess(await log.append(draft("more")))).toBe(true)
  })

  test("have whoever was away for too long begin anew, and nothing is missing", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    {
      await using logs = await openIn(url, folder.file)
      await fill(await logs.open("#cafe"), 3)
    }
    await copyFile(folder.file, other.file)
    {
      await using logs = await openIn(url, folder.file, { snapshots: often })
      await fill(await logs.open("#bar"), 10)
      await using engine = await engineAt(url)
      expect((await newest(engine)).place).toBeGreaterThan(6)
    }
    await using logs = await openIn(url, other.file)
    expect(textsOf(await (await logs.open("#cafe")).read(0, 3))).toEqual(["text-1", "text-2", "text-3"])
    expect((await logs.open("#bar")).head()).toBe(10)
  })

  test("leave nothing of what was given up, or taken back, in any file of the engine", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    {
      await using logs = await openIn(url, folder.file, { snapshots: often, keep: 8 })
      const log = await logs.open("#cafe")
      await fill(log, 8)
      await using engine = await engineAt(url)
      await newest(engine)
      expect(await nats.holds("text-7")).toBe(true)
      await log.append({ type: "delete", target: 7, author: author("ana"), from: "ana", at: said("").at })
      for (let nth = 1; nth <= 6; nth++) await log.append(draft(`later-${nth}`))
      await vi.waitFor(
        async () =>
          expect(await Promise.all(["text-1", "text-3", "text-7"].map(nats.holds))).toEqual([false, false, false]),
        { timeout: 45_000, interval: 500 }
      )
      expect(await nats.holds("text-8")).toBe(true)
    }
    await using logs = await openIn(url, other.file)
    const log = await logs.open("#cafe")
    expect(log.head()).toBe(15)
    expect(log.first()).toBeGreaterThan(3)
    expect(textsOf(await log.read(log.first() - 1, 15)).slice(-2)).toEqual(["later-5", "later-6"])
  })

  test("are used also when texts were taken out of what comes right after them", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    await begin(url, folder.file, 6)
    {
      await using logs = await openIn(url, folder.file)
      const log = await logs.open("#cafe")
      await log.append(draft("secret-1"))
      await log.append(draft("after"))
      await using engine = await engineAt(url)
      const { place } = (await engine.snapshots.current())!
      for (let at = place; at < (await engine.last()); at++) await engine.replace(at, (data) => data)
      expect(await engine.start()).toBeGreaterThan(place + 1)
    }
    await using logs = await openIn(url, other.file)
    expect((await logs.open("#cafe")).head()).toBe(8)
  })

  test("aren't used when they are of another tertulia, from beyond the end of the log, before a gap, or not what they say", async () => {
    await using folder = await openTemporary()
    await using other = await openTemporary()
    await using nats = await openNats()
    const url = nats.url("one")
    await begin(url, folder.file, 10)
    await using engine = await engineAt(url)
    const good = await newest(engine)
    const wrong = async (change: Partial<Snapshot>) => {
      const { kv } = await bucketOf(url)
      await kv.put("snapshot", JSON.stringify({ ...good, ...change }))
      return expect(openIn(url, other.file)).rejects
    }
    await (await wrong({ id: "0".repeat(32) })).toThrow(/can't be used: it is of another tertulia/u)
    await (await wrong({ place: 1_000 })).toThrow(/can't be used: the log ends at \d+/u)
    await (await wrong({ place: good.place - 2 })).toThrow(
      /can't be used: the log goes on at \d+, so something is missing/u
    )
    await (await wrong({ digest: "0".repeat(64) })).toThrow(/can't be used: it has another digest/u)
    await (await wrong({ place: good.place + 1 })).toThrow(/can't be used: it says that it is another/u)
    await (await wrong({ name: "none" })).toThrow(/can't use the store/u)
    const { kv } = await bucketOf(url)
    await kv.put("snapshot", JSON.stringify(good))
    await using logs = await openIn(url, other.file)
    expect((await logs.open("#cafe")).head()).toBe(10)
  })

  test("that were sent in part are sent from there on", async () => {
    await using nats = await openNats()
    await using engine = await engineAt(nats.url("one"))
    const snapshot: Snapshot = { name: "a", id: "x", place: 1, bytes: 30 * partBytes - 7, digest: "d" }
    const asked: Array<number> = []
    const sendUpTo = (most: number, given = snapshot) =>
      engine.snapshots.send(
        given,
        async (number) => {
          if (number >= most) throw new Error("the sender was killed")
          asked.push(number)
          return Buffer.from(`part ${number} of ${given.digest}`)
        },
        () => {}
      )
    await expect(sendUpTo(20)).rejects.toThrow("killed")
    asked.length = 0
    await sendUpTo(30)
    expect(asked).toEqual(Array.from({ length: 14 }, (_, index) => 16 + index))
    expect(partsOf(snapshot)).toBe(30)
    for (const number of [0, 15, 16, 29]) {
      expect(Buffer.from(await engine.snapshots.part(snapshot, number)).toString()).toBe(`part ${number} of d`)
    }
    asked.length = 0
    await sendUpTo(30, { ...snapshot, digest: "e" })
    expect(asked.length).toBe(30)
  })
})

const bucketOf = async (url: string) => {
  const { connect } = await import("@nats-io/transport-node")
  const { Kvm } = await import("@nats-io/kv")
  const { jetstream } = await import("@nats-io/jetstream")
  const connection = await connect({ servers: [...storeIn(url)!.servers] })
  return { kv: await new Kvm(jetstream(connection)).open("tertulia-one-left"), connection }
}
