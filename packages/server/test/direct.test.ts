/** spec/direct.md: conversations of two people. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Cause, Effect } from "effect"
import { expect, test } from "vitest"
import { type ConversationLogs, epochOf, pairOf } from "../src/conversation-logs.ts"
import { makeConversations } from "../src/conversations.ts"
import { ungoverned } from "../src/governance.ts"
import { LazyMap } from "../src/lazy-map.ts"
import { OrderedMap } from "../src/ordered-map.ts"
import type { Person } from "../src/people.ts"
import { type Entry, type Publish, Unavailable } from "../src/room-log.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { makeWriter } from "../src/sqlite/writer.ts"
import { tamper } from "./support/files.ts"
import { type Client, type House, type Json, openHouse } from "./support/house.ts"
import { draft, openLogs, openTemporary } from "./support/logs.ts"
import { stopClock } from "./support/stopped-clock.ts"
import { tertulia } from "./support/tertulia.ts"

const send = (to: string, text = "hola") => ({ type: "send", room: `@${to}`, text })
const history = (of: string) => ({ type: "history", room: `@${of}` })

/** Opens a server on a file, with writers whose disk can be held. */
const openOn = (file: string) =>
  openHouse({
    logs: SqliteRoomLogs.layer({ file, disk: new URL("./support/disks/held.ts", import.meta.url) }),
    limits: { burst: 10_000, rate: 10_000 }
  })

/** Somebody with a session. */
const claimant = async (house: House, nick: string) => {
  const client = await house.greeted()
  return { client, session: String((await client.ask({ type: "login", nick, resume: true }))["session"]) }
}

const goesOn = async (house: House, nick: string, session: string): Promise<Client> => {
  const client = await house.greeted()
  expect(await client.ask({ type: "login", nick, session })).toMatchObject({ resumed: true })
  return client
}

/** What has come of conversations until a fence. */
const heard = async (client: Client): Promise<ReadonlyArray<Json>> => {
  await client.ask({ type: "sync" })
  return client.before().filter(({ type }) => type === "message")
}

const listOf = async (client: Client, cursors: Json = {}) => {
  const { conversations, more } = await client.ask({ type: "conversations", ...cursors })
  return { items: conversations as ReadonlyArray<Json>, more }
}

/** How many rows the file has of conversations. */
const rowsIn = (file: string) => {
  const db = new DatabaseSync(file, { readOnly: true })
  const count = (sql: string) => Number(db.prepare(sql).get()?.["count"])
  try {
    return {
      rooms: count("SELECT count(*) AS count FROM rooms WHERE name LIKE '@%'"),
      pairs: count("SELECT count(*) AS count FROM conversations"),
      entries: count("SELECT count(*) AS count FROM entries JOIN rooms ON rooms.id = room WHERE name LIKE '@%'"),
      keys: count("SELECT count(*) AS count FROM keys")
    }
  } finally {
    db.close()
  }
}

/** Up to which `seq` each log is in the index of words. */
const indexedIn = (file: string): ReadonlyMap<unknown, unknown> => {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    return new Map(
      db
        .prepare("SELECT name, indexed FROM rooms ORDER BY id")
        .all()
        .map(({ indexed, name }) => [name, indexed])
    )
  } finally {
    db.close()
  }
}

const nothing = { rooms: 0, pairs: 0, entries: 0, keys: 0 }

test("two people share a log, each by the other's nick, and nobody else has anything of it", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const [ana, leo, eva] = [await house.person("ana"), await house.person("leo"), await house.person("eva")]
  const { epoch } = await ana.ask(history("leo"))
  expect(await leo.ask(history("ana"))).toMatchObject({ epoch, first: 1, head: 0, entries: [] })
  expect(await ana.ask({ ...send("LEO"), key: "a1" })).toMatchObject({ type: "sent", room: "@leo", seq: 1 })
  expect(ana.before()).toMatchObject([{ type: "message", room: "@leo", epoch, seq: 1, from: "ana", key: "a1" }])
  expect(await ana.ask({ ...send("leo"), key: "a1" })).toMatchObject({ seq: 1, duplicate: true })
  expect(await ana.ask({ ...send("leo", "adiós"), key: "a1" })).toMatchObject({ code: "key-reused" })
  expect(await ana.ask({ ...send("eva"), key: "a1" })).toMatchObject({ room: "@eva", seq: 1 })
  expect(await leo.ask({ ...send("ana"), epoch, key: "a1" })).toMatchObject({ room: "@ana", seq: 2 })
  expect(leo.before()).toMatchObject([
    { room: "@ana", epoch, seq: 1, from: "ana" },
    { room: "@ana", epoch, seq: 2, from: "leo" }
  ])
  expect(await leo.ask(history("ana"))).toMatchObject({ room: "@ana", head: 2, entries: [{ seq: 1 }, { seq: 2 }] })
  expect((await listOf(leo)).items).toMatchObject([{ room: "@ana", epoch, first: 1, head: 2, last: { seq: 2 } }])
  expect(await heard(eva)).toMatchObject([{ room: "@ana", seq: 1, from: "ana" }])
  expect(await eva.ask({ type: "rooms" })).toMatchObject({ rooms: [] })
  expect((await listOf(eva)).items.map(({ room }) => room)).toEqual(["@ana"])
})

test("names that lead to nobody are refused, each in its way", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const ana = await house.person("ana")
  const code = async (request: Json) => (await ana.ask(request))["code"]
  expect(await code(send("Ana"))).toBe("bad-request")
  expect(await code({ ...send("ana"), text: "" })).toBe("bad-request")
  expect(await code(history("ana"))).toBe("bad-request")
  expect(await code({ ...send("nobody"), key: "a1" })).toBe("no-such-nick")
  expect(await code({ ...send("nobody"), text: "" })).toBe("bad-text")
  expect(await code(history("nobody"))).toBe("no-such-nick")
  expect(await code({ type: "join", room: "@leo" })).toBe("bad-name")
  expect(await code({ type: "conversations", after: "#leo" })).toBe("bad-name")
  await house.person("leo")
  expect(await code({ ...send("leo"), epoch: "another" })).toBe("no-such-nick")
  expect(await code({ ...history("leo"), epoch: "another" })).toBe("no-such-nick")
})

test("two who write to each other at once begin one conversation", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const [ana, leo] = [await house.person("ana"), await house.person("leo")]
  for (let nth = 0; nth < 100; nth++) {
    ana.say({ ...send("leo", `ana ${nth}`), id: nth + 1 })
    leo.say({ ...send("ana", `leo ${nth}`), id: nth + 1 })
  }
  await ana.ask({ type: "ping" })
  await leo.ask({ type: "ping" })
  const page = await leo.ask({ ...history("ana"), limit: 200 })
  const texts = (page["entries"] as ReadonlyArray<Json>).map(({ text }) => String(text))
  for (const name of ["ana", "leo"]) {
    const own = texts.filter((text) => text.startsWith(name))
    expect(own).toEqual(Array.from({ length: 100 }, (_, nth) => `${name} ${nth}`))
  }
  expect(page["head"]).toBe(200)
})

test("when a person has ended nothing is left, in the file as in the lists", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const ana = await house.person("ana")
  for (const how of ["bye", "reset"]) {
    const leo = await house.person("leo")
    const { epoch } = await ana.ask(history("leo"))
    // More than one transaction removes.
    for (let nth = 0; nth < 1_100; nth++) ana.say({ ...send("leo"), key: `${how}-${nth}`, id: nth + 1 })
    expect((await listOf(ana)).items).toMatchObject([{ room: "@leo", epoch, head: 1_100 }])
    if (how === "bye") await leo.ask({ type: "bye" })
    else leo.socket.resetAndDestroy()
    await expect.poll(async () => (await ana.ask(send("leo")))["code"]).toBe("no-such-nick")
    expect((await listOf(ana)).items).toEqual([])
    await expect.poll(() => rowsIn(folder.file), { timeout: 20_000 }).toEqual(nothing)
    const other = await house.person("leo")
    expect(await other.ask(history("ana"))).toMatchObject({ head: 0, entries: [] })
    expect(await ana.ask({ ...send("leo"), epoch })).toMatchObject({ code: "no-such-nick" })
    expect(await ana.ask({ ...send("leo"), key: `${how}-1` })).toMatchObject({ seq: 1 })
    expect(ana.before().at(-1)).not.toMatchObject({ epoch })
    await other.ask({ type: "bye" })
    await expect.poll(() => rowsIn(folder.file), { timeout: 20_000 }).toEqual(nothing)
  }
})

test("all of one conversation comes before anything of the next one of its name", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const ana = await house.person("ana")
  const leo = await house.person("leo")
  const { epoch } = await ana.ask(history("leo"))
  await ana.ask(send("leo", "zero"))
  await writeFile(`${folder.file}-held`, "")
  // One is on its way to the disk, and the others wait for it.
  for (const id of [1, 2, 3]) {
    ana.say({ ...send("leo", `${id}`), id })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await leo.ask({ type: "bye" })
  const second = await house.person("leo")
  second.say({ ...send("ana", "I'm another"), id: 1 })
  await rm(`${folder.file}-held`)
  await second.ask({ type: "bye" })
  const third = await house.person("leo")
  await third.ask(send("ana", "and I'm a third"))
  const seen = await heard(ana)
  expect(seen.map(({ text }) => text)).toEqual(["1", "2", "3", "I'm another", "and I'm a third"])
  expect(seen.map((each) => each["epoch"] === epoch)).toEqual([true, true, true, false, false])
  await expect.poll(() => rowsIn(folder.file)).toMatchObject({ rooms: 1, pairs: 1, entries: 1 })
})

test("who has lost the connection is still written to, and finds it all", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const leo = await house.person("leo")
  const { client, session } = await claimant(house, "ana")
  await leo.ask(send("ana", "one"))
  client.socket.resetAndDestroy()
  await leo.ask(send("ana", "two"))
  const back = await goesOn(house, "ana", session)
  await leo.ask(send("ana", "three"))
  expect(await heard(back)).toMatchObject([{ room: "@leo", seq: 3, text: "three" }])
  expect((await listOf(back)).items).toMatchObject([{ room: "@leo", head: 3, last: { text: "three" } }])
  expect(await back.ask({ ...history("leo"), after: 0 })).toMatchObject({ entries: [{}, { text: "two" }, {}] })
})

test("a restart keeps the conversations of those who may come back, and no others", async () => {
  await using folder = await openTemporary()
  let sessions: ReadonlyArray<string>
  let before: Json
  {
    await using house = await openOn(folder.file)
    const [ana, leo, eva] = [await claimant(house, "ana"), await claimant(house, "leo"), await house.person("eva")]
    sessions = [ana.session, leo.session]
    await ana.client.ask({ ...send("leo", "one"), key: "a1" })
    await ana.client.ask(send("eva", "two"))
    await eva.ask(send("leo", "three"))
    before = await ana.client.ask(history("leo"))
    expect(rowsIn(folder.file)).toMatchObject({ pairs: 3 })
    // As after kill -9: nobody has ended, but eva can't come back.
    ana.client.socket.destroy()
    leo.client.socket.destroy()
    await house.stop()
  }
  await using house = await openOn(folder.file)
  const ana = await goesOn(house, "ana", sessions[0]!)
  expect(await ana.ask({ ...send("leo", "one"), key: "a1" })).toMatchObject({ seq: 1, duplicate: true })
  expect(await ana.ask(history("leo"))).toEqual({ ...before, re: expect.any(Number) })
  expect((await listOf(ana)).items.map(({ room }) => room)).toEqual(["@leo"])
  expect(await ana.ask(send("eva"))).toMatchObject({ code: "no-such-nick" })
  expect(await ana.ask(send("leo", "two"))).toMatchObject({ seq: 2 })
  const leo = await goesOn(house, "leo", sessions[1]!)
  expect(await leo.ask(history("ana"))).toMatchObject({ epoch: before["epoch"], head: 2 })
  await expect.poll(() => rowsIn(folder.file)).toMatchObject({ rooms: 1, pairs: 1, entries: 2 })
})

test("the list goes by slices of what the line holds, whatever the last entries are", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const ana = await house.person("ana")
  // Two bytes of JSON for one of text, or two of UTF-8 for one character: it must be counted in bytes.
  for (let nth = 0; nth < 20; nth++) {
    const other = await house.person(`p${String(nth).padStart(2, "0")}`)
    await other.ask(send("ana", nth % 2 === 0 ? '"'.repeat(4_096) : "ñ".repeat(2_048)))
  }
  const names: Array<unknown> = []
  for (let more: unknown = true; more === true; ) {
    const after = names.at(-1)
    const slice = await listOf(ana, after === undefined ? {} : { after })
    expect(Buffer.byteLength(JSON.stringify(slice.items))).toBeLessThan(65_536)
    expect(slice.items.length).toBeGreaterThan(slice.more === true ? 8 : 0)
    names.push(...slice.items.map(({ room }) => room))
    more = slice.more
  }
  expect(names).toEqual(Array.from({ length: 20 }, (_, nth) => `@p${String(nth).padStart(2, "0")}`))
  expect((await listOf(ana, { limit: 3, after: "@p04" })).items.map(({ room }) => room)).toEqual([
    "@p05",
    "@p06",
    "@p07"
  ])
})

test("a page or a list that is being read when somebody ends is none", async () => {
  await using folder = await openTemporary()
  await using house = await openOn(folder.file)
  const ana = await house.person("ana")
  for (let round = 0; round < 20; round++) {
    const leo = await house.person("leo")
    for (let nth = 0; nth < 50; nth++) ana.say({ ...send("leo", "x".repeat(4_000)), id: nth + 1 })
    await ana.ask({ type: "ping" })
    ana.say({ ...history("leo"), id: 1_001 }, { type: "conversations", id: 1_002 }, { ...history("leo"), id: 1_003 })
    const gone = leo.ask({ type: "bye" })
    await ana.ask({ type: "ping" })
    const replies = ana.before().filter((object) => Number(object["re"]) > 1_000)
    expect(replies.length).toBe(3)
    for (const { code, type } of replies) {
      if (type === "error") expect(code).toBe("no-such-nick")
    }
    await gone
  }
  await expect.poll(() => rowsIn(folder.file), { timeout: 20_000 }).toEqual(nothing)
})

test("a log is removed little by little, and what isn't there is gone already", async () => {
  await using folder = await openTemporary()
  const { close, db } = openDataFile(folder.file)
  const write = makeWriter(db)
  const drafts = Array.from({ length: 2_500 }, (_, nth) => draft("hola", { key: `k${nth}` }))
  const between = pairOf("one", "other")
  write([{ _tag: "Append", room: "@x", epoch: "x", reactions: 64, between, drafts }])
  write([{ _tag: "Append", room: "#x", epoch: "y", reactions: 64, drafts: [draft("stays")] }])
  const removal = { _tag: "RemoveSome", room: "@x" } as const
  const left: Array<unknown> = []
  for (let more = true; more; ) {
    const written = write([removal])
    more = written._tag === "Committed" && written.results[0] === true
    left.push(more)
  }
  expect(left.length).toBeGreaterThan(4)
  expect(write([removal])).toEqual({ _tag: "Committed", results: [false] })
  expect(db.prepare("SELECT text FROM entries").all()).toEqual([{ text: "stays" }])
  expect(db.prepare("SELECT name FROM rooms").all()).toEqual([{ name: "#x" }])
  close()
})

test("whoever operates the file finds it sound, and exports rooms only", async () => {
  await using folder = await openTemporary()
  {
    await using house = await openOn(folder.file)
    const [ana, leo] = [await claimant(house, "ana"), await claimant(house, "leo")]
    await ana.client.ask({ type: "join", room: "#cafe" })
    await ana.client.ask({ ...send("leo"), room: "#cafe" })
    await ana.client.ask(send("leo", "not for export"))
    leo.client.socket.destroy()
    await house.stop()
  }
  const out = join(folder.path, "rooms")
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({ code: 0 })
  expect(await tertulia("export", "--all", "--data", folder.file, "--out", out)).toMatchObject({ code: 0 })
  expect(await readdir(out)).toEqual(["cafe.ndjson"])
  tamper(folder.file, "UPDATE conversations SET one = 'somebody else'")
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({ code: 1 })
  tamper(folder.file, "DELETE FROM conversations")
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({ code: 1 })
})

test("what is too old is given up in conversations as in rooms, while somebody has them open", async () => {
  await using folder = await openTemporary()
  const between = pairOf("one", "other")
  const { allAsleep, clock, pass } = stopClock(Date.parse("2026-11-20T20:08:00.000Z"), 2)
  await using logs = await openLogs(SqliteRoomLogs.layer({ file: folder.file, keepDays: 30 }), clock)
  const published: Array<Entry> = []
  const log = logs.conversations.open(between, (entries) => void published.push(...entries))
  await Effect.runPromise(log.append([draft("one"), draft("two")]))
  await allAsleep()
  expect([log.epoch, log.first(), log.head(), published.length]).toEqual([epochOf(between), 1, 2, 2])
  await pass(31 * 86_400_000)
  expect([log.first(), log.head(), rowsIn(folder.file).entries]).toEqual([3, 2, 0])
  await Effect.runPromise(log.append([draft("three")]))
  expect([log.first(), log.head()]).toEqual([3, 3])
  await Effect.runPromise(logs.conversations.remove(between))
  expect(rowsIn(folder.file)).toEqual(nothing)
})

test("nothing of a conversation that has ended is left in the file a minute later", async () => {
  await using folder = await openTemporary()
  const between = pairOf("one", "other")
  const { clock, pass } = stopClock(Date.parse("2026-11-20T20:08:00.000Z"), 1)
  await using logs = await openLogs(SqliteRoomLogs.layer({ file: folder.file }), clock)
  const log = logs.conversations.open(between, () => {})
  const secret = "zyzzyva"
  await Effect.runPromise(log.append([draft(secret)]))
  const content = async () =>
    (await readFile(folder.file)).includes(secret) || (await readFile(`${folder.file}-wal`)).includes(secret)
  expect(await content()).toBe(true)
  // The thread that writes has had the time to take into its index whatever it takes.
  await (await logs.open("#cafe")).append(draft("hola"))
  await expect.poll(() => indexedIn(folder.file).get("#cafe")).toBe(1)
  expect([...indexedIn(folder.file).values()]).toEqual([0, 1])
  await Effect.runPromise(logs.conversations.remove(between))
  // However late the one falls asleep who has it done, the next minute finds it there.
  await expect.poll(() => pass(61_000).then(content), { timeout: 5_000 }).toBe(false)
})

// ---------------------------------------------------------------------------------------------------------------------
// Without a server
// ---------------------------------------------------------------------------------------------------------------------

const person = (id: string, nick: string): Person => ({
  id,
  nick,
  stays: [],
  isThere: true,
  conversations: new OrderedMap(),
  turn: undefined,
  marks: new LazyMap(),
  presence: {
    ...{ status: "active", since: "2026-11-20T20:08:00.000Z" },
    ...{ text: undefined, display: undefined, hasActed: false, actedAt: 0 }
  }
})

test("a log is removed only when a restart wouldn't find the person, however often that is tried", async () => {
  const told: Array<string> = []
  let publishTo: Publish = () => {}
  let head = 0
  let refusals = 2
  const logs: ConversationLogs = {
    left: [],
    open: (between, publish) => {
      publishTo = publish
      return {
        epoch: epochOf(between),
        first: () => 1,
        head: () => head,
        topic: () => "",
        governance: ungoverned(),
        append: (drafts) =>
          Effect.sync(() => {
            const placed = drafts.map((each) => ({ _tag: "Added", entry: { ...each, seq: ++head } }) as const)
            publishTo(placed.map(({ entry }) => entry))
            return placed
          }),
        read: () => {
          throw new Error("nobody reads")
        }
      }
    },
    entries: () => Effect.succeed([]),
    remove: () => Effect.sync(() => void told.push("removed"))
  }
  const fork = (effect: Effect.Effect<void>) => void Effect.runFork(effect)
  const conversations = makeConversations(logs, fork)
  const [ana, leo] = [person("1", "ana"), person("2", "leo")]
  const settled = new Promise((resolve) =>
    conversations.open(ana, leo).submit({
      draft: draft("hola"),
      from: ana,
      settle: (outcome) => resolve(!Cause.isCause(outcome))
    })
  )
  expect(await settled).toBe(true)
  expect(conversations.find(leo, ana)?.name).toBe("@ana")
  const forgotten = Effect.suspend(() => {
    told.push("forgotten")
    return refusals-- > 0 ? Effect.fail(new Unavailable({ message: "the disk is full" })) : Effect.void
  })
  conversations.end(leo, forgotten)
  expect(conversations.find(ana, leo)).toBeUndefined()
  await expect.poll(() => told, { timeout: 10_000 }).toEqual(["forgotten", "forgotten", "forgotten", "removed"])
})
