/**
 * A client's side of the protocol as a state machine: what was asked, which rooms it is in, and what each object of the
 * server means. No I/O, no clock: the connection tells it what comes and carries out what it says.
 *
 * @module
 */
import {
  type ByeEvent,
  isDirect,
  isEntryEvent,
  type JsonObject,
  type LeftEvent,
  type Member,
  type PresenceEvent,
  type ReadEvent,
  type Reply,
  type Request,
  replyTypes,
  type ServerMessage,
  type TypingEvent
} from "@tertulia/protocol"
import { type LogEntry, passed } from "./passed.ts"
import { applied, changed, entered, listed, place, type RoomView } from "./room.ts"

/** What an object of the server means to a client. */
export type Happening =
  | { readonly _tag: "Answered"; readonly id: number; readonly reply: Reply }
  | { readonly _tag: "Happened"; readonly event: LogEntry | Member | TypingEvent | ReadEvent }
  /** The connection was put out of a room: nothing of it comes any more (KICK-1). */
  | { readonly _tag: "PutOut"; readonly event: LeftEvent }
  /** An entry came whose predecessors, from `expected` on, have not. */
  | { readonly _tag: "Skipped"; readonly expected: number; readonly event: LogEntry }
  | { readonly _tag: "Noticed"; readonly presence: PresenceEvent }
  | { readonly _tag: "Pinged" }
  | { readonly _tag: "Ended"; readonly bye: ByeEvent }
  | { readonly _tag: "Nonsense"; readonly why: string }

/** One client's state. */
export interface Session {
  /** The rooms that it is in, by name. */
  readonly rooms: ReadonlyMap<string, RoomView>
  /** An `id` for the next request: no other request that waits has it. */
  readonly nextId: () => number
  /** Notes that a request was sent, and waits for its reply. */
  readonly asked: (request: Request) => void
  /** What an event of a type that nobody knows means: nothing (EXT-2), unless it shows an entry (CATCH-9). */
  readonly receiveUnknown: (object: JsonObject) => ReadonlyArray<Happening>
  /** What the next object means, in the order in which it is to be carried out. */
  readonly receive: (message: ServerMessage) => ReadonlyArray<Happening>
}

const maxId = 2_147_483_647

/** A session whose `hello` has come. */
export const makeSession = (): Session => {
  // Requests without a reply, in the order in which they were sent.
  const waiting = new Map<number, Request>()
  const rooms = new Map<string, RoomView>()
  let lastId = 0

  const nextId = () => {
    do lastId = lastId === maxId ? 1 : lastId + 1
    while (waiting.has(lastId))
    return lastId
  }

  const answered = (reply: Reply): ReadonlyArray<Happening> => {
    // An error without `re` stands in its request's place among the replies, so it answers the oldest (REPLY-5).
    const id = reply.re ?? waiting.keys().next().value
    const request = id === undefined ? undefined : waiting.get(id)
    if (id === undefined || request === undefined) {
      return reply.re === undefined ? [] : [{ _tag: "Nonsense", why: `a reply to ${reply.re}, which nobody asked` }]
    }
    if (reply.type !== "error" && reply.type !== replyTypes[request.type]) {
      return [{ _tag: "Nonsense", why: `${request.type} was answered by ${reply.type}` }]
    }
    waiting.delete(id)
    takeEffect(request, reply)
    return [{ _tag: "Answered", id, reply }]
  }

  const takeEffect = (request: Request, reply: Reply): void => {
    if (reply.type === "joined") {
      rooms.set(reply.room, entered(reply, request.type === "join" ? request.after : undefined))
    } else if (reply.type === "left") {
      rooms.delete(reply.room)
    } else if (reply.type === "members" && request.type === "members") {
      const view = rooms.get(reply.room)
      if (view !== undefined) rooms.set(reply.room, listed(view, request.after, reply))
    }
  }

  const entry = (message: LogEntry): ReadonlyArray<Happening> => {
    // Nobody joins a conversation: whoever reads them keeps the cursors (spec/direct.md).
    if (isDirect(message.room)) return [{ _tag: "Happened", event: message }]
    const view = rooms.get(message.room)
    if (view === undefined) return []
    switch (place(view, message.seq)) {
      case "apply":
        rooms.set(message.room, applied(view, message.seq))
        return [{ _tag: "Happened", event: message }]
      case "drop":
        return []
      case "gap":
        return [{ _tag: "Skipped", expected: view.last + 1, event: message }]
    }
  }

  const member = (event: Member): ReadonlyArray<Happening> => {
    const view = rooms.get(event.room)
    if (view === undefined) return []
    rooms.set(event.room, changed(view, event))
    return [{ _tag: "Happened", event }]
  }

  const passing = (event: TypingEvent | ReadEvent): ReadonlyArray<Happening> =>
    rooms.has(event.room) ? [{ _tag: "Happened", event }] : []

  const receive = (message: ServerMessage): ReadonlyArray<Happening> => {
    switch (message.type) {
      case "message":
        return entry(message)
      case "member":
        return member(message)
      case "ping":
        return [{ _tag: "Pinged" }]
      case "bye":
        return "re" in message ? answered(message) : [{ _tag: "Ended", bye: message }]
      case "left":
        if ("re" in message) return answered(message)
        rooms.delete(message.room)
        return [{ _tag: "PutOut", event: message }]
      case "hello":
        return [{ _tag: "Nonsense", why: "a second hello" }]
      case "presence":
        return [{ _tag: "Noticed", presence: message }]
      case "typing":
        return "re" in message ? answered(message) : passing(message)
      case "read":
        return "re" in message ? answered(message) : passing(message)
      default:
        return isEntryEvent(message) ? entry(message) : answered(message)
    }
  }

  const receiveUnknown: Session["receiveUnknown"] = ({ room, seq }) =>
    typeof room === "string" && Number.isSafeInteger(seq) ? entry(passed(room, seq as number)) : []

  return { rooms, nextId, asked: (request) => void waiting.set(request.id, request), receive, receiveUnknown }
}
