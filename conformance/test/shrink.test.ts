import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { cutOut, cutsOf, make, upTo } from "../src/history/cuts.ts"
import { firstFound, showing, shrink } from "../src/history/shrink.ts"
import { judgeHistory, type Lane } from "../src/history.ts"
import { drawn, faults, historyOf } from "./world.ts"

const guilt = (lanes: ReadonlyArray<Lane>): ReadonlyArray<unknown> =>
  judgeHistory(lanes).flatMap(({ requirement, violations }) => violations.map((each) => ({ requirement, ...each })))

const size = (lanes: ReadonlyArray<Lane>): number =>
  lanes.reduce((sum, { observations }) => sum + observations.length, 0)

describe("A history of a server that does everything right", () => {
  it("is guilty of nothing, whatever people do at once", () => {
    fc.assert(
      fc.property(drawn, (steps) => {
        expect(guilt(historyOf(steps))).toEqual([])
      }),
      { numRuns: 150, endOnFailure: true }
    )
  }, 60_000)

  it("is guilty of nothing up to any moment", () => {
    fc.assert(
      fc.property(drawn, fc.nat(400), (steps, last) => {
        expect(guilt(upTo(historyOf(steps), last))).toEqual([])
      }),
      { numRuns: 200, endOnFailure: true }
    )
  }, 60_000)

  it("is guilty of nothing when any of it is cut out, once and again", () => {
    fc.assert(
      fc.property(drawn, fc.array(fc.nat(1_000), { minLength: 1, maxLength: 4 }), (steps, picks) => {
        let lanes = historyOf(steps)
        for (const pick of picks) {
          const cuts = cutsOf(lanes)
            .map((possible) => make([possible]))
            .filter(({ isBold }) => !isBold)
          if (cuts.length > 0) lanes = cutOut(lanes, cuts[pick % cuts.length]!)
          expect(guilt(lanes)).toEqual([])
        }
      }),
      { numRuns: 150, endOnFailure: true }
    )
  }, 60_000)
})

describe("Shrinking", () => {
  it.each(faults)(
    "finds the least history of a server that %s",
    (fault) => {
      let found = 0
      let shortest = Number.POSITIVE_INFINITY
      fc.assert(
        fc.property(drawn, (steps) => {
          const lanes = historyOf(steps, fault)
          const first = firstFound(lanes)
          if (first === undefined) return
          found++
          const least = shrink(lanes, first)
          const holds = showing(lanes, first)
          expect(firstFound(least, first.requirement)?.violation).toMatchObject({
            who: first.violation.who,
            moment: first.violation.moment
          })
          // One-minimal: whatever is cut now, what was found is gone, or nothing changes.
          const smaller = cutsOf(least)
            .map((cut) => cutOut(least, make([cut])))
            .filter((part) => size(part) < size(least) && holds(part))
          expect(smaller).toEqual([])
          shortest = Math.min(shortest, size(least))
        }),
        { numRuns: 15, seed: 7, endOnFailure: true }
      )
      expect(found).toBeGreaterThan(0)
      expect(shortest).toBeLessThan(16)
    },
    60_000
  )

  it("finds the least history of tens of thousands of lines of one connection, within the time that a test has", () => {
    const sends = 8_000
    const at = "2026-11-29T08:00:00.000Z"
    const join = [
      { sent: { type: "join", id: 1, room: "#cafe" } },
      { got: { type: "joined", re: 1, room: "#cafe", epoch: "one", head: 0, first: 1, members: ["ana"] } }
    ] as const
    const says = Array.from({ length: sends }, (_, before) => {
      const [id, seq, text] = [before + 2, before + 1, `hola ${before}`]
      return [
        { sent: { type: "send", id, room: "#cafe", text } },
        { got: { type: "message", room: "#cafe", seq, from: "ana", text, at } },
        // The last is acknowledged by a number that its entry doesn't have.
        { got: { type: "sent", re: id, room: "#cafe", seq: seq === sends ? seq + 1 : seq, at } }
      ] as const
    })
    const observations = [...join, ...says.flat()].map((happening, moment) => ({ moment, ...happening }))
    const lanes: ReadonlyArray<Lane> = [{ who: "one", nick: "ana", observations }]
    const found = firstFound(lanes)!
    expect(size(lanes)).toBe(24_002)
    expect(size(shrink(lanes, found))).toBe(3)
  }, 60_000)

  it("leaves out conversations, and people, that have nothing to do with it", () => {
    const at = "2026-11-29T08:00:00.000Z"
    const hello = {
      got: { type: "hello", protocol: 1, server: "s", features: [], auth: ["guest"], limits: {}, heartbeat: 30 }
    }
    const laneOf = (who: string, nick: string, other: string, moment: number, came: ReadonlyArray<number>): Lane => {
      const talk = Array.from({ length: 40 }, (_, before) => {
        const [id, seq, text] = [before + 2, before + 1, `hola ${before}`]
        const entry = { room: `@${other}`, seq, from: nick, text, at, epoch: `${who}-talk` }
        return [
          { sent: { type: "send", id, room: `@${other}`, text } },
          { got: { type: "message", ...entry } },
          { got: { type: "sent", re: id, room: `@${other}`, seq, at } }
        ]
      })
      const joined = { type: "joined", re: 1, room: "#cafe", epoch: "one", head: 0, first: 1, members: [nick] }
      const happenings = [
        hello,
        { sent: { type: "join", id: 1, room: "#cafe" } },
        { got: joined },
        ...talk.flat(),
        ...came.map((seq) => ({ got: { type: "message", room: "#cafe", seq, from: "zoe", text: `hola ${seq}`, at } }))
      ]
      const observations = happenings.map((happening, nth) => ({ moment: moment + 10 * nth, ...happening }))
      return { who, nick, observations: observations as unknown as Lane["observations"] }
    }
    const lanes = [
      laneOf("one", "ana", "leo", 1, [2]),
      laneOf("two", "eva", "tom", 2, [1, 2]),
      laneOf("three", "pia", "leo", 3, [])
    ]
    const found = firstFound(lanes)!
    const [join, joined] = [{ sent: { type: "join" } }, { got: { type: "joined" } }]
    expect(shrink(lanes, found)).toMatchObject([
      { who: "one", observations: [join, joined, { got: { type: "message", room: "#cafe", seq: 2 } }] },
      { who: "two", observations: [join, joined, { got: { type: "message", room: "#cafe", seq: 1 } }] }
    ])
  })
})
