/**
 * Exactly once: whatever a person sends again with its key, over all of their connections, is one entry.
 *
 * @module
 */
import type { Judgement } from "../history.ts"
import { acknowledgedOf, type Course, type Fact, judgement } from "./course.ts"

/** A showing of the place that a key has: an entry, or a `sent`. */
interface Showing {
  readonly who: string
  readonly moment: number
  readonly seq: number
  readonly got: string
}

/** Judges people whose connections are known to be theirs; of others, nobody can say whose a key is. */
export const keys = (courses: ReadonlyArray<Course>): Judgement => judgement("KEY-2", onePlaceEach(courses))

const onePlaceEach = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> => {
  const showings = new Map<string, Array<Showing>>()
  const note = (nick: string, room: string, epoch: string, key: string, showing: Showing) => {
    const name = `${nick} ${room} ${epoch} ${key}`
    showings.set(name, [...(showings.get(name) ?? []), showing])
  }
  const people = new Set(courses.flatMap(({ nick, person }) => (person === undefined ? [] : [nick])))
  for (const course of courses) {
    for (const { entries, joined } of course.stays) {
      for (const { from, key, moment, seq } of entries) {
        if (key === undefined || !people.has(from)) continue
        note(from, joined.room, joined.epoch, key, { who: course.who, moment, seq, got: `the entry ${seq}` })
      }
    }
    if (course.person === undefined) continue
    for (const { answered, reply, request, stay } of acknowledgedOf(course)) {
      if (request.type !== "send" || request.key === undefined || stay === undefined) continue
      const { epoch, room } = stay.joined
      const got = `\`sent\` with "seq":${reply.seq}`
      note(course.nick, room, epoch, request.key, { who: course.who, moment: answered, seq: reply.seq, got })
    }
  }
  return [...showings].flatMap(([name, found]) => judged(name, found))
}

/** The first showing says where the entry is; every other must say the same. */
const judged = (name: string, showings: ReadonlyArray<Showing>): ReadonlyArray<Fact> => {
  const inOrder = showings.toSorted((one, other) => one.moment - other.moment)
  const [nick, room, , key] = name.split(" ")
  return inOrder.map(({ got, moment, seq, who }) => {
    const first = inOrder[0]!
    if (seq === first.seq) return undefined
    const expected = `one entry for the key ${key} of ${nick} in ${room}, which is ${first.seq}`
    return { who, moment, expected, got: `${got} with that key` }
  })
}
