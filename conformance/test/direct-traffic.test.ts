/** What the proxy and replays make of conversations of two people. */
import { it } from "@effect/vitest"
import { defaultLimits } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { describe, expect } from "vitest"
import { judgeHistory } from "../src/history.ts"
import { deservedOf, excusesOf, readAsked, vocabularyOf } from "../src/proxy/asked.ts"
import { makeBindings } from "../src/proxy/rebind.ts"
import type { Address } from "../src/wire/connection.ts"
import { accusations, durableServer, person, proxyTo } from "./traffic.ts"

/** Two people who talk to each other and to others, in a room too; one goes, and another takes the nick. */
const privately = Effect.fnUntraced(function* (address: Address) {
  const [ana, eva] = [yield* person(address, "ana"), yield* person(address, "eva")]
  yield* Effect.gen(function* () {
    const leo = yield* person(address, "leo")
    const { epoch } = yield* ana.history("@leo")
    yield* Effect.forEach(["one", "two", "three"], (text) => ana.send("@leo", text, { epoch }), {
      concurrency: "unbounded"
    })
    yield* leo.send("@ana", "four")
    yield* leo.send("@eva", "five")
    yield* Effect.flip(leo.send("@nobody", "hola"))
    yield* Effect.flip(leo.history("@nobody"))
    yield* Effect.flip(leo.send("@leo", "hola"))
    yield* Effect.flip(leo.history("#cafe"))
    yield* leo.conversations
    yield* leo.bye
  }).pipe(Effect.scoped)
  yield* Effect.flip(ana.send("@leo", "and now?"))
  const leo = yield* person(address, "leo")
  yield* leo.send("@ana", "I'm another")
  yield* ana.send("@leo", "so you are")
  const cafe = yield* ana.join("#cafe")
  yield* cafe.send("hola")
  yield* Effect.all([ana.sync, leo.sync, eva.sync])
  yield* Stream.runDrain(Stream.take(ana.directs, 4))
  for (const one of [ana, leo, eva]) yield* one.bye
}, Effect.scoped)

describe("The proxy", { timeout: 60_000 }, () => {
  it.live("finds nothing in what people say to each other by a right server", () =>
    Effect.gen(function* () {
      const { address, allClosed, judge } = yield* proxyTo(yield* durableServer())
      yield* privately(address)
      yield* allClosed
      expect(judge.finish()).toMatchObject({ found: [], connections: 4, leftOut: 0 })
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["keeps-epochs-to-itself", "DIRECT-5"],
    ["loses-every-seventh", "DIRECT-4"],
    ["a-log-for-each", "DIRECT-4"],
    ["an-echo-of-the-last", "DIRECT-13"],
    ["acknowledges-before-it-tells", "SEND-3"],
    ["asks-for-a-join", "SEND-1"],
    ["takes-people-for-rooms", "SEND-1"]
  ])("finds out a server that is %s, and names %s", ([mutant, requirement]) =>
    Effect.gen(function* () {
      const { address, allClosed, judge } = yield* proxyTo(yield* durableServer(mutant))
      const talks = mutant === "loses-every-seventh" ? oftener(address) : privately(address)
      yield* Effect.timeoutOption(Effect.ignore(talks), "5 seconds")
      yield* allClosed
      expect(accusations(judge.finish())).toContain(`server ${requirement}`)
    }).pipe(Effect.scoped)
  )
})

/** Ten entries of one conversation. */
const oftener = Effect.fnUntraced(function* (address: Address) {
  const [ana, leo] = [yield* person(address, "ana"), yield* person(address, "leo")]
  for (let nth = 1; nth <= 10; nth++) yield* ana.send("@leo", `${nth}`)
  yield* leo.sync
  yield* leo.bye
  yield* ana.bye
}, Effect.scoped)

describe("What a line deserves", () => {
  const standing = { nick: "ana", rooms: new Set(["#cafe"]), limits: defaultLimits, resumes: true }
  const asked = (object: object, features = ["history/1", "direct/1"]) =>
    readAsked(JSON.stringify({ id: 1, ...object }), defaultLimits, vocabularyOf(features), "ana")

  it("is no refusal of a conversation that a bystander could foresee, but some that are excused", () => {
    for (const object of [
      { type: "send", room: "@leo", text: "hola" },
      { type: "send", room: "@leo", text: "hola", key: "k1" },
      { type: "history", room: "@leo" }
    ]) {
      const { request } = asked(object)
      expect(deservedOf(asked(object), standing)).toBeUndefined()
      expect(excusesOf(request!, standing)).toContain("no-such-nick")
      expect(excusesOf(request!, standing)).not.toContain("not-joined")
    }
    expect(deservedOf(asked({ type: "history", room: "#cine" }), standing)).toMatchObject({ codes: ["not-joined"] })
  })

  it("is bad-request for oneself, and bad-name where nobody knows conversations", () => {
    const self = { type: "send", room: "@Ana", text: "hola" }
    expect(deservedOf(asked(self), standing)).toMatchObject({ codes: ["bad-request"] })
    expect(deservedOf(asked(self, []), standing)).toMatchObject({ codes: ["bad-name"] })
  })
})

it("The judge of histories leaves conversations to others", () => {
  const at = "2026-11-20T20:08:00.000Z"
  const observations = [
    { moment: 1, sent: { type: "login", id: 1, nick: "ana" } },
    { moment: 2, got: { type: "welcome", re: 1, nick: "ana" } },
    { moment: 3, got: { type: "message", room: "@leo", epoch: "c8", seq: 4, from: "leo", text: "hola", at } },
    { moment: 4, sent: { type: "send", id: 2, room: "@leo", text: "hola" } },
    { moment: 5, got: { type: "sent", re: 2, room: "@leo", seq: 5, at } },
    { moment: 6, sent: { type: "send", id: 3, room: "@leo", text: "hola" } },
    { moment: 7, got: { type: "sent", re: 3, room: "@leo", seq: 1, at } }
  ] as const
  const broken = judgeHistory([{ who: "ana", nick: "ana", observations }]).filter(
    ({ violations }) => violations.length > 0
  )
  expect(broken).toEqual([])
})

it("A replay means the conversations of its own run, under fresh names", () => {
  const { learn, line } = makeBindings("n")
  const item = (room: string, epoch: string) => ({ room, epoch, first: 1, head: 1 })
  learn(1, { type: "history", room: "@leo", epoch: "then" }, { type: "history", room: "@leo-n", epoch: "now" })
  const send = line('{"type":"send","id":1,"room":"@leo","text":"hola","epoch":"then"}')
  expect(send).toBe('{"type":"send","id":1,"room":"@leo-n","text":"hola","epoch":"now"}')
  learn(
    1,
    { type: "conversations", conversations: [item("@eva", "c1")] },
    { type: "conversations", conversations: [item("@eva-n", "c2")] }
  )
  expect(line('{"type":"history","id":2,"room":"@eva","epoch":"c1"}')).toContain('"epoch":"c2"')
  expect(line('{"type":"conversations","id":3,"after":"@eva"}')).toContain('"after":"@eva-n"')
})
