/** What may befall servers that share their rooms, and their engine: networks that are cut, machines that stand still, clocks that are wrong. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { describe, expect, test, vi } from "vitest"
import type { Client, Json } from "./support/house.ts"
import { noNats, openCluster, openNats } from "./support/nats.ts"
import { openFolder } from "./support/process.ts"
import { openRelay } from "./support/relay.ts"
import { come, said, startServer } from "./support/servers.ts"

vi.setConfig({ testTimeout: 90_000 })

const room = "#cafe"
const password = "correct horse"

const member = async (port: number, login: Json): Promise<Client> => {
  const client = await come(port)
  expect(await client.ask(login)).toMatchObject({ type: "welcome" })
  expect(await client.ask({ type: "join", room })).toMatchObject({ type: "joined" })
  return client
}

const guest = (nick: string): Json => ({ type: "login", nick })
const newcomer = (nick: string): Json => ({ type: "register", nick, password })
const holder = (nick: string): Json => ({ type: "login", nick, password })

/** Somebody who is in the room by a server as soon as another leads: before that, nobody answers, or whoever led ends the connection. */
const memberLater = (port: number, login: Json): Promise<Client> =>
  vi.waitFor(() => member(port, login), { timeout: 60_000, interval: 50 })

const textsAt = async (client: Client) =>
  said((await client.ask({ type: "history", room }))["entries"] as ReadonlyArray<object>).filter(
    (text) => text !== undefined
  )

/** What grants something, or shows what was said. */
const isGrant = ({ type }: Json): boolean => ["sent", "message", "welcome", "joined"].includes(String(type))

describe.skipIf(noNats !== undefined)("servers that share their rooms", () => {
  test("append nothing by one that is cut off from the engine, which ends when it finds that another leads", async () => {
    await using nats = await openNats()
    await using relay = await openRelay(nats.port)
    await using folder = await openFolder()
    const leader = await startServer(folder, nats.url("one", relay.port), "1.db")
    const ana = await member(leader.port, guest("ana"))
    expect(await ana.ask({ type: "send", room, text: "one" })).toMatchObject({ seq: 1 })
    const other = await startServer(folder, nats.url("one"), "2.db")
    const leo = await member(other.port, guest("leo"))
    relay.cut()
    ana.say({ type: "send", id: 1, room, text: "too late" }, { type: "history", id: 2, room }, { type: "sync", id: 3 })
    const eva = await memberLater(other.port, guest("eva"))
    expect(await eva.ask({ type: "send", room, text: "two" })).toMatchObject({ seq: 2 })
    // Who came by the other was sent away from the one that led.
    expect((await leo.rest()).filter(({ type }) => type === "sent" || type === "message")).toEqual([])
    relay.heal()
    expect(await leader.exit).toMatchObject({ code: 1 })
    const heard = await ana.rest()
    expect(heard.filter((each) => isGrant(each) || ["history", "synced"].includes(String(each["type"])))).toEqual([])
    expect(await textsAt(eva)).toEqual(["one", "two"])
    eva.socket.destroy()
  })

  test("go on without one that stands by and is cut off from the engine, and it has all when it isn't any more", async () => {
    await using nats = await openNats()
    await using relay = await openRelay(nats.port)
    await using folder = await openFolder()
    const leader = await startServer(folder, nats.url("one"), "1.db")
    const ana = await member(leader.port, guest("ana"))
    const other = await startServer(folder, nats.url("one", relay.port), "2.db")
    const leo = await member(other.port, guest("leo"))
    relay.cut()
    expect(await ana.ask({ type: "send", room, text: "one" })).toMatchObject({ seq: 1 })
    expect(await leo.ask({ type: "send", room, text: "two" })).toMatchObject({ seq: 2 })
    expect(await textsAt(leo)).toEqual(["one", "two"])
    relay.heal()
    leader.child.kill("SIGKILL")
    const eva = await memberLater(other.port, guest("eva"))
    expect(await textsAt(eva)).toEqual(["one", "two"])
    for (const person of [ana, leo, eva]) person.socket.destroy()
  })

  test("say of nothing that it is all, by a node of the engine that takes itself for the one that decides and isn't", async () => {
    await using cluster = await openCluster()
    await using folder = await openFolder()
    const first = await startServer(folder, cluster.url("one"), "1.db")
    await memberLater(first.port, guest("leo"))
    const { deciding, others } = await cluster.parts("one")
    first.child.kill("SIGTERM")
    await first.exit
    const { port } = await startServer(folder, cluster.url("one", deciding), "1.db")
    const ana = await memberLater(port, guest("ana"))
    expect(await ana.ask({ type: "sync" })).toMatchObject({ type: "synced" })
    expect((await cluster.parts("one")).deciding).toBe(deciding)
    // They could have agreed on anything without it.
    await Promise.all(others.map(({ freeze }) => freeze()))
    expect(await ana.ask({ type: "sync" })).toMatchObject({ code: "unavailable" })
    for (const { thaw } of others) thaw()
    await vi.waitFor(async () => expect(await ana.ask({ type: "sync" })).toMatchObject({ type: "synced" }), 20_000)
    ana.socket.destroy()
  })

  test("give a nick to one of two who claim it, and nothing to who comes by one that stood still: not by a right, nor by a nick", async () => {
    await using nats = await openNats()
    await using folder = await openFolder()
    const leader = await startServer(folder, nats.url("one"), "1.db")
    const other = await startServer(folder, nats.url("one"), "2.db")
    for (let nth = 0; nth < 8; nth++) {
      const both = await Promise.all([come(leader.port), come(other.port)])
      const answers = await Promise.all(both.map((client) => client.ask(guest(`nick${nth}`))))
      const outcomes = answers.map(({ code, type }) => code ?? type)
      expect(outcomes.toSorted()).toEqual(["nick-taken", "welcome"])
      for (const { socket } of both) socket.destroy()
    }
    await member(other.port, newcomer("ana"))
    const late = [
      await member(leader.port, newcomer("leo")),
      await member(leader.port, newcomer("mia")),
      await member(leader.port, guest("pia"))
    ]
    const stranger = await come(leader.port)
    leader.child.kill("SIGSTOP")
    for (const [nth, client] of late.entries()) client.say({ type: "send", id: 1, room, text: `too late ${nth}` })
    stranger.say({ type: "login", id: 1, nick: "tom" })
    const ana = await memberLater(other.port, holder("ana"))
    expect(await ana.ask({ type: "ban", room, nick: "leo" })).toMatchObject({ type: "sent" })
    expect(await ana.ask({ type: "mute", room, nick: "mia" })).toMatchObject({ type: "sent" })
    const again = [await memberLater(other.port, guest("pia")), await member(other.port, guest("tom"))]
    expect(await again[0]!.ask({ type: "send", room, text: "in time" })).toMatchObject({ type: "sent" })
    leader.child.kill("SIGCONT")
    const { code, err } = await leader.exit
    expect(code).toBe(1)
    expect(err).toMatch(/another server has taken over the rooms in nats:/u)
    for (const client of [...late, stranger]) expect((await client.rest()).filter(isGrant)).toEqual([])
    expect(await textsAt(ana)).toEqual(["in time"])
    const leo = await come(other.port)
    await leo.ask(holder("leo"))
    expect(await leo.ask({ type: "join", room })).toMatchObject({ code: "forbidden" })
    const mia = await member(other.port, holder("mia"))
    expect(await mia.ask({ type: "send", room, text: "still" })).toMatchObject({ type: "error" })
    for (const person of [ana, leo, mia, ...again]) person.socket.destroy()
  })

  test("need no clock: one is an hour fast and the other slow, and both are set while they run", async () => {
    await using nats = await openNats()
    await using folder = await openFolder()
    const hour = 3_600_000
    const clocks = ["fast", "slow"].map((name) => join(folder.path, name))
    const [fast, slow] = clocks as [string, string]
    const set = (clock: string, shift: number) => writeFileSync(clock, String(shift))
    const by = (clock: string) => ({
      CLOCK_SHIFT: clock,
      NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "support/shifted-clock.ts"))}`
    })
    set(fast, hour)
    set(slow, -hour)
    const leader = await startServer(folder, nats.url("one"), "1.db", by(fast))
    const other = await startServer(folder, nats.url("one"), "2.db", by(slow))
    const ana = await come(other.port)
    const { session, token } = await ana.ask({ ...newcomer("ana"), resume: true })
    const { epoch } = await ana.ask({ type: "join", room })
    const leo = await member(leader.port, guest("leo"))
    const before = Date.now()
    const first = await ana.ask({ type: "send", room, text: "one", key: "k1" })
    // That its clock is shifted can be seen.
    expect(Date.parse(String(first["at"])) - before).toBeGreaterThan(hour / 2)
    set(fast, -hour)
    expect(await leo.ask({ type: "send", room, text: "two" })).toMatchObject({ seq: 2 })
    set(slow, hour)
    set(fast, 2 * hour)
    expect(await ana.ask({ type: "send", room, text: "three" })).toMatchObject({ seq: 3 })
    expect(await ana.ask({ type: "sync" })).toMatchObject({ type: "synced" })
    const page = async (client: Client) => (await client.ask({ type: "history", room }))["entries"]
    const shown = await page(ana)
    leader.child.kill("SIGKILL")
    await ana.rest()
    const again = await vi.waitFor(() => come(other.port), { timeout: 30_000 })
    expect(await again.ask({ type: "login", nick: "ana", session: session! })).toMatchObject({ resumed: true })
    expect(await again.ask({ type: "join", room, epoch: epoch!, after: 0 })).toMatchObject({ head: 3, resumed: true })
    expect(await again.ask({ type: "send", room, text: "one", key: "k1" })).toMatchObject({ seq: 1, duplicate: true })
    expect(await page(again)).toEqual(shown)
    await again.ask({ type: "bye" })
    const back = await come(other.port)
    expect(await back.ask({ type: "login", nick: "ana", token: token! })).toMatchObject({ account: true })
    const entriesIn = (file: string) => {
      const db = new DatabaseSync(join(folder.path, file), { readOnly: true })
      const rows = db.prepare("SELECT * FROM entries ORDER BY room, seq").all()
      db.close()
      return rows
    }
    expect(entriesIn("2.db")).toEqual(entriesIn("1.db"))
    for (const person of [leo, back]) person.socket.destroy()
  })
})
