import type { Message, Request, ServerMessage } from "@tertulia/protocol"
import { describe, expect, it } from "vitest"
import { type Judgement, judgeHistory, type Lane, type Observation } from "../src/history.ts"

const room = "#cafe"
const at = "2026-11-20T20:08:00.000Z"

const message = (seq: number, from: string, text: string): Message => ({ type: "message", room, seq, from, text, at })

/** Lanes whose moments are the order of the lines here: `> ana` for what she sends, `< ana` for what she gets. */
const history = (...lines: ReadonlyArray<readonly [">" | "<", string, Request | ServerMessage]>): ReadonlyArray<Lane> =>
  [...new Set(lines.map(([, who]) => who))].map((who) => ({
    who,
    nick: who,
    observations: lines.flatMap(([way, whose, object], moment): ReadonlyArray<Observation> => {
      if (whose !== who) return []
      return way === ">" ? [{ moment, sent: object as Request }] : [{ moment, got: object as ServerMessage }]
    })
  }))

const joins = (who: string, id: number, head: number, members: ReadonlyArray<string>, epoch = "k3") =>
  [
    [">", who, { type: "join", id, room }],
    ["<", who, { type: "joined", re: id, room, epoch, first: 1, head, members }]
  ] as const

const sends = (who: string, id: number, seq: number, text: string) =>
  [
    [">", who, { type: "send", id, room, text }],
    ["<", who, message(seq, who, text)],
    ["<", who, { type: "sent", re: id, room, seq, at }]
  ] as const

const syncs = (who: string, id: number) =>
  [
    [">", who, { type: "sync", id }],
    ["<", who, { type: "synced", re: id }]
  ] as const

const leaves = (who: string, id: number) =>
  [
    [">", who, { type: "leave", id, room }],
    ["<", who, { type: "left", re: id, room }]
  ] as const

const sound = [
  ...joins("ana", 1, 0, ["ana"]),
  ...joins("leo", 1, 0, ["ana", "leo"]),
  ["<", "ana", { type: "member", room, nick: "leo", change: "joined" }],
  ...sends("ana", 2, 1, "hola"),
  ["<", "leo", message(1, "ana", "hola")],
  ...sends("leo", 2, 2, "¡hola!"),
  ["<", "ana", message(2, "leo", "¡hola!")],
  ...syncs("ana", 3),
  ...leaves("leo", 3),
  ["<", "ana", { type: "member", room, nick: "leo", change: "left" }],
  ...syncs("ana", 4)
] as const

const broken = (judgements: ReadonlyArray<Judgement>): ReadonlyArray<string> =>
  judgements.filter(({ violations }) => violations.length > 0).map(({ requirement }) => requirement)

/** The sound history with one line of it replaced. */
const but = (
  index: number,
  ...instead: ReadonlyArray<(typeof sound)[number] | readonly ["<", string, ServerMessage]>
) => history(...sound.slice(0, index), ...instead, ...sound.slice(index + 1))

const indexOf = (way: ">" | "<", who: string, type: string, nth = 0): number =>
  sound.flatMap(([w, whose, object], index) => (w === way && whose === who && object.type === type ? [index] : []))[
    nth
  ]!

describe("The judge of histories", () => {
  it("finds nothing in a sound one, and has looked at every guarantee", () => {
    const judgements = judgeHistory(history(...sound))
    expect(broken(judgements)).toEqual([])
    expect(judgements.every(({ facts }) => facts > 0)).toBe(true)
  })

  it("sees two entries under one seq", () => {
    const lanes = but(indexOf("<", "leo", "message"), ["<", "leo", message(1, "ana", "adiós")])
    expect(broken(judgeHistory(lanes))).toEqual(["ORDER-1"])
  })

  it("sees an entry that only one connection missed", () => {
    const lanes = but(indexOf("<", "leo", "message"))
    expect(broken(judgeHistory(lanes))).toEqual(["ORDER-3"])
  })

  it("sees a seq that nobody ever got", () => {
    const lanes = history(...joins("ana", 1, 0, ["ana"]), ...sends("ana", 2, 1, "one"), ...sends("ana", 3, 3, "three"))
    expect(broken(judgeHistory(lanes))).toEqual(["ORDER-2"])
  })

  it("sees an entry twice", () => {
    const hola = message(1, "ana", "hola")
    expect(broken(judgeHistory(but(indexOf("<", "leo", "message"), ["<", "leo", hola], ["<", "leo", hola])))).toEqual([
      "ORDER-3"
    ])
  })

  it("sees what is missing at the end of a stay", () => {
    const lanes = history(
      ...joins("ana", 1, 0, ["ana"]),
      ...joins("leo", 1, 0, ["ana", "leo"]),
      ...sends("ana", 2, 1, "hola"),
      ...leaves("leo", 2)
    )
    expect(broken(judgeHistory(lanes))).toEqual(["ORDER-3"])
  })

  it("sees a sender's entries in another order", () => {
    const lanes = history(
      ...joins("ana", 1, 0, ["ana"]),
      [">", "ana", { type: "send", id: 2, room, text: "one" }],
      [">", "ana", { type: "send", id: 3, room, text: "two" }],
      ["<", "ana", message(1, "ana", "two")],
      ["<", "ana", message(2, "ana", "one")],
      ["<", "ana", { type: "sent", re: 2, room, seq: 2, at }],
      ["<", "ana", { type: "sent", re: 3, room, seq: 1, at }]
    )
    expect(broken(judgeHistory(lanes))).toEqual(["ORDER-4"])
  })

  it("sees an answer before what it answers", () => {
    const lanes = history(
      ...joins("ana", 1, 0, ["ana"]),
      ...joins("leo", 1, 0, ["ana", "leo"]),
      [">", "ana", { type: "send", id: 2, room, text: "question" }],
      ["<", "leo", message(2, "ana", "question")],
      [">", "leo", { type: "send", id: 2, room, text: "answer" }],
      ["<", "leo", message(1, "leo", "answer")],
      ["<", "leo", { type: "sent", re: 2, room, seq: 1, at }]
    )
    expect(broken(judgeHistory(lanes))).toContain("ORDER-5")
  })

  it("sees what comes before joined and after left", () => {
    const early = history(["<", "ana", message(1, "leo", "hola")], ...joins("ana", 1, 1, ["ana"]))
    expect(broken(judgeHistory(early))).toEqual(["ISOLATE-1"])
    const late = history(...joins("ana", 1, 0, ["ana"]), ...leaves("ana", 2), ["<", "ana", message(1, "leo", "hola")])
    expect(broken(judgeHistory(late))).toEqual(["ISOLATE-1"])
  })

  it("sees an acknowledged entry that comes after synced", () => {
    const lanes = history(
      ...joins("ana", 1, 0, ["ana"]),
      ...joins("leo", 1, 0, ["ana", "leo"]),
      ...sends("ana", 2, 1, "hola"),
      ...syncs("leo", 2),
      ["<", "leo", message(1, "ana", "hola")]
    )
    expect(broken(judgeHistory(lanes))).toEqual(["SYNC-1"])
  })

  it("asks nothing of a sync for what was acknowledged after it was sent", () => {
    const lanes = history(
      ...joins("ana", 1, 0, ["ana"]),
      ...joins("leo", 1, 0, ["ana", "leo"]),
      [">", "leo", { type: "sync", id: 2 }],
      ...sends("ana", 2, 1, "hola"),
      ["<", "leo", { type: "synced", re: 2 }],
      ["<", "leo", message(1, "ana", "hola")]
    )
    expect(broken(judgeHistory(lanes))).toEqual([])
  })

  it("sees a member who isn't one, and one who isn't listed", () => {
    const gone = but(indexOf("<", "ana", "member", 1))
    expect(broken(judgeHistory(gone))).toEqual(["MEMBER-6"])
    const unknown = but(indexOf("<", "ana", "member", 0))
    expect(broken(judgeHistory(unknown))).toEqual(["MEMBER-6"])
  })

  it("takes a room that comes back under another epoch for another log", () => {
    const lanes = history(
      ...joins("ana", 1, 0, ["ana"]),
      ...sends("ana", 2, 1, "one"),
      ...leaves("ana", 3),
      ...joins("ana", 4, 0, ["ana"], "k4"),
      ...sends("ana", 5, 1, "another one")
    )
    expect(broken(judgeHistory(lanes))).toEqual([])
  })

  it("follows several stays of one connection, also when all was asked at once", () => {
    const lanes = history(
      ...joins("leo", 1, 0, ["leo"]),
      [">", "ana", { type: "join", id: 1, room }],
      [">", "ana", { type: "leave", id: 2, room }],
      [">", "ana", { type: "join", id: 3, room }],
      ["<", "ana", { type: "joined", re: 1, room, epoch: "k3", first: 1, head: 0, members: ["ana", "leo"] }],
      ["<", "ana", { type: "left", re: 2, room }],
      ...sends("leo", 2, 1, "hola"),
      ["<", "ana", { type: "joined", re: 3, room, epoch: "k3", first: 1, head: 1, members: ["ana", "leo"] }],
      ["<", "leo", { type: "member", room, nick: "ana", change: "joined" }],
      ...syncs("leo", 3),
      ...sends("leo", 4, 2, "¿qué tal?"),
      ["<", "ana", message(2, "leo", "¿qué tal?")],
      ...syncs("ana", 4)
    )
    expect(broken(judgeHistory(lanes))).toEqual([])
  })
})
