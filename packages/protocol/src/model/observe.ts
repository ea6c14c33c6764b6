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
  | { readonly bound: Bound; readonly kept: ReadonlyArray<Modelled> }
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
    "bound" in match ? [{ ...outcome.world, bound: match.bound }] : []
  )
  if (worlds.length > 0) {
    return { worlds, kept: new Set(matches.flatMap(({ match }) => ("bound" in match ? match.kept : []))) }
  }
  const faults = matches.flatMap(({ match }) => ("fault" in match ? [match] : []))
  return { fault: faults.toSorted((one, other) => other.kept.length - one.kept.length)[0]!.fault }
}

const matchOf = (outcome: Outcome, actor: Who, came: Came): Match => {
  // What the actor got tells most of what was done, so it is looked at first.
  const readers = [...came.keys()].toSorted((one, other) => Number(other === actor) - Number(one === actor))
  let match: Match = { bound: outcome.world.bound, kept: [] }
  for (const who of readers) {
    const lane = matchLane(outcome, actor, who, came.get(who)!, match.bound)
    const kept: ReadonlyArray<Modelled> = [...match.kept, ...lane.kept]
    if ("fault" in lane) return { fault: lane.fault, kept }
    match = { bound: lane.bound, kept }
  }
  return match
}

/** One connection: replies and entries in their order, `member` events anywhere among them, and nothing else. */
const matchLane = (outcome: Outcome, actor: Who, who: Who, came: ReadonlyArray<JsonObject>, before: Bound): Match => {
  const owed = outcome.owed.filter(({ to }) => to === who)
  const kept: Array<Modelled> = []
  const left = [...came]
  let bound = before
  for (const each of owed) {
    const place = left.findIndex((object) => isMember(object) === (each.kind === "member") && mayBe(each, object))
    const found = left[place]
    const stands = each.kind === "member" ? found : left.find((object) => !isMember(object))
    if (found === undefined || found !== stands) {
      const isOwed = owed.some(({ kind, type }) => kind !== "member" && type === stands?.["type"])
      const cites =
        found === undefined ? each.cites : isOwed ? (each.late ?? each.cites) : strayOf(outcome, actor, who, stands!)
      return { fault: { cites, who, want: { is: "object", object: knownOf(each) }, got: stands }, kept }
    }
    for (const check of each.checks) {
      const looked = check.look(found, bound)
      if (!("bound" in looked)) return { fault: { ...looked, who, got: found }, kept }
      bound = looked.bound
      kept.push(...check.cites)
    }
    kept.push(each.cites, ...(each.late === undefined ? [] : [each.late]))
    left.splice(place, 1)
  }
  const [stray] = left
  if (stray !== undefined) {
    return { fault: { cites: strayOf(outcome, actor, who, stray), who, want: { is: "nothing" }, got: stray }, kept }
  }
  return { bound, kept: [...kept, ...keptBySilence(outcome, owed, who === actor)] }
}

const isMember = ({ type }: JsonObject): boolean => type === "member"

/** Whether this may be the object that is owed: the type is right, and of a `member` event all that it says. */
const mayBe = (owed: Owed, object: JsonObject): boolean =>
  object["type"] === owed.type &&
  (owed.kind !== "member" || owed.checks.every(({ look }) => "bound" in look(object, new Map())))

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
const keptBySilence = (outcome: Outcome, owed: ReadonlyArray<Owed>, isActor: boolean): ReadonlyArray<Modelled> => [
  ...owed.flatMap(
    ({ kind }): ReadonlyArray<Modelled> =>
      kind === "reply" ? ["REPLY-1", "MEMBER-3"] : kind === "entry" ? ["ORDER-3"] : ["MEMBER-4"]
  ),
  ...(owed.length > 0 && !isActor ? (["SYNC-1"] as const) : []),
  ...(owed.length === 0 && outcome.owed.some(({ kind }) => kind !== "reply") ? (["ISOLATE-1"] as const) : [])
]
