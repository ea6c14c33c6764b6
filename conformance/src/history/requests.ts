/**
 * Requests and what they come to: one reply each, in order, and one entry for each `send`.
 *
 * @module
 */
import type { Request } from "@tertulia/protocol"
import type { Judgement } from "../history.ts"
import {
  type Course,
  type Exchange,
  type Fact,
  has,
  judgement,
  logOf,
  never,
  type Seen,
  sendsOf,
  show,
  textOf
} from "./course.ts"

export const requests = (courses: ReadonlyArray<Course>): ReadonlyArray<Judgement> => [
  judgement("REPLY-1", courses.flatMap(oneReply)),
  judgement("REPLY-3", courses.flatMap(inOrder)),
  judgement("SEND-1", [...courses.flatMap(acknowledged), ...asSent(courses)]),
  judgement("SEND-3", courses.flatMap(entryFirst))
]

// ---------------------------------------------------------------------------------------------------------------------
// Replies
// ---------------------------------------------------------------------------------------------------------------------

const named = ({ id, type }: Request): string => `request ${id}, \`${type}\``

const replies = ({ exchanges }: Course): ReadonlyArray<Fact> =>
  exchanges.filter(({ answered }) => answered !== never).map(() => undefined)

/** A line that is no request may have been sent, too: its `error` is no second reply. */
const oneReply = (course: Course): ReadonlyArray<Fact> => [
  ...replies(course),
  ...course.idle
    .filter(({ reply }) => reply.type !== "error")
    .map(({ moment, reply }) => ({
      who: course.who,
      moment,
      expected: "no reply, since every request has had its own",
      got: JSON.stringify(reply)
    })),
  ...course.overtakings
    .filter(({ overtaken }) => overtaken.answered === never)
    .map(({ exchange, overtaken }) => ({
      who: course.who,
      moment: exchange.answered,
      expected: `the reply to ${named(overtaken.request)}, which never came`,
      got: `the reply to ${named(exchange.request)}`
    }))
]

const inOrder = (course: Course): ReadonlyArray<Fact> => [
  ...replies(course),
  ...course.overtakings
    .filter(({ overtaken }) => overtaken.answered !== never)
    .map(({ exchange, overtaken }) => ({
      who: course.who,
      moment: exchange.answered,
      expected: `first the reply to ${named(overtaken.request)}`,
      got: `the reply to ${named(exchange.request)}`
    }))
]

// ---------------------------------------------------------------------------------------------------------------------
// Entries
// ---------------------------------------------------------------------------------------------------------------------

/** What `sent` acknowledges must be what was sent. */
const acknowledged = (course: Course): ReadonlyArray<Fact> =>
  sendsOf(course).flatMap(({ answered, reply, request, stay }) => {
    const entry = stay?.came.get(reply.seq)
    if (entry === undefined || request.type !== "send") return []
    if (entry.from === course.nick && (textOf(entry) ?? request.text) === request.text) return [undefined]
    const expected = `the entry ${reply.seq} of ${reply.room} to be that of ${named(request)}: ${JSON.stringify(request.text)}`
    return [{ who: course.who, moment: answered, expected, got: show(entry) }]
  })

/**
 * Somebody's own entries, where they see them themselves, against what they have sent: each `send` makes one entry; one whose
 * reply was lost, or hasn't come yet, makes one or none ("may have happened"). What is replayed may be older than the history.
 */
const asSent = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> => {
  const origins = new Map<string, Exchange>()
  const taken = new Set<Exchange>()
  const people = new Map(
    Array.from(
      Map.groupBy(courses, ({ nick }) => nick),
      ([nick, own]) => [nick, sayingsOf(own)]
    )
  )
  return courses.flatMap(({ nick, stays, who }) => {
    const { lost, sentTo } = people.get(nick)!
    const originOf = (key: string, entry: Seen): Exchange | undefined =>
      origins.get(key) ??
      sentTo.get(key) ??
      lost.find(
        (exchange) =>
          exchange.request.type === "send" &&
          exchange.request.room === entry.room &&
          exchange.request.text === textOf(entry) &&
          exchange.asked < entry.moment &&
          !taken.has(exchange)
      )
    return stays.flatMap(({ came, joined }) =>
      [...came.values()]
        // What was changed since it was sent tells nothing of how it was sent, and what changes others has no text to be known by.
        .filter((entry) => entry.from === nick && entry.seq > joined.head && textOf(entry) !== undefined)
        .map((entry) => {
          const key = `${logOf(joined)} ${entry.seq}`
          const origin = originOf(key, entry)
          if (origin === undefined) {
            return { who, moment: entry.moment, expected: `one entry for each \`send\` of ${nick}`, got: show(entry) }
          }
          origins.set(key, origin)
          taken.add(origin)
          return undefined
        })
    )
  })
}

/** What a person has sent: what was acknowledged, by log and `seq`, and what never had an answer. */
const sayingsOf = (courses: ReadonlyArray<Course>) => {
  const own = courses.flatMap(({ exchanges }) => exchanges)
  const sentTo = new Map<string, Exchange>(
    own.flatMap((exchange) =>
      exchange.reply?.type === "sent" && exchange.stay !== undefined
        ? [[`${logOf(exchange.stay.joined)} ${exchange.reply.seq}`, exchange] as const]
        : []
    )
  )
  return { sentTo, lost: own.filter(({ answered, request }) => request.type === "send" && answered === never) }
}

/** On the sender's own connection, the entry comes before what acknowledges it. */
const entryFirst = (course: Course): ReadonlyArray<Fact> =>
  sendsOf(course).flatMap(({ answered, reply, stay }) => {
    if (stay === undefined) return []
    if (has(stay, reply.seq, answered)) return [undefined]
    const expected = `the entry ${reply.seq} of ${reply.room} before its \`sent\``
    return [{ who: course.who, moment: answered, expected, got: JSON.stringify(reply) }]
  })
