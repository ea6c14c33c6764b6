/**
 * A client as a scenario sees it: requests, replies, events, and raw bytes when a test wants to misbehave.
 * Every wait has a deadline, names what it waits for, and says which requirement is broken when it waits in vain.
 *
 * @module
 */
import {
  type Ask,
  type ByeCode,
  type ByeEvent,
  decodeEnvelope,
  decodeRequest,
  type ErrorCode,
  type ErrorReply,
  type Event,
  encodeLine,
  type Hello,
  type Joined,
  type Left,
  type Member,
  type Message,
  type Reply,
  type Request,
  type RequestType,
  replyTypes,
  type Sent,
  type Welcome
} from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { brokenBy, reliedOn } from "./blame.ts"
import type { RequirementId } from "./generated/requirement-id.ts"
import * as suite from "./suite.ts"
import { type Evidence, type Stop, SuiteFault, show } from "./verdict.ts"
import type { Arrival, Arrived, Connection } from "./wire/connection.ts"
import { encodeFrame, type FrameLike } from "./wire/frames.ts"
import { printable } from "./wire/transcript.ts"

export type { Ask } from "@tertulia/protocol"

/** The reply that a request of this type gets when it isn't refused. */
export type ReplyTo<Type extends RequestType> = Extract<Reply, { readonly type: (typeof replyTypes)[Type] }>

/** An event of this type. */
export type EventOf<Type extends Event["type"]> = Extract<Event, { readonly type: Type }>

/** What a client needs of the test that it belongs to. */
export interface Judge {
  /** The requirement that an expectation judges when it names none. */
  readonly subject: RequirementId
  /** Counts a judgement; a broken requirement ends the test: failed if the test is about it, else blocked by it. */
  readonly judge: (id: RequirementId, kept: boolean, evidence: Evidence) => Effect.Effect<void, Stop>
  /** Ends the test because this requirement is broken. */
  readonly broken: (id: RequirementId, evidence: Evidence) => Effect.Effect<never, Stop>
  /** Ends the test when a thing which it relies on is known to be broken: waiting for it once more is pointless. */
  readonly works: (id: RequirementId) => Effect.Effect<void, Stop>
  /** Notes that a thing which the test relies on has worked. */
  readonly relied: (id: RequirementId) => void
}

/** Further choices of an expectation. */
export interface Expecting {
  /** The requirement that is judged: the first of the test's, unless it is said here. */
  readonly id?: RequirementId
  /** Seconds that the target may take on top of the usual deadline, when the spec lets a clock run first. */
  readonly seconds?: number
  /** What `find` and `reply` wait for, as a phrase: a reader of the report doesn't see the function that says so. */
  readonly expected?: string
}

/** One client of a scenario. */
export interface Client {
  /** Its name in reports. */
  readonly who: string
  /** The connection underneath, for tests of the wire. */
  readonly connection: Connection

  // Requests
  /** Sends a valid request with a fresh `id`, and gives the `id`. */
  readonly post: (request: Ask) => Effect.Effect<number, Stop>
  /** The next reply, which must be the one to this `id`; what came before it stays to be read. */
  readonly reply: (id: number, expecting?: Expecting) => Effect.Effect<Reply & Place, Stop>
  /** The next reply, whichever it is: for what the spec leaves to the server. */
  readonly answer: (expecting?: Expecting) => Effect.Effect<Reply & Place, Stop>
  /** Sends a valid request and gives its reply, which must not be an `error`. */
  readonly ask: <Asked extends Ask>(
    request: Asked,
    id?: RequirementId,
    expected?: string
  ) => Effect.Effect<ReplyTo<Asked["type"]> & Place, Stop>
  readonly login: (nick: string) => Effect.Effect<Welcome & Place, Stop>
  readonly join: (room: string, more?: JoinOptions) => Effect.Effect<Joined & Place, Stop>
  readonly leave: (room: string) => Effect.Effect<Left & Place, Stop>
  readonly send: (room: string, text: string) => Effect.Effect<Sent & Place, Stop>
  readonly ping: Effect.Effect<void, Stop>
  /** All members of a room, slice by slice. */
  readonly members: (room: string) => Effect.Effect<ReadonlyArray<string>, Stop>

  // Expectations: each is a judgement
  /** Sends a request, valid or not, and judges that it is refused with this code, and this `field` if one is given. */
  readonly refused: (
    request: RequestLike,
    code: ErrorCode,
    more?: Expecting & { readonly field?: string }
  ) => Effect.Effect<ErrorReply & Place, Stop>
  /** Judges that the next reply is an `error` with this code, to this `id` or (`undefined`) without `re`. */
  readonly refusal: (
    re: number | undefined,
    code: ErrorCode,
    more?: Expecting & { readonly field?: string }
  ) => Effect.Effect<ErrorReply & Place, Stop>
  /** Judges that the next thing is `bye` with this code (but for company), and then FIN. */
  readonly goodbye: (code: ByeCode, more?: Expecting) => Effect.Effect<ByeEvent & Place, Stop>
  /** Judges that the target ends the connection with FIN, and says nothing before it but company. */
  readonly ended: (more?: Expecting) => Effect.Effect<void, Stop>

  // Events
  /** Whether the first thing that comes is that the target has too many connections; nothing is read. */
  readonly isTurnedAway: Effect.Effect<boolean, Stop>
  /** Reads the greeting. */
  readonly greeting: (id?: RequirementId) => Effect.Effect<Hello & Place, Stop>
  /** The next event, which must be of this type; legal company before it is skipped. */
  readonly next: <Type extends Event["type"]>(
    type: Type,
    more?: Expecting
  ) => Effect.Effect<EventOf<Type> & Place, Stop>
  /** The next object, whatever it is. */
  readonly object: (more?: Expecting) => Effect.Effect<Arrived, Stop>
  /** Sends `ping` four times a heartbeat, and nothing else, until the target says `bye`; the `pong`s are read. */
  readonly pingUntilBye: (more?: Expecting) => Effect.Effect<ByeEvent & Place, Stop>
  /** The first object that `accept` accepts, wherever it stands; the rest stays to be read. */
  readonly take: (
    accept: (item: Arrived) => boolean,
    expected: string,
    more?: Expecting
  ) => Effect.Effect<Arrived, Stop>
  /** Every object that has come before the last one that was taken, and that nobody has read. */
  readonly taken: Effect.Effect<ReadonlyArray<Arrived>>
  /** Judges nothing, but fails unless a `ping` is answered before anything else comes, company apart. */
  readonly quiet: Effect.Effect<void, Stop>
  /** Sends this request four times a heartbeat while it waits for something else. */
  readonly whileAsking: <A>(request: Ask, waiting: Effect.Effect<A, Stop>) => Effect.Effect<A, Stop>
  /** Does something four times a heartbeat while it waits for something else; `nth` is 0, 1, 2, ... */
  readonly whileDoing: <A, R1, R2>(
    deed: (nth: number) => Effect.Effect<unknown, Stop, R1>,
    waiting: Effect.Effect<A, Stop, R2>
  ) => Effect.Effect<A, Stop, R1 | R2>
  /** Sends `ping` four times a heartbeat while it waits for something else. */
  readonly whilePinging: <A>(waiting: Effect.Effect<A, Stop>) => Effect.Effect<A, Stop>
  /** Throws away the `pong`s that have come. */
  readonly dropPongs: Effect.Effect<void>
  /** The first event of this type that `where` accepts, wherever it stands; the rest stays to be read. */
  readonly find: <Type extends Event["type"]>(
    type: Type,
    where?: (event: EventOf<Type>) => boolean,
    more?: Expecting
  ) => Effect.Effect<EventOf<Type> & Place, Stop>
  /** Sends `sync` and gives all that came before `synced`: what isn't there has not come, and no clock was asked. */
  readonly fence: Effect.Effect<ReadonlyArray<Arrived>, Stop>
  /** The `message` events of a room that a fence brings. */
  readonly messages: (room: string) => Effect.Effect<ReadonlyArray<Message & Place>, Stop>
  /** The `member` events of a room that a fence brings. */
  readonly memberEvents: (room: string) => Effect.Effect<ReadonlyArray<Member & Place>, Stop>
  /** Waits until the connection has ended, one way or the other, and gives all that came before and how it ended. */
  readonly rest: (more?: Expecting) => Effect.Effect<Ending, Stop>

  // Bytes
  /** Sends one line as it stands, valid or not, with its LF. */
  readonly line: (text: string) => Effect.Effect<void>
  /** Sends bytes as they are, each chunk in a write of its own; no LF is added. */
  readonly bytes: (...chunks: ReadonlyArray<string | Uint8Array>) => Effect.Effect<void>
  /** Sends frames of a WebSocket as they are, right or wrong. */
  readonly frames: (...frames: ReadonlyArray<FrameLike>) => Effect.Effect<void>
  /** Sends FIN: the suite's half is closed, and it reads on. */
  readonly end: Effect.Effect<void>
  /** Ends the connection with RST. */
  readonly reset: Effect.Effect<void>
  /** Says this and closes both halves, as a program that ends does: whatever the target sends then is answered by RST. */
  readonly hangUp: (lastWords: string) => Effect.Effect<void>
  readonly stopReading: Effect.Effect<void>
  readonly readOn: Effect.Effect<void>
  /** Reads so many bytes a second, little by little, while it waits; then reads on as usual. */
  readonly whileReadingSlowly: <A, E>(bytesPerSecond: number, waiting: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Sends an empty line four times a heartbeat while it waits: a sign of life that asks for nothing. */
  readonly whileAlive: <A, E>(waiting: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Doesn't answer `ping` events from now on. */
  readonly fallSilent: Effect.Effect<void>
}

/** A client that has logged in. */
export interface Person extends Client {
  readonly nick: string
}

/** Where an object stands in what its connection brought. */
export interface Place {
  /** 1 for the first object of the connection. */
  readonly nth: number
  /** Milliseconds of the suite's clock when it came. */
  readonly arrived: number
}

/** Anything that might be a request. */
export type RequestLike = { readonly type: unknown } & Readonly<Record<string, unknown>>

/** What `join` may carry besides the room. */
export type JoinOptions = Omit<Extract<Ask, { readonly type: "join" }>, "type" | "room">

/** All that a connection brought before its end. */
export interface Ending {
  readonly how: "FIN" | "RST"
  readonly before: ReadonlyArray<Arrived>
  /** Bytes of a line without LF that came last. */
  readonly cut: number
  /** The code of the Close frame, over a WebSocket. */
  readonly close?: number
}

const firstObject = "`hello`, as the first object of the connection"

/** Makes a client of an open connection. */
export const makeClient = (who: string, connection: Connection, test: Judge): Client => {
  const { inbox } = connection
  let lastId = 0
  let requests = 0
  let lastSent = ""
  let lastTaken = 0

  // A server may read as slowly as it has announced: requests beyond the burst lengthen every wait.
  const patience = (seconds = 0): number =>
    suite.patience() + (Math.max(0, requests - suite.limits.burst) / suite.limits.rate + seconds) * 1_000

  const sent = () => (lastSent === "" ? {} : { sent: lastSent })

  const write = (chunks: ReadonlyArray<Uint8Array>): Effect.Effect<void> => {
    const last = chunks.at(-1)
    if (last !== undefined) lastSent = printable(last)
    requests += chunks.reduce((sum, chunk) => sum + chunk.filter((byte) => byte === 0x0a).length, 0)
    return Effect.asVoid(Effect.timeoutOption(connection.write(chunks), patience()))
  }

  /** Waits until `look` finds something; malformed objects and the end stop the wait. */
  const wait = Effect.fnUntraced(function* <A>(
    look: () => A | undefined,
    expected: string,
    id: RequirementId,
    seconds?: number
  ): Effect.fn.Return<A, Stop> {
    const started = yield* Clock.currentTimeMillis
    const deadline = patience(seconds)
    let looked = 0
    const malformed = () => {
      const news = inbox.slice(placeAfter(inbox, looked))
      looked = lastOf(news) ?? looked
      return news.find((item) => item._tag === "Malformed")
    }
    while (true) {
      const arrival = connection.nextArrival()
      const found = look()
      if (found !== undefined) return found
      // Each arrival is looked at once, however many there are: a full inbox must not slow the suite down.
      const bad = malformed()
      if (bad?._tag === "Malformed") return yield* badObject(bad)
      const last = inbox.at(-1)
      if (last?._tag === "Fin" || last?._tag === "Reset")
        return yield* test.broken(id, { ...sent(), expected, got: describeAll(inbox) })
      const left = deadline - ((yield* Clock.currentTimeMillis) - started)
      const came = left <= 0 ? undefined : yield* Effect.timeoutOption(arrival, left)
      if (came === undefined || came._tag === "None") {
        suite.noteWaitInVain()
        const got = `nothing of the kind for ${Math.round(deadline)} ms${inbox.length === 0 ? "" : `, but ${describeAll(inbox)}`}`
        return yield* test.broken(id, { ...sent(), expected, got })
      }
    }
  })

  const badObject = (malformed: Extract<Arrival, { _tag: "Malformed" }>) =>
    test.broken(brokenBy[malformed.breach], {
      ...sent(),
      expected: "only objects that the schemas accept, one per line",
      got: malformed.line === "" ? malformed.reason : `${malformed.reason}: ${show(malformed.line)}`
    })

  /** Takes the first object that is accepted, unless a malformed one stands before it; looks at each once. */
  const take = (accept: (arrived: Arrived) => boolean): (() => Arrived | undefined) => {
    // By number and not by place: whoever else waits on this connection takes objects out meanwhile.
    let looked = 0
    return () => {
      for (let at = placeAfter(inbox, looked); at < inbox.length; at++) {
        const item = inbox[at]
        if (item?._tag === "Malformed") return undefined
        if (item?._tag !== "Object") continue
        looked = item.nth
        if (!accept(item)) continue
        inbox.splice(at, 1)
        lastTaken = item.nth
        return item
      }
      return undefined
    }
  }

  const taken: Client["taken"] = Effect.sync(() => {
    const count = inbox.findIndex((item) => item._tag !== "Object" || item.nth > lastTaken)
    return inbox.splice(0, count === -1 ? inbox.length : count).filter((item) => item._tag === "Object")
  })

  const nextReply = (id: RequirementId, expected: string, seconds?: number) =>
    wait(take(isReply), expected, id, seconds)

  const nextEvent = Effect.fnUntraced(function* (type: Event["type"], expected: string, more?: Expecting) {
    const id = more?.id ?? test.subject
    const item = yield* wait(
      take((found) => !isCompany(found) || found.type === type),
      expected,
      id,
      more?.seconds
    )
    return isEvent(item, type) ? item : yield* test.broken(id, { ...sent(), expected, got: show(item.line) })
  })

  const post: Client["post"] = (request) =>
    Effect.suspend(() => {
      const id = ++lastId
      const line = encodeLine({ ...request, id } as Request)
      const fault = faultOf(line)
      return fault === undefined
        ? Effect.as(write([utf8(line)]), id)
        : Effect.die(new SuiteFault(`the suite would send ${line.trim()}, which is not valid: ${fault}`))
    })

  const reply: Client["reply"] = Effect.fnUntraced(function* (id, more) {
    const expected = more?.expected ?? `the reply to request ${id}`
    const item = yield* nextReply(more?.id ?? "REPLY-1", expected, more?.seconds)
    if (item.object["re"] === id) return placed<Reply>(item)
    if (item.object["re"] === undefined) {
      return yield* test.broken(more?.id ?? "REPLY-2", {
        ...sent(),
        expected: `${expected}, with "re":${id}`,
        got: show(item.line)
      })
    }
    return yield* test.broken(more?.id ?? "REPLY-3", { ...sent(), expected, got: show(item.line) })
  })

  const ask = <Asked extends Ask>(
    request: Asked,
    blamed: RequirementId = reliedOn[request.type],
    phrase?: string
  ): Effect.Effect<ReplyTo<Asked["type"]> & Place, Stop> =>
    Effect.gen(function* () {
      yield* test.works(blamed)
      const wanted = phrase === undefined ? {} : { expected: phrase }
      const found = yield* reply(yield* post(request), { id: blamed, ...wanted })
      const expected = replyTypes[request.type]
      if (found.type !== expected) {
        return yield* test.broken(blamed, { ...sent(), expected: `the reply \`${expected}\``, got: show(bare(found)) })
      }
      test.relied(blamed)
      return found as ReplyTo<Asked["type"]> & Place
    })

  const refusal: Client["refusal"] = Effect.fnUntraced(function* (re, code, more) {
    const id = more?.id ?? test.subject
    const field = more?.field === undefined ? "" : ` and "field":"${more.field}"`
    const which = re === undefined ? "without `re`" : `with "re":${re}`
    const expected = `an \`error\` ${which}, with "code":"${code}"${field}`
    const item = yield* nextReply(id, expected, more?.seconds)
    const { object } = item
    const kept =
      item.type === "error" &&
      object["re"] === re &&
      object["code"] === code &&
      (more?.field === undefined || object["field"] === more.field)
    yield* test.judge(id, kept, { ...sent(), expected, got: show(item.line) })
    return placed<ErrorReply>(item)
  })

  const refused: Client["refused"] = Effect.fnUntraced(function* (request, code, more) {
    const id = ++lastId
    yield* write([utf8(`${JSON.stringify({ id, ...request })}\n`)])
    const re = Object.hasOwn(request, "id") ? usableId(request["id"]) : id
    return yield* refusal(re, code, more)
  })

  const members: Client["members"] = Effect.fnUntraced(function* (room) {
    const all: Array<string> = []
    for (let more = true; more; ) {
      const after = all.at(-1)
      const slice = yield* ask({ type: "members", room, ...(after === undefined ? {} : { after }) })
      all.push(...slice.members)
      more = slice.more === true && slice.members.length > 0
    }
    return all
  })

  const fence: Client["fence"] = Effect.gen(function* () {
    yield* test.works(reliedOn.sync)
    const id = yield* post({ type: "sync" })
    const expected = `\`synced\`, the reply to request ${id}`
    // Replies to earlier requests may still be on their way: they come before it, and are given with the rest.
    const synced = yield* wait(
      take((item) => item.object["re"] === id),
      expected,
      reliedOn.sync
    )
    if (synced.type !== "synced") {
      return yield* test.broken(reliedOn.sync, { ...sent(), expected, got: show(synced.line) })
    }
    test.relied(reliedOn.sync)
    return yield* taken
  })

  const isTurnedAway: Client["isTurnedAway"] = Effect.gen(function* () {
    const first = yield* wait(() => inbox[0], firstObject, "HELLO-1")
    return first._tag === "Object" && first.type === "bye" && first.object["code"] === "too-many-connections"
  })

  const greeting: Client["greeting"] = Effect.fnUntraced(function* (id = "HELLO-1") {
    const expected = firstObject
    const item = yield* wait(
      take(() => true),
      expected,
      id
    )
    if (!isEvent(item, "hello") || item.nth !== 1) {
      return yield* test.broken(id, { expected, got: show(item.line) })
    }
    test.relied(id)
    return placed<Hello>(item)
  })

  const ended: Client["ended"] = Effect.fnUntraced(function* (more) {
    const id = more?.id ?? test.subject
    const expected = "the end of the connection (FIN), and nothing before it"
    const over = () => inbox.find((item) => item._tag !== "Object" || !isCompany(item))
    const item = yield* wait(over, expected, id, more?.seconds)
    yield* test.judge(id, item._tag === "Fin", { ...sent(), expected, got: describeAll([item]) })
  })

  const quarter = Effect.sleep(Duration.millis(250 * suite.heartbeat))

  const whileDoing: Client["whileDoing"] = (deed, waiting) =>
    Effect.suspend(() => {
      let nth = 0
      const next = Effect.suspend(() => deed(nth++))
      return Effect.raceFirst(waiting, Effect.forever(Effect.andThen(next, quarter)))
    })

  const whileAsking: Client["whileAsking"] = (request, waiting) => whileDoing(() => post(request), waiting)

  const whilePinging: Client["whilePinging"] = (waiting) => whileAsking({ type: "ping" }, waiting)

  const whileAlive: Client["whileAlive"] = (waiting) =>
    Effect.raceFirst(waiting, Effect.forever(Effect.andThen(write([utf8("\n")]), quarter)))

  const whileReadingSlowly: Client["whileReadingSlowly"] = (bytesPerSecond, waiting) => {
    const readSome = Effect.andThen(connection.readSome(bytesPerSecond / stepsPerSecond), Effect.sleep(stepMillis))
    return Effect.ensuring(Effect.raceFirst(waiting, Effect.forever(readSome)), connection.resume)
  }

  const dropPongs: Client["dropPongs"] = Effect.sync(() => {
    const others = inbox.filter((item) => item._tag !== "Object" || item.type !== "pong")
    inbox.splice(0, inbox.length, ...others)
  })

  const pingUntilBye: Client["pingUntilBye"] = Effect.fnUntraced(function* (more) {
    const isBye = (item: Arrived) => isEvent(item, "bye")
    const bye = yield* whilePinging(wait(take(isBye), "the event `bye`", more?.id ?? test.subject, more?.seconds))
    yield* dropPongs
    return placed<ByeEvent>(bye)
  })

  const quiet: Client["quiet"] = Effect.gen(function* () {
    const id = yield* post({ type: "ping" })
    const expected = `nothing more, so that the next object is the reply to request ${id}`
    const item = yield* wait(
      take((each) => !isCompany(each)),
      expected,
      test.subject
    )
    if (item.type !== "pong" || item.object["re"] !== id) {
      return yield* test.broken(test.subject, { ...sent(), expected, got: show(item.line) })
    }
  })

  const goodbye: Client["goodbye"] = Effect.fnUntraced(function* (code, more) {
    const id = more?.id ?? test.subject
    const expected = `\`bye\` with "code":"${code}"`
    const item = yield* nextEvent("bye", expected, more)
    yield* test.judge(id, item.object["code"] === code, { ...sent(), expected, got: show(item.line) })
    yield* ended({ id })
    return placed<ByeEvent>(item)
  })

  const rest: Client["rest"] = Effect.fnUntraced(function* (more) {
    const expected = "the end of the connection"
    const over = () => inbox.find((item) => item._tag === "Fin" || item._tag === "Reset")
    const item = yield* wait(over, expected, more?.id ?? test.subject, more?.seconds)
    const before = inbox.splice(0, inbox.length).filter((arrival) => arrival._tag === "Object")
    return item._tag === "Fin"
      ? { how: "FIN" as const, before, cut: item.cut, ...(item.close === undefined ? {} : { close: item.close }) }
      : { how: "RST" as const, before, cut: 0 }
  })

  return {
    who,
    connection,
    post,
    reply,
    answer: (more) =>
      Effect.map(nextReply(more?.id ?? "REPLY-1", "a reply", more?.seconds), (item) => placed<Reply>(item)),
    ask,
    login: (nick) => ask({ type: "login", nick }),
    join: (room, more) => ask({ type: "join", room, ...more }),
    leave: (room) => ask({ type: "leave", room }),
    send: (room, text) => ask({ type: "send", room, text }),
    ping: Effect.suspend(() => Effect.asVoid(ask({ type: "ping" }))),
    members,
    refused,
    refusal,
    goodbye,
    ended,
    isTurnedAway,
    greeting,
    next: (type, more) =>
      Effect.map(nextEvent(type, `the event \`${type}\``, more), (item) => placed<EventOf<typeof type>>(item)),
    object: (more) =>
      wait(
        take(() => true),
        "an object",
        more?.id ?? test.subject,
        more?.seconds
      ),
    take: (accept, expected, more) => wait(take(accept), expected, more?.id ?? test.subject, more?.seconds),
    taken,
    quiet,
    whileDoing,
    whileAsking,
    whilePinging,
    dropPongs,
    pingUntilBye,
    find: <Type extends Event["type"]>(type: Type, where?: (event: EventOf<Type>) => boolean, more?: Expecting) =>
      Effect.map(
        wait(
          take((item) => isEvent(item, type) && (where === undefined || where(placed<EventOf<Type>>(item)))),
          more?.expected ?? `the event \`${type}\`${where === undefined ? "" : " that the test describes"}`,
          more?.id ?? test.subject,
          more?.seconds
        ),
        (item) => placed<EventOf<Type>>(item)
      ),
    fence,
    messages: (room) =>
      Effect.map(fence, (items) => items.filter(inRoom("message", room)).map((item) => placed<Message>(item))),
    memberEvents: (room) =>
      Effect.map(fence, (items) => items.filter(inRoom("member", room)).map((item) => placed<Member>(item))),
    rest,
    line: (text) => write([utf8(`${text}\n`)]),
    bytes: (...chunks) => write(chunks.map((chunk) => (typeof chunk === "string" ? utf8(chunk) : chunk))),
    frames: (...frames) => connection.writeRaw(...frames.map(encodeFrame)),
    end: connection.end,
    reset: connection.reset,
    hangUp: (lastWords) => connection.hangUp(utf8(lastWords)),
    stopReading: connection.pause,
    readOn: connection.resume,
    whileReadingSlowly,
    whileAlive,
    fallSilent: Effect.sync(() => connection.keepAlive(false))
  }
}

/** Where in the inbox the first thing stands that came after the object of this number. */
const placeAfter = (inbox: ReadonlyArray<Arrival>, nth: number): number =>
  inbox.findLastIndex((item) => item._tag === "Object" && item.nth <= nth) + 1

/** The number of the last object among these. */
const lastOf = (items: ReadonlyArray<Arrival>): number | undefined => {
  const last = items.findLast((item) => item._tag === "Object")
  return last?._tag === "Object" ? last.nth : undefined
}

// How finely a slow reader divides a second.
const stepsPerSecond = 20
const stepMillis = 1_000 / stepsPerSecond

const encoder = new TextEncoder()
const utf8 = (text: string): Uint8Array => encoder.encode(text)

/** Why a line is no valid request: the suite checks what it sends as strictly as what it gets. */
const faultOf = (line: string): string | undefined => {
  const envelope = decodeEnvelope(line.trim())
  if (Result.isFailure(envelope)) return envelope.failure.message
  const request = decodeRequest(envelope.success, suite.limits)
  return Result.isFailure(request) ? request.failure.message : undefined
}

const usableId = (id: unknown): number | undefined =>
  Number.isSafeInteger(id) && (id as number) >= 1 && (id as number) <= 2_147_483_647 ? (id as number) : undefined

/** Whether an object is a reply: it has `re`, or is an `error`. */
export const isReply = (item: Arrived): boolean => Object.hasOwn(item.object, "re") || item.type === "error"

const isEvent = (item: Arrived, type: Event["type"]): boolean => item.type === type && !isReply(item)

/** Whether an object may come at any time without being asked for: it says nothing about what a test expects. */
export const isCompany = (item: Arrived): boolean =>
  !isReply(item) && (["ping", "member", "presence"].includes(item.type) || item.message === undefined)

const inRoom = (type: Event["type"], room: string) => (item: Arrived) =>
  isEvent(item, type) && item.object["room"] === room

// The schema has accepted the object, and its type was looked at by the caller.
const placed = <Found extends Reply | Event>(item: Arrived): Found & Place =>
  ({ ...(item.message as Found), nth: item.nth, arrived: item.at }) as Found & Place

const bare = ({ arrived: _, nth: __, ...object }: Reply & Place): object => object

/** What came, in a few words. */
export const describeAll = (items: ReadonlyArray<Arrival>): string => {
  if (items.length === 1) return items.map(describe).join("")
  const [first, last] = items.length > 5 ? [items.slice(0, 3), items.slice(-2)] : [items, []]
  const more = items.length > 5 ? [`${items.length - 5} more`] : []
  return [...first.map(briefly), ...more, ...last.map(briefly)].join(", then ")
}

/** One of several: its beginning says what it is. */
const briefly = (item: Arrival): string => {
  const words = describe(item)
  return words.length > 200 ? `${words.slice(0, 120)} ... ${words.slice(-60)}` : words
}

const describe = (item: Arrival): string => {
  switch (item._tag) {
    case "Object":
      return show(item.line)
    case "Malformed":
      return `an object that is not valid (${item.reason})`
    case "Fin":
      return "the end of the connection (FIN)"
    case "Reset":
      return `the connection was reset (${item.reason})`
  }
}
