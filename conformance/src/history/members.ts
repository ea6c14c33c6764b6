/**
 * True membership: a list, changed by the events after it, against what people did.
 *
 * @module
 */
import type { Judgement } from "../history.ts"
import { type Course, type Exchange, type Fact, judgement, never, type Stay } from "./course.ts"
import { staysAt, syncsOf } from "./order.ts"

export const members = (courses: ReadonlyArray<Course>): Judgement =>
  judgement("MEMBER-6", courses.flatMap(membership(peopleOf(courses))))

/** Who may come by several connections, one after the other. */
interface Somebody {
  readonly nick: string
  readonly courses: ReadonlyArray<Course>
  /** By room, what they asked and what they were there. */
  readonly visits: ReadonlyMap<string, Visits>
}

/** A `join` that nobody has answered may have happened: until when it is on its way. */
interface Visits {
  readonly joins: ReadonlyArray<Pick<Exchange, "asked" | "answered">>
  readonly times: ReadonlyArray<Pick<Stay, "from" | "ending" | "until">>
}

const peopleOf = (courses: ReadonlyArray<Course>): ReadonlyArray<Somebody> =>
  [...Map.groupBy(courses, ({ nick }) => nick)].map(([nick, own]) => ({ nick, courses: own, visits: visitsOf(own) }))

const visitsOf = (courses: ReadonlyArray<Course>): ReadonlyMap<string, Visits> => {
  const times = Map.groupBy(
    courses.flatMap((course) => course.stays.map((stay) => ({ course, stay }))),
    ({ stay }) => stay.joined.room
  )
  const joins = Map.groupBy(
    courses.flatMap((course) => course.exchanges.map((exchange) => ({ course, exchange }))),
    ({ exchange: { request } }) => (request.type === "join" ? request.room : "")
  )
  const rooms = new Set([...joins.keys(), ...times.keys()])
  rooms.delete("")
  return new Map(Array.from(rooms, (room) => [room, visitsTo(joins.get(room) ?? [], times.get(room) ?? [])]))
}

/**
 * Whoever is in a room again, after the end of a connection that broke, isn't there any more by that one: their next stay says all that is to
 * be said. Of a connection that nobody saw end, nothing is known.
 */
const visitsTo = (
  joins: ReadonlyArray<{ readonly course: Course; readonly exchange: Exchange }>,
  times: ReadonlyArray<{ readonly course: Course; readonly stay: Stay }>
): Visits => {
  const begun = times.map(({ stay }) => stay.from).toSorted((one, other) => one - other)
  const unlessBack = ({ ended }: Course, since: number, end: number) =>
    end === never ? (begun.find((from) => from > Math.max(since, ended)) ?? never) : end
  return {
    joins: joins.map(({ course, exchange: { answered, asked } }) => ({
      asked,
      answered: unlessBack(course, asked, answered)
    })),
    times: times.map(({ course, stay: { ending, from, until } }) => ({
      ending,
      from,
      until: unlessBack(course, from, until)
    }))
  }
}

/** The people of whom a list can be wrong: who has asked to enter the room at any time, and who is listed. */
const concernedIn = (people: ReadonlyArray<Somebody>) => {
  const byNick = new Map(people.map((somebody) => [somebody.nick, somebody]))
  const byRoom = new Map<string, Set<Somebody>>()
  for (const somebody of people) {
    for (const room of somebody.visits.keys()) {
      if (!byRoom.has(room)) byRoom.set(room, new Set())
      byRoom.get(room)!.add(somebody)
    }
  }
  return (room: string, listed: ReadonlySet<string>): ReadonlyArray<Somebody> => {
    const known = [...listed].flatMap((nick) => byNick.get(nick) ?? [])
    return [...new Set([...(byRoom.get(room) ?? []), ...known])]
  }
}

/** At each `synced`, who is surely in must be listed, and who is surely out must not; who is on the way may be either. */
const membership = (people: ReadonlyArray<Somebody>) => {
  const concerned = concernedIn(people)
  return (course: Course): ReadonlyArray<Fact> =>
    syncsOf(course).flatMap((sync) =>
      staysAt(course, sync)
        .filter(({ joined }) => joined.more !== true)
        .flatMap((stay) => {
          const { room } = stay.joined
          const listed = membersAt(stay, sync.answered)
          return concerned(room, listed).map((somebody) => {
            const { nick } = somebody
            const truth = whereabouts(somebody, room, sync)
            if (truth === "on the way" || (truth === "in") === listed.has(nick)) return undefined
            const expected = `${nick} is ${truth === "in" ? "a member" : "no member"} of ${room} at \`synced\``
            const got = `the list, changed by the events: ${[...listed].join(", ")}`
            return { who: course.who, moment: sync.answered, expected, got }
          })
        })
    )
}

const membersAt = ({ joined, told }: Stay, moment: number): ReadonlySet<string> => {
  const listed = new Set(joined.members)
  for (const event of told) {
    if (event.moment > moment) break
    if (event.change === "joined") listed.add(event.nick)
    else listed.delete(event.nick)
  }
  return listed
}

/**
 * Whoever's connection broke in the room stays on the way until they are back: it takes as long as MEMBER-5 allows until all know. Nobody is
 * surely out while somebody else may have the nick.
 */
const whereabouts = ({ courses, visits }: Somebody, room: string, sync: Exchange): "in" | "out" | "on the way" => {
  const { joins = [], times = [] } = visits.get(room) ?? {}
  if (times.some(({ ending, from }) => from < sync.asked && ending > sync.answered)) return "in"
  const isComing = joins.some(({ answered, asked }) => asked < sync.answered && answered > sync.asked)
  const isGoing = times.some(({ from, until }) => from < sync.answered && until > sync.asked)
  const isOnlyOne = courses.some(({ held }) => held.from < sync.asked && held.until > sync.answered)
  return isComing || isGoing || !isOnlyOne ? "on the way" : "out"
}
