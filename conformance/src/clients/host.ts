/**
 * How the scripted server answers when a test doesn't say otherwise: as a small, honest server would, with one more person
 * in every room.
 *
 * @module
 */
import {
  decodeEnvelope,
  decodeRequest,
  type Limits,
  type Line,
  type Message,
  type Refusal,
  type Request
} from "@tertulia/protocol"
import * as Result from "effect/Result"

/** The log of a room: it outlives the connections of one test. */
export interface RoomLog {
  readonly epoch: string
  readonly entries: Array<Message>
}

/** The rooms of one scripted server. */
export interface Rooms {
  /** The room's log, which begins when it is first asked for. */
  readonly log: (room: string) => RoomLog
  /** Appends an entry. */
  readonly append: (room: string, from: string, text: string) => Message
}

/** @param now milliseconds of the clock */
export const makeRooms = (now: () => number): Rooms => {
  const logs = new Map<string, RoomLog>()
  const log = (room: string): RoomLog => {
    const found = logs.get(room) ?? { epoch: `k${logs.size + 1}`, entries: [] }
    logs.set(room, found)
    return found
  }
  const append: Rooms["append"] = (room, from, text) => {
    const { entries } = log(room)
    const at = new Date(now()).toISOString()
    const entry: Message = { type: "message", room, seq: entries.length + 1, from, text, at }
    entries.push(entry)
    return entry
  }
  return { log, append }
}

/** One connection's host: what it knows of the client, and its answers. */
export interface Host {
  readonly nick: () => string | undefined
  /** The rooms that the client is in, in the order in which it joined them. */
  readonly joined: () => ReadonlyArray<string>
  /** Who else is in every room. */
  readonly companion: () => string
  /** What a line is answered by, and the request if it was one. */
  readonly answer: (line: Line, limits: Limits) => Answer
}

/** The objects that answer a line, in order. */
export interface Answer {
  readonly objects: ReadonlyArray<object>
  readonly request: Request | undefined
}

/** A host that nobody has logged in to. */
export const makeHost = (rooms: Rooms): Host => {
  const joined = new Set<string>()
  let nick: string | undefined

  const companion = () => (nick === "leo" ? "ana" : "leo")
  const members = () => [nick ?? "", companion()].sort()

  const join = ({ after, epoch: known, id: re, room }: Extract<Request, { type: "join" }>): ReadonlyArray<object> => {
    if (joined.has(room)) return [refusal({ code: "already-joined", re, message: `you are in ${room}`, field: "room" })]
    joined.add(room)
    const { entries, epoch } = rooms.log(room)
    const resumed = after !== undefined && known === epoch && after <= entries.length
    const how = after === undefined ? {} : { resumed }
    const reply = { type: "joined", re, room, epoch, first: 1, head: entries.length, ...how, members: members() }
    return [reply, ...(resumed ? entries.slice(after) : [])]
  }

  const inRoom = (request: Extract<Request, { readonly room: string }>): ReadonlyArray<object> => {
    const { id: re, room, type } = request
    if (!joined.has(room))
      return [refusal({ code: "not-joined", re, message: `you are not in ${room}`, field: "room" })]
    switch (type) {
      case "leave":
        joined.delete(room)
        return [{ type: "left", re, room }]
      case "send": {
        const entry = rooms.append(room, nick ?? "", request.text)
        return [entry, { type: "sent", re, room, seq: entry.seq, at: entry.at }]
      }
      case "members": {
        const after = members().filter((name) => name > (request.after ?? ""))
        return [{ type: "members", re, room, members: after }]
      }
      default:
        return [refusal({ code: "unsupported", re, message: "this server doesn't know that request", field: "type" })]
    }
  }

  const carryOut = (request: Request): ReadonlyArray<object> => {
    const re = request.id
    switch (request.type) {
      case "ping":
        return [{ type: "pong", re }]
      case "bye":
        return [{ type: "bye", re }]
      case "login":
        if (nick !== undefined) return [refusal({ code: "already-logged-in", re, message: `you are ${nick}` })]
        nick = request.nick
        return [{ type: "welcome", re, nick }]
      default:
        if (nick === undefined) return [refusal({ code: "login-first", re, message: "log in first" })]
        return ready(request)
    }
  }

  const ready = (request: Exclude<Request, { type: "ping" | "bye" | "login" }>): ReadonlyArray<object> => {
    const re = request.id
    switch (request.type) {
      case "sync":
        return [{ type: "synced", re }]
      case "rooms": {
        const after = [...joined].sort().filter((room) => room > (request.after ?? ""))
        return [{ type: "rooms", re, rooms: after.map((room) => ({ room, members: 2 })) }]
      }
      case "join":
        return join(request)
      default:
        return inRoom(request)
    }
  }

  const answer: Host["answer"] = (line, limits) => {
    const envelope = decodeEnvelope(line)
    if (Result.isFailure(envelope)) return { objects: [refusal(envelope.failure)], request: undefined }
    const request = decodeRequest(envelope.success, limits)
    if (Result.isFailure(request)) return { objects: [refusal(request.failure)], request: undefined }
    return { objects: carryOut(request.success), request: request.success }
  }

  return { nick: () => nick, joined: () => [...joined], companion, answer }
}

const refusal = (why: Refusal): object => ({ type: "error", ...why })
