import { expect, test } from "vitest"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { type Client, openHouse } from "./support/house.ts"
import { openTemporary } from "./support/logs.ts"

test("one connection too many from an address is told so instead of hello; when one goes, another may come", async () => {
  await using house = await openHouse({ limits: { connections: 16 } })
  const guests = await Promise.all(Array.from({ length: 16 }, () => house.greeted()))
  const late = await house.connect()
  expect(await late.rest()).toMatchObject([{ type: "bye", code: "too-many-connections" }])
  // A connection counts until its last object: this one's socket is still open at this end.
  await guests[0]!.ask({ type: "bye" })
  await house.greeted()
})

test("connections of all addresses are limited together", async () => {
  await using house = await openHouse({ bounds: { connections: 3 } })
  const [first] = await Promise.all(Array.from({ length: 3 }, () => house.greeted()))
  const late = await house.connect()
  expect(await late.rest()).toMatchObject([
    { type: "bye", code: "too-many-connections", message: "as many connections are open as this server takes" }
  ])
  await first!.ask({ type: "bye" })
  await house.greeted()
})

test("rooms that are created from one address are limited in time, and those that are there are not", async () => {
  await using house = await openHouse({ bounds: { newRooms: 3 } })
  const ana = await house.person("ana", "#a", "#b", "#c")
  const leo = await house.person("leo", "#a")
  for (const client of [ana, leo]) {
    const refused = await client.ask({ type: "join", room: "#d" })
    expect(refused).toMatchObject({ code: "limit-reached", field: "room" })
    expect(refused["retryAfter"]).toBeGreaterThan(0)
    expect(refused["retryAfter"]).toBeLessThanOrEqual(1_200_000)
  }
  expect(await leo.ask({ type: "join", room: "#b" })).toMatchObject({ type: "joined" })
})

test("rooms that keep their log are limited, and one that has its log comes back", async () => {
  await using folder = await openTemporary()
  const options = { logs: SqliteRoomLogs.layer({ file: folder.file }), bounds: { keptRooms: 2 } }
  const say = (client: Client, room: string) => client.ask({ type: "send", room, text: "hola" })
  {
    await using house = await openHouse(options)
    const ana = await house.person("ana", "#a", "#b")
    for (const room of ["#a", "#b"]) {
      await say(ana, room)
      await ana.ask({ type: "leave", room })
    }
    expect(await ana.ask({ type: "join", room: "#c" })).toMatchObject({ code: "limit-reached", field: "room" })
  }
  await using house = await openHouse({ ...options, logs: SqliteRoomLogs.layer({ file: folder.file }) })
  const leo = await house.person("leo")
  expect(await leo.ask({ type: "join", room: "#c" })).toMatchObject({ code: "limit-reached", field: "room" })
  expect(await leo.ask({ type: "join", room: "#b" })).toMatchObject({ type: "joined", head: 1 })
})

test("people of one address who have a session and no connection are limited", async () => {
  await using house = await openHouse({ limits: { connections: 16 } })
  const leave = async (nick: string) => {
    const client = await house.greeted()
    const welcome = await client.ask({ type: "login", nick, resume: true })
    client.socket.end()
    await client.closed
    return welcome
  }
  const first = await leave("p0")
  for (let index = 1; index < 16; index++) await leave(`p${index}`)
  const late = await house.greeted()
  expect(await late.ask({ type: "login", nick: "late", resume: true })).toMatchObject({ code: "limit-reached" })
  expect(await late.ask({ type: "login", nick: "late" })).toMatchObject({ type: "welcome" })
  const back = await house.greeted()
  const session = first["session"]
  expect(await back.ask({ type: "login", nick: "p0", session, resume: true })).toMatchObject({ resumed: true })
  const another = await house.greeted()
  expect(await another.ask({ type: "login", nick: "other", resume: true })).toMatchObject({ type: "welcome" })
})

test("conversations of one person are limited, and those that have begun go on", async () => {
  await using folder = await openTemporary()
  const logs = SqliteRoomLogs.layer({ file: folder.file })
  await using house = await openHouse({ logs, bounds: { conversations: 1 } })
  const [ana, leo] = [await house.person("ana"), await house.person("leo"), await house.person("eva")]
  const say = (client: Client, room: string) => client.ask({ type: "send", room, text: "hola" })
  expect(await say(ana, "@leo")).toMatchObject({ type: "sent" })
  expect(await say(ana, "@eva")).toMatchObject({ code: "limit-reached", field: "room" })
  expect(await say(ana, "@leo")).toMatchObject({ type: "sent" })
  expect(await say(leo, "@ana")).toMatchObject({ type: "sent" })
})

test("rooms of one connection are limited", async () => {
  await using house = await openHouse({ limits: { joins: 4 } })
  const ana = await house.person("ana", "#a", "#b", "#c", "#d")
  expect(await ana.ask({ type: "join", room: "#e" })).toMatchObject({ code: "limit-reached" })
  expect(await ana.ask({ type: "join", room: "#e", create: false })).toMatchObject({ code: "no-such-room" })
  expect(await ana.ask({ type: "join", room: "#a" })).toMatchObject({ code: "already-joined" })
  await ana.ask({ type: "leave", room: "#a" })
  expect(await ana.ask({ type: "join", room: "#e" })).toMatchObject({ type: "joined" })
})

test("members of one room are limited", async () => {
  await using house = await openHouse({ limits: { members: 8 } })
  for (let index = 0; index < 8; index++) await house.person(`p${index}`, "#cafe")
  const late = await house.person("late")
  expect(await late.ask({ type: "join", room: "#cafe" })).toMatchObject({ code: "limit-reached", field: "room" })
})

test("rooms of the server are limited, and those that are empty don't count", async () => {
  await using house = await openHouse({ limits: { rooms: 16 } })
  const rooms = Array.from({ length: 16 }, (_, index) => `#r${index}`)
  const ana = await house.person("ana", ...rooms)
  expect(await ana.ask({ type: "join", room: "#more" })).toMatchObject({ code: "limit-reached", field: "room" })
  await ana.ask({ type: "leave", room: "#r3" })
  expect(await ana.ask({ type: "join", room: "#more" })).toMatchObject({ type: "joined" })
})

test("a text is limited in bytes of UTF-8", async () => {
  await using house = await openHouse({ limits: { text: 1_000 } })
  const ana = await house.person("ana", "#cafe")
  expect(await ana.ask({ type: "send", room: "#cafe", text: "ñ".repeat(500) })).toMatchObject({ type: "sent" })
  expect(await ana.ask({ type: "send", room: "#cafe", text: "ñ".repeat(501) })).toMatchObject({ code: "too-long" })
})

test("hello announces what holds", async () => {
  await using house = await openHouse({ limits: { joins: 7 }, heartbeat: 9 })
  const ana = await house.connect()
  const hello = await ana.expect({
    type: "hello",
    protocol: 1,
    features: ["resume/1", "presence/1", "accounts/1"],
    auth: ["guest", "password", "scram", "token", "register"],
    heartbeat: 9
  })
  expect(hello["limits"]).toMatchObject({ joins: 7, line: 65_536 })
})
