/**
 * What a server has to make of one line of a client: which request it is, or which refusal it deserves. Pure.
 *
 * @module
 */
import {
  decodeEnvelope,
  decodeRequest,
  type ErrorCode,
  forbiddenString,
  isAppending,
  isDirect,
  isModeration,
  type Limits,
  type Line,
  notUtf8,
  parseJson,
  type Refusal,
  type Request,
  type RequestType,
  requestsOf,
  type Unclaimed,
  unclaimedBy
} from "@tertulia/protocol"
import * as Result from "effect/Result"
import { oddSpelling } from "../clients/line.ts"
import type { RequirementId } from "../generated/requirement-id.ts"

/** What the server knows of a connection when it comes to a line. */
export interface Standing {
  readonly nick: string | undefined
  /** The rooms that the connection is in. */
  readonly rooms: { readonly has: (room: string) => boolean; readonly size: number }
  readonly limits: Limits
  /** Whether the server claims `resume`, so that `key` and `session` have a meaning. */
  readonly resumes: boolean
}

/** A refusal that a line deserves: one of these codes, by this requirement. */
export interface Deserved {
  readonly codes: ReadonlyArray<ErrorCode>
  readonly requirement: RequirementId
}

/** A line of a client, as a server reads it. */
export interface Asked {
  /** The usable `id`, that the reply has to carry. */
  readonly id: number | undefined
  readonly type: RequestType | undefined
  /** The request with folded names, when every field is good. */
  readonly request: Request | undefined
  /** The refusal that it deserves by itself, whatever the state of the connection. */
  readonly refusal: Deserved | undefined
  /** Whether the spec leaves it to the server how to read this line (JSON-4, JSON-7, JSON-10): then nothing is expected of the reply. */
  readonly isOpen: boolean
  /** Whether it is no JSON object, for sure. */
  readonly isNoObject: boolean
}

/** What a server knows, by what it claims: requests, and what it makes of the fields of profiles that it doesn't claim. */
export interface Vocabulary {
  readonly requests: ReadonlySet<string>
  readonly unclaimed: Unclaimed
}

/** The vocabulary of a server that claims these features. */
export const vocabularyOf = (features: ReadonlyArray<string>): Vocabulary => ({
  requests: requestsOf(features),
  unclaimed: unclaimedBy(features)
})

/** Reads a line of a person as a server of these limits and with this vocabulary has to. */
export const readAsked = (line: Line, limits: Limits, { requests, unclaimed }: Vocabulary, nick?: string): Asked => {
  const object = parseJson(line)
  const envelope = decodeEnvelope(line, requests)
  if (Result.isSuccess(envelope)) {
    const { id, type } = envelope.success
    const decoded = decodeRequest(envelope.success, limits, { unclaimed, nick })
    const isOpen = typeof line === "string" && oddSpelling(line) !== undefined
    return {
      ...{ id, type, isOpen, isNoObject: false },
      request: Result.isSuccess(decoded) ? decoded.success : undefined,
      refusal: Result.isFailure(decoded) ? ofField(type, decoded.failure) : undefined
    }
  }
  const { code, re } = envelope.failure
  const isFault = typeof object === "string"
  const isOpen = isFault ? isArguable(line, object) : oddSpelling(String(line)) !== undefined
  return {
    ...{ id: re, type: undefined, request: undefined, isOpen, isNoObject: isFault && !isOpen },
    refusal: { codes: [code], requirement: isFault ? ofFault(object) : code === "unsupported" ? "EXT-3" : "JSON-5" }
  }
}

/** What a line deserves of a server in this state; nothing when it is to be granted. */
export const deservedOf = (asked: Asked, standing: Standing): Deserved | undefined => {
  const { refusal, request, type } = asked
  const { limits, nick, resumes, rooms } = standing
  if (type === undefined) return refusal
  if (nick === undefined && !["ping", "bye"].includes(type) && !isWayIn(type)) {
    return { codes: ["login-first"], requirement: "LOGIN-3" }
  }
  if (nick !== undefined && isWayIn(type)) {
    return { codes: ["already-logged-in"], requirement: type === "login" ? "LOGIN-4" : "REGISTER-6" }
  }
  if (request === undefined) return refusal
  if (isAppending(request)) {
    if (isDirect(request.room)) return undefined
    // Whether a key is known, a bystander can't see: it may have been used on an earlier connection (KEY-7).
    if (resumes && request.key !== undefined) return undefined
    return rooms.has(request.room) ? undefined : { codes: ["not-joined"], requirement: "LEAVE-2" }
  }
  switch (request.type) {
    case "history":
      if (isDirect(request.room)) return undefined
      return rooms.has(request.room) ? undefined : { codes: ["not-joined"], requirement: "HISTORY-7" }
    case "leave":
    case "members":
    case "typing":
    case "read":
    case "standings":
      return rooms.has(request.room) ? undefined : { codes: ["not-joined"], requirement: "LEAVE-2" }
    case "join":
      if (rooms.has(request.room)) return { codes: ["already-joined"], requirement: "JOIN-5" }
      return rooms.size < limits.joins
        ? undefined
        : {
            codes: ["limit-reached", ...(request.create === false ? ["no-such-room" as const] : [])],
            requirement: "JOIN-6"
          }
    case "users":
      return request.room === undefined || rooms.has(request.room)
        ? undefined
        : { codes: ["not-joined"], requirement: "USERS-3" }
    default:
      return undefined
  }
}

/** The codes by which a server may refuse a request that deserves it by nothing that a bystander can see. */
export const excusesOf = (request: Request, { nick, rooms }: Standing): ReadonlyArray<ErrorCode> => {
  if (isAppending(request)) {
    return [
      "unavailable",
      ...(request.key === undefined ? [] : ["key-reused" as const]),
      ...(isDirect(request.room) ? ["no-such-nick" as const] : []),
      ...(request.key === undefined || rooms.has(request.room) ? [] : ["not-joined" as const]),
      ...refusalsOf(request)
    ]
  }
  switch (request.type) {
    case "login":
      if (request.password !== undefined) return ["insecure", ...refusalsOfProofs]
      if (request.token !== undefined || request.proof !== undefined) return refusalsOfProofs
      return request.session === undefined
        ? ["nick-taken", "nick-registered", "unavailable"]
        : ["session-expired", "unavailable"]
    case "register":
      return ["insecure", "not-invited", "nick-registered", "nick-taken", "unavailable"]
    case "password":
    case "revoke":
    case "unregister":
      return ["insecure", "forbidden", "unavailable"]
    case "history":
      return isDirect(request.room) ? ["no-such-nick", "unavailable"] : ["unavailable"]
    case "read":
      return ["no-such-entry", "unavailable"]
    case "join":
      return [
        "forbidden",
        "limit-reached",
        "unavailable",
        ...(request.create === false ? ["no-such-room" as const] : [])
      ]
    case "whois":
      return request.nick === nick ? ["unavailable"] : ["no-such-nick", "unavailable"]
    case "ping":
    case "bye":
      return []
    default:
      return ["unavailable"]
  }
}

const refusalsOfProofs: ReadonlyArray<ErrorCode> = ["rate-limited", "bad-credentials", "unavailable"]

/** Whether a request is on the way to a `welcome`: it comes before it, and not after. */
const isWayIn = (type: RequestType): boolean => type === "login" || type === "register" || type === "challenge"

/** What depends on other entries, of which a bystander may not have seen all. */
const refusalsOf = (request: Request): ReadonlyArray<ErrorCode> => {
  if (isModeration(request)) return ["no-such-nick", "forbidden", "limit-reached"]
  switch (request.type) {
    case "send":
      return ["forbidden", "rate-limited", ...(request.replyTo === undefined ? [] : ["no-such-entry" as const])]
    case "edit":
    case "delete":
      return ["no-such-entry", "forbidden"]
    case "react":
      return ["no-such-entry", "forbidden", "limit-reached"]
    case "topic":
      return ["forbidden"]
    default:
      return []
  }
}

const ofField = (type: RequestType, { code }: Refusal): Deserved => {
  const requirements: Partial<Record<ErrorCode, RequirementId>> = {
    "bad-name": "NAME-1",
    "bad-text": type === "status" ? "STATUS-7" : "TEXT-2",
    "too-long": type === "status" ? "STATUS-8" : "TEXT-3",
    "bad-json": "JSON-4"
  }
  return { codes: [code], requirement: requirements[code] ?? "JSON-5" }
}

const ofFault = (fault: string): RequirementId => (fault.includes("nests") ? "JSON-3" : "JSON-1")

/**
 * Whether it is a server's own affair to refuse a line that is no JSON text: in a field that it ignores it may look at quoting and nesting
 * only, so that what is closed as an object is may pass.
 */
const isArguable = (line: Line, fault: string): boolean => {
  if (line === notUtf8 || fault.includes("nests")) return false
  return fault === forbiddenString || /^[ \t\r]*\{/u.test(line)
}
