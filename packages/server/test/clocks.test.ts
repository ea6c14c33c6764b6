import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { openQuietHouse, pass } from "./support/quiet-house.ts"

describe("heartbeats", () => {
  it.effect("silence is broken by a ping after one heartbeat, and ended after two", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 10 })
      const ana = yield* house.person("ana")
      yield* pass(9.5)
      expect(yield* ana.heard).toEqual([])
      yield* pass(2)
      expect(yield* ana.heard).toEqual([{ type: "ping" }])
      yield* pass(8)
      expect(yield* ana.heard).toEqual([])
      yield* pass(2)
      expect(yield* ana.heard).toMatchObject([{ type: "bye", code: "idle" }])
      expect(ana.isFinished()).toBe(true)
      yield* pass(1.5)
      expect(ana.isGone()).toBe(true)
    })
  )

  it.effect("any byte is a sign of life, and begins the silence anew", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 10 })
      const ana = yield* house.person("ana")
      for (let round = 0; round < 5; round++) {
        yield* pass(12)
        expect(yield* ana.heard).toEqual([{ type: "ping" }])
        ana.send("\n")
      }
      yield* pass(1)
      expect(yield* ana.heard).toEqual([])
    })
  )

  it.effect("the time in which the server doesn't read is not silence", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 1, limits: { burst: 10, rate: 5 } })
      const ana = yield* house.person("ana")
      yield* ana.say(...Array.from({ length: 38 }, (_, index) => ({ type: "ping", id: index + 1 })))
      yield* pass(5)
      const heard = yield* ana.heard
      expect(heard.every(({ type }) => type === "pong")).toBe(true)
      expect(heard.length).toBeGreaterThan(25)
      expect(heard.length).toBeLessThan(38)
    })
  )

  it.effect("a member who falls silent is seen to leave", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 10 })
      const leo = yield* house.person("leo", "#cafe")
      const ana = yield* house.person("ana", "#cafe")
      yield* leo.heard
      for (let round = 0; round < 3; round++) {
        yield* pass(8)
        yield* leo.say({ type: "ping", id: 1 })
      }
      expect(yield* leo.heard).toContainEqual({ type: "member", room: "#cafe", nick: "ana", change: "left" })
      expect(yield* ana.heard).toMatchObject([{ type: "ping" }, { type: "bye", code: "idle" }])
    })
  )
})

describe("time to log in", () => {
  it.effect("ends a connection without a welcome, pings or not, and not sooner", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 10, limits: { loginSeconds: 25 } })
      const guest = yield* house.connect
      for (let round = 0; round < 6; round++) {
        yield* pass(4)
        yield* guest.say({ type: "ping", id: 1 })
      }
      expect((yield* guest.heard).map(({ type }) => type)).toEqual(["hello", ...Array(6).fill("pong")])
      yield* pass(3)
      expect(yield* guest.heard).toMatchObject([{ type: "bye", code: "login-timeout" }])
    })
  )
})

describe("rate", () => {
  it.effect("a burst is read at once, the rest by and by, and nothing is refused or reordered", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ limits: { burst: 10, rate: 5 } })
      const ana = yield* house.connect
      yield* ana.say({ type: "login", id: 99, nick: "ana" })
      yield* pass(2)
      yield* ana.heard
      yield* ana.say(...Array.from({ length: 20 }, (_, index) => ({ type: "ping", id: index + 1 })))
      const ids: Array<unknown> = []
      const counts: Array<number> = []
      for (let second = 0; second < 4; second++) {
        const heard = yield* ana.heard
        counts.push(heard.length)
        ids.push(...heard.map(({ re }) => re))
        yield* pass(1)
      }
      expect(counts).toEqual([10, 5, 5, 0])
      expect(ids).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    })
  )

  it.effect("a flood of blank lines costs its connection time, and a few cost nothing", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ limits: { burst: 10, rate: 5 } })
      const ana = yield* house.person("ana")
      ana.send("\n".repeat(1_000))
      yield* ana.say({ type: "ping", id: 1 })
      expect(yield* ana.heard).toMatchObject([{ type: "pong" }])
      // A thousand are worth a request: these are worth four seconds.
      ana.send("\n".repeat(1_000 * 26))
      yield* ana.say({ type: "ping", id: 2 })
      yield* pass(2)
      expect(yield* ana.heard).toEqual([])
      yield* pass(3)
      expect(yield* ana.heard).toMatchObject([{ type: "pong", re: 2 }])
    })
  )
})

describe("catching up", () => {
  it.effect("what one address asks for beyond its budget comes later, and others don't wait for it", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ limits: { burst: 1e6, catchUp: 1_000 } })
      const ana = yield* house.person("ana", "#cafe")
      yield* ana.say(
        ...Array.from({ length: 250 }, (_, at) => ({ type: "send", id: at + 1, room: "#cafe", text: "a" }))
      )
      const leo = yield* house.person("leo")
      yield* leo.say({ type: "join", id: 1, room: "#cafe" })
      const [{ epoch } = {}] = yield* leo.heard
      const again = [
        { type: "leave", id: 2, room: "#cafe" },
        { type: "join", id: 3, room: "#cafe", after: 0, epoch }
      ]
      yield* leo.say(...Array.from({ length: 8 }, () => again).flat())
      const replayed = Effect.map(leo.heard, (heard) => heard.filter(({ type }) => type === "message").length)
      expect(yield* replayed).toBe(1_000)
      const eva = yield* house.person("eva", "#cine")
      yield* eva.say({ type: "send", id: 1, room: "#cine", text: "hola" })
      expect(yield* eva.heard).toMatchObject([{ type: "message" }, { type: "sent" }])
      yield* pass(1.1)
      expect(yield* replayed).toBe(250)
      yield* pass(3)
      expect(yield* replayed).toBe(750)
    })
  )
})

describe("a reader that stops reading", () => {
  it.effect("is cut off after two heartbeats, and delays nobody else", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 10 })
      const leo = yield* house.person("leo", "#cafe")
      const ana = yield* house.person("ana", "#cafe")
      yield* leo.heard
      leo.pause()
      for (let round = 1; round <= 4; round++) {
        yield* ana.say({ type: "send", id: round, room: "#cafe", text: "hola" })
        expect((yield* ana.heard).map(({ type }) => type)).toEqual(["message", "sent"])
        leo.send("\n")
        yield* pass(4.5)
      }
      yield* pass(6)
      expect(yield* ana.heard).toContainEqual({ type: "member", room: "#cafe", nick: "leo", change: "left" })
      expect(leo.isGone()).toBe(true)
    })
  )

  it.effect("is told so when it reads again in time, after whole objects in their order", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ heartbeat: 10 })
      const leo = yield* house.person("leo", "#cafe")
      const ana = yield* house.person("ana", "#cafe")
      yield* leo.heard
      leo.pause()
      for (let seq = 1; seq <= 3; seq++) yield* ana.say({ type: "send", id: seq, room: "#cafe", text: "hola" })
      for (let second = 0; second < 20; second++) {
        leo.send("\n")
        yield* pass(1)
        if ((yield* ana.heard).some(({ change }) => change === "left")) break
      }
      leo.resume()
      expect(yield* leo.heard).toMatchObject([
        { type: "message", seq: 1 },
        { type: "bye", code: "slow-consumer" }
      ])
    })
  )

  it.effect("stops itself when it asks without reading, and has everything when it reads again", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ limits: { burst: 1e6, line: 8_192, text: 1_000 } })
      const ana = yield* house.person("ana", "#cafe")
      ana.pause()
      yield* ana.say(
        ...Array.from({ length: 300 }, (_, index) => ({
          type: "send",
          id: index + 1,
          room: "#cafe",
          text: "x".repeat(500)
        }))
      )
      yield* pass(5)
      const leo = yield* house.person("leo")
      yield* leo.say({ type: "join", id: 1, room: "#cafe" })
      const [joined] = yield* leo.heard
      expect(joined!["head"]).toBeLessThan(40)
      ana.resume()
      yield* pass(2)
      const heard = yield* ana.heard
      expect(heard.filter(({ type }) => type === "sent").map(({ re }) => re)).toEqual(
        Array.from({ length: 300 }, (_, index) => index + 1)
      )
    })
  )

  it.effect("is cut off at once when more than the backlog waits", () =>
    Effect.gen(function* () {
      const house = yield* openQuietHouse({ limits: { burst: 1e6, backlog: 131_072 } })
      const leo = yield* house.person("leo", "#cafe")
      const ana = yield* house.person("ana", "#cafe")
      yield* leo.heard
      leo.pause()
      const text = "x".repeat(4_000)
      yield* ana.say(
        ...Array.from({ length: 200 }, (_, index) => ({ type: "send", id: index + 1, room: "#cafe", text }))
      )
      yield* pass(0.5)
      const heard = yield* ana.heard
      expect(heard.filter(({ type }) => type === "sent")).toHaveLength(200)
      expect(heard).toContainEqual({ type: "member", room: "#cafe", nick: "leo", change: "left" })
      leo.resume()
      expect((yield* leo.heard).at(-1)).toMatchObject({ type: "bye", code: "slow-consumer" })
    })
  )
})
