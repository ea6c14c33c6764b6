/**
 * True membership: a list, changed by the events after it, against what people did.
 *
 * @module
 */
import type { Judgement } from "../history.ts"
import { type Course, type Exchange, type Fact, judgement, type Stay } from "./course.ts"
import { staysAt, syncsOf } from "./order.ts"

export const members = (courses: ReadonlyArray<Course>): Judgement =>
  judgement("MEMBER-6", courses.flatMap(membership(peopleOf(courses))))

/** Who may come by several connections, one after the other. */
interface Somebody {
  readonly nick: string
  readonly courses: ReadonlyArray<Course>
}

const peopleOf = (courses: ReadonlyArray<Course>): ReadonlyArray<Somebody> =>
  [...Map.groupBy(courses, ({ nick }) => nick)].map(([nick, own]) => ({ nick, courses: own }))

/** The people of whom a list can be wrong: who has asked to enter the room at any time, and who is listed. */
const concernedIn = (people: ReadonlyArray<Somebody>) => {
  const byNick = new Map(people.map((somebody) => [somebody.nick, somebody]))
  const byRoom = new Map<string, Set<Somebody>>()
  for (const somebody of people) {
    for (const { request } of somebody.courses.flatMap(({ exchanges }) => exchanges)) {
      if (request.type !== "join") continue
      if (!byRoom.has(request.room)) byRoom.set(request.room, new Set())
      byRoom.get(request.room)!.add(somebody)
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
          return concerned(room, listed).map(({ courses, nick }) => {
            const truth = whereabouts(courses, room, sync)
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
 * Whoever's connection broke in the room stays on the way: it takes as long as MEMBER-5 allows until all know. Nobody is surely out while
 * somebody else may have the nick.
 */
const whereabouts = (courses: ReadonlyArray<Course>, room: string, sync: Exchange): "in" | "out" | "on the way" => {
  const own = courses.flatMap(({ stays }) => stays.filter(({ joined }) => joined.room === room))
  if (own.some(({ ending, from }) => from < sync.asked && ending > sync.answered)) return "in"
  const isComing = courses.some(({ exchanges }) =>
    exchanges.some(
      ({ answered, asked, request }) =>
        request.type === "join" && request.room === room && asked < sync.answered && answered > sync.asked
    )
  )
  const isGoing = own.some(({ from, until }) => from < sync.answered && until > sync.asked)
  const isOnlyOne = courses.some(({ held }) => held.from < sync.asked && held.until > sync.answered)
  return isComing || isGoing || !isOnlyOne ? "on the way" : "out"
}
