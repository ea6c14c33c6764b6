/** spec/resume.md: keys, sessions, the grace. */
import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { test } from "vitest"
import { Claims } from "../src/claims.ts"
import { Unavailable } from "../src/room-log.ts"
import * as MemoryRoomLogs from "../src/room-log-memory.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { type Client, openHouse } from "./support/house.ts"
import { openTemporary } from "./support/logs.ts"
import { openQuietHouse, pass, type QuietClient } from "./support/quiet-house.ts"

const send = { type: "send", room: "#cafe", text: "hola" }
const disk = (name: string) => new URL(`./support/disks/${name}.ts`, import.meta.url)

/** Logs in with a session, and gives it. */
const claim = async (client: Client, nick = "ana"): Promise<string> =>
  String((await client.ask({ type: "login", nick, resume: true }))["session"])

describe.each([
  ["memory", () => MemoryRoomLogs.layer({ entries: 1_000, bytes: 1e8 })],
  ["SQLite", (file: string) => SqliteRoomLogs.layer({ file })]
] as const)("a server whose logs are in %s", (_name, logsIn) => {
  test("takes an entry once by its key, in the room and outside, and tells another text from it", async () => {
    await using folder = await openTemporary()
    await using house = await openHouse({ logs: logsIn(folder.file) })
    const leo = await house.person("leo", "#cafe")
    const ana = await house.person("ana", "#cafe")
    const { at } = await ana.ask({ ...send, key: "a1" })
    expect(ana.before()).toMatchObject([{ type: "message", seq: 1, key: "a1" }])
    expect(await ana.ask({ ...send, key: "a1" })).toMatchObject({ type: "sent", seq: 1, at, duplicate: true })
    expect(ana.before()).toEqual([])
    expect(await ana.ask({ ...send, text: "adiós", key: "a1" })).toMatchObject({ code: "key-reused", field: "key" })
    await ana.ask({ type: "leave", room: "#cafe" })
    expect(await ana.ask({ ...send, key: "a1" })).toMatchObject({ type: "sent", seq: 1, at, duplicate: true })
    expect(await ana.ask({ ...send, text: "adiós", key: "a1" })).toMatchObject({ code: "key-reused" })
    expect(await ana.ask({ ...send, key: "a2" })).toMatchObject({ code: "not-joined" })
    expect(await ana.ask({ ...send, key: "a 2" })).toMatchObject({ code: "bad-request", field: "key" })
    await leo.ask({ type: "sync" })
    expect(leo.before().filter(({ type }) => type === "message")).toMatchObject([{ seq: 1, key: "a1" }])
    expect(await leo.ask({ ...send, key: "a1" })).toMatchObject({ type: "sent", seq: 2 })
  })

  test("lets a person go on in another connection, and ends the first", async () => {
    await using folder = await openTemporary()
    await using house = await openHouse({ logs: logsIn(folder.file) })
    const leo = await house.person("leo", "#cafe")
    const first = await house.greeted()
    const session = await claim(first)
    await first.ask({ type: "join", room: "#cafe" })
    await first.ask({ ...send, key: "a1" })
    const second = await house.greeted()
    expect(await second.ask({ type: "login", nick: "leo", session })).toMatchObject({ code: "session-expired" })
    expect(await second.ask({ type: "login", nick: "ana", session })).toMatchObject({ session, resumed: true })
    expect((await first.rest()).at(-1)).toMatchObject({ type: "bye", code: "replaced" })
    expect(await second.ask({ ...send, key: "a1" })).toMatchObject({ type: "sent", seq: 1, duplicate: true })
    expect(await second.ask(send)).toMatchObject({ code: "not-joined" })
    expect(await second.ask({ type: "join", room: "#cafe" })).toMatchObject({ members: ["ana", "leo"] })
    await leo.ask({ type: "sync" })
    expect(leo.before().filter(({ type }) => type === "member")).toMatchObject([{ nick: "ana", change: "joined" }])
  })
})

test("of two who come with one session the last stays", async () => {
  await using house = await openHouse()
  const session = await claim(await house.greeted())
  const others = await Promise.all(Array.from({ length: 4 }, () => house.greeted()))
  for (const other of others) other.say({ type: "login", id: 1, nick: "ana", session })
  const ends = await Promise.all(
    others.map(async (other) => {
      const welcome = await other.expect({ type: "welcome", resumed: true })
      return welcome
    })
  )
  expect(ends).toHaveLength(4)
  const last = others.map(async (other) => ({ other, reply: await other.ask({ type: "ping" }).catch(() => undefined) }))
  expect((await Promise.all(last)).filter(({ reply }) => reply !== undefined)).toHaveLength(1)
})

test("the new welcome waits for what the old connection has sent", async () => {
  await using folder = await openTemporary()
  const { rm, writeFile } = await import("node:fs/promises")
  await using house = await openHouse({ logs: SqliteRoomLogs.layer({ file: folder.file, disk: disk("held") }) })
  const first = await house.greeted()
  const session = await claim(first)
  await first.ask({ type: "join", room: "#cafe" })
  await writeFile(`${folder.file}-held`, "")
  first.say({ ...send, id: 1, key: "a1" })
  // A round trip of somebody who has come later: what was sent before it has been read.
  const second = await house.greeted()
  await second.ask({ type: "ping" })
  second.say({ type: "login", id: 1, nick: "ana", session }, { ...send, id: 2, key: "a1" })
  await first.rest()
  await rm(`${folder.file}-held`)
  await second.expect({ type: "welcome", resumed: true })
  await second.expect({ type: "sent", re: 2, seq: 1, duplicate: true })
})

test("a session that can't be kept isn't given, and the nick is free", async () => {
  let isFull = true
  const claims = Layer.succeed(Claims, {
    left: [],
    keep: () =>
      Effect.suspend(() => (isFull ? Effect.fail(new Unavailable({ message: "the disk is full" })) : Effect.void)),
    keepMark: () => Effect.void,
    forget: () => Effect.void
  })
  const logs = Layer.merge(MemoryRoomLogs.layer({ entries: 10, bytes: 1e6 }), claims)
  await using house = await openHouse({ logs })
  const ana = await house.greeted()
  expect(await ana.ask({ type: "login", nick: "ana", resume: true })).toMatchObject({ code: "unavailable" })
  const other = await house.greeted()
  expect(await other.ask({ type: "login", nick: "ana" })).toMatchObject({ type: "welcome" })
  isFull = false
  expect(await ana.ask({ type: "login", nick: "eva", resume: true })).toMatchObject({ type: "welcome" })
})

test("whoever goes while their session is being kept leaves nothing behind", async () => {
  const asked = Deferred.makeUnsafe<void>()
  const forgotten: Array<string> = []
  const claims = Layer.succeed(Claims, {
    left: [],
    keep: () => Effect.andThen(Deferred.succeed(asked, undefined), Effect.never),
    keepMark: () => Effect.void,
    forget: (digests) => Effect.sync(() => void forgotten.push(...digests))
  })
  const logs = Layer.merge(MemoryRoomLogs.layer({ entries: 10, bytes: 1e6 }), claims)
  await using house = await openHouse({ logs })
  const ana = await house.greeted()
  ana.say({ type: "login", id: 1, nick: "ana", resume: true })
  await Effect.runPromise(Deferred.await(asked))
  ana.socket.resetAndDestroy()
  await expect.poll(() => forgotten.length).toBe(1)
  const other = await house.greeted()
  expect(await other.ask({ type: "login", nick: "ana" })).toMatchObject({ type: "welcome" })
})

test("the sessions of before a restart may be continued, and hold their nicks", async () => {
  await using folder = await openTemporary()
  const logs = () => SqliteRoomLogs.layer({ file: folder.file })
  let session = ""
  {
    await using house = await openHouse({ logs: logs() })
    const ana = await house.greeted()
    session = await claim(ana)
    await ana.ask({ type: "join", room: "#cafe" })
    await ana.ask({ ...send, key: "a1" })
    const leo = await house.greeted()
    await claim(leo, "leo")
    await leo.ask({ type: "bye" })
  }
  await using house = await openHouse({ logs: logs() })
  const ana = await house.greeted()
  expect(await ana.ask({ type: "login", nick: "ana" })).toMatchObject({ code: "nick-taken" })
  expect(await ana.ask({ type: "login", nick: "ana", session })).toMatchObject({ session, resumed: true })
  expect(await ana.ask({ ...send, key: "a1" })).toMatchObject({ type: "sent", seq: 1, duplicate: true })
  const leo = await house.greeted()
  expect(await leo.ask({ type: "login", nick: "leo" })).toMatchObject({ type: "welcome" })
})

// ---------------------------------------------------------------------------------------------------------------------
// The grace
// ---------------------------------------------------------------------------------------------------------------------

const quietClaim = Effect.fnUntraced(function* (client: QuietClient, ...rooms: ReadonlyArray<string>) {
  yield* client.say(
    { type: "login", id: 1, nick: "ana", resume: true },
    ...rooms.map((room) => ({ type: "join", id: 2, room }))
  )
  const [, welcome] = yield* client.heard
  return String(welcome!["session"])
})

const changes = (heard: ReadonlyArray<Readonly<Record<string, unknown>>>) =>
  heard.filter(({ type }) => type === "member").map(({ change, nick, room }) => `${nick} ${change} ${room}`)

describe("the grace", () => {
  it.effect("keeps the nick and the rooms of whoever has lost the connection, and no longer", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 300, limits: { grace: 15 } })
      const leo = yield* house.person("leo", "#cafe", "#cine")
      const ana = yield* house.connect
      const session = yield* quietClaim(ana, "#cafe", "#cine")
      yield* leo.heard
      ana.reset()
      yield* pass(14)
      yield* leo.say({ type: "members", id: 5, room: "#cafe" })
      expect(yield* leo.heard).toMatchObject([{ members: ["ana", "leo"] }])
      const again = yield* house.connect
      yield* again.say({ type: "login", id: 1, nick: "ana" }, { type: "login", id: 2, nick: "ana", session })
      expect((yield* again.heard).slice(1)).toMatchObject([{ code: "nick-taken" }, { type: "welcome", resumed: true }])
      yield* again.say({ type: "join", id: 3, room: "#cafe" })
      yield* pass(14)
      expect(changes(yield* leo.heard)).toEqual([])
      yield* pass(2)
      expect(changes(yield* leo.heard)).toEqual(["ana left #cine"])
      again.finish()
      yield* pass(14)
      expect(changes(yield* leo.heard)).toEqual([])
      yield* pass(2)
      expect(changes(yield* leo.heard)).toEqual(["ana left #cafe"])
      const late = yield* house.connect
      yield* late.say({ type: "login", id: 1, nick: "ana", session }, { type: "login", id: 2, nick: "ana" })
      expect((yield* late.heard).slice(1)).toMatchObject([{ code: "session-expired" }, { type: "welcome" }])
    })
  )

  it.effect("isn't given to whoever says bye, or has no session", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 300 })
      const leo = yield* house.person("leo", "#cafe")
      const ana = yield* house.connect
      const session = yield* quietClaim(ana, "#cafe")
      yield* ana.say({ type: "bye", id: 3 })
      expect(changes(yield* leo.heard)).toEqual(["ana joined #cafe", "ana left #cafe"])
      const again = yield* house.connect
      yield* again.say({ type: "login", id: 1, nick: "ana", session }, { type: "login", id: 2, nick: "ana" })
      yield* again.say({ type: "join", id: 3, room: "#cafe" })
      expect((yield* again.heard).slice(1, 3)).toMatchObject([{ code: "session-expired" }, { type: "welcome" }])
      again.reset()
      expect(changes(yield* leo.heard)).toEqual(["ana joined #cafe", "ana left #cafe"])
    })
  )

  it.effect("doesn't take a place of a full room twice", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 300, limits: { members: 8 } })
      const ana = yield* house.connect
      const session = yield* quietClaim(ana, "#cafe")
      for (let nth = 1; nth < 8; nth++) yield* house.person(`p${nth}`, "#cafe")
      ana.reset()
      const late = yield* house.person("late")
      yield* late.say({ type: "join", id: 1, room: "#cafe" })
      expect(yield* late.heard).toMatchObject([{ code: "limit-reached" }])
      const again = yield* house.connect
      yield* again.say({ type: "login", id: 1, nick: "ana", session }, { type: "join", id: 2, room: "#cafe" })
      expect((yield* again.heard).slice(1)).toMatchObject([{ type: "welcome" }, { type: "joined" }])
    })
  )
})
