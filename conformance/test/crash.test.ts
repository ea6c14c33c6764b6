import { assert, describe, it } from "@effect/vitest"
import { isDirect, type Message, type Request, type Sent, type ServerMessage } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { crash } from "../crash/crash.ts"
import type { Notes } from "../crash/person.ts"
import { judgeLanes, record } from "../crash/recording.ts"
import { judge, type Stored, type Verdict } from "../crash/verdict.ts"
import { historyIn, historyJson } from "../src/history/file.ts"
import type { Lane } from "../src/history.ts"
import { nextMoment } from "../src/wire/connection.ts"

type Told = Stored & { readonly text: string }

const said = (seq: number, text: string): Told => ({ room: "#cafe", seq, from: "ana", text })

const notes = (acknowledged: ReadonlyArray<Told>, seen: ReadonlyArray<Told> = []): Notes => ({
  nick: "ana",
  acknowledged: acknowledged.map((entry) => ({ ...entry, key: entry.text })),
  changes: [],
  touched: new Set(),
  again: [],
  duplicates: [],
  refused: [],
  seen: new Map([["#cafe", seen.map(({ target: _, ...entry }): Message => ({ type: "message", at: "", ...entry }))]]),
  lanes: [],
  complaints: []
})

const kindsOf = (verdict: Verdict): ReadonlyArray<string> =>
  Object.entries(verdict).flatMap(([kind, found]) => (found.length > 0 ? [kind] : []))

const good = [said(1, "ana-1 x"), said(2, "ana-2 x"), said(3, "ana-4 x")]

const inPrivate = good.map((entry) => ({ ...entry, room: "@ana@leo" }))
const tells = (entries: ReadonlyArray<Told>) => notes(entries.map((entry) => ({ ...entry, room: "@leo" })))

const changed = [good[0]!, { ...good[1]!, text: undefined }, good[2]!, { ...said(4, ""), text: undefined, target: 2 }]
const touches = (people: Notes, seq = 4): Notes => ({
  ...people,
  touched: new Set(["#cafe 2"]),
  changes: [{ room: "#cafe", seq, target: 2 }]
})

const faults: ReadonlyArray<readonly [what: string, people: Notes, log: ReadonlyArray<Stored>, kinds: Array<string>]> =
  [
    ["what is there", notes([said(1, "ana-1 x"), said(2, "ana-2 x")], good), good, []],
    ["an entry that was acknowledged and isn't there", notes([said(4, "ana-5 x")]), good, ["lost"]],
    ["an entry that was acknowledged and is another", notes([said(3, "ana-3 x")]), good, ["lost"]],
    ["an entry that was shown and isn't there", notes([], [said(4, "ana-5 x")]), good, ["lost"]],
    ["an entry that is there twice", notes([]), [...good, said(4, "ana-4 x")], ["doubled"]],
    ["an entry before its predecessor", notes([]), [...good, said(4, "ana-3 x")], ["reordered"]],
    ["an entry that was refused", { ...notes([]), refused: [{ ...said(2, "ana-2 x"), key: "k2" }] }, good, ["ghosts"]],
    ["what was told to one person", tells(good), inPrivate, []],
    ["an entry that was told to one person and isn't there", tells([said(4, "ana-5 x")]), inPrivate, ["lost"]],
    ["an entry that was told to one person and stands elsewhere", tells(good), good, ["lost"]],
    ["a place without an entry", notes([]), [...good, said(5, "ana-5 x")], ["holes"]],
    ["a message that was changed", touches(notes(good)), changed, []],
    ["a message that was changed by nobody", notes(good), changed, ["lost"]],
    ["a change that was acknowledged and isn't there", touches(notes(good), 5), changed, ["lost"]]
  ]

describe("the verdict of a crash test", () => {
  it.each(faults)("on %s", (_what, people, log, kinds) => {
    assert.deepStrictEqual(kindsOf(judge([people], log)), kinds)
  })
})

describe("what is recorded of a connection", () => {
  const room = "#cafe"

  /** Pia is in a room; by another server, which has given hers up, tom comes there; then she is answered once more, and her connection ends. */
  const givenUp = (answer: ServerMessage) => {
    const lane = (who: string, nick: string) => {
      const { asked, got, lane } = record(who, nick)
      const ask = (request: Request, message: ServerMessage) => {
        asked(request)
        const line = JSON.stringify(message)
        const object = { line, object: JSON.parse(line), type: message.type, nth: 1, at: 0 }
        got({ _tag: "Object", message, moment: nextMoment(), ...object })
      }
      const come = () => {
        ask({ type: "login", id: 1, nick }, { type: "welcome", re: 1, nick })
        ask(
          { type: "join", id: 2, room },
          { type: "joined", re: 2, room, epoch: "k3", first: 1, head: 0, members: [nick] }
        )
      }
      return { ask, come, lane: () => lane()! }
    }
    const [pia, tom, again] = [lane("pia 1", "pia"), lane("tom 1", "tom"), lane("pia 2", "pia")]
    pia.come()
    tom.come()
    tom.ask({ type: "sync", id: 3 }, { type: "synced", re: 3 })
    pia.ask({ type: "sync", id: 3 }, answer)
    again.ask({ type: "login", id: 1, nick: "pia" }, { type: "welcome", re: 1, nick: "pia" })
    return judgeLanes([pia.lane(), tom.lane(), again.lane()]).broken
  }

  it("is that it was there as long as something was done for it", () => {
    assert.include(
      givenUp({ type: "synced", re: 3 }).join("\n"),
      "MEMBER-6 on the connection tom 1: not pia is a member"
    )
  })

  it("isn't that it was there when it was refused something", () => {
    assert.deepStrictEqual(
      givenUp({ type: "error", re: 3, code: "unavailable", message: "the store doesn't answer" }),
      []
    )
  })
})

/** The same history, but for what one connection got: the first for which there is something else, that or nothing. */
const but = (
  lanes: ReadonlyArray<Lane>,
  change: (
    got: ServerMessage,
    lane: Lane,
    nth: number,
    lanes: ReadonlyArray<Lane>
  ) => ServerMessage | "nothing" | undefined
): ReadonlyArray<Lane> => {
  for (const [index, lane] of lanes.entries()) {
    for (const [nth, observation] of lane.observations.entries()) {
      const got = "got" in observation ? change(observation.got, lane, nth, lanes) : undefined
      if (got === undefined) continue
      const instead = got === "nothing" ? [] : [{ moment: observation.moment, got }]
      return lanes.with(index, { ...lane, observations: lane.observations.toSpliced(nth, 1, ...instead) })
    }
  }
  throw new Error("there is no such thing in this history")
}

const inRoom = (got: ServerMessage) => got.type === "message" && !isDirect(got.room)

/** Whether the connection goes on after it without having left, and somebody else has got the same entry. */
const isShared = (got: ServerMessage, lane: Lane, nth: number, lanes: ReadonlyArray<Lane>): boolean => {
  if (got.type !== "message" || !inRoom(got)) return false
  const later = lane.observations.slice(nth + 1).flatMap((each) => ("got" in each ? [each.got] : []))
  const next = later.find((each) => roomOf(each) === got.room && (inRoom(each) || isOfStay(each)))
  const isSame = (each: Lane["observations"][number]) =>
    "got" in each && each.got.type === "message" && each.got.room === got.room && each.got.seq === got.seq
  return next?.type === "message" && lanes.some((other) => other.nick !== lane.nick && other.observations.some(isSame))
}

const isOfStay = ({ type }: ServerMessage) => type === "joined" || type === "left"

/** Whether a `send` to a room is acknowledged by it. */
const isOfSend = (got: ServerMessage, { observations }: Lane): got is Sent =>
  got.type === "sent" &&
  !isDirect(got.room) &&
  observations.some((each) => "sent" in each && each.sent.type === "send" && each.sent.id === got.re)

const roomOf = (got: ServerMessage): string | undefined => ("room" in got ? got.room : undefined)

const corruptions: ReadonlyArray<readonly [what: string, change: Parameters<typeof but>[1], broken: string]> = [
  ["an entry that one connection never got", (...it) => (isShared(...it) ? "nothing" : undefined), "ORDER-3"],
  [
    "an entry that one connection got otherwise",
    (got, { nick }) =>
      inRoom(got) && got.type === "message" && got.from !== nick
        ? { ...got, at: "2001-01-01T00:00:00.000Z" }
        : undefined,
    "ORDER-1"
  ],
  [
    "a head that falls",
    (got) => (got.type === "joined" && got.resumed === true && got.head > 0 ? { ...got, head: 0 } : undefined),
    "EPOCH-"
  ],
  [
    "an entry that is there twice",
    (got, lane) => (isOfSend(got, lane) ? { ...got, seq: got.seq + 1 } : undefined),
    "KEY-2"
  ],
  ["a reply that never came", (got) => (got.type === "sent" ? "nothing" : undefined), "REPLY-1"],
  [
    "an entry of a room that somebody has left",
    (got) => (got.type === "joined" ? { ...got, room: "#elsewhere" } : undefined),
    "ISOLATE-1"
  ]
]

describe("a crash test", () => {
  it.live(
    "finds nothing wrong with the server",
    () =>
      Effect.map(
        crash({ kills: 3, seed: 1, isEarly: false, isFull: false, onKill: () => {} }),
        ({ acknowledged, changes, lanes, stored, told, verdict }) => {
          assert.isAbove(told, 0)
          assert.isAbove(acknowledged, told)
          assert.isAtLeast(stored, acknowledged)
          assert.isAbove(changes, 0)
          assert.deepStrictEqual(kindsOf(verdict), [])
          const recorded = historyIn(historyJson(lanes))
          assert.deepStrictEqual(recorded, lanes)
          for (const [what, change, requirement] of corruptions) {
            const { broken } = judgeLanes(but(recorded, change))
            assert.include(broken.join("\n"), requirement, what)
          }
        }
      ),
    120_000
  )

  it.live(
    "finds nothing wrong with the server on disks that are full",
    () =>
      Effect.map(
        crash({ kills: 3, seed: 1, isEarly: false, isFull: true, onKill: () => {} }),
        ({ refused, verdict }) => {
          assert.isAbove(refused, 0)
          assert.deepStrictEqual(kindsOf(verdict), [])
        }
      ),
    120_000
  )

  it.live(
    "finds out a server that acknowledges before it commits",
    () =>
      Effect.map(crash({ kills: 4, seed: 1, isEarly: true, isFull: false, onKill: () => {} }), ({ verdict }) => {
        assert.isNotEmpty(verdict.lost)
      }),
    120_000
  )
})
