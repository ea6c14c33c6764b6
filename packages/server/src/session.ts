/**
 * The life of one connection, from `hello` to the last `bye` (spec/session.md): one fiber that reads, decodes, checks the
 * state, and has each request answered in its turn.
 *
 * @module
 */
import {
  decodeEnvelope,
  decodeRequest,
  type Envelope,
  forbiddenString,
  type Limits,
  type Line,
  makeLineDecoder,
  type RequestType
} from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import { errorLine, sentLine } from "./encode.ts"
import { bye, type Ending, hangUp, lastLine } from "./ending.ts"
import { makeOutbox, type Outbox } from "./outbox.ts"
import { makeRate } from "./rate.ts"
import type { Refused } from "./refused.ts"
import { handle } from "./requests.ts"
import type { Member, Room } from "./room.ts"
import type { Entry, Unavailable } from "./room-log.ts"
import { type Rooms, unavailable } from "./rooms.ts"
import type { Connection } from "./transport.ts"

/** What all sessions of a server share. */
export interface House {
  readonly limits: Limits
  /** Seconds. */
  readonly heartbeat: number
  /** The line that greets everybody. */
  readonly hello: string
  readonly rooms: Rooms
  /** Who holds each nick. */
  readonly nicks: Map<string, Session>
  readonly sessions: Set<Session>
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The time of day, as entries carry it. */
  readonly today: () => string
}

/** A room that a connection is in. */
export interface Seat {
  readonly room: Room
  readonly member: Member
}

export interface Session {
  readonly house: House
  readonly outbox: Outbox
  /** The nick, from `welcome` on. */
  nick: string | undefined
  /** The rooms that this connection is in, by name. */
  readonly seats: Map<string, Seat>
  /** Hands in an entry; its `sent` is said when the entry is in the log. */
  readonly send: (re: number, seat: Seat, text: string) => Effect.Effect<void>
  /** Since when the connection has been open, in monotonic milliseconds. */
  readonly since: number
  /** Since when the server has waited for bytes; undefined while it isn't reading (HEART-4). */
  listeningSince: number | undefined
  /** Whether that silence has been broken by a `ping`. */
  pinged: boolean
  /** Ends the connection from outside; the first ending counts. */
  readonly end: (ending: Ending) => void
  /** Ends the connection when what was read is answered (END-8). */
  readonly drain: () => void
  /** Ends the connection because its reader has stalled; frees it at once when it was ending already. */
  readonly stall: () => void
  /** Frees the connection at once. */
  readonly destroy: () => void
}

/** Serves one connection until it is gone. Never fails: a defect ends this connection and no other. */
export const serveConnection = (house: House, connection: Connection): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { ended, serve, session } = makeSession(house, connection)
    house.sessions.add(session)
    session.outbox.say(house.hello)
    const free = Effect.sync(() => {
      depart(session)
      session.destroy()
      house.sessions.delete(session)
    })
    return ended(serve).pipe(
      Effect.tap(() => Effect.sync(() => depart(session))),
      Effect.flatMap((ending) => close(session, connection, ending)),
      Effect.ensuring(free)
    )
  })

const makeSession = (house: House, connection: Connection) => {
  const { limits, now } = house
  const settled = Latch.makeUnsafe(true)
  // Entries that were handed in and have no `sent` yet: all of one room.
  let underWay: { readonly room: Room; count: number; bytes: number } | undefined
  let draining = false
  let greeted = false
  let ending: Ending | undefined
  let isOver = false
  let serving: Fiber.Fiber<Ending> | undefined

  // Later, and not at once: a fan-out that ends one member must not have others depart in its midst.
  const end = (by: Ending) => {
    ending ??= by
    queueMicrotask(() => serving?.interruptUnsafe())
  }

  const outbox = makeOutbox(connection, {
    mark: limits.line,
    backlog: limits.backlog,
    now,
    onOverflow: () => end(bye("slow-consumer", `more than ${limits.backlog} bytes waited to be read`))
  })

  // -------------------------------------------------------------------------------------------------------------------
  // Entries under way
  // -------------------------------------------------------------------------------------------------------------------

  /**
   * Replies keep the order of requests (REPLY-3), and requests take effect in it (REPLY-4): so whatever isn't an entry to the
   * same room waits here.
   */
  const settle = Effect.suspend(() => (underWay === undefined ? Effect.void : settled.await))

  const send: Session["send"] = Effect.fnUntraced(function* (re, { room }, text) {
    if (underWay !== undefined && (underWay.room !== room || underWay.bytes > limits.line)) yield* settle
    settled.closeUnsafe()
    underWay ??= { room, count: 0, bytes: 0 }
    underWay.count++
    underWay.bytes += bytesToCome(text)
    const settleOne = (outcome: Exit.Exit<Entry, Unavailable>) => {
      answerSend(re, room, outcome)
      if (underWay === undefined || --underWay.count > 0) return
      underWay = undefined
      settled.openUnsafe()
    }
    room.submit({ from: session.nick!, text, at: house.today(), settle: settleOne })
  })

  const answerSend = (re: number, room: Room, outcome: Exit.Exit<Entry, Unavailable>) => {
    if (Exit.isSuccess(outcome)) return outbox.say(sentLine(re, room.name, outcome.value))
    const refused = Cause.findError(outcome.cause)
    if (Result.isSuccess(refused)) outbox.say(errorLine(re, unavailable(refused.success)))
    else end(internal)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Requests
  // -------------------------------------------------------------------------------------------------------------------

  /** Answers one line; gives an ending when it is the last. */
  const answer = Effect.fnUntraced(function* (line: Line) {
    const envelope = decodeEnvelope(line)
    if (Result.isFailure(envelope)) {
      const { re, ...refused } = envelope.failure
      yield* settle
      if (!greeted && isNoObject(refused)) return bye("not-tertulia", "the first line is not a JSON object")
      greeted = true
      outbox.say(errorLine(re, refused))
      return undefined
    }
    greeted = true
    const { id, type } = envelope.success
    if (type !== "send") yield* settle
    return yield* execute(envelope.success).pipe(
      Effect.catch((refused) =>
        Effect.map(settle, () => {
          outbox.say(errorLine(id, refused))
          return undefined
        })
      )
    )
  })

  const execute = (envelope: Envelope): Effect.Effect<Ending | undefined, Refused> => {
    const wrongState = stateFault(session.nick, envelope.type)
    if (wrongState !== undefined) return Effect.fail(wrongState)
    const request = decodeRequest(envelope, limits)
    return Result.isFailure(request) ? Effect.fail(request.failure) : handle(session, request.success)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Reading
  // -------------------------------------------------------------------------------------------------------------------

  const rate = makeRate(limits.burst, limits.rate, now)

  /** Waits until one more request may be read (SEND-6); what was read when the server stops is answered at once. */
  const throttle = Effect.fnUntraced(function* (milliseconds: number) {
    for (let wait = milliseconds; wait > 0 && !draining; wait = rate.take()) yield* Effect.sleep(wait)
  })

  const listen = Effect.suspend(() => {
    if (draining) return Effect.fail("woken" as const)
    session.listeningSince = now()
    session.pinged = false
    return connection.read
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        session.listeningSince = undefined
      })
    )
  )

  const converse = Effect.gen(function* () {
    const decoder = makeLineDecoder(limits.line)
    while (true) {
      const { lines, tooLong } = decoder.push(yield* listen)
      rate.refill()
      for (const line of lines) {
        if (!outbox.isReady()) yield* outbox.ready
        const wait = rate.take()
        if (wait > 0) yield* throttle(wait)
        const ending = yield* answer(line)
        if (ending !== undefined) return ending
      }
      if (!tooLong) continue
      yield* settle
      return bye("line-too-long", `${limits.line} bytes came without an LF`)
    }
  })

  const serve: Effect.Effect<Ending> = converse.pipe(
    Effect.catch((noBytes) => {
      if (noBytes === "gone") return Effect.succeed<Ending>({ _tag: "Gone" })
      return Effect.andThen(settle, noBytes === "fin" ? Effect.succeed<Ending>({ _tag: "Answered" }) : shuttingDown)
    })
  )

  /** Runs the conversation until it ends, by itself, from outside, or by a defect. */
  const ended = Effect.fnUntraced(function* (conversation: Effect.Effect<Ending>) {
    serving = yield* Effect.forkChild(conversation)
    connection.onGone(() => {
      outbox.abandon()
      end({ _tag: "Gone" })
    })
    const exit = yield* Fiber.await(serving)
    isOver = true
    if (Exit.isSuccess(exit)) return exit.value
    return ending ?? (yield* defect(exit.cause))
  })

  const session: Session = {
    house,
    outbox,
    nick: undefined,
    seats: new Map(),
    send,
    since: now(),
    listeningSince: undefined,
    pinged: false,
    end,
    drain: () => {
      draining = true
      connection.wake()
    },
    stall: () => {
      if (isOver) connection.destroy()
      else end(bye("slow-consumer", `nothing was read for ${2 * house.heartbeat} s`))
    },
    destroy: connection.destroy
  }
  return { session, serve, ended }
}

/** The most bytes that an entry brings back to its sender, as `message` and `sent`. */
const bytesToCome = (text: string): number => 3 * text.length + 400

/** Whether a line was refused because it isn't an object at all, as the first line of another protocol (FRAME-8). */
const isNoObject = ({ code, message }: Refused): boolean => code === "bad-json" && message !== forbiddenString

/** What the state of a connection says against a request, before its fields are looked at (LOGIN-3, LOGIN-4). */
const stateFault = (nick: string | undefined, type: RequestType): Refused | undefined => {
  if (type === "ping" || type === "bye") return undefined
  if (nick === undefined) return type === "login" ? undefined : { code: "login-first", message: "log in first" }
  return type === "login" ? { code: "already-logged-in", message: `you are ${nick} on this connection` } : undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// Endings
// ---------------------------------------------------------------------------------------------------------------------

const internal = bye("internal", "a defect of the server; please reconnect")

const defect = (cause: Cause.Cause<never>): Effect.Effect<Ending> =>
  Effect.as(Effect.logError("a defect ended a connection", cause), internal)

/** Those who are sent away come back spread over some seconds. */
const shuttingDown: Effect.Effect<Ending> = Effect.map(Random.nextIntBetween(500, 5_000), (reconnectAfter) => ({
  _tag: "Bye",
  code: "shutting-down",
  message: "the server is stopping",
  reconnectAfter
}))

/** Ends what a connection held: its memberships and its nick (LOGIN-6, MEMBER-2). */
const depart = ({ house, nick, seats }: Session) => {
  for (const { member, room } of seats.values()) house.rooms.leave(room, member)
  seats.clear()
  if (nick !== undefined) house.nicks.delete(nick)
}

/** Says the last object, once all before it was taken, and hangs up. */
const close = Effect.fnUntraced(function* ({ outbox }: Session, connection: Connection, ending: Ending) {
  const isSlow = ending._tag === "Bye" && ending.code === "slow-consumer"
  if (isSlow) outbox.discard()
  outbox.finish(lastLine(ending))
  yield* isSlow ? Effect.timeoutOption(outbox.empty, "1 second") : outbox.empty
  yield* hangUp(connection)
})
