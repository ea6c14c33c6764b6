import { expect, test } from "vitest"
import { openHouse } from "./support/house.ts"

test("two people talk, and each sees the same entries in the same order", async () => {
  await using house = await openHouse()
  const ana = await house.person("ana", "#cafe")
  const leo = await house.person("leo", "#cafe")
  await ana.expect({ type: "member", room: "#cafe", nick: "leo", change: "joined" })
  ana.say({ type: "send", id: 3, room: "#cafe", text: "hola" })
  const first = await ana.expect({ type: "message", room: "#cafe", seq: 1, from: "ana", text: "hola" })
  await ana.expect({ type: "sent", re: 3, room: "#cafe", seq: 1, at: first["at"] })
  expect(await leo.next()).toEqual(first)
  leo.say({ type: "send", id: 3, room: "#Cafe", text: "¡hola!" })
  await leo.expect({ type: "message", seq: 2, from: "leo", text: "¡hola!" })
  await leo.expect({ type: "sent", re: 3, seq: 2 })
  await ana.expect({ type: "message", seq: 2, from: "leo" })
  ana.say({ type: "bye", id: 4 })
  expect(await ana.rest()).toEqual([{ type: "bye", re: 4 }])
  expect(await ana.closed).toBe("fin")
  await leo.expect({ type: "member", room: "#cafe", nick: "ana", change: "left" })
})

test("requests that are sent ahead are answered in their order, and nothing after bye", async () => {
  await using house = await openHouse()
  const ana = await house.greeted()
  ana.say(
    { type: "login", id: 1, nick: "Ana" },
    { type: "join", id: 2, room: "#cafe" },
    { type: "send", id: 3, room: "#cafe", text: "one" },
    { type: "send", id: 4, room: "#cafe", text: "two" },
    "rubbish\n",
    { type: "leave", id: 5, room: "#cafe" },
    { type: "sync", id: 6 },
    { type: "bye", id: 7 },
    { type: "ping", id: 8 }
  )
  const replies = (await ana.rest()).filter(({ type }) => type !== "message")
  expect(replies.map(({ code, re, type }) => [type, re ?? code])).toEqual([
    ["welcome", 1],
    ["joined", 2],
    ["sent", 3],
    ["sent", 4],
    ["error", "bad-json"],
    ["left", 5],
    ["synced", 6],
    ["bye", 7]
  ])
})

test("sends to several rooms, sent ahead, are answered in their order", async () => {
  await using house = await openHouse()
  const ana = await house.person("ana", "#a", "#b")
  const rooms = ["#a", "#a", "#b", "#a", "#b", "#b", "#nowhere", "#a"]
  ana.say(...rooms.map((room, id) => ({ type: "send", id: id + 1, room, text: "x" })), { type: "bye", id: 99 })
  const all = await ana.rest()
  const replies = all.filter(({ type }) => type !== "message")
  expect(replies.map(({ re }) => re)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 99])
  expect(replies[6]).toMatchObject({ type: "error", code: "not-joined", field: "room" })
  const seqs = all.filter(({ room, type }) => type === "message" && room === "#a").map(({ seq }) => seq)
  expect(seqs).toEqual([1, 2, 3, 4])
})

test("a half-closed connection gets all of its replies, and an unended last line is dropped", async () => {
  await using house = await openHouse()
  const ana = await house.greeted()
  ana.socket.end('{"type":"login","id":1,"nick":"ana"}\n{"type":"ping","id":2}\n{"type":"ping","id":3}')
  expect(await ana.rest()).toEqual([
    { type: "welcome", re: 1, nick: "ana" },
    { type: "pong", re: 2 }
  ])
  expect(await ana.closed).toBe("fin")
})

test("of two who race for a nick, one is welcome; bye gives it free before it is answered", async () => {
  await using house = await openHouse()
  const racers = await Promise.all([house.greeted(), house.greeted(), house.greeted()])
  const replies = await Promise.all(racers.map((racer) => racer.ask({ type: "login", nick: "ana" })))
  expect(replies.filter(({ type }) => type === "welcome")).toHaveLength(1)
  expect(replies.filter(({ code }) => code === "nick-taken")).toHaveLength(2)
  const holder = racers[replies.findIndex(({ type }) => type === "welcome")]!
  const other = racers[replies.findIndex(({ type }) => type === "error")]!
  await holder.ask({ type: "bye" })
  expect(await other.ask({ type: "login", nick: "ana" })).toMatchObject({ type: "welcome", nick: "ana" })
})

test("a connection that breaks is noticed at once, and its nick is free", async () => {
  await using house = await openHouse()
  const ana = await house.person("ana", "#cafe")
  const leo = await house.person("leo", "#cafe")
  await ana.expect({ type: "member", nick: "leo", change: "joined" })
  leo.socket.resetAndDestroy()
  await ana.expect({ type: "member", room: "#cafe", nick: "leo", change: "left" })
  await house.person("leo")
})

test("a room that everybody has left comes back as another log", async () => {
  await using house = await openHouse()
  const ana = await house.person("ana")
  const before = await ana.ask({ type: "join", room: "#cafe" })
  await ana.ask({ type: "send", room: "#cafe", text: "hola" })
  await ana.ask({ type: "leave", room: "#cafe" })
  expect(await ana.ask({ type: "join", room: "#cafe", create: false })).toMatchObject({ code: "no-such-room" })
  const after = await ana.ask({ type: "join", room: "#cafe", after: 1, epoch: before["epoch"] })
  expect(after).toMatchObject({ type: "joined", first: 1, head: 0, resumed: false })
  expect(after["epoch"]).not.toBe(before["epoch"])
})

test("the last one may leave with words on their lips, and the room is forgotten once", async () => {
  await using house = await openHouse()
  const ana = await house.person("ana")
  const epochs = new Set<unknown>()
  for (let round = 0; round < 20; round++) {
    ana.say(
      { type: "join", id: 1, room: "#cafe" },
      { type: "send", id: 2, room: "#cafe", text: "one" },
      { type: "send", id: 3, room: "#cafe", text: "two" },
      { type: "leave", id: 4, room: "#cafe" }
    )
    const { epoch } = await ana.expect({ type: "joined", re: 1, head: 0, members: ["ana"] })
    for (const type of ["message", "message", "sent", "sent", "left"]) await ana.expect({ type })
    epochs.add(epoch)
  }
  expect(epochs.size).toBe(20)
})

test("unknown fields and the sender's own from are not relayed", async () => {
  await using house = await openHouse()
  const ana = await house.person("ana", "#cafe")
  await ana.ask({ type: "send", room: "#cafe", text: "hola", from: "leo", seq: 7, extra: { deep: [1] } })
  const [message] = ana.before()
  expect(Object.keys(message!)).toEqual(["type", "room", "seq", "from", "text", "at"])
  expect(message).toMatchObject({ from: "ana" })
})

test("errors go by precedence", async () => {
  await using house = await openHouse()
  const ana = await house.greeted()
  expect(await ana.ask({ type: "fly" })).toMatchObject({ code: "unsupported" })
  expect(await ana.ask({ type: "join" })).toMatchObject({ code: "login-first" })
  expect(await ana.ask({ type: "login", nick: 5 })).toMatchObject({ code: "bad-request", field: "nick" })
  expect(await ana.ask({ type: "login", nick: "../ana" })).toMatchObject({ code: "bad-name", field: "nick" })
  expect(await ana.ask({ type: "login", nick: "ana" })).toMatchObject({ type: "welcome" })
  expect(await ana.ask({ type: "login" })).toMatchObject({ code: "already-logged-in" })
  expect(await ana.ask({ type: "send", room: "x", text: 5 })).toMatchObject({ code: "bad-request", field: "text" })
  expect(await ana.ask({ type: "send", room: "x", text: "" })).toMatchObject({ code: "bad-name", field: "room" })
  expect(await ana.ask({ type: "send", room: "#x", text: "" })).toMatchObject({ code: "bad-text", field: "text" })
  expect(await ana.ask({ type: "send", room: "#x", text: "y" })).toMatchObject({ code: "not-joined", field: "room" })
  expect(await ana.ask({ type: "members", room: "#x" })).toMatchObject({ code: "not-joined" })
  expect(await ana.ask({ type: "rooms", limit: 0 })).toMatchObject({ code: "bad-request", field: "limit" })
  expect(await ana.ask({ type: "join", room: "#x", after: 1 })).toMatchObject({ code: "bad-request", field: "epoch" })
})
