/**
 * From the observations of one connection to what its client did: requests with their replies, and stays in rooms.
 *
 * @module
 */
import {
  type EntryEvent,
  isDirect,
  isEntryEvent,
  type Joined,
  type Member,
  type Request,
  type Sent,
  type ServerMessage
} from "@tertulia/protocol"
import type { RequirementId } from "../generated/requirement-id.ts"
import type { Held, Judgement, Lane, Violation } from "../history.ts"

/** An entry, where one connection got it. */
export type Seen = EntryEvent & { readonly moment: number }

/** A change of members, where one connection was told of it. */
export type Told = Member & { readonly moment: number }

/** The time that one connection was in a room. The moments of what never happened are infinite. */
export interface Stay {
  readonly joined: Joined
  /** The `join` that began it. */
  readonly exchange: Exchange
  /** The entries that it must get come after this one. */
  readonly base: number
  /** When `joined` came. */
  readonly from: number
  /** When its end was asked for, or the connection began to end; and when `left` or `bye` came. */
  ending: number
  until: number
  readonly entries: Array<Seen>
  /** The first showing of each `seq`. */
  readonly came: Map<number, Seen>
  readonly told: Array<Told>
}

/** A request of a connection, with its reply if it had one. */
export interface Exchange {
  readonly request: Request
  readonly asked: number
  answered: number
  reply: ServerMessage | undefined
  /** The connection's stay in the request's room when the reply came. */
  stay: Stay | undefined
}

/** A reply that came ahead of one to an earlier request. */
export interface Overtaking {
  readonly exchange: Exchange
  readonly overtaken: Exchange
}

/** What one connection did and got. */
export interface Course {
  readonly who: string
  readonly nick: string
  readonly person: string | undefined
  readonly stays: Array<Stay>
  readonly exchanges: Array<Exchange>
  readonly overtakings: Array<Overtaking>
  /** Replies to nothing that was asked and unanswered. */
  readonly idle: Array<{ readonly moment: number; readonly reply: ServerMessage }>
  /** Events of a room that the connection was not in. */
  readonly strays: Array<Seen | Told>
  /** When nobody else had the nick. */
  readonly held: Held
  /** When the connection is known to have begun to end. */
  readonly ended: number
}

export const never = Number.POSITIVE_INFINITY

const always: Held = { from: -never, until: never }

export const courseOf = ({ ended = never, held = always, nick, observations, person, who }: Lane): Course => {
  const course: Course = {
    who,
    nick,
    person,
    stays: [],
    exchanges: [],
    overtakings: [],
    idle: [],
    strays: [],
    held,
    ended
  }
  // The first request whose reply may be the next: all before it are answered, or were overtaken.
  let next = 0
  for (const observation of observations) {
    if ("sent" in observation) ask(course, observation.sent, observation.moment)
    else if (isReply(observation.got)) next = answer(course, observation.got, observation.moment, next)
    else hear(course, observation.got, observation.moment)
  }
  for (const stay of course.stays) if (stay.until === never) stay.ending = Math.min(stay.ending, ended)
  return course
}

/** Whether an object answers a request: an `error` does, even when it can't say which. */
export const isReply = (got: ServerMessage): boolean => "re" in got || got.type === "error"

const openStay = ({ stays }: Course, room: string): Stay | undefined =>
  stays.findLast(({ joined, until }) => joined.room === room && until === never)

const ask = (course: Course, request: Request, moment: number): void => {
  course.exchanges.push({ request, asked: moment, answered: never, reply: undefined, stay: undefined })
  const ending =
    request.type === "leave" ? [openStay(course, request.room)] : request.type === "bye" ? course.stays : []
  for (const stay of ending) if (stay !== undefined) stay.ending = Math.min(stay.ending, moment)
}

/** Notes a reply, and gives the place of the request whose reply is due next. */
const answer = (course: Course, reply: ServerMessage, moment: number, next: number): number => {
  const place = placeOf(course, reply, next)
  const exchange = course.exchanges[place]
  if (exchange === undefined) {
    course.idle.push({ moment, reply })
    return next
  }
  const overtaken = course.exchanges[next]
  if (place > next && overtaken !== undefined) course.overtakings.push({ exchange, overtaken })
  exchange.answered = moment
  exchange.reply = reply
  if (reply.type === "joined") begin(course, exchange, reply, moment)
  if ("room" in exchange.request) exchange.stay = openStay(course, exchange.request.room)
  const ended = reply.type === "left" ? [exchange.stay] : reply.type === "bye" ? course.stays : []
  for (const stay of ended) {
    if (stay === undefined || stay.until !== never) continue
    stay.ending = Math.min(stay.ending, exchange.asked)
    stay.until = moment
  }
  return Math.max(next, place + 1)
}

/** Where the request stands that a reply answers: the first that isn't answered yet, or one that was overtaken. */
const placeOf = ({ exchanges }: Course, reply: ServerMessage, next: number): number => {
  const re = "re" in reply ? reply.re : undefined
  const isIt = ({ answered, request }: Exchange) => answered === never && request.id === re
  for (let place = next; place < exchanges.length; place++) if (isIt(exchanges[place]!)) return place
  return exchanges.slice(0, next).findIndex(isIt)
}

const begin = (course: Course, exchange: Exchange, joined: Joined, from: number): void => {
  const { request } = exchange
  const after = request.type === "join" ? request.after : undefined
  const base = joined.resumed === true && after !== undefined ? after : joined.head
  // A `leave` may have been sent ahead of the reply.
  const leave = course.exchanges.find(
    ({ answered, asked, request: other }) =>
      other.type === "leave" && other.room === joined.room && answered === never && asked > exchange.asked
  )
  const ending = leave?.asked ?? never
  course.stays.push({ joined, exchange, base, from, ending, until: never, entries: [], came: new Map(), told: [] })
}

const hear = (course: Course, event: ServerMessage, moment: number): void => {
  if (event.type !== "member" && !isEntryEvent(event)) return
  // Conversations have tests of their own: nobody joins one, and its name stands for another when the nick changes hands.
  if (isDirect(event.room)) return
  const stay = openStay(course, event.room)
  if (stay === undefined) course.strays.push({ ...event, moment })
  else if (event.type === "member") stay.told.push({ ...event, moment })
  else {
    const seen = { ...event, moment }
    stay.entries.push(seen)
    if (!stay.came.has(event.seq)) stay.came.set(event.seq, seen)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What the guarantees ask of courses
// ---------------------------------------------------------------------------------------------------------------------

/** One fact that was looked at: kept, or a violation. */
export type Fact = Violation | undefined

export const judgement = (requirement: RequirementId, facts: ReadonlyArray<Fact>): Judgement => ({
  requirement,
  facts: facts.length,
  violations: facts.filter((fact) => fact !== undefined)
})

/** A log: one epoch of a room. */
export const logOf = ({ epoch, room }: Pick<Joined, "epoch" | "room">): string => `${room} ${epoch}`

/** An entry's place in its log. */
export const place = (joined: Joined, seq: number): string => `${logOf(joined)} ${seq}`

export const show = ({ type, ...entry }: EntryEvent): string => {
  const { moment: _, room: __, ...shown } = entry as typeof entry & { readonly moment?: number }
  return JSON.stringify(type === "message" ? shown : { type, ...shown })
}

/** A `send`, or what else appends, that was acknowledged. */
export type SentExchange = Exchange & { readonly reply: Sent }

/** The sends that have made an entry; what is only told again by its key was sent earlier, perhaps on another connection. */
export const sendsOf = (course: Course): ReadonlyArray<SentExchange> =>
  acknowledgedOf(course).filter(({ reply }) => reply.duplicate !== true)

/** All sends that were acknowledged, for the first time or again. */
export const acknowledgedOf = ({ exchanges }: Course): ReadonlyArray<SentExchange> =>
  exchanges.filter(
    (exchange): exchange is SentExchange => exchange.reply?.type === "sent" && !isDirect(exchange.reply.room)
  )

/** The text of a message, as it was sent. */
export const textOf = (entry: EntryEvent): string | undefined =>
  entry.type === "message" && entry.edited === undefined ? entry.text : undefined

/** Whether a stay had got an entry before a moment. */
export const has = ({ came }: Stay, seq: number, before: number): boolean => (came.get(seq)?.moment ?? never) < before
