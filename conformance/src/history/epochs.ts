/**
 * The lives of logs: epochs, heads, and coming back with a cursor.
 *
 * @module
 */
import type { Judgement } from "../history.ts"
import { type Course, type Fact, judgement, logOf, never, type Stay, sendsOf } from "./course.ts"

export const epochs = (courses: ReadonlyArray<Course>): ReadonlyArray<Judgement> => {
  const visits = courses.flatMap(({ stays, who }) => stays.map((stay): Visit => ({ who, stay })))
  return [
    judgement("EPOCH-2", [...oneRoomEach(visits), ...heads(courses, visits, "forgotten")]),
    judgement("EPOCH-1", heads(courses, visits, "kept")),
    judgement("EPOCH-3", steady(visits)),
    judgement("CATCH-1", visits.map(saysResumed)),
    judgement("CATCH-3", visits.flatMap(resumesRightly)),
    judgement("CATCH-2", courses.flatMap(replays))
  ]
}

/** A stay, and whose. */
interface Visit {
  readonly who: string
  readonly stay: Stay
}

const oneRoomEach = (visits: ReadonlyArray<Visit>): ReadonlyArray<Fact> => {
  const rooms = new Map<string, string>()
  return visits
    .toSorted((one, other) => one.stay.from - other.stay.from)
    .map(({ stay: { from, joined }, who }) => {
      const first = rooms.get(joined.epoch) ?? joined.room
      rooms.set(joined.epoch, first)
      if (first === joined.room) return undefined
      const expected = `another epoch than that of ${first}`
      return { who, moment: from, expected, got: JSON.stringify(joined) }
    })
}

/**
 * A `join` must find at least the head that was known before it was asked for. If it finds less where somebody was in the room all the
 * time, the log has lost entries (EPOCH-1); where nobody was, it is another log under the same epoch (EPOCH-2), and both are broken.
 */
const heads = (
  courses: ReadonlyArray<Course>,
  visits: ReadonlyArray<Visit>,
  which: "forgotten" | "kept"
): ReadonlyArray<Fact> => {
  const known = knownHeads(courses)
  return visits.flatMap(({ stay, who }) => {
    const { exchange, from, joined } = stay
    const floor = known(joined, exchange.asked)
    if (floor === undefined) return []
    if (joined.head >= floor.head) return [undefined]
    const wasKept = visits.some(
      ({ stay: other }) =>
        other !== stay &&
        logOf(other.joined) === logOf(joined) &&
        other.from < floor.moment &&
        other.ending > exchange.asked
    )
    if (wasKept && which === "forgotten") return [undefined]
    const expected =
      which === "forgotten"
        ? `another epoch than ${joined.epoch}, in which ${joined.room} had a head of ${floor.head}`
        : `a head of at least ${floor.head}, which ${joined.room} had in the epoch ${joined.epoch} before`
    return [{ who, moment: from, expected, got: JSON.stringify(joined) }]
  })
}

interface KnownHead {
  readonly moment: number
  readonly head: number
}

/** The highest entry of a log that anybody had seen before a moment. */
const knownHeads = (courses: ReadonlyArray<Course>) => {
  const logs = new Map<string, Array<KnownHead>>()
  const note = (log: string, moment: number, head: number) => {
    if (!logs.has(log)) logs.set(log, [])
    logs.get(log)!.push({ moment, head })
  }
  for (const course of courses) {
    for (const { entries, from, joined } of course.stays) {
      note(logOf(joined), from, joined.head)
      for (const { moment, seq } of entries) note(logOf(joined), moment, seq)
    }
    for (const { answered, reply, stay } of sendsOf(course))
      if (stay !== undefined) note(logOf(stay.joined), answered, reply.seq)
  }
  const rising = new Map([...logs].map(([log, heads]) => [log, recordsOf(heads)]))
  return (joined: Stay["joined"], before: number): KnownHead | undefined =>
    rising.get(logOf(joined))?.findLast(({ moment }) => moment < before)
}

/** The heads that were higher than all before. */
const recordsOf = (heads: Array<KnownHead>): ReadonlyArray<KnownHead> => {
  let highest = -1
  return heads
    .toSorted((one, other) => one.moment - other.moment)
    .filter(({ head }) => {
      if (head <= highest) return false
      highest = head
      return true
    })
}

/** While one stay lasts, every other `joined` of the room has the same epoch. */
const steady = (visits: ReadonlyArray<Visit>): ReadonlyArray<Fact> =>
  visits.flatMap(({ stay, who }) => {
    const inside = visits.filter(
      ({ stay: other }) =>
        other.joined.room === stay.joined.room && other.from < stay.exchange.asked && other.ending > stay.from
    )
    return inside.map(({ stay: other, who: witness }) => {
      if (other.joined.epoch === stay.joined.epoch) return undefined
      const expected = `the epoch ${other.joined.epoch}, in which ${witness} is in ${stay.joined.room}`
      return { who, moment: stay.from, expected, got: JSON.stringify(stay.joined) }
    })
  })

const cursorOf = ({ exchange: { request } }: Stay) =>
  request.type === "join" && request.after !== undefined ? { after: request.after, epoch: request.epoch } : undefined

const saysResumed = ({ stay, who }: Visit): Fact => {
  const { from, joined } = stay
  const cursor = cursorOf(stay)
  if ((cursor === undefined) === (joined.resumed === undefined)) return undefined
  const expected = cursor === undefined ? "no `resumed`, as the `join` had no `after`" : "`resumed`, true or false"
  return { who, moment: from, expected, got: JSON.stringify(joined) }
}

const resumesRightly = ({ stay, who }: Visit): ReadonlyArray<Fact> => {
  const { base, entries, from, joined } = stay
  const cursor = cursorOf(stay)
  if (cursor === undefined) return []
  const isPossible = cursor.epoch === joined.epoch && cursor.after >= joined.first - 1 && cursor.after <= joined.head
  if (joined.resumed === true) {
    if (isPossible) return [undefined]
    const expected = `"resumed":false, since the cursor was ${cursor.after} of the epoch ${cursor.epoch}`
    return [{ who, moment: from, expected, got: JSON.stringify(joined) }]
  }
  const replayed = entries.find(({ seq }) => seq <= base)
  if (replayed === undefined) return [undefined]
  const expected = `nothing up to the head ${base}, as "resumed":false said`
  return [{ who, moment: replayed.moment, expected, got: `the entry ${replayed.seq}` }]
}

/** After `joined` with `resumed` true, the entries up to its head come one by one, before anything else is answered. */
const replays = (course: Course): ReadonlyArray<Fact> =>
  course.stays
    .filter((stay) => stay.joined.resumed === true && stay.base < stay.joined.head)
    .map(({ base, entries, exchange, joined }) => {
      const wanted = joined.head - base
      const wrong = entries.slice(0, wanted).find(({ seq }, nth) => seq !== base + 1 + nth)
      const next = Math.min(
        never,
        ...course.exchanges.filter(({ asked }) => asked > exchange.asked).map(({ answered }) => answered)
      )
      const inTime = entries.filter(({ moment, seq }) => seq <= joined.head && moment < next).length
      const expected = `the entries ${base + 1} to ${joined.head} of ${joined.room}, one by one, after "resumed":true`
      if (wrong !== undefined && wrong.moment < next)
        return { who: course.who, moment: wrong.moment, expected, got: `the entry ${wrong.seq}` }
      if (next === never || inTime >= wanted) return undefined
      return { who: course.who, moment: next, expected, got: `${inTime} of them before the next reply` }
    })
