/**
 * The life of one connection, from `hello` to the last `bye` (spec/session.md): one fiber that reads lines and has each
 * request answered in its turn.
 *
 * @module
 */
import {
  type ByeCode,
  decodeEnvelope,
  decodeRequest,
  type Envelope,
  type Exchange,
  forbiddenString,
  isAppending,
  type Line,
  makeLineDecoder,
  type RequestType
} from "@tertulia/protocol"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { errorLine } from "./encode.ts"
import { bye, type Ending, lastLine, shuttingDown } from "./ending.ts"
import { makeOutbox, type Outbox } from "./outbox.ts"
import type { Person, Seat, Stay } from "./people.ts"
import { makeRate } from "./rate.ts"
import type { Refused } from "./refused.ts"
import { handle } from "./requests.ts"
import { done, makeSending, type Sending } from "./sending.ts"
import type { Server } from "./server.ts"
import { Breach, type Connection, isPrivate } from "./transport.ts"
import { costs, type Share } from "./turns.ts"

export interface Session {
  readonly server: Server
  /** What the log calls the connection. */
  readonly name: string
  /** The client's address. */
  readonly peer: string
  /** Whether nobody between can read what is said here: then it may be a password. */
  readonly isPrivate: boolean
  /** What the client has asked to make a proof with, until it gives one. */
  challenge: Exchange | undefined
  /** Whether its person has been let in here by the password of an account. */
  hasShownPassword: boolean
  readonly outbox: Outbox
  readonly sending: Sending
  /** What its address may do while others wait. */
  readonly share: Share
  /** Who speaks here, from `welcome` on. */
  person: Person | undefined
  /** Whose connection it is of those that the person may have, from `welcome` on. */
  stay: Stay | undefined
  /** The rooms that this connection is in, by name. */
  readonly seats: Map<string, Seat>
  /** Since when the connection has been open, in monotonic milliseconds. */
  readonly since: number
  /** Since when the server has waited for bytes; undefined while it isn't reading (HEART-4). */
  listeningSince: number | undefined
  /** When the client was asked for a sign of life in that silence; undefined while it wasn't. */
  pingedAt: number | undefined
  /** Ends the connection from outside, unless it is ending. */
  readonly end: (ending: Ending) => void
  /** Ends the connection when what was read is answered (END-8). */
  readonly drain: () => void
  /** Waits until the server stops. */
  readonly hurried: Effect.Effect<void>
  /** Waits until nothing more is executed that this connection has asked for, and what it held is given back. */
  readonly departed: Effect.Effect<void>
}

/** Serves one connection until its last object is said. Never fails: a defect ends this connection and no other. */
export const serveConnection = (server: Server, connection: Connection): Effect.Effect<void> =>
  Effect.suspend(() => {
    const share = server.turns.enter(connection.peer)
    const served = Effect.suspend(() => serveSession(server, connection, share))
    return Effect.ensuring(
      share.isFree() ? served : Effect.andThen(share.turn, served),
      Effect.sync(() => server.turns.leave(connection.peer))
    )
  })

const serveSession = (server: Server, connection: Connection, share: Share): Effect.Effect<void> =>
  Effect.suspend(() => {
    share.charge(costs.connection)
    const { converse, depart, session } = makeSession(server, connection, share)
    const inLog = { connection: session.name, peer: connection.peer }
    server.sessions.add(session)
    server.meters.opened()
    session.outbox.post(session.isPrivate ? server.hello : server.helloInTheOpen)
    const free = Effect.sync(() => {
      depart()
      server.sessions.delete(session)
    })
    return Effect.gen(function* () {
      yield* Effect.logDebug("a connection begins")
      const ending = yield* converse
      depart(ending)
      server.meters.ended(howEnded(ending))
      // A secret that was given back opens nothing any more, not even after a restart (SESSION-8).
      if (isForGood(ending)) yield* server.people.forgotten
      yield* Effect.logDebug("a connection ends").pipe(Effect.annotateLogs(describe(session, ending)))
      if (ending._tag === "Bye") connection.because?.(ending.code)
      yield* sayLast(session, ending)
    }).pipe(Effect.ensuring(free), Effect.annotateLogs(inLog))
  })

const makeSession = (server: Server, connection: Connection, share: Share) => {
  const { limits, now } = server
  let hasBegun = false
  // The `id` of the request that is answered, for the log.
  let answering: number | undefined
  let isDraining = false
  let endedBy: Ending | undefined
  let conversation: Fiber.Fiber<Ending> | undefined
  const departed = Latch.makeUnsafe(false)
  const hurried = Latch.makeUnsafe(false)

  // Later, and not at once: a fan-out that ends one member must not have it depart in its midst.
  const end = (ending: Ending) => {
    endedBy ??= ending
    queueMicrotask(() => conversation?.interruptUnsafe())
  }

  const outbox = makeOutbox(connection, {
    mark: limits.line,
    backlog: limits.backlog,
    now,
    onOverflow: () => end(bye("slow-consumer", `more than ${limits.backlog} bytes waited to be read`))
  })

  const refuse = (re: number | undefined, refused: Refused) => {
    server.meters.refused(refused.code)
    outbox.say(errorLine(re, refused))
  }

  const sending = makeSending({
    say: outbox.say,
    refuse,
    // Whoever has said something is there.
    onGranted: () => server.presences.acts(session.person!),
    onUnknown: () => end(internal),
    mark: limits.line
  })

  const session: Session = {
    server,
    name: server.nameConnection(),
    peer: connection.peer,
    isPrivate: isPrivate(connection),
    challenge: undefined,
    hasShownPassword: false,
    outbox,
    sending,
    share,
    person: undefined,
    stay: undefined,
    seats: new Map(),
    since: now(),
    listeningSince: undefined,
    pingedAt: undefined,
    end,
    drain: () => {
      isDraining = true
      hurried.openUnsafe()
      connection.wake()
    },
    hurried: hurried.await,
    departed: departed.await
  }

  /** Gives back what the connection held (LOGIN-6, MEMBER-2), or keeps it for the person's return (SESSION-4). */
  const depart = (ending?: Ending) => {
    server.people.depart(session, ending !== undefined && isForGood(ending))
    departed.openUnsafe()
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Answering
  // -------------------------------------------------------------------------------------------------------------------

  /** Answers one line; gives an ending when it is the last. */
  const answer = (line: Line): Effect.Effect<Ending | undefined> => {
    const isFirst = !hasBegun
    hasBegun = true
    const envelope = decodeEnvelope(line, server.requests)
    if (Result.isSuccess(envelope)) {
      const { id } = envelope.success
      answering = id
      const executed = traced(envelope.success)
      return executed === done ? done : Effect.catch(executed, (refused) => sayError(id, refused))
    }
    const { re, ...refused } = envelope.failure
    if (isFirst && isNoObject(refused)) return Effect.succeed(notTertulia)
    return sayError(re, refused)
  }

  const sayError = (re: number | undefined, refused: Refused): Effect.Effect<undefined> =>
    Effect.map(sending.settled, () => {
      refuse(re, refused)
      return undefined
    })

  const isCursor = (cursor: string) => server.search?.placeOf(cursor) !== undefined

  const traced = (envelope: Envelope): Effect.Effect<Ending | undefined, Refused> => {
    if (server.trace === undefined) return execute(envelope)
    const attributes = { "tertulia.connection": session.name, "tertulia.request": envelope.id }
    // What is done at once belongs to the span, too.
    const executing = Effect.suspend(() => execute(envelope))
    return server.trace(`request ${envelope.type}`, attributes, executing, (exit) => ({
      "tertulia.code": codeOf(exit)
    }))
  }

  const execute = (envelope: Envelope): Effect.Effect<Ending | undefined, Refused> => {
    const wrongState = stateFault(session.person?.nick, envelope.type)
    if (wrongState !== undefined) return Effect.fail(wrongState)
    const context = { unclaimed: server.unclaimed, nick: session.person?.nick, isCursor }
    const request = decodeRequest(envelope, limits, context)
    if (Result.isFailure(request)) return Effect.fail(request.failure)
    // Those to one room may be under way together (sending.ts).
    if (isAppending(envelope)) return handle(session, request.success)
    const answered = Effect.suspend(() => handle(session, request.success))
    return sending.isSettled() ? answered : Effect.andThen(sending.settled, answered)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Reading
  // -------------------------------------------------------------------------------------------------------------------

  const rate = makeRate(limits.burst, limits.rate, now)

  /** Waits until one more request may be read (SEND-6); what has come when the server stops is answered at once. */
  const throttle = Effect.fnUntraced(function* (milliseconds: number, again = rate.take) {
    for (let wait = milliseconds; wait > 0 && !isDraining; wait = again()) yield* Effect.sleep(wait)
  })

  const listen = Effect.suspend(() => {
    if (isDraining) return Effect.fail("woken" as const)
    session.listeningSince = now()
    session.pingedAt = undefined
    return connection.read
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        session.listeningSince = undefined
      })
    )
  )

  const readAndAnswer = Effect.gen(function* () {
    const decoder = makeLineDecoder(limits.line)
    const first = yield* listen
    if (beginsTls(first)) return notTertulia
    for (let bytes = first, rest = nothing; ; bytes = rest.length > 0 ? rest : yield* listen) {
      if (!share.isFree() && !isDraining) yield* share.turn
      rest = nothing
      if (bytes.length > mostRead) {
        rest = bytes.subarray(mostRead)
        bytes = bytes.subarray(0, mostRead)
      }
      share.charge(costs.byte * bytes.length)
      const { blanks, lines, tooLong } = decoder.push(bytes)
      rate.refill()
      for (const line of lines) {
        if (!outbox.isReady()) yield* outbox.ready
        const wait = rate.take()
        if (wait > 0) yield* throttle(wait)
        if (!share.isFree() && !isDraining) yield* share.turn
        share.charge(costs.request)
        const answered = answer(line)
        // Most are sends, and answered when their entry is in its log.
        if (answered === done) continue
        const ending = yield* answered
        if (ending !== undefined) return ending
      }
      if (blanks > 0) yield* throttle(rate.charge(blanks), () => rate.charge(0))
      if (tooLong) return bye("line-too-long", `${limits.line} bytes came without an LF`)
    }
  }).pipe(
    Effect.catch((noBytes): Effect.Effect<Ending> => {
      if (noBytes === "woken") return shuttingDown
      if (noBytes instanceof Breach) return Effect.succeed(bye(noBytes.code, noBytes.message))
      return Effect.succeed({ _tag: noBytes === "fin" ? "Answered" : "Gone" })
    }),
    // Whatever ends a conversation from inside comes after the replies to all that was read.
    Effect.tap(sending.settled)
  )

  /** Converses until that ends by itself, from outside, or by a defect. */
  const converse = Effect.gen(function* () {
    conversation = yield* Effect.forkChild(readAndAnswer)
    connection.onGone(() => {
      outbox.abandon()
      end({ _tag: "Gone" })
    })
    const exit = yield* Fiber.await(conversation)
    if (Exit.isSuccess(exit)) return exit.value
    return endedBy ?? (yield* Effect.annotateLogs(defect(exit.cause), { request: answering }))
  })

  return { session, converse, depart }
}

/** Bytes that are read together: a chunk may be 64 KiB of the shortest lines, which takes too long for one turn. */
const mostRead = 16_384

const nothing: Uint8Array = new Uint8Array(0)

/** What has become of a request, for who traces it. */
const codeOf = (exit: Exit.Exit<unknown, Refused>): string =>
  Exit.isSuccess(exit) ? "ok" : (Option.getOrUndefined(Exit.findErrorOption(exit))?.code ?? "internal")

/** What the state of a connection says against a request, before its fields are looked at (LOGIN-3, LOGIN-4). */
const stateFault = (nick: string | undefined, type: RequestType): Refused | undefined => {
  if (type === "ping" || type === "bye") return undefined
  const isOnTheWayIn = type === "login" || type === "register" || type === "challenge"
  if (nick === undefined) return isOnTheWayIn ? undefined : { code: "login-first", message: "log in first" }
  return isOnTheWayIn ? { code: "already-logged-in", message: `you are ${nick} on this connection` } : undefined
}

/** Whether what comes first begins a handshake of TLS: no object begins so, and its end of line may never come (FRAME-8). */
const beginsTls = (bytes: Uint8Array): boolean => bytes[0] === 0x16

/** Whether a line was refused because it isn't an object at all, as the first line of another protocol (FRAME-8). */
const isNoObject = ({ code, message }: Refused): boolean => code === "bad-json" && message !== forbiddenString

// ---------------------------------------------------------------------------------------------------------------------
// Ending
// ---------------------------------------------------------------------------------------------------------------------

const notTertulia = bye("not-tertulia", "the first line is not a JSON object")

const internal = bye("internal", "a defect of the server; please reconnect")

const defect = (cause: Cause.Cause<never>): Effect.Effect<Ending> =>
  Effect.as(Effect.logError("a defect ended a connection", cause), internal)

/** Whether the session ends with the connection: whoever it was said `bye`, or was sent away. */
const isForGood = (ending: Ending): boolean =>
  ending._tag === "Goodbye" || (ending._tag === "Bye" && forGood.has(ending.code))

const forGood: ReadonlySet<ByeCode> = new Set(["kicked", "banned", "logged-out"])

/** Says the last object. What waits before it has two heartbeats to be read; what a slow reader left unread, none. */
const sayLast = ({ outbox, server }: Session, ending: Ending): Effect.Effect<void> => {
  const isSlow = ending._tag === "Bye" && ending.code === "slow-consumer"
  if (isSlow) outbox.discard()
  outbox.finish(lastLine(ending))
  return Effect.asVoid(Effect.timeoutOption(outbox.empty, isSlow ? 1_000 : 2_000 * server.heartbeat))
}

const describe = ({ person }: Session, ending: Ending) => ({
  ...(person === undefined ? {} : { nick: person.nick }),
  ending: howEnded(ending)
})

const howEnded = (ending: Ending): string => (ending._tag === "Bye" ? ending.code : ending._tag.toLowerCase())
