import { expect, test } from "vitest"
import { openHouse } from "./support/house.ts"

test("one connection too many from an address is told so instead of hello; when one goes, another may come", async () => {
  await using house = await openHouse({ limits: { connections: 16 } })
  const guests = await Promise.all(Array.from({ length: 16 }, () => house.greeted()))
  const late = await house.connect()
  expect(await late.rest()).toMatchObject([{ type: "bye", code: "too-many-connections" }])
  // A connection counts until its last object: this one's socket is still open at this end.
  await guests[0]!.ask({ type: "bye" })
  await house.greeted()
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
    features: ["resume/1", "presence/1"],
    auth: ["guest"],
    heartbeat: 9
  })
  expect(hello["limits"]).toMatchObject({ joins: 7, line: 65_536 })
})
