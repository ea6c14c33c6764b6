import { fc, test as property } from "@fast-check/vitest"
import { describe, expect, test } from "vitest"
import { defaultLimits, type JsonObject } from "../src/index.ts"
import { knownOf } from "../src/model/expected.ts"
import {
  actOf,
  type Came,
  type Deed,
  emptyWorld,
  modelled,
  type Outcome,
  observe,
  people,
  rooms,
  type Story,
  step,
  story,
  tour,
  type Who,
  type World
} from "../src/model.ts"

const names = { nick: (who: string) => who, room: (room: string) => room }

/** What a server says that takes this outcome, and chooses `e1`, `e2`, ... for epochs and one time for all entries. */
const saidIn = ({ owed, world }: Outcome): Came => {
  const came = new Map<Who, ReadonlyArray<JsonObject>>([...world.links.keys()].map((who) => [who, []]))
  for (const each of owed) {
    if (!came.has(each.to)) came.set(each.to, [])
    const room = knownOf(each)["room"]
    const free = {
      joined: { epoch: `e${world.rooms.get(String(room))?.nth}`, first: 1 },
      message: { at: "then" },
      sent: { at: "then" }
    }[each.type]
    came.set(each.to, [...came.get(each.to)!, { ...knownOf(each), ...free }])
  }
  return came
}

/** One deed of a story, the outcomes that are allowed, and what a server said that took one of them. */
interface Told {
  readonly who: Who
  readonly deed: Deed
  readonly before: World
  readonly outcomes: ReadonlyArray<Outcome>
  readonly taken: Outcome
  readonly came: Came
}

/** Tells a story with a server that takes the outcomes that `pick` says. */
const tell = (acts: Story, pick: ReadonlyArray<number> = [0]): ReadonlyArray<Told> => {
  const told: Array<Told> = []
  let world = emptyWorld(defaultLimits, rooms)
  const enact = (who: Who, deed: Deed) => {
    const outcomes = step(world, who, deed)
    const taken = outcomes[pick[told.length % pick.length]! % outcomes.length]!
    const came = saidIn(taken)
    told.push({ who, deed, before: world, outcomes, taken, came })
    const seen = observe([taken], who, came)
    if ("fault" in seen) throw new Error(JSON.stringify(seen.fault))
    world = seen.worlds[0]!
  }
  for (const who of people) {
    enact(who, { deed: "open" })
    enact(who, { deed: "ask", request: { type: "login", nick: who } })
  }
  for (const act of acts) for (const deed of actOf(world, names, act)) enact(act.who, deed)
  return told
}

const picks = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 20 })

/** The rooms in which somebody was before a deed or is after it. */
const isNear = ({ before, taken }: Told, who: Who, room: string): boolean =>
  [before, taken.world].some(({ rooms: all }) => all.get(room)?.members.has(who) === true)

describe("The model", () => {
  property.prop([story(30), picks])("allows what it owes, whichever outcome a server takes", (acts, pick) => {
    for (const { came, outcomes, who } of tell(acts, pick))
      expect(observe(outcomes, who, came)).not.toHaveProperty("fault")
  })

  property.prop([story(30), picks])(
    "gives a nick to one connection, and lets only who is logged in be a member",
    (acts, pick) => {
      for (const { taken } of tell(acts, pick)) {
        const nicks = [...taken.world.links.values()].flatMap(({ nick }) => (nick === undefined ? [] : [nick]))
        expect(nicks.length).toBe(new Set(nicks).size)
        const members = [...taken.world.rooms.values()].flatMap((life) => [...life.members])
        for (const who of members) expect(taken.world.links.get(who)?.nick).toBeDefined()
      }
    }
  )

  property.prop([story(30), picks])(
    "owes events of a room only to its members, and nobody the event of their own coming",
    (acts, pick) => {
      for (const told of tell(acts, pick)) {
        for (const owed of told.taken.owed.filter(({ kind }) => kind !== "reply")) {
          const { nick, room } = knownOf(owed)
          expect(isNear(told, owed.to, String(room))).toBe(true)
          // A message names nobody so, and who retried is gone from the connection that was owed its own.
          if (nick !== undefined) expect(nick).not.toBe(told.taken.world.links.get(owed.to)?.nick)
        }
      }
    }
  )

  property.prop([story(30), picks])("owes each member of a log every entry once, in ascending order", (acts, pick) => {
    const places = new Map<string, number>()
    for (const { came } of tell(acts, pick)) {
      for (const [who, objects] of came) {
        for (const { head, resumed, room, seq, type } of objects) {
          const key = `${who} ${String(room)}`
          if (type === "joined" && resumed !== true) places.set(key, Number(head))
          // Where a replay begins is the client's choice: the first entry says it.
          if (type === "joined" && resumed === true) places.delete(key)
          if (type !== "message") continue
          if (places.has(key)) expect(seq).toBe(places.get(key)! + 1)
          places.set(key, Number(seq))
        }
      }
    }
  })

  test("comes past every requirement that it cites on its tour", () => {
    const kept = tell(tour).flatMap(({ came, outcomes, who }) => {
      const seen = observe(outcomes, who, came)
      return "fault" in seen ? [] : [...seen.kept]
    })
    expect(modelled.filter((id) => !kept.includes(id))).toEqual([])
  })

  property.prop([story(30), fc.nat(), fc.nat()])("misses whatever is left out", (acts, nth, which) => {
    const told = tell(acts)
    const { came, outcomes, who } = told[nth % told.length]!
    const spoken = [...came].filter(([, objects]) => objects.length > 0)
    if (spoken.length === 0) return
    const [reader, objects] = spoken[which % spoken.length]!
    const less = new Map(came).set(reader, objects.toSpliced(which % objects.length, 1))
    // What may have happened may also not have happened, and a replay is a liberty: then there are other outcomes.
    if (outcomes.length > 1) return
    expect(observe(outcomes, who, less)).toHaveProperty("fault")
  })
})

describe("A story", () => {
  const shrunk = (acts: Story, breaks: (acts: Story) => boolean): Story => {
    const arbitrary = story(30)
    const next = arbitrary.shrink(acts, undefined).map(({ value }) => value)
    for (const each of next) if (breaks(each)) return shrunk(each, breaks)
    return acts
  }

  test("shrinks to the acts that matter", () => {
    const isBroken = (acts: Story): boolean => {
      const sends = acts.flatMap(({ act, who }, place) => (act === "send" && who === "leo" ? [place] : []))
      return acts.some(({ act }, place) => act === "retry" && sends.some((sent) => sent < place))
    }
    expect([...shrunk(tour, isBroken)]).toEqual([
      { who: "leo", act: "send", room: "#cafe", text: "hola" },
      { who: "ana", act: "retry", room: "#cafe", text: "hola" }
    ])
  })

  test("is shown act by act", () => {
    const [one] = fc.sample(story(3), { numRuns: 1, seed: 1 })
    expect(fc.stringify(one)).toMatch(/^(?:ana|leo|eva): \w+/u)
  })
})

// ---------------------------------------------------------------------------------------------------------------------
// What is broken by what
// ---------------------------------------------------------------------------------------------------------------------

const ana = "ana"
const leo = "leo"
const eva = "eva"

/** The requirement that is broken when the last question of a story is answered otherwise; `change` is what a server does to what it owes. */
const blamed = (acts: Story, change: (came: Map<Who, ReadonlyArray<JsonObject>>) => void) => {
  const isQuestion = ({ deed }: Told) => deed.deed === "ask" && deed.request.type !== "rooms"
  const { came, outcomes, who } = tell(acts).findLast(isQuestion)!
  const changed = new Map(came)
  change(changed)
  const seen = observe(outcomes, who, changed)
  return "fault" in seen ? seen.fault.cites : "nothing"
}

const both: Story = [
  { who: ana, act: "join", room: "#cafe" },
  { who: leo, act: "join", room: "#cafe" }
]
const says = (who: "ana" | "leo" | "eva"): Story[number] => ({ who, act: "send", room: "#cafe", text: "hola" })
const error = (code: string): JsonObject => ({ type: "error", code })

/** Changes the nth thing that somebody gets; nothing in its place leaves it out. */
const instead =
  (who: Who, nth: number, ...objects: ReadonlyArray<JsonObject>) =>
  (came: Map<Who, ReadonlyArray<JsonObject>>) =>
    void came.set(who, came.get(who)!.toSpliced(nth, 1, ...objects))

const with_ = (who: Who, nth: number, fields: JsonObject) => (came: Map<Who, ReadonlyArray<JsonObject>>) =>
  instead(who, nth, { ...came.get(who)![nth], ...fields })(came)

const more = (who: Who, object: JsonObject) => (came: Map<Who, ReadonlyArray<JsonObject>>) =>
  void came.set(who, [...came.get(who)!, object])

const entry: JsonObject = { type: "message", room: "#cafe", seq: 1, from: ana, text: "hola", at: "then" }
const back: Story = [...both, says(ana), { who: leo, act: "leave", room: "#cafe" }, says(ana)]

describe("The model blames", () => {
  test.each<[string, string, Story, Parameters<typeof blamed>[1]]>([
    [
      "LOGIN-6",
      "a nick that stays taken after bye",
      [
        { who: ana, act: "bye" },
        { who: ana, act: "login", nick: ana }
      ],
      instead(ana, 0, error("nick-taken"))
    ],
    [
      "LOGIN-7",
      "a nick that stays taken after FIN",
      [{ who: ana, act: "reconnect", by: "FIN" }],
      instead(ana, 0, error("nick-taken"))
    ],
    [
      "LOGIN-2",
      "a nick that two have",
      [
        { who: ana, act: "bye" },
        { who: ana, act: "login", nick: leo }
      ],
      instead(ana, 0, { type: "welcome", nick: leo })
    ],
    ["SEND-2", "an entry that somebody doesn't get", [...both, says(ana)], instead(leo, 0)],
    [
      "SEND-3",
      "an acknowledgement before the entry",
      [...both, says(ana)],
      (came) => came.set(ana, came.get(ana)!.toReversed())
    ],
    ["SEND-1", "a number that isn't the entry's", [...both, says(ana)], with_(ana, 1, { seq: 2 })],
    ["ORDER-2", "a number that skips one", [...both, says(ana)], with_(leo, 0, { seq: 2 })],
    ["ORDER-3", "an entry that comes twice", [...both, says(ana)], more(leo, entry)],
    ["ORDER-1", "another text", [...both, says(ana)], with_(leo, 0, { text: "adiós" })],
    ["SEND-4", "another sender", [...both, says(ana)], with_(leo, 0, { from: eva })],
    ["SEND-5", "another time", [...both, says(ana)], with_(leo, 0, { at: "later" })],
    ["ISOLATE-1", "an entry for an outsider", [...both, says(ana)], more(eva, entry)],
    ["REPLY-1", "two replies", [...both, says(ana)], more(ana, { type: "pong" })],
    ["MEMBER-1", "an arrival that isn't told", both, instead(ana, 0)],
    ["MEMBER-3", "one's own arrival", both, more(leo, { type: "member", room: "#cafe", nick: leo, change: "joined" })],
    [
      "MEMBER-4",
      "an arrival that is told twice",
      both,
      more(ana, { type: "member", room: "#cafe", nick: leo, change: "joined" })
    ],
    ["MEMBER-2", "a leaving that isn't told", [...both, { who: leo, act: "bye" }], instead(ana, 0)],
    ["JOIN-2", "a list without oneself", both, with_(leo, 0, { members: [ana] })],
    ["MEMBER-6", "a list without another", both, with_(leo, 0, { members: [leo] })],
    ["LIST-1", "a list in another order", both, with_(leo, 0, { members: [leo, ana] })],
    ["LIST-3", "more where nothing follows", both, with_(leo, 0, { more: true })],
    ["EPOCH-3", "an epoch that changes under somebody", both, with_(leo, 0, { epoch: "other" })],
    [
      "EPOCH-1",
      "a head that falls",
      [...both, says(ana), { who: leo, act: "leave", room: "#cafe" }, { who: leo, act: "join", room: "#cafe" }],
      with_(leo, 0, { head: 0 })
    ],
    [
      "LEAVE-3",
      "no way back",
      [...back, { who: leo, act: "join", room: "#cafe" }],
      instead(leo, 0, error("already-joined"))
    ],
    [
      "CATCH-1",
      "resumed without a cursor",
      [...back, { who: leo, act: "join", room: "#cafe" }],
      with_(leo, 0, { resumed: false })
    ],
    [
      "CATCH-2",
      "a replay that lacks an entry",
      [...back, { who: leo, act: "join", room: "#cafe", holding: "last" }],
      instead(leo, 1)
    ],
    [
      "CATCH-3",
      "a replay from another log's cursor",
      [...back, { who: leo, act: "join", room: "#cafe", holding: "another log's" }],
      more(leo, entry)
    ]
  ])("%s for %s", (id, _, acts, change) => {
    expect(blamed(acts, change)).toBe(id)
  })

  test("EPOCH-2 for an epoch that comes back with a forgotten room", () => {
    const alone: Story = [
      { who: ana, act: "join", room: "#cafe" },
      says(ana),
      { who: ana, act: "leave", room: "#cafe" },
      { who: ana, act: "join", room: "#cafe" },
      { who: ana, act: "leave", room: "#cafe" },
      { who: ana, act: "join", room: "#cafe" }
    ]
    expect(blamed(alone, with_(ana, 0, { epoch: "e1", head: 0 }))).toBe("EPOCH-2")
  })
})

describe("A send whose reply was lost", () => {
  const lost: Story = [...both, { who: ana, act: "retry", room: "#cafe", text: "hola" }]
  const heardBy = (told: ReadonlyArray<Told>, who: Who) =>
    told
      .flatMap(({ came }) => came.get(who) ?? [])
      .filter(({ type }) => type === "message")
      .map(({ seq }) => seq)

  test("may have happened, so that the retry is a second entry, or not", () => {
    expect(heardBy(tell(lost), leo)).toEqual([1])
    const once = tell(lost)
    const nth = once.findIndex(({ deed }) => deed.deed === "lose")
    const landing = once[nth]!.outcomes.findIndex(({ owed }) => owed.some(({ type }) => type === "message"))
    expect(heardBy(tell(lost, [...Array<number>(nth).fill(0), landing, 0, 0, 0, 0]), leo)).toEqual([1, 2])
  })

  test("reaches one sooner and another later, as long as nobody has been told of it", () => {
    const told = tell([
      ...both,
      { who: eva, act: "join", room: "#cafe" },
      { who: ana, act: "retry", room: "#cafe", text: "hola" }
    ])
    const { came, outcomes, who } = told.find(({ deed }) => deed.deed === "lose")!
    const seen = observe(outcomes, who, new Map(came).set(leo, [...came.get(leo)!, entry]))
    if ("fault" in seen) throw new Error(seen.fault.cites)
    const silence: Came = new Map([
      [leo, []],
      [eva, []]
    ])
    const next = (deed: Deed) => seen.worlds.flatMap((world) => step(world, leo, deed))
    const pongs = new Map(silence).set(leo, [{ type: "pong" }])
    const ping: Deed = { deed: "ask", request: { type: "ping" } }
    expect(observe(next(ping), leo, pongs)).not.toHaveProperty("fault")
    expect(observe(next(ping), leo, new Map(pongs).set(eva, [entry]))).not.toHaveProperty("fault")
    // A number that is told counts what stands before it.
    const send: Deed = { deed: "ask", request: { type: "send", room: "#cafe", text: "adiós" } }
    const own: JsonObject = { ...entry, seq: 2, from: leo, text: "adiós" }
    const sent: JsonObject = { type: "sent", room: "#cafe", seq: 2, at: "then" }
    const after = new Map([[leo, [own, sent]]])
    expect(observe(next(send), leo, new Map(after).set(eva, [entry, own]))).not.toHaveProperty("fault")
    expect(observe(next(send), leo, new Map(after).set(eva, [own]))).toMatchObject({ fault: { who: eva } })
  })

  test("may happen once at the most", () => {
    const once = tell(lost)
    const nth = once.findIndex(({ deed }) => deed.deed === "lose")
    const { came, outcomes, who } = once[nth]!
    const twice = new Map(came).set(leo, [...came.get(leo)!, entry, { ...entry, seq: 2 }])
    expect(observe(outcomes, who, twice)).toMatchObject({ fault: { cites: "ORDER-3" } })
  })
})
