/**
 * What has come, held against what may come.
 *
 * @module
 */
import type { JsonObject } from "../json.ts"
import { knownOf, type Modelled, type Owed, type Want } from "./expected.ts"
import type { Outcome } from "./step.ts"
import type { Bound, Who, World } from "./world.ts"

/** All that each connection has got since the last look, in its order; a connection that isn't read has no place in it. */
export type Came = ReadonlyMap<Who, ReadonlyArray<JsonObject>>

/** A requirement that no allowed outcome can save. */
export interface Fault {
  readonly cites: Modelled
  readonly who: Who
  readonly want: Want
  /** What came in its place; nothing if nothing did. */
  readonly got: JsonObject | undefined
}

/** What a look comes to. */
export type Seen =
  /** The worlds that are still possible, and the requirements that were judged and kept. */
  { readonly worlds: ReadonlyArray<World>; readonly kept: ReadonlySet<Modelled> } | { readonly fault: Fault }

/** How far one outcome agrees with what came. */
type Match =
  | { readonly bound: Bound; readonly loose: ReadonlyArray<Owed>; readonly kept: ReadonlyArray<Modelled> }
  | { readonly fault: Fault; readonly kept: ReadonlyArray<Modelled> }

/**
 * Keeps the outcomes that agree with what came. When none does, explains it by the one that agrees longest.
 *
 * @param actor whose deed it was
 * @param came the connections whose stream was read up to a fence
 */
export const observe = (outcomes: ReadonlyArray<Outcome>, actor: Who, came: Came): Seen => {
  const matches = outcomes.map((outcome) => ({ outcome, match: matchOf(outcome, actor, came) }))
  const worlds = matches.flatMap(({ match, outcome }) =>
    "bound" in match ? [{ ...outcome.world, bound: match.bound, loose: match.loose }] : []
  )
  if (worlds.length > 0) {
    return {
      worlds: distinct(worlds),
      kept: new Set(matches.flatMap(({ match }) => ("bound" in match ? match.kept : [])))
    }
  }
  const faults = matches.flatMap(({ match }) => ("fault" in match ? [match] : []))
  return { fault: faults.toSorted((one, other) => other.kept.length - one.kept.length)[0]!.fault }
}

/** Worlds that differ, so that what may have happened doesn't multiply with each step in which it may have. */
const distinct = (worlds: ReadonlyArray<World>): ReadonlyArray<World> =>
  worlds.length === 1 ? worlds : [...new Map(worlds.map((world) => [keyOf(world), world])).values()]

const keyOf = ({ bound, cursors, loose, pending, rooms }: World): string =>
  JSON.stringify([
    [...rooms].map(([room, { entries, members, nth }]) => [room, nth, entries, [...members]]),
    loose.map((owed) => [owed.to, knownOf(owed)]),
    pending,
    [...cursors],
    [...bound]
  ])

const matchOf = (outcome: Outcome, actor: Who, came: Came): Match => {
  // What the actor got tells most of what was done, so it is looked at first.
  const readers = [...came.keys()].toSorted((one, other) => Number(other === actor) - Number(one === actor))
  let match: Match = { bound: outcome.world.bound, loose: [], kept: [] }
  for (const who of readers) {
    const lane = matchLane(outcome, actor, who, came.get(who)!, match.bound)
    const kept: ReadonlyArray<Modelled> = [...match.kept, ...lane.kept]
    if ("fault" in lane) return { fault: lane.fault, kept }
    match = { bound: lane.bound, loose: [...match.loose, ...lane.loose], kept }
  }
  return match
}

/** One connection: replies and entries in their order, `member` events anywhere among them, and nothing else. */
const matchLane = (outcome: Outcome, actor: Who, who: Who, came: ReadonlyArray<JsonObject>, before: Bound): Match => {
  const all = paired(
    outcome.owed.filter(({ to }) => to === who),
    came
  )
  const pairs = all.filter(({ found, owed }) => found !== undefined || owed.isLoose !== true)
  const kept: Array<Modelled> = []
  let bound = before
  const blame = (cites: Modelled, want: Want, got: JsonObject | undefined): Match => ({
    fault: { cites, who, want, got },
    kept
  })
  // What is wrong in a reply says more than what is missing before it.
  for (const { found, owed } of pairs.toSorted((one, other) => Number(isReply(other)) - Number(isReply(one)))) {
    if (found === undefined) return blame(owed.cites, { is: "object", object: knownOf(owed) }, answerIn(came, pairs))
    for (const { cites, look } of owed.checks) {
      const looked = look(found, bound)
      if ("want" in looked) return blame(looked.cites, looked.want, found)
      bound = looked.bound
      kept.push(...cites)
    }
    kept.push(owed.cites)
  }
  const stray = came.find((object) => pairs.every(({ found }) => found !== object))
  if (stray !== undefined) return blame(strayOf(outcome, actor, who, stray), { is: "nothing" }, stray)
  const entries = pairs.filter(({ owed }) => owed.kind === "entry")
  const firm = pairs.filter(({ owed }) => owed.kind !== "member" && owed.isLoose !== true)
  for (const inOrder of [entries, firm]) {
    const stream = came.filter((object) => inOrder.some(({ found }) => found === object))
    for (const [place, { found, owed }] of inOrder.entries()) {
      const late = owed.late ?? owed.cites
      if (found !== stream[place]) return blame(late, { is: "object", object: knownOf(owed) }, stream[place])
      kept.push(late)
    }
  }
  const loose = all.flatMap(({ found, owed }) => (found === undefined && isStillIn(outcome, owed) ? [owed] : []))
  return { bound, loose, kept: [...kept, ...keptBySilence(outcome, who, who === actor)] }
}

/** Whether somebody whom an entry hasn't reached is still there to get it. */
const isStillIn = (outcome: Outcome, owed: Owed): boolean => isIn(outcome, owed.to, knownOf(owed)["room"])

/** What is owed, with the object that it may be. */
interface Pair {
  readonly owed: Owed
  readonly found: JsonObject | undefined
}

/** Gives each thing that is owed the first object that it may be and that no other has. */
const paired = (all: ReadonlyArray<Owed>, came: ReadonlyArray<JsonObject>): ReadonlyArray<Pair> => {
  const left = [...came]
  return all.map((owed) => {
    const place = left.findIndex((object) => mayBe(owed, object))
    return { owed, found: place === -1 ? undefined : left.splice(place, 1)[0] }
  })
}

const isReply = ({ owed }: Pair): boolean => owed.kind === "reply"

/** What came in the place of a reply, if it is one that is missing. */
const answerIn = (came: ReadonlyArray<JsonObject>, pairs: ReadonlyArray<Pair>): JsonObject | undefined =>
  came.find((object) => !isMember(object) && pairs.every(({ found }) => found !== object))

const isMember = ({ type }: JsonObject): boolean => type === "member"

/** Whether this may be the object that is owed: the type is right, and of what may come at any time, all that it says. */
const mayBe = (owed: Owed, object: JsonObject): boolean =>
  object["type"] === owed.type &&
  ((owed.kind !== "member" && owed.isLoose !== true) ||
    owed.checks.every(({ look }) => "bound" in look(object, new Map())))

const isIn = ({ world }: Outcome, who: Who, room: unknown): boolean =>
  world.rooms.get(String(room))?.members.has(who) === true

/** What is broken by something that nobody is owed. */
const strayOf = (outcome: Outcome, actor: Who, who: Who, { nick, room, type }: JsonObject): Modelled => {
  if (type === "member") {
    if (outcome.world.links.get(who)?.nick === nick) return "MEMBER-3"
    return isIn(outcome, who, room) ? "MEMBER-4" : "ISOLATE-1"
  }
  if (type !== "message") return "REPLY-1"
  if (!isIn(outcome, who, room)) return "ISOLATE-1"
  return who === actor ? (outcome.replay ?? "ORDER-3") : "ORDER-3"
}

/** What is kept by all that was owed having come before the fence, and by nothing more: judged where there was something to say. */
const keptBySilence = (outcome: Outcome, who: Who, isActor: boolean): ReadonlyArray<Modelled> => {
  const owed = outcome.owed.filter(({ to }) => to === who)
  return [
    ...owed.flatMap(
      ({ kind }): ReadonlyArray<Modelled> =>
        kind === "reply" ? ["REPLY-1", "MEMBER-3"] : kind === "entry" ? ["ORDER-3"] : ["MEMBER-4"]
    ),
    ...(owed.length > 0 && !isActor ? (["SYNC-1"] as const) : []),
    // After a cursor, exactly what `resumed` has promised: the entries, or none.
    ...(outcome.replay !== undefined && isActor ? (["CATCH-2", "CATCH-3"] as const) : []),
    ...(owed.length === 0 && outcome.owed.some(({ kind }) => kind !== "reply") ? (["ISOLATE-1"] as const) : [])
  ]
}
