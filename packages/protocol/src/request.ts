/**
 * From a line to a request, or to the one refusal that answers it: of two faults, the first in the registry's order
 * (spec/registries.md, ERROR-3). The steps are apart because the connection's state is checked between them.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Issue } from "effect/SchemaIssue"
import { oneProof, passwordBytes } from "./accounts.ts"
import { type ErrorCode, errorCodes } from "./codes.ts"
import type { Unclaimed } from "./features.ts"
import { type JsonObject, parseJson } from "./json.ts"
import type { Limits } from "./limits.ts"
import { type Line, notUtf8 } from "./line.ts"
import { cursorNeedsEpoch, oneCursor, Request, type RequestType, requestSchemas, waysToLogIn } from "./messages.ts"
import { badRoomName, directWith, foldName, isDirectName } from "./names.ts"
import { readPlainSend } from "./plain-send.ts"
import { codeOf, type Refusal } from "./refusal.ts"
import { isTooLong, reactionBytes, topicBytes, utf8Length } from "./text.ts"

/** A request whose `id` and `type` are good. */
export interface Envelope {
  readonly id: number
  readonly type: RequestType
  readonly object: JsonObject
  /** Whether its other fields are what the schema says, too, and it has none beside them; nobody has looked when absent. */
  readonly isChecked?: boolean
}

const maxId = 2_147_483_647

const everyRequest: ReadonlySet<string> = new Set(Object.keys(requestSchemas))

/**
 * The first steps: JSON, then `id`, then `type`, then whether the request is known at all.
 *
 * @param known the requests of the profiles that the server claims (EXT-4): `requestsOf`
 */
export const decodeEnvelope = (line: Line, known = everyRequest): Result.Result<Envelope, Refusal> => {
  const plain = line === notUtf8 ? undefined : readPlainSend(line)
  if (plain !== undefined && known.has(plain.type)) {
    return Result.succeed({ id: plain.id, type: plain.type, object: plain, isChecked: true })
  }
  const object = parseJson(line)
  if (typeof object === "string") return Result.fail({ code: "bad-json", message: object })
  const { id, type } = object
  if (!Number.isSafeInteger(id) || (id as number) < 1 || (id as number) > maxId) {
    return Result.fail({ code: "bad-request", field: "id", message: `id must be an integer from 1 to ${maxId}` })
  }
  const re = id as number
  if (typeof type !== "string") {
    return Result.fail({ code: "bad-request", re, field: "type", message: "type must be a string" })
  }
  if (!known.has(type)) {
    return Result.fail({ code: "unsupported", re, field: "type", message: "this server doesn't know that request" })
  }
  return Result.succeed({ id: re, type: type as RequestType, object })
}

const decode = Schema.decodeUnknownResult(Request)

const everythingClaimed: Unclaimed = { fields: {}, direct: false }

/** What a request is decoded with, beside its own fields. */
export interface RequestContext {
  /** What belongs to profiles that the server doesn't claim: `unclaimedBy`; nothing when absent. */
  readonly unclaimed?: Unclaimed
  /** Whoever asks: nobody has a conversation with oneself (DIRECT-7). */
  readonly nick?: string | undefined
  /** Whether the server has made a cursor of a search, as far as it can tell (SEARCH-12); any will do when absent. */
  readonly isCursor?: IsCursor
}

/**
 * The last steps: fields, names (folded here), texts.
 *
 * @param context what else the server knows of itself and of whoever asks
 */
export const decodeRequest = (
  { id, isChecked = false, object, type }: Envelope,
  limits: Limits,
  context: RequestContext = {}
): Result.Result<Request, Refusal> => {
  const { isCursor = () => true, nick, unclaimed = everythingClaimed } = context
  const unknown = unclaimed.fields[type]
  const known = unknown === undefined ? object : without(object, unknown)
  const wrongName = addressFault(type, object, unclaimed.direct, nick)
  const decoded = isChecked ? Result.succeed(known as unknown as Request) : decode(known)
  if (Result.isFailure(decoded) || wrongName !== undefined) {
    return Result.fail(explain({ id, object: known, type }, isCursor, wrongName === undefined ? [] : [wrongName]))
  }
  const request = decoded.success
  if (request.type === "search" && request.before !== undefined && !isCursor(request.before)) {
    return Result.fail({ re: request.id, ...notACursor })
  }
  const tooLong = tooLongIn(request, limits)
  return tooLong === undefined ? Result.succeed(fold(request)) : Result.fail({ ...tooLong, re: request.id })
}

type IsCursor = (cursor: string) => boolean

const notACursor = {
  code: "bad-request",
  field: "before",
  message: "before: the `next` of a page of this server"
} as const

/** What is said in a request, if it is longer than it may be. */
const tooLongIn = (request: Request, limits: Limits): Refusal | undefined => {
  switch (request.type) {
    case "send":
    case "edit":
    case "search":
      return bounded("text", request.text, limits.text, "limits.text is")
    case "react":
      return bounded("reaction", request.reaction, reactionBytes, "a reaction has at most")
    case "topic":
      return bounded("text", request.text, topicBytes, "a topic has at most")
    case "register":
    case "password":
      return bounded("password", request.password, passwordBytes, "a password has at most")
    default:
      return undefined
  }
}

const bounded = (field: string, text: string, limit: number, rule: string): Refusal | undefined =>
  isTooLong(text, limit)
    ? { code: "too-long", field, message: `the ${field} has ${utf8Length(text)} bytes of UTF-8; ${rule} ${limit}` }
    : undefined

/** The same object when it has none of the fields: most have none, and a copy costs as much as reading the line. */
const without = (object: JsonObject, fields: ReadonlyArray<string>): JsonObject =>
  fields.some((field) => Object.hasOwn(object, field))
    ? Object.fromEntries(Object.entries(object).filter(([field]) => !fields.includes(field)))
    : object

/** The request with every name folded (NAME-2); the same object when nothing was to fold. */
const fold = (request: Request): Request => {
  switch (request.type) {
    case "login":
    case "whois":
    case "register":
    case "challenge":
      return withFolded(request, "nick")
    case "rooms":
    case "conversations":
      return withFolded(request, "after")
    case "members":
    case "users":
    case "standings":
      return withFolded(withFolded(request, "room"), "after")
    case "search":
      return withFolded(withFolded(request, "room"), "from")
    case "join":
    case "leave":
    case "send":
    case "history":
    case "edit":
    case "delete":
    case "react":
    case "topic":
    case "typing":
    case "read":
    case "kind":
    case "slow":
      return withFolded(request, "room")
    case "role":
    case "invite":
    case "kick":
    case "ban":
    case "mute":
      return withFolded(withFolded(request, "room"), "nick")
    default:
      return request
  }
}

/** What is wrong with the name of a conversation, beyond its grammar: what the schemas can't know. */
const addressFault = (
  type: RequestType,
  { room }: JsonObject,
  isUnknown: boolean,
  nick: string | undefined
): Fault | undefined => {
  if ((type !== "send" && type !== "history") || typeof room !== "string" || room.charCodeAt(0) !== at) return undefined
  const name = foldName(room)
  if (!isDirectName(name)) return undefined
  if (isUnknown) return { code: "bad-name", field: "room", message: `room: ${badRoomName}` }
  return nick === undefined || name !== directWith(nick) ? undefined : notOneself
}

const at = 0x40

const notOneself: Fault = {
  code: "bad-request",
  field: "room",
  message: "room: a conversation is with somebody else than oneself"
}

const withFolded = <R extends object, Field extends keyof R>(request: R, field: Field): R => {
  const spelling = request[field]
  if (typeof spelling !== "string") return request
  const name = foldName(spelling)
  return name === spelling ? request : { ...request, [field]: name }
}

interface Fault {
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly message: string
}

/** Decodes once more, for all faults, and answers the one that comes first in the registry. */
const explain = ({ id, object, type }: Envelope, isCursor: IsCursor, known: ReadonlyArray<Fault>): Refusal => {
  const decoded = decode(object, { errors: "all" })
  const faults = [
    ...known,
    ...cursorFaults(type, object, isCursor),
    ...(Result.isFailure(decoded) ? faultsOf(decoded.failure.issue, undefined) : [])
  ]
  const { code, field, message } = faults.reduce((first, fault) =>
    errorCodes.indexOf(fault.code) < errorCodes.indexOf(first.code) ? fault : first
  )
  return { code, re: id, ...(field === undefined ? {} : { field }), message }
}

/** The schema looks at two fields together only when each of them is good, and knows no server; the precedence doesn't wait for that. */
const cursorFaults = (type: RequestType, object: JsonObject, isCursor: IsCursor): ReadonlyArray<Fault> => {
  const has = (field: string) => Object.hasOwn(object, field)
  if (type === "join" && has("after") && !has("epoch")) {
    return [{ code: "bad-request", field: "epoch", message: cursorNeedsEpoch }]
  }
  if (type === "history" && has("before") && has("after")) {
    return [{ code: "bad-request", field: "after", message: oneCursor }]
  }
  const [, second] = type === "login" ? waysToLogIn.filter(has) : []
  if (second !== undefined) return [{ code: "bad-request", field: second, message: oneProof }]
  if (type === "search" && typeof object["before"] === "string" && !isCursor(object["before"])) return [notACursor]
  return []
}

const faultsOf = (issue: Issue, field: string | undefined): ReadonlyArray<Fault> => {
  switch (issue._tag) {
    case "AnyOf":
      // Of several literals, none says what is wrong.
      if (issue.issues.length === 0) {
        return [
          { code: "bad-request", field, message: `${field ?? "the request"} is none of the values that it can have` }
        ]
      }
      return issue.issues.flatMap((inner) => faultsOf(inner, field))
    case "Composite":
      return issue.issues.flatMap((inner) => faultsOf(inner, field))
    case "Pointer":
      return faultsOf(issue.issue, field ?? String(issue.path[0]))
    case "Filter": {
      const annotations = issue.filter.annotations
      const expected = annotations?.["message"] ?? annotations?.["expected"] ?? "out of range"
      return [{ code: codeOf(annotations), field, message: `${field ?? "the request"}: ${String(expected)}` }]
    }
    case "MissingKey":
      return [{ code: "bad-request", field, message: `${field ?? "a field"} is missing` }]
    default:
      return [{ code: "bad-request", field, message: `${field ?? "the request"} has the wrong type` }]
  }
}
