/**
 * A connection to a server: requests out, replies matched, rooms as streams, and an end that everybody hears of.
 *
 * @module
 */
import {
  decodeRequest,
  decodeServerMessage,
  effectiveLimits,
  type Hello,
  type Joined,
  type Limits,
  type Line,
  type Message,
  type Reply,
  type Request,
  type RequestType,
  type RoomItem,
  type replyTypes,
  type Sent,
  utf8Length
} from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  ConnectionLost,
  Gap,
  type Loss,
  type NotTertulia,
  Refused,
  type RequestError,
  type RoomError
} from "./errors.ts"
import { greeting } from "./greeting.ts"
import { doubt, type Pulse } from "./heartbeat.ts"
import { type Inbox, makeInboxes, type RoomEvent } from "./inbox.ts"
import { membersOf } from "./room.ts"
import { type Happening, makeSession } from "./session.ts"
import { allSlices } from "./slices.ts"
import type { Transport } from "./transport.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What a caller gets
// ---------------------------------------------------------------------------------------------------------------------

/** How to join; `after` and `epoch` are the cursor of an earlier visit (spec/order.md, Catching up). */
export interface JoinOptions {
  /** Whether a room that doesn't exist is created; true unless said otherwise. */
  readonly create?: boolean
  readonly after?: number
  readonly epoch?: string
}

/** A room that the connection is in, from `joined` to `left`. */
export interface Room {
  readonly name: string
  readonly epoch: string
  /** The `seq` of the first entry that the server still has. */
  readonly first: number
  /** The `seq` of the last entry when this client came; 0 if there never was one. */
  readonly head: number
  /** Whether the entries after the cursor come first; false too when no cursor was given. */
  readonly resumed: boolean
  /**
   * Everything that happens, in the order in which it comes; entries ascend by one, each once, from the cursor or from
   * `head` (ORDER-3, CATCH-7). For one reader: what one takes, another doesn't see. Ends with `left` or the client's own
   * `bye`, and fails when the connection is lost, an entry is missing, or too much waits unread.
   */
  readonly events: Stream.Stream<RoomEvent, RoomError>
  /** The entries among `events`, of which they are taken. */
  readonly entries: Stream.Stream<Message, RoomError>
  /** Who is there now, by nick (MEMBER-6); nobody once left. */
  readonly members: Effect.Effect<ReadonlyArray<string>>
  /** The `seq` of the last entry that has come: with `epoch`, the cursor to come back with. */
  readonly last: Effect.Effect<number>
  readonly send: (text: string) => Effect.Effect<Sent, RequestError>
  readonly leave: Effect.Effect<void, RequestError>
}

/**
 * A connection whose `hello` has come. A request may be made while others wait; they take effect, and are answered, in
 * the order in which they were started (REPLY-3, REPLY-4). What the server would have to refuse is refused here.
 */
export interface Connection {
  /** Where the server is, for people. */
  readonly address: string
  readonly hello: Hello
  readonly limits: Limits
  /** Takes a nick; gives it as the server spells it. */
  readonly login: (nick: string) => Effect.Effect<string, RequestError>
  /** Enters a room; returns once its list of members is whole. */
  readonly join: (room: string, options?: JoinOptions) => Effect.Effect<Room, RequestError>
  readonly leave: (room: string) => Effect.Effect<void, RequestError>
  /** Says something; returns its place, after the entry itself has come to the room's `events` (SEND-3). */
  readonly send: (room: string, text: string) => Effect.Effect<Sent, RequestError>
  /** All rooms of the server, by name. */
  readonly rooms: Effect.Effect<ReadonlyArray<RoomItem>, RequestError>
  /** All members of a room that one is in, by nick. */
  readonly members: (room: string) => Effect.Effect<ReadonlyArray<string>, RequestError>
  readonly ping: Effect.Effect<void, RequestError>
  /** Returns when everything that was acknowledged to anybody before has come (SYNC-1). */
  readonly sync: Effect.Effect<void, RequestError>
  /** Says goodbye; returns when the server has answered all earlier requests and this one (END-1). */
  readonly bye: Effect.Effect<void, RequestError>
  /** Waits for the end of the connection, and says how it came. */
  readonly ended: Effect.Effect<Loss>
}

/** What may be set about a connection. */
export interface ConnectOptions {
  /** How many events of one room may wait unread before its stream fails with `FellBehind`; 16,384 by default. */
  readonly buffer?: number
  /** Sees every line as it goes and comes, for those who want to watch the protocol. */
  readonly onWire?: (direction: "sent" | "received", line: string) => Effect.Effect<void>
}

/**
 * Opens a connection and waits for `hello`. When the scope closes it says `bye`, and waits a second at the most.
 *
 * Fails with what `open` fails with, with `NotTertulia` when something else answers, and with `ConnectionLost` when the
 * server greets with `bye` (HELLO-5). Server pings are answered (HEART-5) and a silent server is doubted (HEART-6).
 */
export const connect = Effect.fnUntraced(function* <E, R>(
  open: Effect.Effect<Transport, E, R>,
  { buffer = 16_384, onWire = () => Effect.void }: ConnectOptions = {}
): Effect.fn.Return<Connection, E | NotTertulia | ConnectionLost, R | Scope.Scope> {
  const transport = yield* open
  const hello = yield* greeting(transport, (line) => onWire("received", readable(line)))
  const engine = yield* start(transport, hello, buffer, onWire)
  return connectionOver(engine, hello, transport.address)
})

// ---------------------------------------------------------------------------------------------------------------------
// What drives it
// ---------------------------------------------------------------------------------------------------------------------

type ReplyTo<Type extends RequestType> = Extract<Reply, { readonly type: (typeof replyTypes)[Type] }>
type Fields<Type extends RequestType> = Omit<Extract<Request, { readonly type: Type }>, "id" | "type">

/** A reply, and the inbox that it opened if it is `joined`. */
interface Answer {
  readonly reply: Reply
  readonly inbox: Inbox | undefined
}

interface Engine {
  readonly ask: <Type extends RequestType>(
    type: Type,
    fields: Fields<Type>
  ) => Effect.Effect<{ readonly reply: ReplyTo<Type>; readonly inbox: Inbox | undefined }, RequestError>
  readonly members: (room: string) => ReadonlyArray<string>
  readonly last: (room: string) => number | undefined
  readonly limits: Limits
  readonly ended: Effect.Effect<Loss>
}

const start = Effect.fnUntraced(function* (
  transport: Transport,
  hello: Hello,
  buffer: number,
  onWire: NonNullable<ConnectOptions["onWire"]>
): Effect.fn.Return<Engine, never, Scope.Scope> {
  const limits = effectiveLimits(hello.limits)
  transport.limitLines(limits.line)
  const session = makeSession()
  const inboxes = makeInboxes(buffer)
  const outbox = yield* Queue.unbounded<string>()
  const replies = new Map<number, Deferred.Deferred<Answer, ConnectionLost>>()
  const ended = Deferred.makeUnsafe<Loss>()
  // Set once nothing may be asked any more: by `bye`, or by the end.
  let over: Loss | undefined
  let pulse: Pulse = { at: yield* Clock.currentTimeMillis }

  const lost = (loss: Loss, outcome: "none" | "unknown") =>
    new ConnectionLost({ address: transport.address, loss, outcome })

  // --- out ---

  /** Puts a request into the outbox at once: the order of calls is the order on the wire. */
  const post = (
    type: RequestType,
    fields: object
  ): Result.Result<Deferred.Deferred<Answer, ConnectionLost>, RequestError> => {
    if (over !== undefined) return Result.fail(lost(over, "none"))
    const checked = check(type, session.nextId(), fields, limits)
    if (Result.isFailure(checked)) return Result.fail(checked.failure)
    const request = checked.success
    const answer = Deferred.makeUnsafe<Answer, ConnectionLost>()
    session.asked(request)
    replies.set(request.id, answer)
    Queue.offerUnsafe(outbox, JSON.stringify(request))
    if (type === "bye") over = { _tag: "Goodbye" }
    return Result.succeed(answer)
  }

  const ask: Engine["ask"] = (type, fields) =>
    Effect.suspend(() => {
      const posted = post(type, fields)
      return Result.isFailure(posted) ? Effect.fail(posted.failure) : Deferred.await(posted.success)
    }).pipe(
      Effect.flatMap(({ inbox, reply }) =>
        reply.type === "error"
          ? Effect.fail(new Refused({ request: type, ...reply }))
          : // The session lets no other reply through.
            Effect.succeed({ reply: reply as ReplyTo<typeof type>, inbox })
      )
    )

  const writing = Effect.gen(function* () {
    while (true) {
      const objects = yield* Queue.takeAll(outbox)
      yield* Effect.forEach(objects, (object) => onWire("sent", object), { discard: true })
      yield* transport.send(objects)
    }
  })

  // --- in ---

  const reading = Effect.gen(function* () {
    while (true) {
      const lines = yield* transport.pull
      pulse = { at: yield* Clock.currentTimeMillis }
      for (const line of lines) yield* hear(line)
    }
  }).pipe(Effect.catchTag("TransportEnded", ({ why }) => Effect.fail<Loss>({ _tag: "Closed", why })))

  const hear = Effect.fnUntraced(function* (line: Line): Effect.fn.Return<void, Loss> {
    yield* onWire("received", readable(line))
    const received = decodeServerMessage(line)
    if (Result.isFailure(received))
      return yield* Effect.fail({ _tag: "Nonsense", why: received.failure.reason } as const)
    // EXT-2: what a later version says to clients that know it isn't for this one.
    if (received.success._tag === "Unknown") return
    for (const happening of session.receive(received.success.message)) yield* carryOut(happening)
  })

  const carryOut = Effect.fnUntraced(function* (happening: Happening): Effect.fn.Return<void, Loss> {
    switch (happening._tag) {
      case "Answered":
        return yield* answer(happening.id, happening.reply)
      case "Happened":
        return inboxes.put(happening.event)
      case "Skipped":
        return inboxes.fail(happening.room, new Gap(happening))
      case "Pinged":
        // Whatever waits to be sent is a sign of life too.
        if (Queue.sizeUnsafe(outbox) === 0) post("ping", {})
        return
      case "Ended":
        return yield* Effect.fail({ _tag: "Bye", bye: happening.bye } as const)
      case "Nonsense":
        return yield* Effect.fail(happening)
    }
  })

  const answer = Effect.fnUntraced(function* (id: number, reply: Reply): Effect.fn.Return<void, Loss> {
    const inbox = reply.type === "joined" ? yield* inboxes.open(reply.room) : undefined
    if (reply.type === "left") inboxes.close(reply.room)
    const waiting = replies.get(id)
    replies.delete(id)
    if (waiting !== undefined) Deferred.doneUnsafe(waiting, Exit.succeed({ reply, inbox }))
    if (reply.type === "bye") return yield* Effect.fail({ _tag: "Goodbye" } as const)
  })

  // --- the end ---

  const finish = (loss: Loss) => {
    over = loss
    // After an answered `bye` only what was never executed is without a reply (END-1, END-2).
    const error = lost(loss, loss._tag === "Goodbye" ? "none" : "unknown")
    for (const waiting of replies.values()) Deferred.doneUnsafe(waiting, Exit.fail(error))
    replies.clear()
    inboxes.closeAll(loss._tag === "Goodbye" ? undefined : error)
    Deferred.doneUnsafe(ended, Exit.succeed(loss))
  }

  // A failing write isn't the end: what the server said before it hung up is still to be read.
  yield* Effect.forkScoped(Effect.ignore(writing))
  yield* reading.pipe(
    Effect.raceFirst(
      doubt(
        hello.heartbeat,
        () => pulse,
        () => post("ping", {})
      )
    ),
    Effect.onExit((exit) =>
      Effect.andThen(
        Effect.sync(() => finish(lossOf(exit))),
        transport.close
      )
    ),
    Effect.ignore,
    Effect.forkScoped
  )
  const bye = ask("bye", {}).pipe(Effect.timeoutOption("1 second"), Effect.ignore)
  // In a fiber of its own: this one may be interrupted already, and then could wait for nothing.
  yield* Effect.addFinalizer(() => Effect.flatMap(Effect.forkDetach(bye), Fiber.await))
  return {
    ask,
    members: (room) => {
      const view = session.rooms.get(room)
      return view === undefined ? [] : membersOf(view)
    },
    last: (room) => session.rooms.get(room)?.last,
    limits,
    ended: Deferred.await(ended)
  }
})

const readable = (line: Line): string => (typeof line === "string" ? line : "(bytes that are not UTF-8)")

/** What a server would have to refuse isn't sent: it would cost a round trip, or the connection (FRAME-10). */
const check = (type: RequestType, id: number, fields: object, limits: Limits): Result.Result<Request, Refused> => {
  const checked = decodeRequest({ id, type, object: { type, id, ...fields } }, limits)
  if (Result.isFailure(checked)) return Result.fail(new Refused({ request: type, ...checked.failure }))
  if (utf8Length(JSON.stringify(checked.success)) < limits.line) return Result.succeed(checked.success)
  const message = `the request is longer than limits.line allows, which is ${limits.line} bytes`
  return Result.fail(new Refused({ request: type, code: "too-long", message }))
}

const lossOf = (exit: Exit.Exit<never, Loss>): Loss => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause))
    return { _tag: "Closed", why: "this client closed it" }
  const error = Cause.findErrorOption(exit.cause)
  return error._tag === "Some"
    ? error.value
    : { _tag: "Closed", why: `a defect of this client: ${Cause.pretty(exit.cause)}` }
}

// ---------------------------------------------------------------------------------------------------------------------
// How the parts make a connection
// ---------------------------------------------------------------------------------------------------------------------

const connectionOver = (engine: Engine, hello: Hello, address: string): Connection => {
  const { ask, ended, limits } = engine
  const membersAfter = (room: string, first?: string) =>
    allSlices(
      (after) =>
        Effect.map(ask("members", after === undefined ? { room } : { room, after }), ({ reply }) => ({
          items: reply.members,
          more: reply.more === true
        })),
      (nick) => nick,
      first
    )
  const send: Connection["send"] = (room, text) => Effect.map(ask("send", { room, text }), ({ reply }) => reply)
  const leave: Connection["leave"] = (room) => Effect.asVoid(ask("leave", { room }))
  const join = Effect.fnUntraced(function* (room: string, options: JoinOptions = {}) {
    const { inbox, reply } = yield* ask("join", { room, ...options })
    if (reply.more === true) yield* membersAfter(reply.room, reply.members.at(-1))
    const events = inbox === undefined ? Stream.empty : Stream.fromQueue(inbox)
    return roomOver(engine, reply, events, { leave, send })
  })
  return {
    address,
    hello,
    limits,
    login: (nick) => Effect.map(ask("login", { nick }), ({ reply }) => reply.nick),
    join,
    leave,
    send,
    rooms: allSlices(
      (after) =>
        Effect.map(ask("rooms", after === undefined ? {} : { after }), ({ reply }) => ({
          items: reply.rooms,
          more: reply.more === true
        })),
      ({ room }) => room
    ),
    members: (room) => membersAfter(room),
    ping: Effect.asVoid(ask("ping", {})),
    sync: Effect.asVoid(ask("sync", {})),
    bye: Effect.asVoid(ask("bye", {})),
    ended
  }
}

const roomOver = (
  engine: Engine,
  joined: Joined,
  events: Room["events"],
  { leave, send }: Pick<Connection, "leave" | "send">
): Room => ({
  name: joined.room,
  epoch: joined.epoch,
  first: joined.first,
  head: joined.head,
  resumed: joined.resumed === true,
  events,
  entries: Stream.filter(events, (event) => event.type === "message"),
  members: Effect.sync(() => engine.members(joined.room)),
  last: Effect.sync(() => engine.last(joined.room) ?? joined.head),
  send: (text) => send(joined.room, text),
  leave: leave(joined.room)
})
