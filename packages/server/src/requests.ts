/**
 * What each request does: one handler per type, in a table that the type checker proves complete (spec/session.md, spec/rooms.md).
 *
 * @module
 */
import {
  type appendingTypes,
  encodeLine,
  isDirect,
  type Join,
  type Limits,
  type Reply,
  type Request,
  type RequestType,
  type Welcome
} from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { challenge, loginByProof, register, revoke, setPassword, unregister } from "./account-requests.ts"
import { historyDirect, listConversations, sendDirect } from "./direct.ts"
import { markLine } from "./encode.ts"
import { bye, type Ending } from "./ending.ts"
import type { Somebody } from "./governance.ts"
import { pageFor } from "./history.ts"
import type { Person } from "./people.ts"
import { presenceFields } from "./presence.ts"
import { type Refused, refuse } from "./refused.ts"
import type { Room } from "./room.ts"
import type { Content, Draft, Unavailable } from "./room-log.ts"
import { unavailable } from "./rooms.ts"
import { foundLine, mostResults } from "./search.ts"
import { done, isGranted, knownReply } from "./sending.ts"
import type { Session } from "./session.ts"
import { sliceLine } from "./slice.ts"
import { costs } from "./turns.ts"
import { usersLine, whoIsLine } from "./users.ts"

type RequestOf<Type extends RequestType> = Extract<Request, { readonly type: Type }>

/** Says the reply and gives nothing, or an ending when it was the last request. */
type Handler<Type extends RequestType> = (
  session: Session,
  request: RequestOf<Type>
) => Effect.Effect<Ending | undefined, Refused>

/**
 * Answers when everything has come that any server has acknowledged before: of several, one that has stood still must let nobody in or out by
 * what was so before another has taken its place (LOGIN-2, EPOCH-1, ORDER-3).
 */
const asOfNow =
  <Type extends RequestType>(handler: Handler<Type>): Handler<Type> =>
  (session, request) =>
    Effect.andThen(
      Effect.mapError(session.server.upToDate, unavailable),
      Effect.suspend(() => handler(session, request))
    )

const login: Handler<"login"> = (session, request) => {
  const { id, nick, resume = false, session: secret } = request
  const { accounts, bans, people } = session.server
  const byProof = loginByProof(session, request)
  if (byProof !== undefined) return byProof
  const welcome = (more: Partial<Welcome>) => session.outbox.say(encodeLine({ type: "welcome", re: id, nick, ...more }))
  if (secret !== undefined) {
    const resuming = people.resume(session, nick, secret, (person) =>
      welcome({
        session: secret,
        resumed: true,
        ...(people.accountOf(person) === undefined ? {} : { account: true })
      })
    )
    // A ban ends the sessions of before; so it has come meanwhile.
    return Effect.map(resuming, () => bans.ofNick(nick))
  }
  // Who has an account is asked for a proof first: nobody else learns that it is banned.
  const ban = accounts.isRegistered(nick) ? undefined : bans.ofNick(nick)
  if (ban !== undefined) return Effect.succeed(ban)
  return people
    .enter(session, nick, resume, (given) => welcome(given === undefined ? {} : { session: given }))
    .pipe(
      Effect.mapError((why) => ("code" in why ? why : unavailable(why))),
      Effect.map(() => bans.ofNick(nick))
    )
}

const join: Handler<"join"> = Effect.fnUntraced(function* (session, request) {
  const { seats, server } = session
  const { limits, rooms } = server
  if (seats.has(request.room)) return yield* refuse("already-joined", "room", `you are in ${request.room}`)
  // Waited for before anything happens: in a room, what others say would be held back meanwhile.
  const most = mostBehind(request, rooms.existing.get(request.room), limits)
  const entering = enterRoom(session, request)
  return yield* most === 0
    ? Effect.map(entering, ([ending]) => ending)
    : server.catchUp.reading(session.peer, most, entering, session.hurried)
})

/** Enters a room and replays what its client has missed; gives how many entries that was. */
const enterRoom = Effect.fnUntraced(function* (
  session: Session,
  request: Join
): Effect.fn.Return<readonly [Ending | undefined, number], Refused> {
  const { outbox, seats, server } = session
  const { limits, rooms } = server
  const person = session.person!
  const { kept } = session.stay!
  // Also when the connection has gone meanwhile, and is waited for.
  const onExpelled = () => {
    seats.delete(request.room)
    kept.delete(request.room)
  }
  const entrant = { id: person.id, nick: person.nick, outbox, onExpelled }
  // A room that lets in only others, or isn't there and not to be created, is the fault that comes first (ERROR-3).
  const fault = (): Refused | undefined =>
    seats.size < limits.joins
      ? undefined
      : { code: "limit-reached", field: "room", message: `you are in ${limits.joins} rooms: leave one` }
  let entries = 0
  let replay: Effect.Effect<void, Unavailable> = Effect.void
  const wanted = { name: request.room, create: request.create ?? true, peer: session.peer, fault }
  yield* rooms.enter(wanted, entrant, (room, place) => {
    seats.set(room.name, { room, place })
    chargeFanOut(session, room)
    const before = kept.get(room.name)
    kept.delete(room.name)
    if (before !== undefined) room.leave(before.place)
    outbox.say(joinedLine(request, room, limits, person))
    if (!isBehind(request, room, limits)) return
    place.live = false
    entries = room.log.head() - request.after!
    replay = room.replay(place, outbox, request.after!, room.log.head())
  })
  // None of the connection's requests is read until the replay is done (CATCH-4). `joined` has been said, so that a log
  // which fails now can't be answered by an error any more.
  return yield* replay.pipe(
    Effect.as([undefined, entries] as const),
    Effect.catch(({ message }) => Effect.succeed([bye("internal", message), entries] as const))
  )
})

/** How many entries a join may replay, as far as that is known before the room is open. */
const mostBehind = (request: Join, room: Room | undefined, limits: Limits): number => {
  if (request.after === undefined) return 0
  // How much it is, its log says once it is open: charged when it was read, since the rooms of a server that has just started are all so.
  if (room === undefined) return 1
  return resumes(request, room, limits) ? room.log.head() - request.after : 0
}

/** Whether everything after the client's cursor can be replayed (CATCH-3). */
const resumes = ({ after, epoch }: Join, { log }: Room, limits: Limits): boolean =>
  after !== undefined &&
  epoch === log.epoch &&
  after <= log.head() &&
  after >= log.first() - 1 &&
  log.head() - after <= limits.replay

/** Whether there is something to replay. */
const isBehind = (request: Join, room: Room, limits: Limits): boolean =>
  resumes(request, room, limits) && request.after! < room.log.head()

const joinedLine = (request: Join, room: Room, limits: Limits, person: Person): string => {
  const { keeping, log, name } = room
  const mark = person.marks.get(name)
  const resumed = request.after === undefined ? "" : `"resumed":${resumes(request, room, limits)},`
  const topic = log.topic() === "" ? "" : `"topic":${JSON.stringify(log.topic())},`
  const read = mark === undefined ? "" : `"read":${mark},`
  const head =
    `{"type":"joined","re":${request.id},"room":"${name}","epoch":"${log.epoch}",` +
    `"first":${log.first()},"head":${log.head()},${resumed}${topic}${read}${keeping.shown(person)}"members":[`
  return memberSlice(head, room, { after: undefined, limit: limits.page }, limits)
}

const leave: Handler<"leave"> = (session, { id, room: name }) => {
  const seat = session.seats.get(name)
  if (seat === undefined) return notJoined(name)
  session.seats.delete(name)
  chargeFanOut(session, seat.room)
  seat.room.leave(seat.place)
  return say(session, { type: "left", re: id, room: name })
}

/** A request that appends an entry. */
type Appending = RequestOf<(typeof appendingTypes)[number]>

/** What a request wants to have said. */
const contentOf = (request: Appending): Content => {
  switch (request.type) {
    case "send": {
      const { replyTo, text } = request
      return replyTo === undefined ? { type: "message", text } : { type: "message", text, replyTo }
    }
    case "edit":
      return { type: "edit", target: request.target, text: request.text }
    case "delete":
      return { type: "delete", target: request.target }
    case "react":
      return { type: "react", target: request.target, reaction: request.reaction, on: request.on ?? true }
    case "topic":
      return { type: "topic", text: request.text }
    case "role":
      return { type: "role", nick: request.nick, role: request.role }
    case "kind":
      return { type: "kind", kind: request.kind }
    case "kick":
      return { type: "kick", nick: request.nick }
    case "invite":
    case "ban":
    case "mute":
      return { type: request.type, nick: request.nick, on: request.on ?? true }
    case "slow":
      return { type: "slow", seconds: request.seconds }
  }
}

const append = (session: Session, request: Appending): Effect.Effect<undefined, Refused> => {
  const { id, key, room: name } = request
  const seat = session.seats.get(name)
  if (request.type === "send" && isDirect(name)) return sendDirect(session, request)
  if (seat === undefined) return key === undefined ? notJoined(name) : appendFromOutside(session, { ...request, key })
  const author = session.person!
  const draft = draftOf(session, request, author, session.server.today())
  const { place, room } = seat
  const { sending } = session
  chargeFanOut(session, room)
  if (!sending.isReady(name)) {
    const handed = Effect.sync(() => sending.hand(id, room, draft, place))
    return Effect.as(Effect.andThen(sending.ready(name), handed), undefined)
  }
  // Nearly always: then the request costs no effect of its own.
  sending.hand(id, room, draft, place)
  return done
}

/** What is told to all who are in a room is at the cost of who has it told. */
const chargeFanOut = ({ share }: Session, { places }: Room) => share.charge(costs.delivery * places.size)

const draftOf = (session: Session, request: Appending, author: Person, at: string): Draft => {
  const { key } = request
  const from = author.nick
  // Most are plain, and to copy them field by field costs as much as to read them.
  if (request.type === "send" && key === undefined && request.replyTo === undefined) {
    return { type: "message", text: request.text, author, from, at }
  }
  const said = { ...contentOf(request), author, from, at, ...aboutWhom(session, request) }
  return key === undefined ? said : { ...said, key }
}

/** Whom a request of moderation is about: those who have ended can't be meant any more. */
const aboutWhom = ({ server }: Session, request: Appending): { readonly about?: Somebody } => {
  const person = "nick" in request ? server.people.named(request.nick) : undefined
  return person === undefined ? {} : { about: { id: person.id, nick: person.nick } }
}

/** A key that is known is answered wherever its author is (KEY-7); what is under way is known when it is in the log. */
const appendFromOutside = Effect.fnUntraced(function* (
  session: Session,
  request: Appending & { readonly key: string }
): Effect.fn.Return<undefined, Refused> {
  const { id, key, room } = request
  yield* session.sending.settled
  const known = yield* Effect.mapError(session.server.sentBefore(room, session.person!, key), unavailable)
  if (known === undefined) return yield* notJoined(room)
  const content = contentOf(request)
  if (isGranted(content, known)) session.server.presences.acts(session.person!)
  const reply = knownReply(id, room, content, known)
  return yield* typeof reply === "string" ? sayLine(session, reply) : Effect.fail(reply)
})

/** Others are told at most so often that somebody is still typing (TYPING-3). */
const typingMillis = 3_000

const typing: Handler<"typing"> = (session, { id, on = true, room: name }) => {
  const seat = session.seats.get(name)
  if (seat === undefined) return notJoined(name)
  if (seat.room.keeping.isMuted(session.person!)) {
    return Effect.fail<Refused>({ code: "forbidden", message: "somebody has muted you here" })
  }
  const { now } = session.server
  const { member } = seat.place
  const told = member.typing
  const isDue = on ? told === undefined || now() - told.at >= typingMillis : told?.on === true
  session.server.presences.acts(session.person!)
  if (isDue) {
    member.typing = { at: on ? now() : told!.at, on }
    chargeFanOut(session, seat.room)
    seat.room.typing(member, on)
  }
  return say(session, { type: "typing", re: id, room: name })
}

const read: Handler<"read"> = Effect.fnUntraced(function* (session, { id, room: name, seq: upTo = 0 }) {
  const seat = session.seats.get(name)
  if (seat === undefined) return yield* notJoined(name)
  const head = seat.room.log.head()
  if (upTo > head) return yield* refuse("no-such-entry", "seq", `the last entry of ${name} is ${head}`)
  const person = session.person!
  const { people, unread } = session.server
  const isMoved = upTo > (person.marks.get(name) ?? 0)
  const seq = yield* Effect.mapError(people.mark(person, name, upTo), unavailable)
  const count = yield* Effect.mapError(unread(name, person, seq, head), unavailable)
  // Where it has moved on meanwhile, whoever has moved it tells.
  if (isMoved && person.marks.get(name) === seq) {
    tellOwn(session, name, markLine({ room: name, read: seq, head, unread: count }))
  }
  return yield* say(session, { type: "read", re: id, room: name, seq, head, unread: count })
})

/** Tells the other connections of one's person that are in a room (READ-7). */
const tellOwn = ({ person, stay: own }: Session, room: string, line: string) => {
  for (const stay of person!.stays) {
    if (stay !== own && stay.session?.seats.has(room) === true) stay.session.outbox.post(Buffer.from(line))
  }
}

const rooms: Handler<"rooms"> = (session, { after, id, limit }) => {
  const { limits, rooms } = session.server
  const { existing } = rooms
  const person = session.person!
  const most = Math.min(limit ?? limits.page, limits.page)
  // One more than the slice may hold says whether others follow; a room may be a secret.
  const names: Array<string> = []
  for (let place = existing.placeAfter(after); names.length <= most && place < existing.names.length; place++) {
    const name = existing.names[place]!
    if (existing.get(name)!.keeping.may(person, "list")) names.push(name)
  }
  const cut = { length: names.length, from: 0, limit: most, line: limits.line }
  const line = sliceLine(`{"type":"rooms","re":${id},"rooms":[`, cut, (place) => {
    const name = names[place]!
    return `{"room":"${name}","members":${existing.get(name)!.members.size()}}`
  })
  return sayLine(session, line)
}

const members: Handler<"members"> = (session, { after, id, limit, room: name }) => {
  const { limits } = session.server
  const seat = session.seats.get(name)
  if (seat === undefined) return notJoined(name)
  const head = `{"type":"members","re":${id},"room":"${name}","members":[`
  const slice = { after, limit: Math.min(limit ?? limits.page, limits.page) }
  return sayLine(session, memberSlice(head, seat.room, slice, limits))
}

const standings: Handler<"standings"> = (session, { after, id, limit, room: name }) => {
  const { limits } = session.server
  const seat = session.seats.get(name)
  if (seat === undefined) return notJoined(name)
  const { keeping } = seat.room
  if (!keeping.may(session.person!, "standings")) {
    return Effect.fail<Refused>({ code: "forbidden", message: "only others of this room may see that" })
  }
  const all = keeping.standings()
  const above = after === undefined ? all : all.filter(({ nick }) => nick > after)
  const most = Math.min(limit ?? limits.page, limits.page)
  const cut = { length: above.length, from: 0, limit: most, line: limits.line }
  const head = `{"type":"standings","re":${id},"room":"${name}","standings":[`
  return sayLine(
    session,
    sliceLine(head, cut, (place) => JSON.stringify(above[place]))
  )
}

const history: Handler<"history"> = (session, request) => {
  if (isDirect(request.room)) return historyDirect(session, request)
  const seat = session.seats.get(request.room)
  if (seat === undefined) return notJoined(request.room)
  return pageFor(session, request, seat.room.log).pipe(
    Effect.mapError(unavailable),
    Effect.flatMap((line) => sayLine(session, line))
  )
}

const status: Handler<"status"> = (session, { id, type: _, ...wish }) => {
  const person = session.person!
  session.server.presences.set(person, wish)
  return sayLine(session, `{"type":"status","re":${id},${presenceFields(person)}}\n`)
}

const users: Handler<"users"> = (session, request) => {
  const line = usersLine(askingOf(session), request)
  return line === undefined ? notJoined(request.room!) : sayLine(session, line)
}

const whois: Handler<"whois"> = (session, request) => {
  const { nick } = request
  const line = whoIsLine(askingOf(session), request)
  // Whoever is nowhere near looks like nobody (USERS-5).
  if (line === undefined) return refuse("no-such-nick", "nick", `there is no ${nick} in the rooms that you are in`)
  return sayLine(session, line)
}

const askingOf = ({ person, seats, server: { limits, people } }: Session) => ({
  person: person!,
  seats,
  people,
  limits
})

const search: Handler<"search"> = (session, request) => {
  const { seats, server } = session
  const seat = request.room === undefined ? undefined : seats.get(request.room)
  if (request.room !== undefined && seat === undefined) return notJoined(request.room)
  const { catchUp, limits } = server
  const page = foundLine(request, seat === undefined ? seats.values() : [seat], server.search!, limits)
  return catchUp.reading(session.peer, mostResults(request, limits), page, session.hurried).pipe(
    Effect.mapError(unavailable),
    Effect.flatMap((line) => sayLine(session, line))
  )
}

const ping: Handler<"ping"> = (session, { id }) => say(session, { type: "pong", re: id })

/** What this server has acknowledged stands in this connection's outbox already; for what others have, it waits (SYNC-1). */
const sync: Handler<"sync"> = (session, { id }) => say(session, { type: "synced", re: id })

/** The reply comes when all that the connection held is given back (LOGIN-6), and nobody is kept who can't be told all. */
const goodbye: Handler<"bye"> = (session, { id }) =>
  Effect.as(Effect.ignore(session.server.upToDate), { _tag: "Goodbye", re: id })

const handlers: { readonly [Type in RequestType]: Handler<Type> } = {
  login: asOfNow(login),
  join: asOfNow(join),
  leave: asOfNow(leave),
  send: append,
  rooms,
  members,
  ping,
  sync: asOfNow(sync),
  bye: goodbye,
  history,
  conversations: asOfNow(listConversations),
  ...{ status, users, whois },
  edit: append,
  delete: append,
  react: append,
  topic: append,
  typing,
  read,
  search,
  ...{ register, challenge, password: setPassword, revoke, unregister },
  ...{ role: append, kind: append, invite: append, kick: append, ban: append, mute: append, slow: append, standings }
}

/** Executes one request of a connection whose state allows it, and answers it or refuses it; what needs nothing more gives `done`. */
export const handle = <Type extends RequestType>(
  session: Session,
  request: RequestOf<Type>
): Effect.Effect<Ending | undefined, Refused> => {
  const handler: Handler<Type> = handlers[request.type as Type]
  return handler(session, request)
}

const say = (session: Session, reply: Reply): Effect.Effect<undefined> => sayLine(session, encodeLine(reply))

const sayLine = (session: Session, line: string): Effect.Effect<undefined> =>
  Effect.sync(() => {
    session.outbox.say(line)
    return undefined
  })

const notJoined = (name: string) => refuse("not-joined", "room", `you are not in ${name}: join it first`)

const memberSlice = (
  head: string,
  { members }: Room,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
  limits: Limits
): string => {
  const { length } = members.names
  const cut = { length, from: members.placeAfter(after), limit, line: limits.line }
  return sliceLine(head, cut, (place) => `"${members.names[place]}"`)
}
