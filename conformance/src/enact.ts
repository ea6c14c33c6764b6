/**
 * Performs a story against the target, deed by deed, and holds what each client gets against the pure model of a server.
 *
 * After each deed everybody asks for a fence and reads up to it: what a deed has caused is known before the next begins, so that the
 * model needs no interleavings. What people do at once is for the judge of histories.
 *
 * @module
 */
import {
  actOf,
  type Came,
  type Deed,
  emptyWorld,
  type Fault,
  knownOf,
  type Modelled,
  type Names,
  type Outcome,
  observe,
  people,
  rooms,
  type Story,
  step,
  type Want,
  type Who,
  type World
} from "@tertulia/protocol/model"
import * as Effect from "effect/Effect"
import { type Client, isCompany } from "./client.ts"
import type { EvidenceLike, Scenario } from "./scenario.ts"
import type { Arrived } from "./wire/connection.ts"

/** Performs a story in which everybody is logged in from the beginning; the first requirement that is broken ends it. */
export const enact = Effect.fnUntraced(function* (t: Scenario, story: Story) {
  const names = freshNames(t)
  const stage = makeStage(t)
  // All worlds that agree with what has come: where a server has a choice, there are several for a while.
  let worlds: ReadonlyArray<World> = [emptyWorld(t.limits, rooms.map(names.room))]

  const attempt = Effect.fnUntraced(function* (who: Who, deed: Deed) {
    const outcomes = worlds.flatMap((world) => step(world, who, deed))
    return observe(outcomes, who, yield* stage.perform(who, deed, outcomes[0]!))
  })

  const does = Effect.fnUntraced(function* (who: Who, deed: Deed) {
    let seen = yield* attempt(who, deed)
    while ("fault" in seen && isEarly(seen.fault, who, deed) && (yield* stage.isSettling)) {
      // The next question comes a few round trips later.
      for (let nth = 0; nth < 4; nth++) yield* stage.client(who).ping
      seen = yield* attempt(who, deed)
    }
    if ("fault" in seen)
      return yield* t.broken(evidenceOf(who, deed, seen.fault), stage.client(seen.fault.who), seen.fault.cites)
    for (const id of seen.kept) yield* t.judge(id, true, nothingWrong)
    worlds = seen.worlds
  })

  for (const who of people) {
    yield* does(who, { deed: "open" })
    yield* does(who, { deed: "ask", request: { type: "login", nick: names.nick(who) } })
  }
  for (const act of story) for (const deed of actOf(worlds[0]!, names, act)) yield* does(act.who, deed)
})

/** Names that nobody has ever had. The rooms' stand together in the list of rooms, behind one that is never used. */
const freshNames = (t: Scenario): Names => {
  const before = t.roomName()
  const known = new Map<string, string>([
    ...people.map((who) => [who, t.nick(who)] as const),
    ...rooms.map((room) => [room, t.roomName()] as const)
  ])
  return { before, nick: (who) => known.get(who)!, room: (room) => known.get(room)! }
}

const nothingWrong: EvidenceLike = { expected: "", got: "" }

// ---------------------------------------------------------------------------------------------------------------------
// The connections
// ---------------------------------------------------------------------------------------------------------------------

/** The connections of a story, and what they have got since the last fence. */
const makeStage = (t: Scenario) => {
  /** The last connection of each, and those whose last connection is over. */
  const clients = new Map<Who, Client>()
  const gone = new Set<Who>()
  const loggedIn = new Set<Who>()
  let heard = new Map<Who, ReadonlyArray<Arrived>>()
  // Until then a connection that was lost may hold its nick and its memberships (LOGIN-7, MEMBER-5).
  let settledAt = 0

  const hear = (who: Who, items: ReadonlyArray<Arrived>) => {
    heard.set(who, [...(heard.get(who) ?? []), ...items])
  }

  const ask = Effect.fnUntraced(function* (
    who: Who,
    request: Extract<Deed, { deed: "ask" }>["request"],
    cites: Modelled
  ) {
    const client = clients.get(who)!
    const id = yield* client.post(request)
    const reply = yield* client.take(({ object }) => object["re"] === id, `the reply to request ${id}`, { id: cites })
    hear(who, [...(yield* client.taken), reply])
    if (reply.type === "welcome") loggedIn.add(who)
  })

  const lose = Effect.fnUntraced(function* (who: Who, deed: Extract<Deed, { deed: "lose" }>, { owed }: Outcome) {
    const client = clients.get(who)!
    if (deed.unanswered !== undefined) yield* client.post({ type: "send", ...deed.unanswered })
    yield* deed.by === "FIN" ? client.end : client.reset
    gone.add(who)
    settledAt = (yield* t.now) + 2_000 * t.heartbeat
    for (const each of owed.filter(({ kind }) => kind === "member")) {
      const { nick, room } = knownOf(each)
      const reader = clients.get(each.to)!
      const isDeparture = ({ object, type }: Arrived) =>
        type === "member" && object["nick"] === nick && object["room"] === room && object["change"] === "left"
      const expected = `the event \`member\` that tells of ${String(nick)}, whose connection has ended`
      hear(each.to, [yield* reader.take(isDeparture, expected, { id: "MEMBER-5", seconds: 2 * t.heartbeat })])
    }
  })

  /** Everybody reads all that a deed has caused. Before login there is no `sync`. */
  const fence = Effect.fnUntraced(function* (who: Who) {
    const client = clients.get(who)!
    if (loggedIn.has(who)) return hear(who, yield* client.fence)
    const id = yield* client.post({ type: "ping" })
    yield* client.take(({ object }) => object["re"] === id, `the reply to request ${id}`, { id: "REPLY-10" })
    hear(who, yield* client.taken)
  })

  /** Does it, and gives all that everybody gets. */
  const perform = Effect.fnUntraced(function* (who: Who, deed: Deed, outcome: Outcome) {
    heard = new Map()
    if (deed.deed === "open") {
      clients.set(who, yield* t.connection(who))
      gone.delete(who)
      loggedIn.delete(who)
    } else if (deed.deed === "lose") yield* lose(who, deed, outcome)
    else {
      yield* ask(who, deed.request, outcome.owed.find(({ kind }) => kind === "reply")!.cites)
      if (deed.request.type === "bye") gone.add(who)
    }
    const readers = [...clients.keys()].filter((reader) => !gone.has(reader))
    yield* Effect.forEach(readers, fence, { concurrency: "unbounded", discard: true })
    return cameOf(heard)
  })

  return {
    perform,
    /** The last connection of somebody. */
    client: (who: Who): Client => clients.get(who)!,
    /** Whether a lost connection may still have its effects. */
    isSettling: Effect.map(t.now, (now) => now < settledAt)
  }
}

/** What the model has to look at, in the order of each connection: what may come at any time says nothing. */
const cameOf = (heard: ReadonlyMap<Who, ReadonlyArray<Arrived>>): Came =>
  new Map(
    [...heard].map(([who, items]) => [
      who,
      items
        .filter((item) => item.type === "member" || !isCompany(item))
        .toSorted((one, other) => one.nth - other.nth)
        .map(({ object }) => object)
    ])
  )

/** Whether it may be for a lost connection that a nick is taken or a room is listed. */
const isEarly = ({ got, who }: Fault, actor: Who, deed: Deed): boolean =>
  who === actor &&
  deed.deed === "ask" &&
  ((deed.request.type === "login" && got?.["code"] === "nick-taken") ||
    (deed.request.type === "rooms" && got?.["type"] === "rooms"))

// ---------------------------------------------------------------------------------------------------------------------
// In words
// ---------------------------------------------------------------------------------------------------------------------

const evidenceOf = (actor: Who, deed: Deed, { got, want, who }: Fault): EvidenceLike => ({
  sent: `${actor}: ${doneIn(deed)}`,
  expected: `${wanted(want)}, on the connection of ${who}`,
  got: got === undefined ? "nothing of the kind before the fence" : JSON.stringify(got)
})

/** As the dialogues of the spec have it. */
const doneIn = (deed: Deed): string => {
  if (deed.deed === "ask") return JSON.stringify(deed.request)
  if (deed.deed === "open") return "(opens)"
  const end = deed.by === "FIN" ? "(ends)" : "(resets)"
  return deed.unanswered === undefined ? end : `${JSON.stringify({ type: "send", ...deed.unanswered })}, then ${end}`
}

const wanted = (want: Want): string => {
  switch (want.is) {
    case "object":
      return JSON.stringify(want.object)
    case "field":
      return want.value === undefined
        ? `\`${want.type}\` without "${want.field}"`
        : `\`${want.type}\` with "${want.field}":${JSON.stringify(want.value)}`
    case "range":
      return `\`${want.type}\` with "${want.field}" from ${want.least} to ${want.most}`
    case "unused epoch":
      return "`joined` with an epoch that no other log has had"
    case "nothing":
      return "nothing more"
  }
}
