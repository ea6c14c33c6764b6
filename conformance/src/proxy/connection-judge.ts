/**
 * Judges one connection by what passes in both directions, as a state machine: the greeting, one reply per request in their order, the
 * rooms that one is in and the places in them, the end. What only several connections show together is judged elsewhere.
 *
 * A proxy stands where the server's client stands: what it has read of the server has come, and what it hands on is sent after that. So all
 * that is said of servers can be judged here; of what binds clients, only what can be seen.
 *
 * @module
 */
import {
  claims,
  claimsMore,
  defaultLimits,
  type ErrorReply,
  effectiveLimits,
  errorCodes,
  type Hello,
  helloBytes,
  isEntryEvent,
  type JsonObject,
  type Limits,
  type Line,
  type LineDecoder,
  limitFaults,
  makeLineDecoder,
  notUtf8,
  parseJson,
  type Request,
  replyTypes,
  type ServerMessage,
  utf8Length
} from "@tertulia/protocol"
import { brokenBy, reliedOn } from "../blame.ts"
import { type Breach, breachOf } from "../clients/line.ts"
import type { RequirementId } from "../generated/requirement-id.ts"
import type { Observation } from "../history.ts"
import { type Evidence, show } from "../verdict.ts"
import { type Arrived, nextMoment, readLine } from "../wire/connection.ts"
import { type Asked, deservedOf, excusesOf, readAsked, vocabularyOf } from "./asked.ts"
import type { Side } from "./happening.ts"
import { type Logs, makePlaces, type Wrong } from "./places.ts"
import { judgeSlice } from "./slices.ts"

/** Something that a side has done against a requirement. */
export interface Accusation extends Breach {
  readonly side: Side
}

/** Judges one connection; times are in milliseconds. */
export interface ConnectionJudge {
  readonly chunk: (from: Side, bytes: Uint8Array, at: number) => ReadonlyArray<Line>
  readonly ended: (from: Side) => void
  readonly reset: () => void
  /** What is known at the end, however it came: what has had no reply by then never will. */
  readonly over: () => void
  readonly nick: () => string | undefined
  /** Whether it was welcome by a session, so that another connection of the person may be there still. */
  readonly isReturn: () => boolean
  /** What the connection did and got since it was welcome, for the judge of histories; nothing when it can't be told for sure. */
  readonly observations: () => ReadonlyArray<Observation> | undefined
  /** The moment when the last request was sent that has had its reply: the connection was there then. */
  readonly lastSign: () => number
  /** Whether it has ended by the reply to its own `bye`. */
  readonly saidGoodbye: () => boolean
}

/** A line that waits for its reply. */
interface Pending {
  readonly line: Line
  readonly moment: number
  readonly isFirst: boolean
}

// What is read of a side that never ends its line.
const longest = 1_048_576
// A reply that is passed over by so many later ones is taken for missing, and not for late.
const patience = 8
// What is kept of one connection for the judge of histories, before it is left out there.
const mostObservations = 20_000
// The clocks of a machine under load.
const slackMillis = 1_000

/** Begins to judge a connection. */
export const judgeConnection = (accuse: (accusation: Accusation) => void, logs: Logs): ConnectionJudge => {
  const pending: Array<Pending> = []
  const skipped: Array<{ readonly asked: Pending; age: number }> = []
  const observed: Array<Observation> = []
  const replies = makeLineDecoder(longest)
  let requests: LineDecoder | undefined
  let hello: Hello | undefined
  let limits: Limits = defaultLimits
  let vocabulary = vocabularyOf([])
  let nick: string | undefined
  let objects = 0
  let lines = 0
  // How the connection ends, as far as it has.
  let isOverlong = false
  let byeAsked = false
  let byeSaid: "no" | "reply" | "event" = "no"
  let isOver = false
  let clientEnded = false
  // Whether something was done whose request can't be read for sure.
  let isObscure = false
  // Whether this connection goes on as a person who had another before.
  let isReturn = false
  let lastSign = 0
  // When the client was last heard, and when it was asked for a sign of life.
  let heard: number | undefined
  let pinged: number | undefined

  const blame = (side: Side) => (id: RequirementId, evidence: Evidence) => accuse({ side, id, evidence })
  const server = blame("server")
  const client = blame("client")
  const features = () => hello?.features ?? []
  const places = makePlaces({
    logs,
    server,
    nick: () => nick,
    limits: () => limits,
    features,
    isObscure: () => isObscure,
    obscure: () => {
      isObscure = true
    }
  })
  const standing = () => ({ nick, rooms: places.rooms, limits, resumes: claims(features(), "resume") })
  const read = (line: Line) => readAsked(line, limits, vocabulary, nick)

  const observe = (observation: Observation) => {
    if (observed.length < mostObservations) observed.push(observation)
    else isObscure = true
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The client
  // -------------------------------------------------------------------------------------------------------------------

  const ask = (line: Line) => {
    const breach = breachOf(line, hello === undefined ? { ...limits, line: longest } : limits)
    if (breach !== undefined) client(breach.id, breach.evidence)
    lines += 1
    if (byeAsked) return
    pending.push({ line, moment: nextMoment(), isFirst: lines === 1 })
    const { isOpen, request } = read(line)
    if (request?.type === "bye" && !isOpen) byeAsked = true
  }

  const sign = (at: number) => {
    const allowed = (hello?.heartbeat ?? 0) * 1_000
    if (pinged !== undefined && at - pinged > allowed + slackMillis) client("HEART-5", late(at - pinged, allowed))
    pinged = undefined
    heard = at
  }

  const fromClient = (bytes: Uint8Array, at: number) => {
    sign(at)
    requests ??= makeLineDecoder(hello === undefined ? longest : limits.line)
    const { lines, tooLong } = requests.push(bytes)
    for (const line of lines) ask(line)
    if (tooLong && !isOverlong && hello !== undefined) {
      isOverlong = true
      const expected = `lines of at most ${limits.line} bytes, as limits.line says`
      client("FRAME-10", { expected, got: `${limits.line} bytes without an LF` })
    }
    return lines
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The server: any object
  // -------------------------------------------------------------------------------------------------------------------

  const fromServer = (bytes: Uint8Array, at: number) => {
    const { lines, tooLong } = replies.push(bytes)
    for (const line of lines) hear(line, at)
    if (tooLong || replies.pending() >= limits.line) overlong(`${limits.line} bytes without an LF`)
    return lines
  }

  const overlong = (got: string) =>
    server("FRAME-9", { expected: `lines of at most ${limits.line} bytes, as limits.line says`, got })

  const hear = (line: Line, at: number) => {
    const what = readLine(line, ++objects, at)
    const text = line === notUtf8 ? "a line that is not UTF-8" : line
    if (line !== notUtf8 && utf8Length(line) >= limits.line) overlong(`a line of ${utf8Length(line) + 1} bytes`)
    if (byeSaid !== "no") return server("END-3", { expected: "nothing but FIN after `bye`", got: show(excerpt(text)) })
    if (what._tag === "Malformed") {
      server(brokenBy[what.breach], {
        expected: `an object that the schemas accept: ${what.reason}`,
        got: excerpt(text)
      })
      const object = parseJson(line)
      if (typeof object !== "string" && isReply(object)) settle(object, undefined, line)
      return
    }
    if (isReply(what.object)) return settle(what.object, what.message, line)
    if (objects === 1 && !["hello", "bye"].includes(what.type)) {
      server("HELLO-1", { expected: "`hello` as the first object", got: excerpt(text) })
    }
    if (what.message !== undefined) happen(what.message, what)
    else places.passOver(what.object)
  }

  const happen = (event: ServerMessage, { at, line, moment }: Arrived) => {
    if (nick !== undefined) observe({ moment, got: event })
    if (isEntryEvent(event)) return places.place(event)
    switch (event.type) {
      case "hello":
        return greet(event, line)
      case "member":
        return places.move(event)
      case "presence":
        return places.change(event)
      case "left":
        if ("reason" in event) places.rooms.delete(event.room)
        return
      case "ping":
        pinged ??= at
        return
      case "bye":
        if ("code" in event) dismiss(event.code, at)
    }
  }

  const greet = (event: Hello, line: string) => {
    if (hello !== undefined) return server("HELLO-2", { expected: "one `hello` per connection", got: excerpt(line) })
    hello = event
    limits = effectiveLimits(event.limits)
    vocabulary = vocabularyOf(event.features)
    const bytes = utf8Length(line) + 1
    if (bytes > helloBytes)
      server("HELLO-3", { expected: `a hello of at most ${helloBytes} bytes`, got: `${bytes} bytes` })
    if (event.protocol !== 1) server("HELLO-4", { expected: '"protocol":1', got: `"protocol":${event.protocol}` })
    const [fault] = limitFaults(limits)
    if (fault !== undefined) server("LIMIT-3", { expected: "limits that fit together", got: fault })
  }

  const dismiss = (code: string, at: number) => {
    byeSaid = "event"
    const allowed = (hello?.heartbeat ?? 0) * 1_000
    if (code === "idle") {
      const since = at - (heard ?? at)
      if (heard !== undefined && since < 2 * allowed - slackMillis) {
        server("HEART-2", {
          expected: `no \`bye\` before ${2 * allowed} ms of silence`,
          got: `\`bye\` after ${since} ms`
        })
      }
      if (pinged !== undefined && !clientEnded && at - pinged >= allowed) client("HEART-5", late(at - pinged, allowed))
    }
    if (code === "login-timeout" && nick !== undefined) {
      server("LOGIN-8", { expected: "no `login-timeout` after `welcome`", got: `the code \`${code}\`` })
    }
    if (code === "line-too-long" && !isOverlong && hello !== undefined) {
      server("FRAME-5", { expected: `a line of ${limits.line} bytes is accepted`, got: "`line-too-long` before that" })
    }
    if (code === "line-too-long" && pending.length > 0) {
      server("FRAME-6", { expected: `a reply to every earlier line, as ${shown(pending[0]!)}`, got: "`bye`" })
    }
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The server: replies
  // -------------------------------------------------------------------------------------------------------------------

  /** Finds the line that a reply answers, and judges it as its reply. */
  const settle = (object: JsonObject, message: ServerMessage | undefined, line: Line) => {
    if (objects === 1) server("HELLO-1", { expected: "`hello` as the first object", got: excerpt(String(line)) })
    const re = typeof object["re"] === "number" ? object["re"] : undefined
    const nth = pending.findIndex((each) => answers(read(each.line), re, object))
    if (nth === -1) return strange(re, String(line))
    for (const asked of pending.splice(0, nth)) skipped.push({ asked, age: 0 })
    const asked = pending.shift()!
    for (const each of skipped) each.age += 1
    for (const lost of skipped.filter(({ age }) => age > patience)) unanswered(lost.asked)
    judgeReply(asked, object, message, line)
  }

  /** A reply that answers nothing that waits. */
  const strange = (re: number | undefined, got: string) => {
    const late = skipped.findIndex(({ asked }) => read(asked.line).id === re)
    if (late !== -1) {
      const sent = skipped.splice(late, 1).map(({ asked }) => shown(asked))[0]!
      return server("REPLY-3", {
        sent,
        expected: "replies in the order of the requests",
        got: excerpt(got)
      })
    }
    const [asked] = pending.splice(0, 1)
    // What else it may have done can't be told.
    isObscure = true
    if (asked === undefined) {
      return server("REPLY-1", { expected: "one reply per request, and none waits for one", got: excerpt(got) })
    }
    const { id } = read(asked.line)
    const expected = id === undefined ? "an `error` without `re`" : `the reply to request ${id}, with its "re"`
    server(id === undefined ? "REPLY-5" : "REPLY-2", { sent: shown(asked), expected, got: excerpt(got) })
  }

  const unanswered = (asked: Pending) => {
    const found = skipped.findIndex((each) => each.asked === asked)
    if (found !== -1) skipped.splice(found, 1)
    const { id } = read(asked.line)
    const expected = "one reply to every request, in its place"
    server(id === undefined ? "REPLY-5" : "REPLY-1", { sent: shown(asked), expected, got: "none" })
  }

  const judgeReply = (asked: Pending, object: JsonObject, message: ServerMessage | undefined, line: Line) => {
    lastSign = asked.moment
    const asks = read(asked.line)
    const wrong = (id: RequirementId, expected: string) =>
      server(id, { sent: shown(asked), expected, got: excerpt(String(line)) })
    places.judgeReplays(wrong)
    if (asked.isFirst && asks.isNoObject) wrong("FRAME-8", "`bye` with the code `not-tertulia`, and the end")
    else if (!asks.isOpen && !isObscure) judgeOutcome(asks, object, wrong)
    if (message === undefined) return
    if (message.type === "error") judgeRefusal(message, wrong)
    watch(asked, asks, message)
    take(asks.request, message, wrong)
  }

  /** Whether a request is granted that may be, and refused as it must be. */
  const judgeOutcome = (asked: Asked, { code, type }: JsonObject, wrong: Wrong) => {
    const refused = type === "error" ? String(code) : undefined
    const deserved = deservedOf(asked, standing())
    if (deserved !== undefined) {
      if (deserved.codes.includes("unsupported") && claimsMore(features())) return
      if (refused === undefined || !(isVendors(refused) || deserved.codes.some((each) => each === refused))) {
        wrong(deserved.requirement, `an \`error\` with the code \`${deserved.codes.join("` or `")}\``)
      }
      return
    }
    const { request } = asked
    if (request === undefined) return
    const expected = `\`${replyTypes[request.type]}\``
    if (refused === undefined && type !== replyTypes[request.type]) wrong("REPLY-1", expected)
    const excuses: ReadonlyArray<string> = excusesOf(request, standing())
    if (refused !== undefined && !isVendors(refused) && !claimsMore(features()) && !excuses.includes(refused)) {
      wrong(reliedOn[request.type], expected)
    }
  }

  const judgeRefusal = ({ code, field }: ErrorReply, wrong: Wrong) => {
    const codes: ReadonlyArray<string> = errorCodes
    if (!codes.includes(code) && !isVendors(code) && !claimsMore(features())) wrong("ERROR-4", "a code of the registry")
    if (field === undefined && ["bad-request", "bad-name", "bad-text", "too-long"].includes(code)) {
      wrong("ERROR-2", "the name of the field at fault in `field`")
    }
  }

  /** Notes a request and its reply for the judge of histories. */
  const watch = ({ moment }: Pending, { isOpen, request }: Asked, reply: ServerMessage) => {
    if (request === undefined) {
      if (isOpen && reply.type !== "error") isObscure = true
      return
    }
    observe({ moment, sent: request })
    observe({ moment: nextMoment(), got: reply })
  }

  /** What a reply says has happened. */
  const take = (request: Request | undefined, reply: ServerMessage, wrong: Wrong) => {
    switch (reply.type) {
      case "welcome":
        if (request?.type === "login" && request.nick !== reply.nick) wrong("LOGIN-1", `"nick":"${request.nick}"`)
        nick = reply.nick
        isReturn = reply.resumed === true
        return
      case "joined":
        if (request?.type === "join") return places.enter(request, reply, wrong)
        isObscure = true
        return
      case "left":
        places.rooms.delete(reply.room)
        return
      case "sent":
        return places.acknowledge(request, reply, wrong)
      case "rooms":
      case "members":
      case "conversations":
      case "users":
      case "standings":
        return judgeSlice(request, reply, limits, wrong)
      case "bye":
        byeSaid = "reply"
    }
  }

  // -------------------------------------------------------------------------------------------------------------------
  // The end
  // -------------------------------------------------------------------------------------------------------------------

  const over = () => {
    if (isOver) return
    isOver = true
    for (const { asked } of [...skipped]) unanswered(asked)
  }

  const serverEnded = () => {
    if (byeSaid === "no") {
      const [asked] = pending
      const ending = { ...(asked === undefined ? {} : { sent: shown(asked) }), got: "FIN" }
      if (asked?.isFirst === true && read(asked.line).isNoObject) {
        server("FRAME-8", { ...ending, expected: "`bye` with the code `not-tertulia`, and the end" })
      } else if (isOverlong) {
        server("FRAME-6", { ...ending, expected: "`bye` with the code `line-too-long`, and the end" })
      } else if (clientEnded && asked !== undefined) {
        server("END-5", { ...ending, expected: "a reply to every line that was ended before the client's FIN" })
      } else if (!clientEnded) {
        server("END-7", { ...ending, expected: "a `bye` with a code before the server ends the connection" })
      }
    }
    over()
  }

  return {
    chunk: (from, bytes, at) => {
      if (isOver) return []
      return from === "client" ? fromClient(bytes, at) : fromServer(bytes, at)
    },
    ended: (from) => {
      if (from === "client") clientEnded = true
      else if (!isOver) serverEnded()
    },
    reset: () => {
      isOver = true
    },
    over,
    nick: () => nick,
    isReturn: () => isReturn,
    observations: () => {
      if (isObscure || nick === undefined) return undefined
      const waiting = [...skipped.map(({ asked }) => asked), ...pending].flatMap(({ line, moment }) => {
        const { request } = read(line)
        return request === undefined ? [] : [{ moment, sent: request }]
      })
      return [...observed, ...waiting].toSorted((one, other) => one.moment - other.moment)
    },
    lastSign: () => lastSign,
    saidGoodbye: () => byeSaid === "reply"
  }
}

const isReply = (object: JsonObject): boolean => Object.hasOwn(object, "re") || object["type"] === "error"

/** Whether a reply with this `re` can be the one to a line. */
const answers = ({ id, isOpen }: Asked, re: number | undefined, { type }: JsonObject): boolean => {
  if (!isOpen) return id === re
  return re === undefined ? type === "error" : id === undefined || id === re
}

const isVendors = (code: string): boolean => code.startsWith("x-")

const late = (took: number, allowed: number): Evidence => ({
  expected: `something within ${allowed} ms of the event \`ping\``,
  got: `nothing for ${took} ms`
})

const excerpt = (line: string): string => (line.length > 300 ? `${line.slice(0, 200)} ... ${line.slice(-50)}` : line)

const shown = ({ line }: Pending): string => (line === notUtf8 ? "a line that is not UTF-8" : excerpt(line))
