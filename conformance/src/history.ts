/**
 * What several connections did and got, judged at once by the guarantees of spec/order.md. Pure: a history that was recorded can be
 * judged again, cut down, or made up.
 *
 * @module
 */
import type { Joined, Member, Message, Request, Sent, ServerMessage } from "@tertulia/protocol"
import type { RequirementId } from "./generated/requirement-id.ts"

/** One thing that a connection sent or got, at a moment that orders it among those of all connections. */
export type Observation =
  | { readonly moment: number; readonly sent: Request }
  | { readonly moment: number; readonly got: ServerMessage }

/** All that one connection sent and got, in order, from its `welcome` until it was no longer watched. */
export interface Lane {
  readonly who: string
  readonly nick: string
  readonly observations: ReadonlyArray<Observation>
}

/** Something that no conforming server can have shown. */
export interface Violation {
  readonly who: string
  readonly expected: string
  readonly got: string
}

/** What a history says about one requirement. */
export interface Judgement {
  readonly requirement: RequirementId
  /** How many facts were looked at: with none, nothing is known. */
  readonly facts: number
  readonly violations: ReadonlyArray<Violation>
}

/**
 * Judges a history. Whoever was in its rooms must be among the lanes, and a lane that isn't watched to its end ends with a `synced`.
 */
export const judgeHistory = (lanes: ReadonlyArray<Lane>): ReadonlyArray<Judgement> => {
  const courses = lanes.map(courseOf)
  const log = logOf(courses)
  return [
    judgement("ORDER-1", agreement(courses, log)),
    ...gaps(courses, log),
    judgement("ORDER-4", senderOrder(courses)),
    judgement("ORDER-5", causality(courses)),
    judgement("ISOLATE-1", courses.flatMap(isolation)),
    judgement("SYNC-1", barrier(courses)),
    judgement("MEMBER-6", courses.flatMap(membership(courses)))
  ]
}

/** One fact that was looked at: kept, or a violation. */
type Fact = Violation | undefined

const judgement = (requirement: RequirementId, facts: ReadonlyArray<Fact>): Judgement => ({
  requirement,
  facts: facts.length,
  violations: facts.filter((fact) => fact !== undefined)
})

// ---------------------------------------------------------------------------------------------------------------------
// From observations to stays, sends and syncs
// ---------------------------------------------------------------------------------------------------------------------

/** An entry, where one connection got it. */
type Seen = Message & { readonly moment: number }

/** A change of members, where one connection was told of it. */
type Told = Member & { readonly moment: number }

/** The time that one connection was in a room. The moments of what never happened are infinite. */
interface Stay {
  readonly joined: Joined
  /** The entries that it must get come after this one. */
  readonly base: number
  /** When the join was asked for and answered, and when the stay's end was. */
  readonly asked: number
  readonly from: number
  ending: number
  until: number
  readonly entries: Array<Seen>
  /** When each `seq` came first. */
  readonly came: Map<number, number>
  readonly told: Array<Told>
}

/** A request of a connection, with its reply if it had one. */
interface Exchange {
  readonly request: Request
  readonly asked: number
  answered: number
  reply: ServerMessage | undefined
  /** The connection's stay in the request's room when the reply came. */
  stay: Stay | undefined
}

interface Course {
  readonly who: string
  readonly nick: string
  readonly stays: Array<Stay>
  readonly exchanges: Array<Exchange>
  /** Events of a room that the connection was not in. */
  readonly strays: Array<Message | Member>
}

const never = Number.POSITIVE_INFINITY

const courseOf = ({ nick, observations, who }: Lane): Course => {
  const course: Course = { who, nick, stays: [], exchanges: [], strays: [] }
  for (const observation of observations) {
    if ("sent" in observation) ask(course, observation.sent, observation.moment)
    else if ("re" in observation.got || observation.got.type === "error")
      answer(course, observation.got, observation.moment)
    else hear(course, observation.got, observation.moment)
  }
  return course
}

const openStay = ({ stays }: Course, room: string): Stay | undefined =>
  stays.find(({ joined, until }) => joined.room === room && until === never)

const ask = (course: Course, request: Request, moment: number): void => {
  course.exchanges.push({ request, asked: moment, answered: never, reply: undefined, stay: undefined })
  const ending =
    request.type === "leave" ? [openStay(course, request.room)] : request.type === "bye" ? course.stays : []
  for (const stay of ending) if (stay !== undefined) stay.ending = Math.min(stay.ending, moment)
}

const answer = (course: Course, reply: ServerMessage, moment: number): void => {
  const re = "re" in reply ? reply.re : undefined
  const exchange = course.exchanges.find(({ answered, request }) => request.id === re && answered === never)
  if (exchange === undefined) return
  exchange.answered = moment
  exchange.reply = reply
  if (reply.type === "joined") {
    const base = reply.resumed === true && exchange.request.type === "join" ? exchange.request.after! : reply.head
    const stay = { joined: reply, base, asked: exchange.asked, from: moment, ending: never, until: never }
    course.stays.push({ ...stay, entries: [], came: new Map(), told: [] })
    // A `leave` may have been sent ahead of the reply.
    const leave = course.exchanges.find(
      ({ answered, request }) => request.type === "leave" && request.room === reply.room && answered === never
    )
    if (leave !== undefined) course.stays.at(-1)!.ending = leave.asked
  }
  if ("room" in exchange.request) exchange.stay = openStay(course, exchange.request.room)
  const ended = reply.type === "left" ? [exchange.stay] : reply.type === "bye" ? course.stays : []
  for (const stay of ended) {
    if (stay === undefined || stay.until !== never) continue
    stay.ending = Math.min(stay.ending, exchange.asked)
    stay.until = moment
  }
}

const hear = (course: Course, event: ServerMessage, moment: number): void => {
  if (event.type !== "message" && event.type !== "member") return
  const stay = openStay(course, event.room)
  if (stay === undefined) course.strays.push(event)
  else if (event.type === "member") stay.told.push({ ...event, moment })
  else {
    stay.entries.push({ ...event, moment })
    if (!stay.came.has(event.seq)) stay.came.set(event.seq, moment)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Guarantees
// ---------------------------------------------------------------------------------------------------------------------

/** The first showing of each entry, by room, epoch and seq. */
type Log = ReadonlyMap<string, { readonly who: string; readonly entry: Message }>

const place = ({ epoch, room }: Joined, seq: number): string => `${room} ${epoch} ${seq}`

const show = ({ at, from, seq, text }: Message): string => JSON.stringify({ seq, from, text, at })

const isSame = (one: Message, other: Message): boolean =>
  one.from === other.from && one.text === other.text && one.at === other.at

const logOf = (courses: ReadonlyArray<Course>): Log => {
  const log = new Map<string, { readonly who: string; readonly entry: Message }>()
  for (const { stays, who } of courses) {
    for (const { entries, joined } of stays) {
      for (const entry of entries) {
        const key = place(joined, entry.seq)
        if (!log.has(key)) log.set(key, { who, entry })
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
        if (isSame(first.entry, entry)) return undefined
        return { who, expected: `what ${first.who} saw: ${show(first.entry)}`, got: show(entry) }
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
      for (const { seq } of entries) {
        const isNext = seq === last + 1
        const isHole = !isNext && seq > last && !log.has(place(joined, last + 1))
        const expected = `the entry ${last + 1} of ${joined.room} after ${last}, as each once and ascending`
        const violation = { who, expected, got: `the entry ${seq}` }
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
  const sends = courses.flatMap(sendsOf)
  return courses.flatMap(({ stays, who }) =>
    stays
      .filter(({ until }) => until !== never)
      .flatMap((stay) =>
        sends
          .filter((sent) => sent.answered < stay.ending && isOwed(stay, sent))
          .map((sent) => (has(stay, sent.reply.seq, stay.until) ? undefined : missing(who, sent.reply, "`left`")))
      )
  )
}

type SentExchange = Exchange & { readonly reply: Sent }

const sendsOf = ({ exchanges }: Course): ReadonlyArray<SentExchange> =>
  exchanges.filter((exchange): exchange is SentExchange => exchange.reply?.type === "sent")

/** Whether an entry is one that a stay is to get. */
const isOwed = ({ base, joined }: Stay, { reply, stay }: SentExchange): boolean =>
  stay !== undefined && stay.joined.room === joined.room && stay.joined.epoch === joined.epoch && reply.seq > base

const has = ({ came }: Stay, seq: number, before: number): boolean => (came.get(seq) ?? never) < before

const missing = (who: string, { room, seq }: Sent, before: string): Violation => ({
  who,
  expected: `the entry ${seq} of ${room} before ${before}: its \`sent\` had come before that was asked for`,
  got: "no such entry by then"
})

const senderOrder = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> =>
  courses.flatMap((course) => {
    const last = new Map<string, number>()
    return sendsOf(course).map(({ reply, stay }) => {
      const log = `${reply.room} ${stay?.joined.epoch}`
      const before = last.get(log) ?? 0
      last.set(log, reply.seq)
      if (reply.seq > before) return undefined
      return {
        who: course.who,
        expected: `a seq above ${before}, which the send before it got`,
        got: `seq ${reply.seq}`
      }
    })
  })

const causality = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> =>
  courses.flatMap((course) => {
    const knowledge = new Map<Stay, (moment: number) => number>()
    return sendsOf(course).map(({ asked, reply, stay }) => {
      if (stay !== undefined && !knowledge.has(stay)) knowledge.set(stay, highestBefore(stay))
      const highest = stay === undefined ? 0 : knowledge.get(stay)!(asked)
      if (reply.seq > highest) return undefined
      return { who: course.who, expected: `a seq above ${highest}, which the sender had seen`, got: `seq ${reply.seq}` }
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
  ...strays.map((event) => ({
    who,
    expected: `nothing of ${event.room}, since ${who} isn't in it`,
    got: JSON.stringify(event)
  }))
]

const syncsOf = ({ exchanges }: Course): ReadonlyArray<Exchange> =>
  exchanges.filter(({ reply }) => reply?.type === "synced")

/** The stays that a connection was in for the whole of a `sync`. */
const staysAt = ({ stays }: Course, { answered }: Exchange): ReadonlyArray<Stay> =>
  stays.filter(({ from, until }) => from < answered && until > answered)

const barrier = (courses: ReadonlyArray<Course>): ReadonlyArray<Fact> => {
  const sends = courses.flatMap(sendsOf)
  return courses.flatMap((course) =>
    syncsOf(course).flatMap((sync) =>
      staysAt(course, sync).flatMap((stay) =>
        sends
          .filter((sent) => sent.answered < sync.asked && isOwed(stay, sent))
          .map((sent) =>
            has(stay, sent.reply.seq, sync.answered) ? undefined : missing(course.who, sent.reply, "`synced`")
          )
      )
    )
  )
}

/** At each `synced`, who is surely in must be listed, and who is surely out must not; who is on the way may be either. */
const membership =
  (courses: ReadonlyArray<Course>) =>
  (course: Course): ReadonlyArray<Fact> =>
    syncsOf(course).flatMap((sync) =>
      staysAt(course, sync)
        .filter(({ joined }) => joined.more !== true)
        .flatMap((stay) => {
          const listed = membersAt(stay, sync.answered)
          return courses.map((other) => {
            const truth = whereabouts(other, stay.joined.room, sync)
            if (truth === "on the way" || (truth === "in") === listed.has(other.nick)) return undefined
            const expected = `${other.nick} is ${truth === "in" ? "a member" : "no member"} of ${stay.joined.room} at \`synced\``
            return { who: course.who, expected, got: `the list, changed by the events: ${[...listed].join(", ")}` }
          })
        })
    )

const membersAt = ({ joined, told }: Stay, moment: number): ReadonlySet<string> => {
  const listed = new Set(joined.members)
  for (const event of told) {
    if (event.moment > moment) break
    if (event.change === "joined") listed.add(event.nick)
    else listed.delete(event.nick)
  }
  return listed
}

const whereabouts = ({ exchanges, stays }: Course, room: string, sync: Exchange): "in" | "out" | "on the way" => {
  const own = stays.filter(({ joined }) => joined.room === room)
  if (own.some(({ ending, from }) => from < sync.asked && ending > sync.answered)) return "in"
  const isComing = exchanges.some(
    ({ answered, asked, request }) =>
      request.type === "join" && request.room === room && asked < sync.answered && answered > sync.asked
  )
  const isGoing = own.some(({ from, until }) => from < sync.answered && until > sync.asked)
  return isComing || isGoing ? "on the way" : "out"
}
