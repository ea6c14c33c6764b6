/**
 * One log that everybody sees alike: agreement, no gaps, sender order, causality, isolation and the barrier.
 *
 * @module
 */
import { type EntryEvent, isSameEntry, type Sent } from "@tertulia/protocol"
import type { Judgement, Violation } from "../history.ts"
import {
  type Course,
  type Exchange,
  type Fact,
  has,
  judgement,
  logOf,
  never,
  place,
  type SentExchange,
  type Stay,
  sendsOf,
  show
} from "./course.ts"

export const order = (courses: ReadonlyArray<Course>): ReadonlyArray<Judgement> => {
  const log = firstShowings(courses)
  return [
    judgement("ORDER-1", agreement(courses, log)),
    ...gaps(courses, log),
    judgement("ORDER-4", senderOrder(courses)),
    judgement("ORDER-5", causality(courses)),
    judgement("ISOLATE-1", courses.flatMap(isolation)),
    judgement("SYNC-1", barrier(courses))
  ]
}

/** The first showing of each entry, by room, epoch and seq. */
type Log = ReadonlyMap<string, { readonly who: string; readonly entry: EntryEvent }>

const firstShowings = (courses: ReadonlyArray<Course>): Log => {
  const log = new Map<string, { readonly who: string; readonly entry: EntryEvent; readonly moment: number }>()
  for (const { stays, who } of courses) {
    for (const { entries, joined } of stays) {
      for (const entry of entries) {
        const key = place(joined, entry.seq)
        if ((log.get(key)?.moment ?? never) > entry.moment) log.set(key, { who, entry, moment: entry.moment })
      }
    }
  }
  return log
}

const agreement = (courses: ReadonlyArray<Course>, log: Log): ReadonlyArray<Fact> =>
  courses.flatMap(({ stays, who }) =>
    stays.flatMap(({ entries, joined }) =>
      entries.map((entry) => {
        const first = log.get(place(joined, entry.seq))!
        if (isSameEntry(first.entry, entry)) return undefined
        const expected = `what ${first.who} saw: ${show(first.entry)}`
        return { who, moment: entry.moment, expected, got: show(entry) }
      })
    )
  )

/** A hole is one connection's (ORDER-3) if somebody else has seen what is missing, and the log's own (ORDER-2) if nobody has. */
const gaps = (courses: ReadonlyArray<Course>, log: Log): ReadonlyArray<Judgement> => {
  const ofConnections: Array<Fact> = []
  const ofLog: Array<Fact> = []
  for (const { stays, who } of courses) {
    for (const { base, entries, joined } of stays) {
      let last = base
      for (const { moment, seq } of entries) {
        const isNext = seq === last + 1
        const isHole = !isNext && seq > last && !log.has(place(joined, last + 1))
        const expected = `the entry ${last + 1} of ${joined.room} after ${last}, as each once and ascending`
        const violation = { who, moment, expected, got: `the entry ${seq}` }
        ofLog.push(isHole ? violation : undefined)
        ofConnections.push(isNext || isHole ? undefined : violation)
        last = Math.max(last, seq)
      }
    }
  }
  return [judgement("ORDER-2", ofLog), judgement("ORDER-3", [...ofConnections, ...tails(courses)])]
}

/** What was in the log before somebody asked to leave must have come before `left`. */
const tails = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> => {
  const owed = owedTo(courses)
  return courses.flatMap(({ stays, who }) =>
    stays
      .filter(({ until }) => until !== never)
      .flatMap((stay) =>
        owed(stay)
          .filter((sent) => sent.answered < stay.ending)
          .map(({ reply }) =>
            has(stay, reply.seq, stay.until) ? undefined : missing(who, stay.until, reply, "`left`")
          )
      )
  )
}

/** The acknowledged sends whose entries a stay is to get, in the order in which they were acknowledged. */
const owedTo = (courses: ReadonlyArray<Course>): ((stay: Stay) => ReadonlyArray<SentExchange>) => {
  const inOrder = courses.flatMap(sendsOf).toSorted((one, other) => one.answered - other.answered)
  const sends = Map.groupBy(inOrder, ({ stay }) => (stay === undefined ? "" : logOf(stay.joined)))
  return ({ base, joined }) => (sends.get(logOf(joined)) ?? []).filter(({ reply }) => reply.seq > base)
}

const missing = (who: string, moment: number, { room, seq }: Sent, before: string): Violation => ({
  who,
  moment,
  expected: `the entry ${seq} of ${room} before ${before}: its \`sent\` had come before that was asked for`,
  got: "no such entry by then"
})

const senderOrder = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> =>
  courses.flatMap((course) => {
    const last = new Map<string, number>()
    return sendsOf(course).map(({ answered, reply, stay }) => {
      const log = `${reply.room} ${stay?.joined.epoch}`
      const before = last.get(log) ?? 0
      last.set(log, reply.seq)
      if (reply.seq > before) return undefined
      const expected = `a seq above ${before}, which the send before it got`
      return { who: course.who, moment: answered, expected, got: `seq ${reply.seq}` }
    })
  })

const causality = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> =>
  courses.flatMap((course) => {
    const knowledge = new Map<Stay, (moment: number) => number>()
    return sendsOf(course).map(({ answered, asked, reply, stay }) => {
      if (stay !== undefined && !knowledge.has(stay)) knowledge.set(stay, highestBefore(stay))
      const highest = stay === undefined ? 0 : knowledge.get(stay)!(asked)
      if (reply.seq > highest) return undefined
      const expected = `a seq above ${highest}, which the sender had seen`
      return { who: course.who, moment: answered, expected, got: `seq ${reply.seq}` }
    })
  })

/** The highest `seq` that had come before a moment; asked for moments that rise. */
const highestBefore = ({ base, entries }: Stay): ((moment: number) => number) => {
  let highest = base
  let next = 0
  return (moment) => {
    for (; next < entries.length && entries[next]!.moment < moment; next++)
      highest = Math.max(highest, entries[next]!.seq)
    return highest
  }
}

const isolation = ({ stays, strays, who }: Course): ReadonlyArray<Fact> => [
  ...stays.flatMap(({ entries, told }) => [...entries, ...told].map(() => undefined)),
  ...strays.map(({ moment, ...event }) => ({
    who,
    moment,
    expected: `nothing of ${event.room}, since ${who} isn't in it`,
    got: JSON.stringify(event)
  }))
]

/** What is missing is missing from the first `synced` on, and what had come by then has come for good: each is looked at once. */
const barrier = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> => {
  const owed = owedTo(courses)
  return courses.flatMap((course) => {
    const syncs = syncsOf(course)
    return course.stays.flatMap((stay) => {
      const own = owed(stay)
      let next = 0
      return syncs
        .filter((sync) => isThroughout(stay, sync))
        .flatMap((sync) => {
          const from = next
          while (next < own.length && own[next]!.answered < sync.asked) next++
          return own
            .slice(from, next)
            .map(({ reply }) =>
              has(stay, reply.seq, sync.answered) ? undefined : missing(course.who, sync.answered, reply, "`synced`")
            )
        })
    })
  })
}

export const syncsOf = ({ exchanges }: Course): ReadonlyArray<Exchange> =>
  exchanges.filter(({ reply }) => reply?.type === "synced")

/** The stays that a connection was in for the whole of a `sync`. */
export const staysAt = ({ stays }: Course, sync: Exchange): ReadonlyArray<Stay> =>
  stays.filter((stay) => isThroughout(stay, sync))

const isThroughout = ({ from, until }: Stay, { answered }: Exchange): boolean => from < answered && until > answered
