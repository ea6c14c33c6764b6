/**
 * What drives a greeted connection: it sends requests, says what each object of the server means, watches the server's
 * pulse, and ends everything at once. It keeps nothing of what it says.
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
  type Request,
  type RequestType,
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
import { ConnectionLost, type Loss, lossOf, Refused, type RequestError } from "./errors.ts"
import { doubt, type Pulse } from "./heartbeat.ts"
import type { RoomView } from "./room.ts"
import { type Happening, makeSession } from "./session.ts"
import type { Transport } from "./transport.ts"

/** Sees every line as it goes and comes. */
export type OnWire = (direction: "sent" | "received", line: string) => Effect.Effect<void>

/** The fields of a request that its caller chooses. */
export type Fields<Type extends RequestType> = Omit<Extract<Request, { readonly type: Type }>, "id" | "type">

/** What is left to do for those who hear: an answer, or something that happened. */
export type Heard = Extract<Happening, { readonly _tag: "Answered" | "Happened" | "PutOut" | "Skipped" | "Noticed" }>

/** A running connection. */
export interface Link {
  /** Where the server is, for people. */
  readonly address: string
  /** Puts a request into the outbox at once, and gives its `id`: the order of calls is the order on the wire. */
  readonly post: (type: RequestType, fields: object) => Result.Result<number, RequestError>
  /** What is known now of a room; undefined once left. */
  readonly view: (room: string) => RoomView | undefined
  readonly limits: Limits
  /** How it ended; undefined while it lasts. */
  readonly loss: () => Loss | undefined
  readonly ended: Effect.Effect<Loss>
}

/** Who listens to a connection. */
export interface Ears {
  /** Hears one after the other, in the order of the wire. */
  readonly hear: (heard: Heard) => Effect.Effect<void>
  /** Hears of the end: nothing comes after it. */
  readonly finish: (loss: Loss) => void
}

/** Runs a greeted connection until it ends or the scope closes, which says `bye`. */
export const startLink = Effect.fnUntraced(function* (
  transport: Transport,
  hello: Hello,
  { finish, hear }: Ears,
  onWire: OnWire
): Effect.fn.Return<Link, never, Scope.Scope> {
  const limits = effectiveLimits(hello.limits)
  transport.limitLines(limits.line)
  const session = makeSession()
  const outbox = yield* Queue.unbounded<string>()
  const ended = Deferred.makeUnsafe<Loss>()
  // Set once nothing may be asked any more: by `bye`, or by the end.
  let over: Loss | undefined
  let loss: Loss | undefined
  let pulse: Pulse = { at: yield* Clock.currentTimeMillis }

  // --- out ---

  const post: Link["post"] = (type, fields) => {
    if (over !== undefined) {
      return Result.fail(new ConnectionLost({ address: transport.address, loss: over, outcome: "none" }))
    }
    return Result.map(check(type, session.nextId(), fields, limits), (request) => {
      session.asked(request)
      Queue.offerUnsafe(outbox, JSON.stringify(request))
      if (type === "bye") over = { _tag: "Goodbye" }
      return request.id
    })
  }

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
      for (const line of lines) yield* read(line)
    }
  }).pipe(Effect.catchTag("TransportEnded", (end) => Effect.fail(lossOf(end))))

  const read = Effect.fnUntraced(function* (line: Line): Effect.fn.Return<void, Loss> {
    yield* onWire("received", readable(line))
    const received = decodeServerMessage(line)
    if (Result.isFailure(received))
      return yield* Effect.fail({ _tag: "Nonsense", why: received.failure.reason } as const)
    const { success } = received
    const happenings =
      success._tag === "Known" ? session.receive(success.message) : session.receiveUnknown(success.object)
    for (const happening of happenings) yield* carryOut(happening)
  })

  const carryOut = Effect.fnUntraced(function* (happening: Happening): Effect.fn.Return<void, Loss> {
    switch (happening._tag) {
      case "Pinged":
        // Whatever waits to be sent is a sign of life too.
        if (Queue.sizeUnsafe(outbox) === 0) post("ping", {})
        return
      case "Ended":
        return yield* Effect.fail({ _tag: "Bye", bye: happening.bye } as const)
      case "Nonsense":
        return yield* Effect.fail(happening)
      default:
        yield* hear(happening)
        if (happening._tag === "Answered" && happening.reply.type === "bye") {
          return yield* Effect.fail({ _tag: "Goodbye" } as const)
        }
    }
  })

  // --- the end ---

  const close = (how: Loss) => {
    over = how
    loss = how
    finish(how)
    Deferred.doneUnsafe(ended, Exit.succeed(how))
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
        Effect.sync(() => close(lossIn(exit))),
        transport.close
      )
    ),
    Effect.ignore,
    Effect.forkScoped
  )
  const bye = Effect.suspend(() => {
    post("bye", {})
    return Deferred.await(ended)
  }).pipe(Effect.timeoutOption("1 second"))
  // In a fiber of its own: this one may be interrupted already, and then could wait for nothing.
  yield* Effect.addFinalizer(() => Effect.flatMap(Effect.forkDetach(bye), Fiber.await))
  return {
    address: transport.address,
    post,
    view: (room) => session.rooms.get(room),
    limits,
    loss: () => loss,
    ended: Deferred.await(ended)
  }
})

/** A line as text, for people. */
export const readable = (line: Line): string => (typeof line === "string" ? line : "(bytes that are not UTF-8)")

/** What a server would have to refuse isn't sent: it would cost a round trip, or the connection (FRAME-10). */
export const check = (
  type: RequestType,
  id: number,
  fields: object,
  limits: Limits
): Result.Result<Request, Refused> => {
  const checked = decodeRequest({ id, type, object: { type, id, ...fields } }, limits)
  if (Result.isFailure(checked)) return Result.fail(new Refused({ request: type, ...checked.failure }))
  if (utf8Length(JSON.stringify(checked.success)) < limits.line) return Result.succeed(checked.success)
  const message = `the request is longer than limits.line allows, which is ${limits.line} bytes`
  return Result.fail(new Refused({ request: type, code: "too-long", message }))
}

const lossIn = (exit: Exit.Exit<never, Loss>): Loss => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause))
    return { _tag: "Closed", why: "this client closed it" }
  const error = Cause.findErrorOption(exit.cause)
  return error._tag === "Some"
    ? error.value
    : { _tag: "Closed", why: `a defect of this client: ${Cause.pretty(exit.cause)}` }
}
