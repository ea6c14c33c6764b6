import { assert, describe, it } from "@effect/vitest"
import { fc, test } from "@fast-check/vitest"
import type { History, Message } from "@tertulia/protocol"
import { passed } from "../src/passed.ts"
import { makeReader, type Reader, type Reading } from "../src/reader.ts"

const entry = (seq: number): Message => ({ type: "message", room: "#cafe", seq, from: "leo", text: "x", at: "" })

/** The page after a `seq` of a log from `first` to `head`. */
const page = (after: number, first: number, head: number, size = 2): History => {
  const from = Math.max(after + 1, first)
  const seqs = Array.from({ length: Math.max(0, Math.min(size, head - from + 1)) }, (_, index) => from + index)
  const entries = seqs.map((seq) => {
    const { room: _, ...item } = entry(seq)
    return item
  })
  return { type: "history", re: 1, room: "#cafe", epoch: "k3", first, head, entries }
}

/** A reading in a few signs: `3`, `4-6 gone`. */
const inSigns = (reading: Reading): string => {
  switch (reading._tag) {
    case "Shown":
      return String(reading.entry.seq)
    case "Passed":
      return `(${reading.seq})`
    case "Gone":
      return `${reading.from}-${reading.to} ${reading.isForever ? "gone" : "not shown"}`
    case "Wants":
      return `after ${reading.after}?`
  }
}

/** A reader that has caught up to 2, whatever comes next. */
const atTwo = (hasPages = true) => makeReader({ last: 2, head: 2, isReplayed: true, hasPages })

describe("a reader", () => {
  it("shows what follows, drops what it has, and asks for what is missing", () => {
    const reader = atTwo()
    const readings = [3, 3, 1, 6, 7, 4].flatMap((seq) => reader.take(entry(seq)))
    assert.deepStrictEqual(readings.map(inSigns), ["3", "after 3?", "4"])
    assert.deepStrictEqual(reader.page(page(3, 1, 7)).map(inSigns), ["5", "6", "7"])
  })

  it("says what is gone for good, and shows what it holds of it all the same", () => {
    const reader = atTwo()
    assert.deepStrictEqual(reader.take(entry(5)).map(inSigns), ["after 2?"])
    assert.deepStrictEqual(reader.page(page(2, 7, 8)).map(inSigns), ["3-4 gone", "5", "6-6 gone", "7", "8"])
  })

  it("says what can't be shown: without pages, when one is refused, and when one has nothing", () => {
    assert.deepStrictEqual(atTwo(false).take(entry(5)).map(inSigns), ["3-4 not shown", "5"])
    const [refused, cheated] = [atTwo(), atTwo()]
    for (const reader of [refused, cheated]) reader.take(entry(5))
    assert.deepStrictEqual(refused.page(undefined).map(inSigns), ["3-4 not shown", "5"])
    assert.deepStrictEqual(cheated.page(page(2, 1, 2)).map(inSigns), ["3-4 not shown", "5"])
  })

  it("asks for what a join didn't replay, page by page, until it has caught up", () => {
    const reader = makeReader({ last: 2, head: 6, isReplayed: false, hasPages: true })
    assert.deepStrictEqual(reader.begin().map(inSigns), ["after 2?"])
    assert.deepStrictEqual(reader.page(page(2, 1, 6)).map(inSigns), ["3", "4", "after 4?"])
    assert.isFalse(reader.isReady())
    assert.deepStrictEqual(reader.page(page(4, 1, 6)).map(inSigns), ["5", "6"])
    assert.isTrue(reader.isReady())
  })

  it("passes over what it doesn't show, in its place [CATCH-9]", () => {
    const reader = atTwo()
    const readings = [passed("#cafe", 3), entry(4), passed("#cafe", 6), passed("#cafe", 4)].flatMap(reader.take)
    assert.deepStrictEqual(readings.map(inSigns), ["(3)", "4", "after 4?"])
    const { entries, ...rest } = page(4, 1, 7, 3)
    const [five, , seven] = entries
    const mixed = {
      ...rest,
      entries: [five!, { type: "(another)", seq: 6 }, seven!]
    } as const
    assert.deepStrictEqual(reader.page(mixed).map(inSigns), ["5", "(6)", "7"])
    assert.strictEqual(reader.last(), 7)
  })

  // Each act: an entry that comes, in any order and as often as it likes; or the page that was asked for, or its refusal.
  const acts = fc.array(fc.oneof(fc.integer({ min: 1, max: 15 }), fc.constantFrom("page", "refusal")), {
    maxLength: 60
  })

  test.prop([acts, fc.nat(3), fc.nat(8), fc.boolean(), fc.integer({ min: 1, max: 12 })])(
    "shows each entry once and in order or says that it can't, whatever comes, and asks for one page at a time",
    (acts, last, ahead, hasPages, first) => {
      const reader = makeReader({ last, head: last + ahead, isReplayed: false, hasPages })
      let asked: number | undefined
      let reached = last
      const note = (readings: ReadonlyArray<Reading>) => {
        for (const reading of readings) {
          if (reading._tag === "Wants") {
            assert.isUndefined(asked)
            asked = reading.after
            continue
          }
          const [from, to] =
            reading._tag === "Gone"
              ? [reading.from, reading.to]
              : reading._tag === "Passed"
                ? [reading.seq, reading.seq]
                : [reading.entry.seq, reading.entry.seq]
          assert.strictEqual(from, reached + 1)
          assert.isAtLeast(to, from)
          reached = to
        }
        assert.strictEqual(reader.last(), reached)
      }
      const answer = (reader: Reader, isRefused: boolean) => {
        if (asked === undefined) return
        const after = asked
        asked = undefined
        note(reader.page(isRefused ? undefined : page(after, first, 15)))
      }
      note(reader.begin())
      for (const act of acts) {
        if (typeof act === "number") note(reader.take(entry(act)))
        else answer(reader, act === "refusal")
      }
      while (asked !== undefined) answer(reader, false)
      // Everything up to the highest that has come, or was announced, is dealt with.
      assert.isAtLeast(reached, Math.max(last + ahead, ...acts.filter((act) => typeof act === "number")))
      assert.isTrue(reader.isReady())
    }
  )
})
