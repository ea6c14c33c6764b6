/** spec/presence.md: what one says of oneself, who learns of it, when somebody is idle, and lists of people. */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { test } from "vitest"
import { type Json, openHouse } from "./support/house.ts"
import { openQuietHouse, pass, type QuietClient } from "./support/quiet-house.ts"

const open = (options: Parameters<typeof openQuietHouse>[0] = {}) =>
  openQuietHouse({ heartbeat: 8, hearsPresence: true, ...options })

const presencesOf = (objects: ReadonlyArray<Json>) => objects.filter(({ type }) => type === "presence")

/** Lets time go by while these people give signs of life, so that nobody is taken for silent. */
const spend = Effect.fnUntraced(function* (seconds: number, ...people: ReadonlyArray<QuietClient>) {
  for (let left = seconds; left > 0; left -= 4) {
    for (const person of people) person.send("\n")
    yield* pass(Math.min(4, left))
  }
})

describe("what somebody says of themselves", () => {
  it.effect("is changed as far as it is said, and told once to whoever shares a room", () =>
    Effect.gen(function* () {
      const house = yield* open()
      const ana = yield* house.person("ana", "#cafe", "#cine")
      const leo = yield* house.person("leo", "#cafe", "#cine")
      const eva = yield* house.person("eva", "#solo")
      yield* ana.heard
      const since = "1970-01-01T00:00:00.000Z"
      yield* ana.say({ type: "status", id: 1, status: "busy", display: "Ana María" })
      const busy = { nick: "ana", status: "busy", since, display: "Ana María" }
      expect(yield* ana.heard).toEqual([{ type: "status", re: 1, ...busy }])
      expect(yield* leo.heard).toEqual([{ type: "presence", ...busy }])
      yield* ana.say({ type: "status", id: 2, status: "busy" }, { type: "status", id: 3 })
      expect(yield* ana.heard).toEqual([2, 3].map((re) => ({ type: "status", re, ...busy })))
      expect(yield* leo.heard).toEqual([])
      yield* pass(1)
      yield* ana.say({ type: "status", id: 4, text: "at work" })
      expect(yield* leo.heard).toEqual([{ type: "presence", ...busy, text: "at work" }])
      yield* ana.say({ type: "status", id: 5, status: "active", text: "", display: "" })
      expect(yield* leo.heard).toEqual([
        { type: "presence", nick: "ana", status: "active", since: "1970-01-01T00:00:01.000Z" }
      ])
      expect(yield* eva.heard).toEqual([])
    })
  )

  it.effect("ends with them", () =>
    Effect.gen(function* () {
      const house = yield* open()
      const leo = yield* house.person("leo", "#cafe", "#cine")
      const ana = yield* house.person("ana", "#cafe", "#cine")
      yield* ana.say({ type: "status", id: 1, status: "away", display: "Ana" })
      yield* leo.heard
      yield* ana.say({ type: "bye", id: 2 })
      const heard = yield* leo.heard
      expect(presencesOf(heard)).toMatchObject([{ nick: "ana", status: "offline", display: "Ana" }])
      expect(heard.filter(({ type }) => type === "member")).toHaveLength(2)
      const another = yield* house.person("ana")
      yield* another.say({ type: "whois", id: 1, nick: "ana" })
      const since = "1970-01-01T00:00:00.000Z"
      expect(yield* another.heard).toEqual([{ type: "whois", re: 1, nick: "ana", status: "active", since, rooms: [] }])
    })
  )
})

describe("idle", () => {
  it.effect("is who has done nothing for long enough, and until they do something", () =>
    Effect.gen(function* () {
      const house = yield* open({ limits: { idleSeconds: 30 } })
      const leo = yield* house.person("leo", "#cafe")
      const ana = yield* house.person("ana", "#cafe")
      const eva = yield* house.person("eva", "#cafe")
      yield* eva.say({ type: "status", id: 1, status: "busy" })
      yield* leo.say({ type: "status", id: 1, status: "away" })
      yield* leo.heard
      yield* spend(20, leo, ana, eva)
      yield* ana.say({ type: "send", id: 1, room: "#cafe", text: "hola" })
      yield* spend(29, leo, ana, eva)
      for (const request of [
        { type: "ping", id: 2 },
        { type: "sync", id: 3 },
        { type: "users", id: 4 },
        { type: "rooms", id: 5 },
        { type: "join", id: 6, room: "#cine" },
        { type: "leave", id: 7, room: "#cine" }
      ])
        yield* ana.say(request)
      expect(presencesOf(yield* leo.heard)).toEqual([])
      yield* spend(4, leo, ana, eva)
      const idle = presencesOf(yield* leo.heard)
      expect(idle).toMatchObject([{ nick: "ana", status: "idle" }])
      expect(idle[0]!["since"]).toMatch(/^1970-01-01T00:00:5[0-3]\./u)
      yield* spend(60, leo, ana, eva)
      expect(presencesOf(yield* leo.heard)).toEqual([])
      yield* ana.heard
      yield* ana.say({ type: "send", id: 8, room: "#cafe", text: "back" })
      expect((yield* leo.heard).filter(({ type }) => type !== "ping")).toMatchObject([
        { type: "message", text: "back" },
        { type: "presence", nick: "ana", status: "active" }
      ])
    })
  )

  it.effect("is also who has lost the connection; coming back changes nothing, and tells nobody", () =>
    Effect.gen(function* () {
      const house = yield* open({ limits: { idleSeconds: 30, grace: 60 } })
      const leo = yield* house.person("leo", "#cafe")
      const first = yield* house.connect
      yield* first.say({ type: "login", id: 1, nick: "ana", resume: true }, { type: "join", id: 2, room: "#cafe" })
      const session = String((yield* first.heard)[1]!["session"])
      yield* first.say({ type: "status", id: 3, text: "here", display: "Ana" })
      yield* leo.say({ type: "status", id: 1, status: "busy" })
      yield* leo.heard
      first.reset()
      yield* spend(35, leo)
      const [idle, ...more] = presencesOf(yield* leo.heard)
      expect(idle).toMatchObject({ nick: "ana", status: "idle", text: "here", display: "Ana" })
      expect(more).toEqual([])
      const second = yield* house.connect
      yield* second.say({ type: "login", id: 1, nick: "ana", session }, { type: "join", id: 2, room: "#cafe" })
      yield* second.say({ type: "whois", id: 3, nick: "ana" })
      const { type: _, ...presence } = idle!
      expect((yield* second.heard).at(-1)).toEqual({ type: "whois", re: 3, ...presence, rooms: ["#cafe"] })
      expect(presencesOf(yield* leo.heard)).toEqual([])
      second.reset()
      yield* spend(70, leo)
      expect(presencesOf(yield* leo.heard)).toMatchObject([{ nick: "ana", status: "offline" }])
    })
  )
})

describe("a late reader", () => {
  it.effect("is not cut off for presences, and has all that isn't one", () =>
    Effect.gen(function* () {
      const house = yield* open({ limits: { burst: 1e6, line: 8_192, text: 1_000, backlog: 131_072 } })
      const leo = yield* house.person("leo", "#cafe")
      const ana = yield* house.person("ana", "#cafe")
      yield* leo.heard
      leo.pause()
      for (let id = 1; id <= 2_000; id++)
        ana.send(`{"type":"status","id":${id},"text":"${"x".repeat(200)}","status":"${id % 2 ? "busy" : "away"}"}\n`)
      yield* ana.say({ type: "send", id: 3_000, room: "#cafe", text: "still there?" })
      yield* pass(2)
      leo.resume()
      const heard = yield* leo.heard
      expect(presencesOf(heard).length).toBeLessThan(150)
      expect(heard.at(-1)).toMatchObject({ type: "message", text: "still there?" })
      yield* ana.say({ type: "status", id: 3_001, text: "" })
      expect(yield* leo.heard).toMatchObject([{ type: "presence", nick: "ana" }])
    })
  )
})

test("lists people by slices that fit the line, each once, whatever they are called", async () => {
  await using house = await openHouse({ limits: { line: 8_192, text: 1_000, page: 30 } })
  const people = await Promise.all(Array.from({ length: 40 }, (_, nth) => house.person(`p${nth}`, "#cafe", "#cine")))
  for (const person of people) await person.ask({ type: "status", display: "😀".repeat(32), text: "漢".repeat(80) })
  const ana = await house.person("ana", "#cafe", "#cine")
  const names: Array<string> = []
  let slices = 0
  for (let more = true; more; slices++) {
    const reply: Json = await ana.ask({ type: "users", ...(names.length === 0 ? {} : { after: names.at(-1) }) })
    expect(Buffer.byteLength(JSON.stringify(reply)) + 1).toBeLessThanOrEqual(8_192)
    const users = reply["users"] as ReadonlyArray<{ readonly nick: string }>
    expect(users.length).toBeGreaterThan(0)
    names.push(...users.map(({ nick }) => nick))
    more = reply["more"] === true
  }
  expect(names).toEqual(["ana", ...people.map((_, nth) => `p${nth}`)].sort())
  expect(slices).toBeGreaterThan(2)
  expect(await ana.ask({ type: "users", room: "#cafe", after: "p8", limit: 1 })).toMatchObject({
    users: [{ nick: "p9" }]
  })
  expect(await ana.ask({ type: "users", room: "#nowhere" })).toMatchObject({ code: "not-joined", field: "room" })
})

test("says nothing of people elsewhere", async () => {
  await using house = await openHouse()
  const ana = await house.person("ana", "#cafe")
  await house.person("leo", "#cine")
  const nobody = await ana.ask({ type: "whois", nick: "nobody" })
  const leo = await ana.ask({ type: "whois", nick: "leo" })
  expect(nobody).toMatchObject({ type: "error", code: "no-such-nick", field: "nick" })
  expect(String(leo["message"]).replace("leo", "nobody")).toBe(nobody["message"])
  expect(leo["code"]).toBe("no-such-nick")
  expect(await ana.ask({ type: "users" })).toMatchObject({ users: [{ nick: "ana" }] })
})
