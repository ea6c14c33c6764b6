/**
 * What drives a connection after its greeting: it sends requests, matches replies, hands out events, watches the server's
 * pulse, and ends everything at once.
 *
 * @module
 */
import {
  decodeRequest,
  decodeServerMessage,
  effectiveLimits,
  type Hello,
  type Limits,
  type Line,
  type Reply,
  type Request,
  type RequestType,
  type replyTypes,
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
import { ConnectionLost, Gap, type Loss, Refused, type RequestError } from "./errors.ts"
import { doubt, type Pulse } from "./heartbeat.ts"
import { type Inbox, makeInboxes } from "./inbox.ts"
import type { RoomView } from "./room.ts"
import { type Happening, makeSession } from "./session.ts"
import type { Transport } from "./transport.ts"

/** Sees every line as it goes and comes. */
export type OnWire = (direction: "sent" | "received", line: string) => Effect.Effect<void>

type ReplyTo<Type extends RequestType> = Extract<Reply, { readonly type: (typeof replyTypes)[Type] }>
type Fields<Type extends RequestType> = Omit<Extract<Request, { readonly type: Type }>, "id" | "type">

/** A reply, and the inbox that it opened if it is `joined`. */
interface Answer {
  readonly reply: Reply
  readonly inbox: Inbox | undefined
}

/** A running connection. */
export interface Engine {
  /** Makes a request at once, and waits for its reply; a `joined` comes with the inbox that it opened. */
  readonly ask: <Type extends RequestType>(
    type: Type,
    fields: Fields<Type>
  ) => Effect.Effect<{ readonly reply: ReplyTo<Type>; readonly inbox: Inbox | undefined }, RequestError>
  /** What is known now of a room; undefined once left. */
  readonly view: (room: string) => RoomView | undefined
  readonly limits: Limits
  readonly ended: Effect.Effect<Loss>
}

/**
 * Runs a greeted connection until it ends or the scope closes, which says `bye`.
 *
 * @param buffer how many events of one room may wait unread
 */
export const startEngine = Effect.fnUntraced(function* (
  transport: Transport,
  hello: Hello,
  buffer: number,
  onWire: OnWire
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
    if (received.success._tag === "Unknown") {
      // EXT-2: what a later version says to clients that know it isn't for this one; but an entry has its place (CATCH-9).
      const { room, seq } = received.success.object
      if (typeof room !== "string" || !Number.isSafeInteger(seq)) return
      for (const happening of session.counts(room, seq as number)) yield* carryOut(happening)
      return
    }
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
    view: (room) => session.rooms.get(room),
    limits,
    ended: Deferred.await(ended)
  }
})

/** A line as text, for people. */
export const readable = (line: Line): string => (typeof line === "string" ? line : "(bytes that are not UTF-8)")

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
