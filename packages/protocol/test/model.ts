/**
 * As much of a server as the exchanges need: one connection, one person, no clock. It exists to check the vectors against
 * the decoders, so it says nothing that only a real server can (`epoch`, `at`).
 */
import * as Result from "effect/Result"
import {
  decodeEnvelope,
  decodeRequest,
  type Limits,
  type Line,
  makeLineDecoder,
  parseJson,
  type Refusal,
  type Request,
  type RequestType,
  replyTypes
} from "../src/index.ts"
import type { State } from "../src/vectors.ts"

type Said = Readonly<Record<string, unknown>>

interface Connection {
  nick: string | undefined
  rooms: Map<string, number>
  opened: boolean
  ended: boolean
}

const inState = (state: State): Connection => ({
  nick: state === "ready" || state === "joined" ? "ana" : undefined,
  rooms: new Map(state === "joined" ? [["#cafe", 0]] : []),
  opened: state === "opened",
  ended: false
})

/** Everything that a server says to some bytes on a connection in some state. */
export const answersTo = (state: State, bytes: Uint8Array, limits: Limits): ReadonlyArray<Said> => {
  const connection = inState(state)
  const { lines, tooLong } = makeLineDecoder(limits.line).push(bytes)
  const said = lines.flatMap((line) => (connection.ended ? [] : answer(connection, line, limits)))
  return tooLong && !connection.ended ? [...said, { type: "bye", code: "line-too-long" }] : said
}

const answer = (connection: Connection, line: Line, limits: Limits): ReadonlyArray<Said> => {
  if (connection.opened && typeof parseJson(line) === "string") {
    connection.ended = true
    return [{ type: "bye", code: "not-tertulia" }]
  }
  connection.opened = false
  const envelope = decodeEnvelope(line)
  if (Result.isFailure(envelope)) return [error(envelope.failure)]
  const { id, type } = envelope.success
  const outOfState = stateFault(connection, type)
  if (outOfState !== undefined) return [error({ code: outOfState, re: id, message: "" })]
  const request = decodeRequest(envelope.success, limits)
  return Result.isFailure(request) ? [error(request.failure)] : effect(connection, request.success)
}

const error = (refusal: Refusal): Said => ({ type: "error", ...refusal })

const stateFault = ({ nick }: Connection, type: RequestType) => {
  if (type === "login") return nick === undefined ? undefined : "already-logged-in"
  return nick === undefined && type !== "ping" && type !== "bye" ? "login-first" : undefined
}

const effect = (connection: Connection, request: Request): ReadonlyArray<Said> => {
  const { rooms } = connection
  const reply = { type: replyTypes[request.type], re: request.id }
  const refuse = (code: Refusal["code"]) => [error({ code, re: request.id, message: "" })]
  switch (request.type) {
    case "login":
      connection.nick = request.nick
      return [reply]
    case "join":
      if (rooms.has(request.room)) return refuse("already-joined")
      if (request.create === false) return refuse("no-such-room")
      rooms.set(request.room, 0)
      return [reply]
    case "leave":
      return rooms.delete(request.room) ? [reply] : refuse("not-joined")
    case "send": {
      const seq = (rooms.get(request.room) ?? -1) + 1
      if (seq === 0) return refuse("not-joined")
      rooms.set(request.room, seq)
      const { room, text } = request
      return [
        { type: "message", room, seq, from: connection.nick, text },
        { ...reply, room, seq }
      ]
    }
    case "members":
      return rooms.has(request.room) ? [reply] : refuse("not-joined")
    case "bye":
      connection.ended = true
      return [reply]
    default:
      return [reply]
  }
}
