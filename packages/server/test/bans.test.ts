/** Whom an operator lets in no more: how they are named, how long it holds, and how many there may be. */
import { Clock, Effect, Layer } from "effect"
import { describe, expect, test } from "vitest"
import { AccountStore, layerMemory, type ServerBan } from "../src/account-store.ts"
import { isWithin, parseAddress, parseRange, rangeText } from "../src/addresses.ts"
import { type Bans, makeBans, parseTarget } from "../src/bans.ts"
import { stopClock } from "./support/stopped-clock.ts"

const start = Date.parse("2026-11-20T20:00:00.000Z")
const hour = 3_600_000

/** The bans of a server that has started with some, on a clock that stands. */
const open = async (...left: ReadonlyArray<ServerBan>) => {
  const stopped = stopClock(start, 0)
  const store = Effect.map(AccountStore, (store) => ({ ...store, left: { ...store.left, bans: left } }))
  const bans = await makeBans.pipe(
    Effect.provide(Layer.effect(AccountStore, store).pipe(Layer.provide(layerMemory))),
    Effect.provideService(Clock.Clock, stopped.clock),
    Effect.runPromise
  )
  return { bans, pass: stopped.pass }
}

const begin = (bans: Bans, text: string, hours?: number) =>
  Effect.runPromise(bans.begin(parseTarget(text)!, "be kind", hours))

describe("what is banned", () => {
  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7/32", "192.0.2.7"],
    ["::FFFF:192.0.2.7", "192.0.2.7"],
    ["192.0.2.0/24", "192.0.2.0/24"],
    ["2001:DB8:0:0::/32", "2001:db8::/32"],
    ["::1", "::1"]
  ])("%s is an address, or a range, and written %s", (text, written) => {
    expect(rangeText(parseRange(text)!)).toBe(written)
  })

  test.each([
    "",
    "192.0.2",
    "192.0.2.0/33",
    "192.0.2.0/8/8",
    "::/129",
    "::/",
    "::1%eth0/x",
    "10.0.0.0/-1",
    "a b",
    "#cafe"
  ])("%j is nothing that can be", (text) => expect(parseTarget(text)).toBeUndefined())

  test("a nick is one, however it is spelt", () => expect(parseTarget("Ana")).toEqual({ nick: "ana" }))

  test("a range holds what begins as it does, and nothing of the other family", () => {
    const isIn = isWithin(["192.0.2.0/24", "::/0"].map((text) => parseRange(text)!))
    const isInText = (text: string) => isIn(parseAddress(text)!)
    expect(["192.0.2.255", "2001:db8::7", "fe80::1%eth0"].map(isInText)).toEqual([true, true, true])
    expect(["192.0.3.0", "::ffff:192.0.3.0"].map(isInText)).toEqual([false, false])
  })
})

describe("how long", () => {
  test("a ban holds for its hours, and one without until it is lifted; one that is past when the server starts, doesn't", async () => {
    const past = { target: "192.0.2.1", reason: "then", until: start }
    const { bans, pass } = await open(past, { target: "leo", reason: "still" })
    expect(bans.ofAddress("192.0.2.1")).toBeUndefined()
    expect(bans.ofNick("leo")).toMatchObject({ _tag: "Bye", code: "banned", message: "still" })
    await begin(bans, "192.0.2.0/24", 2)
    await begin(bans, "ana", 1)
    await pass(hour - 1)
    expect(bans.ofNick("ana")).toBeDefined()
    await pass(1)
    expect(bans.ofNick("ana")).toBeUndefined()
    expect(bans.ofAddress("192.0.2.1")).toMatchObject({ message: "be kind" })
    await pass(hour)
    expect(bans.ofAddress("192.0.2.1")).toBeUndefined()
    expect(await Effect.runPromise(bans.all)).toEqual([{ target: "leo", reason: "still" }])
    expect(await Effect.runPromise(bans.lift(parseTarget("ana")!))).toBe(false)
  })

  test("of two that are about an address, it is enough that one holds", async () => {
    const { bans, pass } = await open()
    await begin(bans, "192.0.2.0/24", 1)
    await begin(bans, "192.0.2.7")
    await pass(hour)
    expect(bans.ofAddress("192.0.2.7")).toBeDefined()
    expect(bans.ofAddress("192.0.2.8")).toBeUndefined()
  })

  test("a ban takes the place of one of the same target", async () => {
    const { bans, pass } = await open()
    await begin(bans, "Ana", 1)
    await begin(bans, "ana", 3)
    await pass(2 * hour)
    expect(bans.ofNick("ana")).toBeDefined()
    expect(await Effect.runPromise(bans.lift(parseTarget("ana")!))).toBe(true)
    expect(bans.ofNick("ana")).toBeUndefined()
  })
})

test("there are at most 10,000, and those that are past make room", async () => {
  const left = Array.from({ length: 10_000 }, (_, nth): ServerBan => {
    const target = `10.0.${nth >> 8}.${nth & 255}`
    return nth === 0 ? { target, reason: "", until: start + hour } : { target, reason: "" }
  })
  const { bans, pass } = await open(...left)
  await expect(begin(bans, "ana")).rejects.toThrow(/10000 bans hold already/u)
  await begin(bans, "10.0.0.1", 1)
  await pass(hour)
  await begin(bans, "ana")
  expect(bans.ofNick("ana")).toBeDefined()
})
