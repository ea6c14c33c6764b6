import type { Joined, Message, Request, ServerMessage } from "@tertulia/protocol"
import { describe, expect, it } from "vitest"
import { type Judgement, judgeHistory, type Lane, type Observation } from "../src/history.ts"

const room = "#cafe"
const at = "2026-11-20T20:08:00.000Z"

const message = (seq: number, from: string, text: string): Message => ({ type: "message", room, seq, from, text, at })

const nickOf = (who: string): string => who.split(" ")[0]!

type Line = readonly [">" | "<", string, Request | ServerMessage] | readonly ["x", string]

/**
 * Lanes whose moments are the order of the lines here: `> ana` for what she sends, `< ana` for what she gets, `x ana` where her
 * connection breaks. `ana 2` is her second.
 */
const history = (...lines: ReadonlyArray<Line>): ReadonlyArray<Lane> =>
  [...new Set(lines.map(([, who]) => who))].map((who) => {
    const ended = lines.findIndex(([way, whose]) => way === "x" && whose === who)
    return {
      who,
      nick: nickOf(who),
      observations: lines.flatMap(([way, whose, object], moment): ReadonlyArray<Observation> => {
        if (whose !== who || way === "x") return []
        return way === ">" ? [{ moment, sent: object as Request }] : [{ moment, got: object as ServerMessage }]
      }),
      ...(ended === -1 ? {} : { ended })
    }
  })

const joins = (who: string, id: number, head: number, members: ReadonlyArray<string>, epoch = "k3") =>
  [
    [">", who, { type: "join", id, room }],
    ["<", who, { type: "joined", re: id, room, epoch, first: 1, head, members }]
  ] as const

/** Joins with a cursor of the epoch `k3`; the server resumes, or doesn't. */
const comesBack = (who: string, id: number, after: number, resumed: boolean, joined: Partial<Joined> = {}) =>
  [
    [">", who, { type: "join", id, room, after, epoch: "k3" }],
    [
      "<",
      who,
      { type: "joined", re: id, room, epoch: "k3", first: 1, head: 2, members: [nickOf(who)], resumed, ...joined }
    ]
  ] as const

const sends = (who: string, id: number, seq: number, text: string) =>
  [
    [">", who, { type: "send", id, room, text }],
    ["<", who, message(seq, nickOf(who), text)],
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
    const judgements = judgeHistory(
      history(...sound, ["x", "leo"], ...comesBack("leo 2", 1, 1, true), ["<", "leo 2", message(2, "leo", "¡hola!")])
    )
    expect(broken(judgements)).toEqual([])
    const unseen = judgements.filter(({ facts }) => facts === 0).map(({ requirement }) => requirement)
    // A key needs somebody whose connections are known to be theirs.
    expect(unseen).toEqual(["KEY-2"])
  })

  it("knows one entry for what a person sends again by its key, over all of their connections", () => {
    const keyed = (who: string, id: number, seq: number, duplicate?: boolean) =>
      [
        [">", who, { type: "send", id, room, text: "hola", key: "k1" }],
        ["<", who, { type: "sent", re: id, room, seq, at, ...(duplicate === undefined ? {} : { duplicate }) }]
      ] as const
    const story = (seq: number, duplicate?: boolean) =>
      history(
        ...joins("leo", 1, 0, ["leo"]),
        [">", "leo", { type: "send", id: 2, room, text: "hola", key: "k1" }],
        ["<", "leo", { ...message(1, "leo", "hola"), key: "k1" }],
        ["x", "leo"],
        ...comesBack("leo 2", 1, 1, true, { head: 1 }),
        ...(seq === 1 ? [] : ([["<", "leo 2", { ...message(seq, "leo", "hola"), key: "k1" }]] as const)),
        ...keyed("leo 2", 2, seq, duplicate)
      ).map((lane) => ({ ...lane, person: "leo" }))
    expect(broken(judgeHistory(story(1, true)))).toEqual([])
    expect(broken(judgeHistory(story(2)))).toContain("KEY-2")
    const strangers = story(2).map(({ person: _, ...lane }) => lane)
    expect(broken(judgeHistory(strangers))).not.toContain("KEY-2")
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

  it("sees two replies to one request, and none", () => {
    const pong: Line = ["<", "ana", { type: "pong", re: 1 }]
    const twice = history([">", "ana", { type: "ping", id: 1 }], pong, pong)
    expect(broken(judgeHistory(twice))).toEqual(["REPLY-1"])
    const none = history([">", "ana", { type: "ping", id: 1 }], ...syncs("ana", 2))
    expect(broken(judgeHistory(none))).toEqual(["REPLY-1"])
  })

  it("asks for no reply to what was sent last, nor on a connection that broke", () => {
    const open = history([">", "ana", { type: "ping", id: 1 }])
    const cut = history(...joins("leo", 1, 0, ["leo"]), [">", "leo", { type: "sync", id: 2 }], ["x", "leo"])
    expect([...broken(judgeHistory(open)), ...broken(judgeHistory(cut))]).toEqual([])
  })

  it("sees replies in another order than the requests", () => {
    const lanes = history(
      [">", "ana", { type: "ping", id: 1 }],
      [">", "ana", { type: "ping", id: 2 }],
      ["<", "ana", { type: "pong", re: 2 }],
      ["<", "ana", { type: "pong", re: 1 }]
    )
    expect(broken(judgeHistory(lanes))).toEqual(["REPLY-3"])
  })

  it("sees that an entry is not what was sent, and that one send made two", () => {
    const another = but(indexOf("<", "ana", "message"), ["<", "ana", message(1, "ana", "adiós")])
    expect(broken(judgeHistory(another))).toContain("SEND-1")
    const two = history(...joins("ana", 1, 0, ["ana"]), ...sends("ana", 2, 1, "hola"), [
      "<",
      "ana",
      message(2, "ana", "hola")
    ])
    expect(broken(judgeHistory(two))).toEqual(["SEND-1"])
  })

  it("sees that an acknowledgement comes before the entry", () => {
    const lanes = history(
      ...joins("ana", 1, 0, ["ana"]),
      [">", "ana", { type: "send", id: 2, room, text: "hola" }],
      ["<", "ana", { type: "sent", re: 2, room, seq: 1, at }],
      ["<", "ana", message(1, "ana", "hola")]
    )
    expect(broken(judgeHistory(lanes))).toEqual(["SEND-3"])
  })

  describe("over several connections of one person", () => {
    const lost = [
      ...joins("ana", 1, 0, ["ana"]),
      ...sends("ana", 2, 1, "one"),
      [">", "ana", { type: "send", id: 3, room, text: "two" }],
      ["x", "ana"]
    ] as const
    const again = (seq: number) => sends("ana 2", 2, seq, "two")

    it("takes a send whose reply was lost for one that may have happened", () => {
      const happened = history(
        ...lost,
        ...comesBack("ana 2", 1, 1, true),
        ["<", "ana 2", message(2, "ana", "two")],
        ...again(3),
        ...syncs("ana 2", 3)
      )
      expect(broken(judgeHistory(happened))).toEqual([])
      const didNot = history(...lost, ...comesBack("ana 2", 1, 1, true, { head: 1 }), ...again(2), ...syncs("ana 2", 3))
      expect(broken(judgeHistory(didNot))).toEqual([])
      const late = history(
        ...lost,
        ...comesBack("ana 2", 1, 1, true, { head: 1 }),
        ["<", "ana 2", message(2, "ana", "two")],
        ...again(3),
        ...syncs("ana 2", 3)
      )
      expect(broken(judgeHistory(late))).toEqual([])
    })

    it("sees that it happened twice", () => {
      const lanes = history(
        ...lost,
        ...comesBack("ana 2", 1, 1, true, { head: 1 }),
        ["<", "ana 2", message(2, "ana", "two")],
        ["<", "ana 2", message(3, "ana", "two")],
        ...again(4)
      )
      expect(broken(judgeHistory(lanes))).toEqual(["SEND-1"])
    })

    it("takes somebody whose connection broke for neither in nor out, until they are back", () => {
      const gone = (...members: ReadonlyArray<string>) =>
        history(...joins("leo", 1, 0, ["leo"]), ["x", "leo"], ...joins("ana", 1, 0, members), ...syncs("ana", 2))
      expect(broken(judgeHistory(gone("ana", "leo")))).toEqual([])
      expect(broken(judgeHistory(gone("ana")))).toEqual([])
      const back = history(
        ...joins("leo", 1, 0, ["leo"]),
        ["x", "leo"],
        ...joins("leo 2", 1, 0, ["leo"]),
        ...joins("ana", 1, 0, ["ana"]),
        ...syncs("ana", 2)
      )
      expect(broken(judgeHistory(back))).toEqual(["MEMBER-6"])
    })

    it("takes somebody who is back and leaves for out, whatever became of the connection that broke", () => {
      const gone = (...members: ReadonlyArray<string>) =>
        history(
          ...joins("leo", 1, 0, ["leo"]),
          ["x", "leo"],
          [">", "leo 2", { type: "join", id: 1, room }],
          ["x", "leo 2"],
          ...joins("leo 3", 1, 0, ["leo"]),
          ...leaves("leo 3", 2),
          ...joins("ana", 1, 0, members),
          ...syncs("ana", 2)
        )
      expect(broken(judgeHistory(gone("ana")))).toEqual([])
      expect(broken(judgeHistory(gone("ana", "leo")))).toEqual(["MEMBER-6"])
    })

    it("sees at the first `synced` what is missing, whenever it was acknowledged", () => {
      const lanes = history(
        ...joins("ana", 1, 0, ["ana"]),
        ...joins("leo", 1, 0, ["ana", "leo"]),
        ["<", "ana", { type: "member", room, nick: "leo", change: "joined" }],
        ...sends("leo", 2, 1, "one"),
        ["<", "ana", message(1, "leo", "one")],
        ...syncs("ana", 2),
        ...sends("leo", 3, 2, "two"),
        ...syncs("ana", 3),
        ...syncs("ana", 4)
      )
      const [found, ...more] = judgeHistory(lanes).flatMap(({ violations }) => violations)
      expect(found?.expected).toContain("the entry 2")
      expect(more).toEqual([])
    })

    it("sees a head that has fallen", () => {
      const lanes = history(...sound, ...joins("eva", 1, 1, ["ana", "eva"]))
      expect(broken(judgeHistory(lanes))).toEqual(["EPOCH-1"])
    })

    it("sees the epoch of a log that was forgotten, and that of another room", () => {
      const forgotten = history(
        ...joins("ana", 1, 0, ["ana"]),
        ...sends("ana", 2, 1, "one"),
        ...leaves("ana", 3),
        ...joins("ana", 4, 0, ["ana"])
      )
      expect(broken(judgeHistory(forgotten))).toEqual(["EPOCH-2", "EPOCH-1"])
      const other: Joined = { type: "joined", re: 1, room: "#cine", epoch: "k3", first: 1, head: 0, members: ["leo"] }
      const lanes = history(
        ...joins("ana", 1, 0, ["ana"]),
        ...([
          [">", "leo", { type: "join", id: 1, room: "#cine" }],
          ["<", "leo", other]
        ] as const)
      )
      expect(broken(judgeHistory(lanes))).toEqual(["EPOCH-2"])
    })

    it("sees an epoch that changes while somebody is in the room", () => {
      const lanes = history(...joins("ana", 1, 0, ["ana"]), ...joins("leo", 1, 0, ["ana", "leo"], "k4"))
      expect(broken(judgeHistory(lanes))).toEqual(["EPOCH-3"])
    })

    const two = [...joins("leo", 1, 0, ["leo"]), ...sends("leo", 2, 1, "one"), ...sends("leo", 3, 2, "two")] as const
    const one: Line = ["<", "ana", message(1, "leo", "one")]
    const last: Line = ["<", "ana", message(2, "leo", "two")]

    it("sees `resumed` where it isn't due, and none where it is", () => {
      const joined: Joined = { type: "joined", re: 1, room, epoch: "k3", first: 1, head: 2, members: ["ana"] }
      const missing = history(
        ...two,
        [">", "ana", { type: "join", id: 1, room, after: 2, epoch: "k3" }],
        ["<", "ana", joined]
      )
      expect(broken(judgeHistory(missing))).toEqual(["CATCH-1"])
      const undue = history(
        ...two,
        [">", "ana", { type: "join", id: 1, room }],
        ["<", "ana", { ...joined, resumed: false }]
      )
      expect(broken(judgeHistory(undue))).toEqual(["CATCH-1"])
    })

    it("sees a replay that lacks an entry, at its beginning or at its end", () => {
      const first = history(...two, ...comesBack("ana", 1, 0, true), last)
      expect(broken(judgeHistory(first))).toEqual(["CATCH-2", "ORDER-3"])
      const end = history(...two, ...comesBack("ana", 1, 0, true, { members: ["ana", "leo"] }), one, ...syncs("ana", 2))
      expect(broken(judgeHistory(end))).toEqual(["CATCH-2", "SYNC-1"])
      const whole = history(
        ...two,
        ...comesBack("ana", 1, 0, true, { members: ["ana", "leo"] }),
        one,
        last,
        ...syncs("ana", 2)
      )
      expect(broken(judgeHistory(whole))).toEqual([])
    })

    it("sees that another log is resumed, or one from after its head, or one that was purged", () => {
      const otherLog = history(...comesBack("ana", 1, 2, true, { epoch: "k4" }))
      const afterHead = history(...comesBack("ana", 1, 3, true))
      const purged = history(...comesBack("ana", 1, 0, true, { first: 2 }))
      for (const lanes of [otherLog, afterHead, purged]) expect(broken(judgeHistory(lanes))).toEqual(["CATCH-3"])
    })

    it("sees a replay where none was announced", () => {
      const lanes = history(...two, ...comesBack("ana", 1, 0, false), last)
      expect(broken(judgeHistory(lanes))).toEqual(["CATCH-3", "ORDER-3"])
    })
  })

  it("says where a violation is plain, in words that name what is missing", () => {
    const lanes = but(indexOf("<", "leo", "message"))
    const [violation] = judgeHistory(lanes).flatMap(({ violations }) => violations)
    expect(violation).toMatchObject({
      who: "leo",
      expected: "the entry 1 of #cafe after 0, as each once and ascending"
    })
    const shown = lanes.flatMap(({ observations }) => observations).find(({ moment }) => moment === violation!.moment)
    expect(shown).toHaveProperty("got.seq", 2)
  })
})
