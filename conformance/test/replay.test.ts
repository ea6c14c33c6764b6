import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { afterAll, describe, expect } from "vitest"
import type { Happening } from "../src/proxy/happening.ts"
import { makeBindings, makeCutter } from "../src/proxy/rebind.ts"
import { replay } from "../src/proxy/replay.ts"
import { scriptOf } from "../src/proxy/script.ts"
import { judgeTraffic } from "../src/proxy/traffic.ts"
import { readRequirements } from "../src/spec/requirements.ts"
import type { Address } from "../src/wire/connection.ts"
import {
  accusations,
  conformance,
  conversation,
  durableServer,
  host,
  person,
  proxyTo,
  resumption,
  searching,
  server
} from "./traffic.ts"

const folder = mkdtempSync(join(tmpdir(), "tertulia-replay-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What went over a proxy while a story was told. */
const recorded = Effect.fnUntraced(function* <E, R>(
  target: Address,
  story: (address: Address) => Effect.Effect<void, E, R>
) {
  const { address, allClosed, happenings } = yield* proxyTo(target)
  yield* story(address)
  yield* allClosed
  return happenings
})

/** Replays, and says what came to differ and what was broken. */
const replayed = Effect.fnUntraced(function* (happenings: ReadonlyArray<Happening>, target: Address, nonce?: string) {
  const judge = judgeTraffic(readRequirements())
  const again: Array<Happening> = []
  const result = yield* replay(scriptOf(happenings), {
    ...{ target, nonce, patience: 500 },
    tell: (happening) => {
      again.push(happening)
      judge.take(happening)
    }
  })
  return { ...result, again, broken: accusations(judge.finish()) }
}, Effect.scoped)

const textsOf = (happenings: ReadonlyArray<Happening>, wanted: "client" | "server"): string =>
  happenings.flatMap((each) => (each.event === "chunk" && each.from === wanted ? [each.text] : [])).join("")

/** Ana speaks, goes, and comes back to where she was, while leo stays. */
const comingBack = Effect.fnUntraced(function* (address: Address) {
  const leo = yield* person(address, "leo")
  const leos = yield* leo.join("#cafe")
  const cursor = yield* Effect.gen(function* () {
    const ana = yield* person(address, "ana")
    const { epoch } = yield* ana.join("#cafe")
    const { seq } = yield* ana.send("#cafe", "one")
    yield* ana.bye
    return { epoch, after: seq }
  }).pipe(Effect.scoped)
  yield* leos.send("two")
  const ana = yield* person(address, "ana")
  yield* ana.join("#cafe", cursor)
  yield* Effect.all([ana.bye, leo.bye])
}, Effect.scoped)

describe("A replay", { timeout: 60_000 }, () => {
  it.live("gets the same answers of the same server, and breaks nothing", () =>
    Effect.gen(function* () {
      const happenings = yield* recorded(yield* server(), conversation)
      const { again, answers, broken, differences, notAwaited } = yield* replayed(happenings, yield* server())
      expect({ broken, differences, notAwaited }).toEqual({ broken: [], differences: [], notAwaited: 0 })
      expect(answers).toBeGreaterThan(15)
      // The same bytes, in the same chunks.
      expect(textsOf(again, "client")).toBe(textsOf(happenings, "client"))
    }).pipe(Effect.scoped)
  )

  it("puts the session of this run in the place of the one that was recorded, whatever characters it has", () => {
    const { learn, line } = makeBindings(undefined)
    const [then, now] = ["-then_-0123456789", "now-0123456789_-x"]
    learn(1, { type: "welcome", session: then }, { type: "welcome", session: now })
    expect(line(`{"type":"login","id":1,"nick":"ana","session":"${then}"}`)).toBe(
      `{"type":"login","id":1,"nick":"ana","session":"${now}"}`
    )
  })

  it.live("comes back by the session of this run, not by the one that was recorded", () =>
    Effect.gen(function* () {
      const happenings = yield* recorded(yield* server(), resumption)
      const { broken, differences } = yield* replayed(happenings, yield* server())
      expect({ broken, differences }).toEqual({ broken: [], differences: [] })
    }).pipe(Effect.scoped)
  )

  it.live("comes back with the epoch and the cursor of this run, not with those that were recorded", () =>
    Effect.gen(function* () {
      const happenings = yield* recorded(yield* server(), comingBack)
      const target = yield* server()
      // The room is there already, and further on.
      const eva = yield* person(target, "eva")
      const evas = yield* eva.join("#cafe")
      for (const text of ["a", "b", "c"]) yield* evas.send(text)
      const { again, broken, differences } = yield* replayed(happenings, target)
      expect({ broken, differences }).toEqual({ broken: [], differences: [] })
      const join = [...textsOf(again, "client").matchAll(/\{"type":"join"[^\n]*\}/gu)].at(-1)![0]
      expect(JSON.parse(join)).toMatchObject({ epoch: evas.epoch, after: 4 })
      expect(textsOf(again, "server")).toContain('"resumed":true')
    }).pipe(Effect.scoped)
  )

  it.live("goes on in a search from the place of this run, not from the one that was recorded", () =>
    Effect.gen(function* () {
      const happenings = yield* recorded(yield* durableServer(), searching)
      const foundIn = (all: ReadonlyArray<Happening>) =>
        [...textsOf(all, "server").matchAll(/"results":\[\{[^\]]*"text":"([^"]*)"/gu)].map(([, text]) => text)
      expect(foundIn(happenings)).toEqual(["tea 5", "tea 4", "tea 3"])
      for (const nonce of [undefined, "k3"]) {
        const { again, broken, differences } = yield* replayed(happenings, yield* durableServer(), nonce)
        expect({ broken, differences }).toEqual({ broken: [], differences: [] })
        expect(foundIn(again)).toEqual(foundIn(happenings))
      }
    }).pipe(Effect.scoped)
  )

  it.live("shows what another server answers otherwise, and judges it", () =>
    Effect.gen(function* () {
      const happenings = yield* recorded(yield* server(), comingBack)
      const { broken, differences } = yield* replayed(happenings, yield* server("never-says-resumed"))
      expect(broken).toContain("server CATCH-1")
      expect(differences).toMatchObject([{ recorded: { type: "joined", resumed: true }, now: { type: "joined" } }])
    }).pipe(Effect.scoped)
  )

  it.live("differs where names are taken, and not under fresh ones", () =>
    Effect.gen(function* () {
      const target = yield* server()
      const happenings = yield* recorded(target, conversation)
      yield* person(target, "ana")
      const same = yield* replayed(happenings, target)
      expect(same.differences[0]).toMatchObject({ recorded: { type: "welcome" }, now: { code: "nick-taken" } })
      const fresh = yield* replayed(happenings, target, "k3")
      expect(fresh).toMatchObject({ broken: [], differences: [], notAwaited: 0 })
      expect(textsOf(fresh.again, "client")).toContain('"nick":"ana-k3"')
    }).pipe(Effect.scoped)
  )

  it("changes nothing of a line but the value, and cuts the rest where it was cut", () => {
    const { learn, line } = makeBindings("n")
    learn(1, { type: "joined", room: "#cafe", epoch: "old", head: 5 }, { type: "joined", epoch: "new", head: 7 })
    expect(line('{ "type" : "join", "id":1.0,\t"room":"#Cafe","epoch" : "old","after":5 }\r\n')).toBe(
      '{ "type" : "join", "id":1.0,\t"room":"#Cafe-n","epoch" : "new","after":7 }\r\n'
    )
    expect(line('{"type":"send","id":1,"room":"#cafe","text":"old"}\n')).toContain('"text":"old"')
    expect(line("no JSON, epoch old\n")).toBe("no JSON, epoch old\n")
  })

  it("sends every byte of a changed line once, in order, however it was cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), fc.string({ maxLength: 20, unit: "grapheme" }), (cuts, value) => {
        const sent = Buffer.from('first\n{"epoch":"old","after":1}\nrest')
        const places = [0, ...cuts.map((cut) => Math.min(cut, sent.length)).toSorted((a, b) => a - b), sent.length]
        const cut = makeCutter(sent, (line) => line.replace("old", () => value))
        const chunks = places.slice(1).map((to, nth) => cut({ from: places[nth]!, to }))
        expect(Buffer.concat(chunks).toString()).toBe(String(sent).replace("old", () => Buffer.from(value).toString()))
      })
    )
  })
})

describe("The command replay", { timeout: 60_000 }, () => {
  const record = Effect.fnUntraced(function* (mutant?: string) {
    const { port } = yield* server(mutant)
    const out = join(folder, `${mutant ?? "right"}.jsonl`)
    const { child, code, first, said } = yield* conformance(
      ...["proxy", "--listen", `${host}:0`, "--target", `${host}:${port}`, "--out", out]
    )
    yield* first
    const address = { host, port: Number(/listening on 127\.0\.0\.1:(\d+)/u.exec(said.out)?.[1]) }
    yield* Effect.timeoutOption(Effect.ignore(conversation(address)), "5 seconds")
    child.kill("SIGTERM")
    yield* code
    return out
  })

  it.live("sends a recording to a server, says that it answers as it did, and ends with 0", () =>
    Effect.gen(function* () {
      const [file, { port }] = [yield* record(), yield* server()]
      const out = join(folder, "again.jsonl")
      const { code, said } = yield* conformance("replay", "--target", `${host}:${port}`, "--out", out, file)
      expect(yield* code, said.err).toBe(0)
      expect(said.out).toMatch(/\d+ replies, all as recorded\n/u)
      expect(said.out).toMatch(/nothing was seen that breaks a requirement\n$/u)
      expect(readFileSync(out, "utf8").split("\n").length).toBeGreaterThan(20)
    }).pipe(Effect.scoped)
  )

  it.live("judges a recording as it is, when no target is given", () =>
    Effect.gen(function* () {
      const { code, said } = yield* conformance("replay", yield* record("repeats-one"), "--quiet")
      expect(yield* code).toBe(1)
      expect(said.out).toContain("ORDER-3")
    }).pipe(Effect.scoped)
  )

  it.live("says in one line what is wrong with a file that is no transcript", () =>
    Effect.gen(function* () {
      const [none, odd] = [join(folder, "none"), join(folder, "odd")]
      writeFileSync(none, '{"format":"another/1"}\n')
      const opening = {
        format: "tertulia-transcript/1",
        began: "2026-11-20T20:08:00.000Z",
        listen: "a:1",
        target: "b:1"
      }
      writeFileSync(odd, `${JSON.stringify(opening)}\n{"at":1,"connection":0,"event":"closed"}\n`)
      for (const [file, reason] of [
        [join(folder, "no-such-file"), "no such file"],
        [none, "line 1: "],
        [odd, "line 2: "]
      ] as const) {
        const { code, said } = yield* conformance("replay", file)
        expect(yield* code).toBe(2)
        expect(said.err).toContain(reason)
        expect(said.err.trim().split("\n")).toHaveLength(1)
      }
    }).pipe(Effect.scoped)
  )
})
