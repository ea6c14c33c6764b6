/**
 * The life of one connection, from `hello` to the last `bye` (spec/session.md): lines are read, and each request is answered in its turn.
 *
 * There are many connections, and most of them are silent. So what each of them does is on the prototype of one class, and while it waits
 * for bytes, no fiber does. What is answered at once, as most is, needs none; for what has to be waited for, there is a fiber until it is
 * done; and one says what comes last.
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
  type LineDecoder,
  makeLineDecoder,
  type RequestType
} from "@tertulia/protocol"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Place } from "./door.ts"
import { errorLine } from "./encode.ts"
import { bye, type Ending, lastLine, shuttingDown } from "./ending.ts"
import { Gate } from "./gate.ts"
import { LazyMap } from "./lazy-map.ts"
import { Outbox, type OutboxOwner } from "./outbox.ts"
import type { Person, Seat, Stay } from "./people.ts"
import { Rate } from "./rate.ts"
import type { Refused } from "./refused.ts"
import { handle } from "./requests.ts"
import { done, type Sender, Sending } from "./sending.ts"
import type { Server } from "./server.ts"
import { Breach, type Connection, isPrivate, type NoBytes, type Read, type Reader } from "./transport.ts"
import { costs, type Share } from "./turns.ts"

/** Serves one connection, which holds its place until its last object is said. Never fails: a defect ends this connection and no other. */
export const serveConnection = (server: Server, connection: Connection, place: Place): Effect.Effect<void> =>
  Effect.suspend(() => {
    const share = server.turns.enter(connection.peer)
    let isServed = false
    const served = Effect.suspend(() => {
      isServed = true
      share.charge(costs.connection)
      return beginSession(new Session(server, connection, share, place))
    })
    const free = Effect.sync(() => {
      if (!isServed) server.turns.leave(connection.peer)
    })
    return share.isFree() ? served : Effect.ensuring(Effect.andThen(share.turn, served), free)
  })

const beginSession = (session: Session): Effect.Effect<void> => {
  const { server } = session
  server.sessions.add(session)
  server.meters.opened()
  session.outbox.post(session.isPrivate ? server.hello : server.helloInTheOpen)
  const begin = Effect.sync(() => session.begin())
  return Effect.andThen(Effect.annotateLogs(Effect.logDebug("a connection begins"), inLog(session)), begin)
}

/** Says what comes last, when it is known, and gives back what the connection held. */
const endSession = (session: Session, known: Effect.Effect<Ending>): Effect.Effect<void> => {
  const { connection, server } = session
  const ended = Effect.gen(function* () {
    const ending = yield* known
    session.depart(ending)
    server.meters.ended(howEnded(ending))
    // A secret that was given back opens nothing any more, not even after a restart (SESSION-8).
    if (isForGood(ending)) yield* server.people.forgotten
    const said = { ...inLog(session), ...describe(session, ending) }
    yield* Effect.annotateLogs(Effect.logDebug("a connection ends"), said)
    if (ending._tag === "Bye") connection.because?.(ending.code)
    yield* sayLast(session, ending)
  })
  const free = Effect.sync(() => {
    session.depart()
    server.sessions.delete(session)
    server.turns.leave(connection.peer)
  })
  return Effect.ensuring(
    Effect.andThen(Effect.ensuring(ended, free), session.place.leave),
    Effect.sync(() => session.place.free())
  )
}

const inLog = ({ name, peer }: Session) => ({ connection: name, peer })

export class Session implements Reader, OutboxOwner, Sender {
  readonly server: Server
  readonly connection: Connection
  /** Where its connection counts. */
  readonly place: Place
  /** What its address may do while others wait. */
  readonly share: Share
  readonly outbox: Outbox
  readonly sending: Sending
  /** What the client has asked to make a proof with, until it gives one. */
  challenge: Exchange | undefined = undefined
  /** Whether its person has been let in here by the password of an account. */
  hasShownPassword = false
  /** Who speaks here, from `welcome` on. */
  person: Person | undefined = undefined
  /** Whose connection it is of those that the person may have, from `welcome` on. */
  stay: Stay | undefined = undefined
  /** The rooms that this connection is in, by name. */
  readonly seats = new LazyMap<string, Seat>()
  /** Since when the connection has been open, in monotonic milliseconds. */
  readonly since: number
  /** Since when the server has waited for bytes; undefined while it isn't reading (HEART-4). */
  listeningSince: number | undefined = undefined
  /** When the client was asked for a sign of life in that silence; undefined while it wasn't. */
  pingedAt: number | undefined = undefined
  private readonly nth: number
  private readonly rate: Rate
  private readonly decoder: LineDecoder
  private hasRead = false
  private hasBegun = false
  private isDraining = false
  private isOver = false
  private hasDeparted = false
  // What was read, and isn't answered yet: bytes, and before them lines, of which so many are.
  private bytes: Uint8Array | undefined = undefined
  private lines: ReadonlyArray<Line> = noLines
  private answered = 0
  private blanks = 0
  private isTooLong = false
  // Whether the next line was paid for.
  private isPaid = false
  // The `id` of the request that is answered, for the log.
  private answering: number | undefined = undefined
  private working: Fiber.Fiber<Ending | undefined> | undefined = undefined
  private endedBy: Ending | undefined = undefined
  private readonly whenDraining = new Gate()
  private readonly whenDeparted = new Gate()

  constructor(server: Server, connection: Connection, share: Share, place: Place) {
    const { limits, now, outboxBounds } = server
    this.server = server
    this.connection = connection
    this.place = place
    place.isHeld = true
    this.share = share
    this.nth = server.countConnection()
    this.since = now()
    this.outbox = new Outbox(connection, outboxBounds, this)
    this.sending = new Sending(this, limits.line)
    this.rate = new Rate(limits, now)
    this.decoder = makeLineDecoder(limits.line)
  }

  /** What the log calls the connection. */
  get name(): string {
    return `c${this.nth}`
  }

  /** The client's address. */
  get peer(): string {
    return this.connection.peer
  }

  /** Whether nobody between can read what is said here: then it may be a password. */
  get isPrivate(): boolean {
    return isPrivate(this.connection)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Beginning and ending
  // -------------------------------------------------------------------------------------------------------------------

  /** Converses, until that ends by itself, from outside, or by a defect. */
  begin(): void {
    this.connection.onGone(() => {
      this.outbox.abandon()
      this.end({ _tag: "Gone" })
    })
    this.listen()
  }

  /** Ends the connection from outside, unless it is ending. */
  end(ending: Ending): void {
    this.endedBy ??= ending
    // Later, and not at once: a fan-out that ends one member must not have it depart in its midst.
    queueMicrotask(() => {
      if (this.working !== undefined) this.working.interruptUnsafe()
      else this.over(Effect.succeed(this.endedBy!))
    })
  }

  /** Ends the connection when what was read is answered (END-8). */
  drain(): void {
    this.isDraining = true
    this.whenDraining.open()
    if (this.listeningSince === undefined) return
    this.connection.cancelRead()
    this.listen()
  }

  /** Waits until the server stops. */
  get hurried(): Effect.Effect<void> {
    return this.whenDraining.passed(() => this.isDraining)
  }

  /** Waits until nothing more is executed that this connection has asked for, and what it held is given back. */
  get departed(): Effect.Effect<void> {
    return this.whenDeparted.passed(() => this.hasDeparted)
  }

  /** Gives back what the connection held (LOGIN-6, MEMBER-2), or keeps it for the person's return (SESSION-4). */
  depart(ending?: Ending): void {
    this.server.people.depart(this, ending !== undefined && isForGood(ending))
    this.hasDeparted = true
    this.whenDeparted.open()
  }

  onOverflow(): void {
    this.end(bye("slow-consumer", `more than ${this.server.limits.backlog} bytes waited to be read`))
  }

  /** Ends the conversation by an ending; nothing is read any more. */
  private over(ending: Effect.Effect<Ending>): void {
    if (this.isOver) return
    this.isOver = true
    this.listeningSince = undefined
    this.connection.cancelRead()
    this.server.last(endSession(this, ending))
  }

  /** Ends the connection at once, whatever it owes. */
  get cut(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { working } = this
      const interrupted = working === undefined ? Effect.void : Fiber.interrupt(working)
      return Effect.andThen(
        interrupted,
        Effect.sync(() => this.over(Effect.interrupt))
      )
    })
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Reading
  // -------------------------------------------------------------------------------------------------------------------

  onRead(read: Read): void {
    if (this.takes(read)) this.listen()
  }

  /** Reads on, until nothing is there, or something has to be waited for first. */
  private listen(): void {
    if (this.endedBy !== undefined) this.over(Effect.succeed(this.endedBy))
    while (!this.isOver) {
      this.listeningSince = undefined
      const read = this.isDraining ? "woken" : this.connection.read(this)
      if (read === undefined) {
        this.listeningSince = this.server.now()
        this.pingedAt = undefined
        return
      }
      if (!this.takes(read)) return
    }
  }

  /** Takes what was read, and gives whether all of it is answered. */
  private takes(read: Read | "woken"): boolean {
    this.listeningSince = undefined
    if (!(read instanceof Uint8Array)) return this.work(endingOf(read))
    if (!this.hasRead && beginsTls(read)) return this.work(Effect.succeed(notTertulia))
    this.hasRead = true
    this.bytes = read
    try {
      const step = this.next()
      return step === undefined || this.work(step)
    } catch (thrown) {
      return this.hasEnded(Exit.die(thrown))
    }
  }

  /** Does what has to be waited for, then the rest; gives whether all is answered already. */
  private work(step: Step): boolean {
    const fiber = this.server.run(Session.workOff(this, step))
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return this.hasEnded(exit)
    this.working = fiber
    fiber.addObserver((exit) => {
      this.working = undefined
      if (this.hasEnded(exit)) this.listen()
    })
    return false
  }

  /** Runs one step after the other, until all is answered or one gives an ending. */
  private static readonly workOff = Effect.fnUntraced(function* (session: Session, first: Step) {
    for (let step: Step | undefined = first; step !== undefined; step = session.next()) {
      const ending = yield* step
      if (ending === undefined) continue
      // Whatever ends a conversation from inside comes after the replies to all that was read.
      yield* session.sending.settled
      return ending
    }
    return undefined
  })

  /** Whether the conversation goes on after what was worked off; ends it, if not. */
  private hasEnded(exit: Exit.Exit<Ending | undefined>): boolean {
    if (Exit.isSuccess(exit)) {
      if (exit.value === undefined) return true
      this.over(Effect.succeed(exit.value))
    } else {
      const { answering, endedBy } = this
      this.over(
        endedBy === undefined
          ? Effect.annotateLogs(defect(exit.cause), { ...inLog(this), request: answering })
          : Effect.succeed(endedBy)
      )
    }
    return false
  }

  /** Answers what was read, as far as nothing has to be waited for; gives the step that has to be run first, or nothing when all is answered. */
  private next(): Step | undefined {
    const { outbox, rate, share } = this
    while (true) {
      while (this.answered < this.lines.length) {
        if (!outbox.isReady()) return outbox.ready
        const wait = this.isPaid || this.isDraining ? 0 : rate.take()
        if (wait > 0) return Effect.sleep(wait)
        this.isPaid = true
        if (!this.isFree()) return share.turn
        this.isPaid = false
        share.charge(costs.request)
        const step = this.answer(this.lines[this.answered++]!)
        // Most are sends, and answered when their entry is in its log.
        if (step !== done) return step
      }
      this.lines = noLines
      const owed = rate.charge(this.blanks)
      this.blanks = 0
      if (owed > 0 && !this.isDraining) return Effect.sleep(owed)
      if (this.isTooLong) {
        const message = `${this.server.limits.line} bytes came without an LF`
        return Effect.succeed(bye("line-too-long", message))
      }
      if (this.bytes === undefined) return undefined
      if (!this.isFree()) return share.turn
      this.decode(this.bytes)
    }
  }

  /** Whether the next may be done at once; what has come when the server stops is. */
  private isFree(): boolean {
    return this.isDraining || this.share.isFree()
  }

  /** Makes lines of bytes, of so many that a turn can bear it. */
  private decode(bytes: Uint8Array): void {
    const part = bytes.length > mostRead ? bytes.subarray(0, mostRead) : bytes
    this.bytes = part === bytes ? undefined : bytes.subarray(mostRead)
    this.share.charge(costs.byte * part.length)
    const { blanks, lines, tooLong } = this.decoder.push(part)
    this.rate.refill()
    this.lines = lines
    this.answered = 0
    this.blanks = blanks
    this.isTooLong = tooLong
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Answering
  // -------------------------------------------------------------------------------------------------------------------

  /** Answers one line; gives an ending when it is the last. */
  private answer(line: Line): Effect.Effect<Ending | undefined> {
    const isFirst = !this.hasBegun
    this.hasBegun = true
    const envelope = decodeEnvelope(line, this.server.requests)
    if (Result.isSuccess(envelope)) {
      const { id } = envelope.success
      this.answering = id
      const executed = this.traced(envelope.success)
      return executed === done ? done : Effect.catch(executed, (refused) => this.sayError(id, refused))
    }
    const { re, ...refused } = envelope.failure
    if (isFirst && isNoObject(refused)) return Effect.succeed(notTertulia)
    return this.sayError(re, refused)
  }

  private sayError(re: number | undefined, refused: Refused): Effect.Effect<undefined> {
    return Effect.map(this.sending.settled, () => {
      this.refuse(re, refused)
      return undefined
    })
  }

  private traced(envelope: Envelope): Effect.Effect<Ending | undefined, Refused> {
    const { trace } = this.server
    if (trace === undefined) return this.execute(envelope)
    const attributes = { "tertulia.connection": this.name, "tertulia.request": envelope.id }
    // What is done at once belongs to the span, too.
    const executing = Effect.suspend(() => this.execute(envelope))
    return trace(`request ${envelope.type}`, attributes, executing, (exit) => ({ "tertulia.code": codeOf(exit) }))
  }

  private execute(envelope: Envelope): Effect.Effect<Ending | undefined, Refused> {
    const { limits, search, unclaimed } = this.server
    const nick = this.person?.nick
    const wrongState = stateFault(nick, envelope.type)
    if (wrongState !== undefined) return Effect.fail(wrongState)
    const isCursor = (cursor: string) => search?.placeOf(cursor) !== undefined
    const request = decodeRequest(envelope, limits, { unclaimed, nick, isCursor })
    if (Result.isFailure(request)) return Effect.fail(request.failure)
    // Those to one room may be under way together (sending.ts).
    if (isAppending(envelope)) return handle(this, request.success)
    const answered = Effect.suspend(() => handle(this, request.success))
    return this.sending.isSettled() ? answered : Effect.andThen(this.sending.settled, answered)
  }

  refuse(re: number | undefined, refused: Refused): void {
    this.server.meters.refused(refused.code)
    this.outbox.say(errorLine(re, refused))
  }

  onGranted(): void {
    // Whoever has said something is there.
    this.server.presences.acts(this.person!)
  }

  onUnknown(): void {
    this.end(internal)
  }
}

/** Something that has to be waited for before a connection goes on; it may give an ending. */
type Step = Effect.Effect<Ending | undefined> | Effect.Effect<void>

const noLines: ReadonlyArray<Line> = []

/** How a conversation ends of which no more bytes can be read. */
const endingOf = (why: NoBytes | "woken"): Effect.Effect<Ending> => {
  if (why === "woken") return shuttingDown
  if (why instanceof Breach) return Effect.succeed(bye(why.code, why.message))
  return Effect.succeed({ _tag: why === "fin" ? "Answered" : "Gone" })
}

/** Bytes that are read together: a chunk may be 64 KiB of the shortest lines, which takes too long for one turn. */
const mostRead = 16_384

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
