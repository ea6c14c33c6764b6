import { assert, describe, it } from "@effect/vitest"
import type { Message } from "@tertulia/protocol"
import type { Item, Tried } from "../src/kept.ts"
import { attempt, isEntryOf, isOpen, type Standing, undone, verdict, withHole } from "../src/outbox.ts"

const tried: Tried = { person: 1, nick: "ana", isKeyed: true, epoch: "k3", last: 5, hasHole: false, at: 1_000 }
const now: Standing = { person: 1, nick: "ana", isKeyed: true, epoch: "k3", last: 9, at: 5_000 }
// Longer than any time that passes here, unless it is said.
const keySeconds = 60
const item = (tried?: Partial<Tried>): Item => ({
  key: "a1",
  room: "#cafe",
  text: "hola",
  ...(tried === undefined ? {} : { tried: { ...now, hasHole: false, ...tried } })
})

describe("an item of the outbox, on a connection that has caught up", () => {
  it("is sent when it never was, or by the person who sent it", () => {
    assert.strictEqual(verdict(item(), now, keySeconds), "send")
    assert.strictEqual(verdict(item({}), now, keySeconds), "send")
    assert.strictEqual(verdict(item({ hasHole: true }), now, keySeconds), "send")
  })

  it("is no longer sent by that person once the server may have forgotten its key", () => {
    assert.strictEqual(verdict(item({ hasHole: true, at: 1_000 }), now, 5), "send")
    assert.strictEqual(verdict(item({ hasHole: true, at: 1_000 }), now, 4), "unknown")
    assert.strictEqual(verdict(item({ at: 1_000 }), now, 4), "send")
  })

  it("is sent by another person only if all was looked at where it could be", () => {
    assert.strictEqual(verdict(item({ person: 0 }), now, keySeconds), "send")
    assert.strictEqual(verdict(item({ person: 0, hasHole: true }), now, keySeconds), "unknown")
  })

  it("is sent when the log is gone in which it could be", () => {
    assert.strictEqual(verdict(item({ person: 0, hasHole: true, epoch: "k2" }), now, keySeconds), "send")
    assert.strictEqual(verdict(item({ isKeyed: false, epoch: "k2" }), now, keySeconds), "send")
  })

  it("is in doubt when nobody could tell its entry from another, then or now", () => {
    assert.strictEqual(verdict(item({ isKeyed: false }), now, keySeconds), "unknown")
    assert.strictEqual(verdict(item({}), { ...now, isKeyed: false }, keySeconds), "unknown")
  })
})

describe("an attempt", () => {
  it("is noted as it is made", () => {
    assert.deepStrictEqual(attempt(undefined, now), { ...now, hasHole: false })
    // Whatever was tried before isn't in the log up to here, or the log is gone.
    assert.deepStrictEqual(attempt(tried, { ...now, person: 2 }), { ...now, person: 2, hasHole: false })
    const anew = { ...now, epoch: "k4" }
    assert.deepStrictEqual(attempt({ ...tried, hasHole: true }, anew), { ...anew, hasHole: false })
  })

  it("doesn't fill the hole in which an earlier one may be, nor make its key younger", () => {
    assert.deepStrictEqual(attempt(tried, now), { ...now, hasHole: false, at: 1_000 })
    assert.deepStrictEqual(attempt({ ...tried, hasHole: true }, now), { ...now, last: 5, hasHole: true, at: 1_000 })
  })

  it("that had no effect leaves the item as it was, but for a hole that has opened", () => {
    const { tried: _, ...never } = item()
    assert.deepStrictEqual(undone(item({}), undefined), never)
    assert.deepStrictEqual(undone(item({}), tried).tried, tried)
    assert.deepStrictEqual(undone(item({ hasHole: true }), tried).tried, { ...tried, hasHole: true })
  })

  it("that is refused says nothing of an earlier one that may still show up", () => {
    const after = attempt(tried, now)
    assert.isFalse(isOpen(undefined, after))
    assert.isTrue(isOpen(tried, after))
    assert.isFalse(isOpen({ ...tried, person: 0 }, after))
    assert.isTrue(isOpen({ ...tried, person: 0, hasHole: true }, after))
    assert.isFalse(isOpen({ ...tried, epoch: "k2" }, after))
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
