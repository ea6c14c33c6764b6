/**
 * From a line to what a server said: for clients, the suite and the proxy.
 *
 * @module
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { makeFormatterStandardSchemaV1 } from "effect/SchemaIssue"
import { type JsonObject, parseJson } from "./json.ts"
import type { Line } from "./line.ts"
import { Event, Reply, type ServerMessage } from "./messages.ts"

/** An object of a type that this version knows. */
export interface Known {
  readonly _tag: "Known"
  readonly message: ServerMessage
}

/** An event of a type that this version doesn't know: clients ignore it (EXT-2). */
export interface Unknown {
  readonly _tag: "Unknown"
  readonly type: string
  readonly object: JsonObject
}

/** What a server said, as far as this version knows it. */
export type Received = Known | Unknown

/** A line that no server may send, with the reason. */
export interface Malformed {
  readonly reason: string
  /** Where in the object it is wrong, when it is one field of an object that is otherwise known. */
  readonly path?: ReadonlyArray<string>
}

const decodeReply = Schema.decodeUnknownResult(Reply)
const decodeEvent = Schema.decodeUnknownResult(Event)
const format = makeFormatterStandardSchemaV1()

/** Reads one line of a server. A reply has `re`, or is an `error`; everything else is an event. */
export const decodeServerMessage = (line: Line): Result.Result<Received, Malformed> => {
  const object = parseJson(line)
  return typeof object === "string" ? Result.fail({ reason: object }) : checkServerObject(object)
}

/** Checks one object of a server against the schemas. */
export const checkServerObject = (object: JsonObject): Result.Result<Received, Malformed> => {
  const type = object["type"]
  if (typeof type !== "string") return Result.fail({ reason: "type must be a string" })
  const isReply = Object.hasOwn(object, "re") || type === "error"
  if (!Object.hasOwn(isReply ? Reply.cases : Event.cases, type)) {
    return isReply
      ? Result.fail({ reason: `no request is answered by ${JSON.stringify(type)}` })
      : Result.succeed({ _tag: "Unknown", type, object })
  }
  const decoded: Result.Result<ServerMessage, Schema.SchemaError> = isReply ? decodeReply(object) : decodeEvent(object)
  if (Result.isSuccess(decoded)) return Result.succeed({ _tag: "Known", message: decoded.success })
  const [issue] = format(decoded.failure.issue).issues
  const path = (issue?.path ?? []).map(String)
  return Result.fail({ path, reason: `${path.length === 0 ? type : path.join(".")}: ${issue?.message ?? "not valid"}` })
}
