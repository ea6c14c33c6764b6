/**
 * What can be cut from a history. Each cut gives the history of a run in which something did not happen: somebody was not there, or did not
 * ask for this. With a request goes all that followed from it, so that a server which did nothing wrong in the one did nothing wrong in
 * the other:
 *
 * - with a `send`, its entry on every connection; later entries move up by one, and so do heads and cursors. Order, gaps and knowledge of
 *   what remains are as before.
 * - with a `join`, all that the connection did and got in the room until it left it, and what others were told of it.
 * - from some moment on, what comes by a connection is not seen any more: what it asks then may have happened or not.
 * - with a connection, all that it did; with the rest of a connection, all that it did from then on. What others did, it need not have seen.
 * - with a conversation of two, all that they asked of it and got of it.
 * - `sync`, `ping`, lists and refused requests change nothing for anybody.
 *
 * @module
 */
import { isDirect, isEntryEvent, type Request, type ServerMessage } from "@tertulia/protocol"
import type { Lane, Observation } from "../history.ts"
import { type Course, courseOf, type Exchange, logOf, never, textOf } from "./course.ts"

/** A cut, or several at once: numbers and moments are those of the history for which it was made. */
export interface Cut {
  /** Connections that are left out. */
  readonly lanes: ReadonlySet<string>
  /** Connections that are seen only before this moment. */
  readonly rests: ReadonlyMap<string, number>
  /** Connections of which nothing that comes is seen from this moment on. */
  readonly blinds: ReadonlyMap<string, number>
  /** Observations that are left out, by their moments. */
  readonly moments: ReadonlySet<number>
  /** Entries that are left out, by log and `seq`. */
  readonly entries: ReadonlyMap<string, ReadonlySet<number>>
  /** Whose coming and going is told nobody. */
  readonly absences: ReadonlyArray<Absence>
  /**
   * Whether it may leave what no right server can have shown, since what followed can't be told from what didn't. Then the judge says so,
   * and the cut isn't made. All other cuts leave a history of a right server one of a right server.
   */
  readonly isBold: boolean
}

interface Absence {
  readonly room: string
  readonly nick: string
  readonly from: number
  readonly to: number
}

/** The cut that cuts nothing. */
export const nothing: Cut = {
  lanes: new Set(),
  rests: new Map(),
  blinds: new Map(),
  moments: new Set(),
  entries: new Map(),
  absences: [],
  isBold: false
}

/** Several cuts as one. */
export const together = (cuts: ReadonlyArray<Cut>): Cut => {
  const entries = new Map<string, Set<number>>()
  for (const [log, seqs] of cuts.flatMap((cut) => [...cut.entries])) {
    const before = entries.get(log) ?? new Set()
    for (const seq of seqs) before.add(seq)
    entries.set(log, before)
  }
  return {
    lanes: new Set(cuts.flatMap(({ lanes }) => [...lanes])),
    rests: earliest(cuts.map(({ rests }) => rests)),
    blinds: earliest(cuts.map(({ blinds }) => blinds)),
    moments: new Set(cuts.flatMap(({ moments }) => [...moments])),
    entries,
    absences: cuts.flatMap(({ absences }) => absences),
    isBold: cuts.some(({ isBold }) => isBold)
  }
}

const earliest = (all: ReadonlyArray<ReadonlyMap<string, number>>): ReadonlyMap<string, number> => {
  const first = new Map<string, number>()
  for (const each of all) for (const [who, moment] of each) first.set(who, Math.min(moment, first.get(who) ?? never))
  return first
}

// ---------------------------------------------------------------------------------------------------------------------
// Which cuts there are
// ---------------------------------------------------------------------------------------------------------------------

/** A cut that can be made. A long history has as many as it has lines, some of which are as large as it is itself: so each is made when it is asked for. */
export interface Possible {
  readonly make: () => Cut
  /** Of those of one course that follow one another, the last cuts all that the others do. */
  readonly restOf?: Course
}

/** All cuts of a history, the largest first. */
export const cutsOf = (lanes: ReadonlyArray<Lane>): ReadonlyArray<Possible> => {
  const courses = lanes.map(courseOf)
  const all = { courses, acknowledged: acknowledgedIn(courses) }
  return [
    ...courses.map((course) => ({ make: () => withoutLane(all, course) })),
    ...courses.flatMap((course) =>
      course.exchanges
        .toReversed()
        .map(({ asked }) => ({ make: () => withoutRest(all, course, asked), restOf: course }))
    ),
    ...courses.flatMap((course) =>
      course.exchanges.map((exchange) => ({ make: () => withoutRequest(all, course, exchange) }))
    ),
    ...[
      ...conversations(lanes, all),
      ...lanes.flatMap(greeting),
      ...strangers(all),
      ...unsaid(all),
      ...lanes.flatMap(unseen),
      ...lanes.flatMap(unbroken)
    ].map((cut) => ({ make: () => cut }))
  ]
}

/** Makes several cuts, as one. */
export const make = (cuts: ReadonlyArray<Possible>): Cut =>
  together(
    cuts
      .filter(({ restOf }, nth) => restOf === undefined || restOf !== cuts[nth + 1]?.restOf)
      .map((possible) => possible.make())
  )

interface All {
  readonly courses: ReadonlyArray<Course>
  /** The entries that a `sent` in the history acknowledges, by log and `seq`. */
  readonly acknowledged: ReadonlySet<string>
}

const acknowledgedIn = (courses: ReadonlyArray<Course>): ReadonlySet<string> =>
  new Set(
    courses.flatMap(({ exchanges }) =>
      exchanges.flatMap(({ reply, stay }) =>
        reply?.type === "sent" && stay !== undefined ? [`${logOf(stay.joined)} ${reply.seq}`] : []
      )
    )
  )

const withoutLane = (all: All, course: Course): Cut =>
  together([without(all, course, course.exchanges), { ...nothing, lanes: new Set([course.who]) }])

const withoutRest = (all: All, course: Course, from: number): Cut => {
  const rest = course.exchanges.filter(({ asked }) => asked >= from)
  // Whoever has left in the rest is now in for ever.
  const isBold = course.stays.some(
    ({ ending, exchange }) => exchange.asked < from && ending >= from && ending !== never
  )
  return together([without(all, course, rest), { ...nothing, rests: new Map([[course.who, from]]), isBold }])
}

/** A `join` goes with all that was asked in the room. Whoever has not left, or said `bye`, may all the same be gone for the others. */
const withoutRequest = (all: All, course: Course, exchange: Exchange): Cut => {
  const { reply, request } = exchange
  const isBold = (request.type === "leave" && reply?.type !== "error") || request.type === "bye"
  const inside = isJoin(exchange) ? insideOf(course, exchange) : []
  return { ...without(all, course, [exchange, ...inside]), ...(isBold ? { isBold } : {}) }
}

/** What was asked in a room between a `join` and the next. */
const insideOf = ({ exchanges }: Course, { asked, request }: Exchange): ReadonlyArray<Exchange> => {
  const room = roomOf(request)
  const after = exchanges.filter((each) => each.asked > asked && roomOf(each.request) === room)
  const next = after.findIndex(isJoin)
  return next === -1 ? after : after.slice(0, next)
}

const roomOf = (object: Request | ServerMessage): string | undefined => ("room" in object ? object.room : undefined)

/** Each conversation of two: what they asked of it, and what came of it. */
const conversations = (lanes: ReadonlyArray<Lane>, { courses }: All): ReadonlyArray<Cut> => {
  const came = lanes.flatMap(({ nick, observations }) =>
    observations.flatMap((each) => ("got" in each ? [{ nick, room: roomOf(each.got), moments: [each.moment] }] : []))
  )
  const asked = courses.flatMap(({ exchanges, nick }) =>
    exchanges.map((each) => ({ nick, room: roomOf(each.request), moments: [each.asked, each.answered] }))
  )
  const ofTwo = [...came, ...asked].filter(({ room = "" }) => isDirect(room))
  const bothOf = ({ nick, room = "" }: (typeof ofTwo)[number]) => [nick, room.slice(1)].toSorted().join(" ")
  return [...Map.groupBy(ofTwo, bothOf).values()].map((all) => ({
    ...nothing,
    moments: new Set(all.flatMap(({ moments }) => moments)),
    isBold: true
  }))
}

/** What a connection is greeted by, of which no history is guilty. */
const greeting = ({ observations }: Lane): ReadonlyArray<Cut> =>
  observations.flatMap((observation) =>
    "got" in observation && observation.got.type === "hello"
      ? [{ ...nothing, moments: new Set([observation.moment]) }]
      : []
  )

/** Each thing that a connection got, as the first that isn't seen. */
const unseen = ({ observations, who }: Lane): ReadonlyArray<Cut> =>
  observations
    .toReversed()
    .flatMap((observation) =>
      "got" in observation ? [{ ...nothing, blinds: new Map([[who, observation.moment]]) }] : []
    )

/** A connection that didn't break. */
const unbroken = ({ ended, who }: Lane): ReadonlyArray<Cut> =>
  ended === undefined ? [] : [{ ...nothing, rests: new Map([[who, ended]]), isBold: true }]

/** Without these requests of one connection, and what followed from them. */
const without = (all: All, course: Course, exchanges: ReadonlyArray<Exchange>): Cut => {
  const cut = new Set(exchanges)
  const stays = course.stays.filter(({ exchange }) => cut.has(exchange))
  return together([
    { ...nothing, moments: new Set(exchanges.flatMap(({ answered, asked }) => [asked, answered])) },
    {
      ...nothing,
      moments: new Set(stays.flatMap(({ entries, told }) => [...entries, ...told].map(({ moment }) => moment)))
    },
    ...exchanges.filter(({ request }) => request.type === "send").map((exchange) => entryOf(all, course, exchange)),
    ...exchanges.filter(isJoin).map((exchange) => absenceOf(all, course, exchange, cut))
  ])
}

const entry = (log: string, seq: number): Cut => ({ ...nothing, entries: new Map([[log, new Set([seq])]]) })

/** The entry that a `send` has made. */
const entryOf = (all: All, { nick }: Course, { asked, reply, request, stay }: Exchange): Cut => {
  if (reply?.type === "sent" && stay !== undefined) return entry(logOf(stay.joined), reply.seq)
  if (reply !== undefined || request.type !== "send") return nothing
  // It may have happened: then its entry is one that nothing acknowledges.
  for (const { stays } of all.courses) {
    for (const { entries, joined } of stays) {
      const made = entries.find(
        (seen) =>
          seen.from === nick &&
          seen.room === request.room &&
          textOf(seen) === request.text &&
          seen.moment > asked &&
          !all.acknowledged.has(`${logOf(joined)} ${seen.seq}`)
      )
      if (made !== undefined) return entry(logOf(joined), made.seq)
    }
  }
  return nothing
}

/** Whether a request has brought somebody into a room, or may have. */
const isJoin = ({ reply, request }: Exchange): boolean => request.type === "join" && reply?.type !== "error"

/** Nobody is told of somebody who was never there; of one who comes again, it can't be known what of it is told when. */
const absenceOf = (
  { courses }: All,
  { nick }: Course,
  { asked, request }: Exchange,
  cut: ReadonlySet<Exchange>
): Cut => {
  const room = roomOf(request) ?? ""
  const others = courses
    .filter((course) => course.nick === nick)
    .flatMap(({ exchanges }) => exchanges)
    .filter((each) => isJoin(each) && roomOf(each.request) === room && !cut.has(each))
  if (others.length === 0) return { ...nothing, absences: [{ room, nick, from: 0, to: never }] }
  const next = Math.min(never, ...others.map((each) => each.asked).filter((moment) => moment > asked))
  return { ...nothing, absences: [{ room, nick, from: asked, to: next }], isBold: true }
}

/** People in a room who are on no lane there: what is told of them. */
const strangers = ({ courses }: All): ReadonlyArray<Cut> => {
  const known = new Set(courses.flatMap(({ nick, stays }) => stays.map(({ joined }) => `${joined.room} ${nick}`)))
  const named = courses.flatMap(({ stays }) =>
    stays.flatMap(({ joined, told }) =>
      [...joined.members, ...told.map(({ nick }) => nick)].map(
        (nick) => [`${joined.room} ${nick}`, joined.room, nick] as const
      )
    )
  )
  return [...new Map(named.map(([key, room, nick]) => [key, { room, nick, from: 0, to: never }] as const))]
    .filter(([key]) => !known.has(key))
    .map(([, absent]) => ({ ...nothing, absences: [absent] }))
}

/** Entries that no `send` in the history has made. */
const unsaid = ({ acknowledged, courses }: All): ReadonlyArray<Cut> => {
  const heads = new Map<string, number>()
  for (const { stays } of courses)
    for (const { entries, joined } of stays)
      for (const seq of [joined.head, ...entries.map((each) => each.seq)])
        heads.set(logOf(joined), Math.max(seq, heads.get(logOf(joined)) ?? 0))
  return [...heads].flatMap(([log, head]) =>
    Array.from({ length: Math.min(head, mostUnsaid) }, (_, nth) => nth + 1)
      .filter((seq) => !acknowledged.has(`${log} ${seq}`))
      .map((seq) => entry(log, seq))
  )
}

// Numbers come from the target: a head of a billion is no reason to try a billion cuts.
const mostUnsaid = 5_000

// ---------------------------------------------------------------------------------------------------------------------
// Cutting
// ---------------------------------------------------------------------------------------------------------------------

/** The history without what is cut. */
export const cutOut = (lanes: ReadonlyArray<Lane>, cut: Cut): ReadonlyArray<Lane> => {
  const ranks = new Map([...cut.entries].map(([log, seqs]) => [log, [...seqs].toSorted((one, other) => one - other)]))
  return lanes.filter(({ who }) => !cut.lanes.has(who)).map((lane) => cutFrom(lane, cut, ranks))
}

/** The entries that are cut from each log, ascending. */
type Ranks = ReadonlyMap<string, ReadonlyArray<number>>

/** How many of these are at most `seq`. */
const countUpTo = (seqs: ReadonlyArray<number>, seq: number): number => {
  let [low, high] = [0, seqs.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (seqs[middle]! <= seq) low = middle + 1
    else high = middle
  }
  return low
}

/** The history up to a moment. */
export const upTo = (lanes: ReadonlyArray<Lane>, last: number): ReadonlyArray<Lane> =>
  lanes.map(({ ended = never, nick, observations, who }) => ({
    who,
    nick,
    observations: observations.filter(({ moment }) => moment <= last),
    ...(ended <= last ? { ended } : {})
  }))

const cutFrom = ({ ended = never, nick, observations, who }: Lane, cut: Cut, ranks: Ranks): Lane => {
  const end = cut.rests.get(who) ?? never
  const blind = cut.blinds.get(who) ?? never
  const epochs = new Map<string, string>()
  const kept: Array<Observation> = []
  for (const observation of observations) {
    if (observation.moment >= end) break
    const after = changed(observation, epochs, cut, ranks)
    // Also of what is cut: the entries after it belong to the log that it names.
    if ("got" in observation) follow(epochs, observation.got)
    const isSeen = "sent" in observation || observation.moment < blind
    if (after !== undefined && isSeen && !cut.moments.has(observation.moment)) kept.push(after)
  }
  return { who, nick, observations: kept, ...(ended < end ? { ended } : {}) }
}

/** Notes in which epochs a connection is in which rooms. */
const follow = (epochs: Map<string, string>, got: ServerMessage): void => {
  if (got.type === "joined") epochs.set(got.room, got.epoch)
  if (got.type === "left") epochs.delete(got.room)
  if (got.type === "bye") epochs.clear()
}

const changed = (
  observation: Observation,
  epochs: ReadonlyMap<string, string>,
  cut: Cut,
  ranks: Ranks
): Observation | undefined => {
  const { moment } = observation
  const countIn = (room: string, epoch: string | undefined, seq: number): number => {
    const seqs = epoch === undefined ? undefined : ranks.get(logOf({ room, epoch }))
    return seqs === undefined ? 0 : countUpTo(seqs, seq)
  }
  const isCut = (room: string, seq: number): boolean =>
    cut.entries.get(logOf({ room, epoch: epochs.get(room) ?? "" }))?.has(seq) === true
  const isAbsent = (room: string, nick: string): boolean =>
    cut.absences.some((each) => each.room === room && each.nick === nick && each.from <= moment && moment < each.to)

  if ("sent" in observation) {
    const { sent } = observation
    if (sent.type !== "join" || sent.after === undefined) return observation
    return { moment, sent: { ...sent, after: sent.after - countIn(sent.room, sent.epoch, sent.after) } }
  }
  const { got } = observation
  if (got.type === "sent" || isEntryEvent(got)) {
    if (isCut(got.room, got.seq)) return undefined
    return { moment, got: { ...got, seq: got.seq - countIn(got.room, epochs.get(got.room), got.seq) } }
  }
  switch (got.type) {
    case "member":
      return isAbsent(got.room, got.nick) ? undefined : observation
    case "joined":
      return {
        moment,
        got: {
          ...got,
          head: got.head - countIn(got.room, got.epoch, got.head),
          first: got.first - countIn(got.room, got.epoch, got.first - 1),
          members: got.members.filter((nick) => !isAbsent(got.room, nick))
        }
      }
    case "members":
      return { moment, got: { ...got, members: got.members.filter((nick) => !isAbsent(got.room, nick)) } }
    default:
      return observation
  }
}
