/**
 * How the scripted server answers when a test doesn't say otherwise: as a small, honest server would, with one more person
 * in every room.
 *
 * @module
 */
import {
  decodeEnvelope,
  decodeRequest,
  isModeration,
  type Limits,
  type Line,
  type Refusal,
  type Request,
  requestsOf,
  unclaimedBy
} from "@tertulia/protocol"
import * as Result from "effect/Result"
import type { People, Person, Rooms } from "./memory.ts"

/** The requests of profiles of which the host knows nothing. */
type OfProfiles = "status" | "users" | "whois"

/** One connection's host: what it knows of the client, and its answers. */
export interface Host {
  readonly nick: () => string | undefined
  /** The rooms that the client is in, in the order in which it joined them. */
  readonly joined: () => ReadonlyArray<string>
  /** Who else is in every room. */
  readonly companion: () => string
  /** What the greeting claims: the host does what these profiles say. */
  readonly claims: (features: ReadonlyArray<string>) => void
  /** What a line is answered by, and the request if it was one. */
  readonly answer: (line: Line, limits: Limits) => Answer
}

/** The objects that answer a line, in order. */
export interface Answer {
  readonly objects: ReadonlyArray<object>
  readonly request: Request | undefined
}

type Asked<Type extends Request["type"]> = Extract<Request, { readonly type: Type }>

/** A host that nobody has logged in to. */
export const makeHost = (rooms: Rooms, people: People): Host => {
  const joined = new Set<string>()
  let features: ReadonlyArray<string> = []
  let nick: string | undefined
  let person: Person | undefined

  const companion = () => (nick === "leo" ? "ana" : "leo")
  const members = () => [nick ?? "", companion()].sort()

  const join = ({ after, epoch: known, id: re, room }: Asked<"join">): ReadonlyArray<object> => {
    if (joined.has(room)) return [refusal({ code: "already-joined", re, message: `you are in ${room}`, field: "room" })]
    joined.add(room)
    const { entries, epoch, first } = rooms.log(room)
    const resumed = after !== undefined && known === epoch && after <= entries.length && after >= first - 1
    const how = after === undefined ? {} : { resumed }
    const reply = { type: "joined", re, room, epoch, first, head: entries.length, ...how, members: members() }
    return [reply, ...(resumed ? entries.slice(after) : [])]
  }

  const send = ({ id: re, key, room, text }: Asked<"send">): ReadonlyArray<object> => {
    const known = person?.sent.get(`${room} ${key}`)
    if (known !== undefined) return [{ type: "sent", re, room, seq: known.seq, at: known.at, duplicate: true }]
    const entry = rooms.append(room, nick ?? "", text, key)
    if (key !== undefined) person?.sent.set(`${room} ${key}`, entry)
    return [entry, { type: "sent", re, room, seq: entry.seq, at: entry.at }]
  }

  /** The whole log is one page, from the end that was asked for: no test needs more. */
  const page = ({ after, before, id: re, room }: Asked<"history">): ReadonlyArray<object> => {
    const { entries, epoch, first } = rooms.log(room)
    const shown = entries.slice(Math.max(after ?? 0, first - 1), before === undefined ? undefined : before - 1)
    const items = shown.map(({ room: _, ...item }) => item)
    return [{ type: "history", re, room, epoch, first, head: entries.length, entries: items }]
  }

  const inRoom = (request: Asked<"leave" | "send" | "members" | "history">): ReadonlyArray<object> => {
    const { id: re, room, type } = request
    if (!joined.has(room))
      return [refusal({ code: "not-joined", re, message: `you are not in ${room}`, field: "room" })]
    switch (type) {
      case "leave":
        joined.delete(room)
        return [{ type: "left", re, room }]
      case "send":
        return send(request)
      case "history":
        return page(request)
      case "members": {
        const after = members().filter((name) => name > (request.after ?? ""))
        return [{ type: "members", re, room, members: after }]
      }
      default:
        return [refusal({ code: "unsupported", re, message: "this server doesn't know that request", field: "type" })]
    }
  }

  const logIn = ({ id: re, nick: name, resume, session }: Asked<"login">): ReadonlyArray<object> => {
    const known = session === undefined ? undefined : people.find(session)
    if (session !== undefined && known?.nick !== name) {
      return [
        refusal({ code: "session-expired", re, message: "this session has ended: log in anew", field: "session" })
      ]
    }
    nick = name
    person = known ?? (resume === true ? people.begin(name) : undefined)
    const secret = person === undefined ? {} : { session: person.session }
    return [{ type: "welcome", re, nick, ...secret, ...(known === undefined ? {} : { resumed: true }) }]
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
        return logIn(request)
      case "status":
      case "users":
      case "whois":
        return [refusal({ code: "unsupported", re, message: "nobody is here to have a presence", field: "type" })]
      default:
        if (nick === undefined) return [refusal({ code: "login-first", re, message: "log in first" })]
        return ready(request)
    }
  }

  const ready = (request: Exclude<Request, { type: "ping" | "bye" | "login" | OfProfiles }>): ReadonlyArray<object> => {
    const re = request.id
    if (isModeration(request) || request.type === "standings")
      return [refusal({ code: "unsupported", re, message: "nobody keeps these rooms" })]
    switch (request.type) {
      case "sync":
        return [{ type: "synced", re }]
      case "rooms": {
        const after = [...joined].sort().filter((room) => room > (request.after ?? ""))
        return [{ type: "rooms", re, rooms: after.map((room) => ({ room, members: 2 })) }]
      }
      case "join":
        return join(request)
      case "search":
        return [refusal({ code: "unsupported", re, message: "this server has no search" })]
      case "edit":
      case "delete":
      case "react":
      case "topic":
      case "typing":
      case "read":
        return [refusal({ code: "unsupported", re, message: "this server has no rich messages" })]
      case "register":
      case "challenge":
      case "password":
      case "revoke":
      case "unregister":
        return [refusal({ code: "unsupported", re, message: "this server has no accounts" })]
      case "conversations":
        return [{ type: "conversations", re, conversations: [] }]
      default:
        return inRoom(request)
    }
  }

  const answer: Host["answer"] = (line, limits) => {
    const envelope = decodeEnvelope(line, requestsOf(features))
    if (Result.isFailure(envelope)) return { objects: [refusal(envelope.failure)], request: undefined }
    const request = decodeRequest(envelope.success, limits, { unclaimed: unclaimedBy(features) })
    if (Result.isFailure(request)) return { objects: [refusal(request.failure)], request: undefined }
    return { objects: carryOut(request.success), request: request.success }
  }

  return {
    nick: () => nick,
    joined: () => [...joined],
    companion,
    claims: (claimed) => {
      features = claimed
    },
    answer
  }
}

const refusal = (why: Refusal): object => ({ type: "error", ...why })
