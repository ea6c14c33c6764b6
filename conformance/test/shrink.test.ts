import type { Request, ServerMessage } from "@tertulia/protocol"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { plainHello } from "../src/clients/probe.ts"
import { cutOut, cutsOf, make, upTo } from "../src/history/cuts.ts"
import { firstFound, showing, shrink } from "../src/history/shrink.ts"
import { judgeHistory, type Lane } from "../src/history.ts"
import { drawn, faults, historyOf } from "./world.ts"

const guilt = (lanes: ReadonlyArray<Lane>): ReadonlyArray<unknown> =>
  judgeHistory(lanes).flatMap(({ requirement, violations }) => violations.map((each) => ({ requirement, ...each })))

const size = (lanes: ReadonlyArray<Lane>): number =>
  lanes.reduce((sum, { observations }) => sum + observations.length, 0)

const at = "2026-11-29T08:00:00.000Z"

type Happening = { readonly sent: Request } | { readonly got: ServerMessage }

const enter = (nick: string): ReadonlyArray<Happening> => [
  { sent: { type: "join", id: 1, room: "#cafe" } },
  { got: { type: "joined", re: 1, room: "#cafe", epoch: "one", head: 0, first: 1, members: [nick] } }
]

/** An entry of a room, or of a conversation, which has its epoch in each. */
const messageOf = (from: string, room: string, seq: number, epoch?: string): Happening => ({
  got: { type: "message", room, seq, from, text: `hola ${seq}`, at, ...(epoch === undefined ? {} : { epoch }) }
})

/** A `send`, its entry and its acknowledgement, the `seq` of the entry being the next. */
const say = (nick: string, room: string, seq: number, epoch?: string): ReadonlyArray<Happening> => [
  { sent: { type: "send", id: seq + 1, room, text: `hola ${seq}` } },
  messageOf(nick, room, seq, epoch),
  { got: { type: "sent", re: seq + 1, room, seq, at } }
]

/** What happens on one connection, the moments of up to ten others lying between. */
const laneOf = (who: string, nick: string, happenings: ReadonlyArray<Happening>, first = 1): Lane => ({
  who,
  nick,
  observations: happenings.map((happening, nth) => ({ moment: first + 10 * nth, ...happening }))
})

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
    const says = Array.from({ length: sends }, (_, before) => say("ana", "#cafe", before + 1)).flat()
    // The last is acknowledged by a number that its entry doesn't have.
    const wrong: Happening = { got: { type: "sent", re: sends + 1, room: "#cafe", seq: sends + 1, at } }
    const lanes = [laneOf("one", "ana", [...enter("ana"), ...says.slice(0, -1), wrong])]
    expect(size(lanes)).toBe(24_002)
    expect(size(shrink(lanes, firstFound(lanes)!))).toBe(3)
  }, 60_000)

  it("leaves out conversations, and people, that have nothing to do with it", () => {
    const talking = (who: string, nick: string, other: string, came: ReadonlyArray<number>, first: number) =>
      laneOf(
        who,
        nick,
        [
          { got: plainHello },
          ...enter(nick),
          ...Array.from({ length: 40 }, (_, before) => say(nick, `@${other}`, before + 1, `${who}-talk`)).flat(),
          ...came.map((seq) => messageOf("zoe", "#cafe", seq))
        ],
        first
      )
    const lanes = [
      talking("one", "ana", "leo", [2], 1),
      talking("two", "eva", "tom", [1, 2], 2),
      talking("three", "pia", "leo", [], 3)
    ]
    const [join, joined] = [{ sent: { type: "join" } }, { got: { type: "joined" } }]
    expect(shrink(lanes, firstFound(lanes)!)).toMatchObject([
      { who: "one", observations: [join, joined, { got: { type: "message", room: "#cafe", seq: 2 } }] },
      { who: "two", observations: [join, joined, { got: { type: "message", room: "#cafe", seq: 1 } }] }
    ])
  })
})
