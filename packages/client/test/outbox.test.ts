import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@tertulia/protocol"
import type { Item, Tried } from "../src/kept.ts"
import { attempt, isEntryOf, type Standing, verdict, withHole } from "../src/outbox.ts"

const tried: Tried = { person: 1, nick: "ana", isKeyed: true, epoch: "k3", last: 5, hasHole: false }
const now: Standing = { person: 1, nick: "ana", isKeyed: true, epoch: "k3", last: 9 }
const item = (tried?: Partial<Tried>): Item => ({
  key: "a1",
  room: "#cafe",
  text: "hola",
  ...(tried === undefined ? {} : { tried: { ...now, hasHole: false, ...tried } })
})

describe("an item of the outbox, on a connection that has caught up", () => {
  it("is sent when it never was, or by the person who sent it", () => {
    assert.strictEqual(verdict(item(), now), "send")
    assert.strictEqual(verdict(item({}), now), "send")
    assert.strictEqual(verdict(item({ hasHole: true }), now), "send")
  })

  it("is sent by another person only if all was looked at where it could be", () => {
    assert.strictEqual(verdict(item({ person: 0 }), now), "send")
    assert.strictEqual(verdict(item({ person: 0, hasHole: true }), now), "unknown")
  })

  it("is sent when the log is gone in which it could be", () => {
    assert.strictEqual(verdict(item({ person: 0, hasHole: true, epoch: "k2" }), now), "send")
    assert.strictEqual(verdict(item({ isKeyed: false, epoch: "k2" }), now), "send")
  })

  it("is in doubt when nobody could tell its entry from another, then or now", () => {
    assert.strictEqual(verdict(item({ isKeyed: false }), now), "unknown")
    assert.strictEqual(verdict(item({}), { ...now, isKeyed: false }), "unknown")
  })
})

describe("an attempt", () => {
  it("is noted as it is made", () => {
    assert.deepStrictEqual(attempt(undefined, now), { ...now, hasHole: false })
    // Whatever was tried before isn't in the log up to here, or the log is gone.
    assert.deepStrictEqual(attempt(tried, { ...now, person: 2 }), { ...now, person: 2, hasHole: false })
    assert.deepStrictEqual(attempt({ ...tried, hasHole: true }, { ...now, epoch: "k4" }), {
      ...now,
      epoch: "k4",
      hasHole: false
    })
  })

  it("doesn't fill the hole in which an earlier one may be", () => {
    assert.deepStrictEqual(attempt({ ...tried, hasHole: true }, now), { ...now, last: 5, hasHole: true })
  })
})

describe("a hole", () => {
  it("concerns what was tried before it in that log", () => {
    const holed = (room: string, epoch: string, to: number) =>
      withHole(item({ last: 5 }), room, epoch, to).tried?.hasHole
    assert.isTrue(holed("#cafe", "k3", 6))
    assert.isFalse(holed("#cafe", "k3", 5))
    assert.isFalse(holed("#cafe", "k4", 6))
    assert.isFalse(holed("#cine", "k3", 6))
    assert.isUndefined(withHole(item(), "#cafe", "k3", 6).tried)
  })
})

describe("an entry", () => {
  it("is the item with its key, in its room, of its author and with its text", () => {
    const entry: Message = { type: "message", room: "#cafe", seq: 6, from: "ana", text: "hola", key: "a1", at: "" }
    assert.isTrue(isEntryOf(item({}), entry))
    // A key is seen by everybody once it is in the log: somebody may repeat it.
    const others = [{ key: "a2" }, { room: "#cine" }, { from: "leo" }, { text: "adiós" }]
    for (const other of others) assert.isFalse(isEntryOf(item({}), { ...entry, ...other }))
    const { key: _, ...keyless } = entry
    assert.isFalse(isEntryOf(item({}), keyless))
  })
})
