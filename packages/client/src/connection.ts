/**
 * A connection to a server: requests out, replies matched, rooms as streams, and an end that everybody hears of.
 *
 * @module
 */
import type {
  ConversationItem,
  Hello,
  History,
  Joined,
  Limits,
  Message,
  ReadReply,
  RoomItem,
  Sent
} from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type AccountsApi, accountsOver } from "./accounts.ts"
import { listConversations, listMembers, listRooms } from "./asking.ts"
import { type Engine, startEngine } from "./engine.ts"
import type { ConnectionLost, Loss, NotTertulia, RequestError, RoomError } from "./errors.ts"
import { greeting } from "./greeting.ts"
import type { RoomEvent } from "./inbox.ts"
import { type OnWire, readable } from "./link.ts"
import { type ModerationApi, moderationOver } from "./moderation.ts"
import { type PresenceApi, presenceOver } from "./presence.ts"
import { type RichApi, richOver } from "./rich.ts"
import { membersOf } from "./room.ts"
import { type SearchApi, searchOver } from "./search.ts"
import type { Transport } from "./transport.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What a caller gets
// ---------------------------------------------------------------------------------------------------------------------

/** How to join; `after` and `epoch` are the cursor of an earlier visit (spec/order.md, Catching up). */
export interface JoinOptions {
  /** Whether a room that doesn't exist is created; true unless said otherwise. */
  readonly create?: boolean
  readonly after?: number
  readonly epoch?: string
}

/** Which page: the newest, the one before an entry, or the one after it; of a conversation, that of this epoch. */
export interface HistoryOptions {
  readonly before?: number
  readonly after?: number
  readonly limit?: number
  readonly epoch?: string
}

/** What a message may have besides its text. */
export interface SendOptions {
  /** The `seq` of the message that it answers. */
  readonly replyTo?: number
  /** Of a conversation: whom one means. */
  readonly epoch?: string
}

/** A room that the connection is in, from `joined` to `left`. */
export interface Room {
  readonly name: string
  /** With the `seq` of the last entry that one has read, or `head`, the cursor to come back with. */
  readonly epoch: string
  /** The `seq` of the first entry that the server still has. */
  readonly first: number
  /** The `seq` of the last entry when this client came; 0 if there never was one. */
  readonly head: number
  /** Whether the entries after the cursor come first; false too when no cursor was given. */
  readonly resumed: boolean
  /** What it was about when this client came; "" for nothing. */
  readonly topic: string
  /** Up to where its person had read when this client came, where the server claims rich; else 0. */
  readonly readUpTo: number
  /**
   * Everything that happens, in the order in which it comes; entries ascend by one, each once, from the cursor or from
   * `head` (ORDER-3, CATCH-7). For one reader: what one takes, another doesn't see. Ends with `left` or the client's own
   * `bye`, and fails when the connection is lost, an entry is missing, or too much waits unread.
   */
  readonly events: Stream.Stream<RoomEvent, RoomError>
  /** The messages among `events`, of which they are taken. */
  readonly entries: Stream.Stream<Message, RoomError>
  /** Who is there now, by nick (MEMBER-6); nobody once left. */
  readonly members: Effect.Effect<ReadonlyArray<string>>
  readonly send: (text: string, options?: Pick<SendOptions, "replyTo">) => Effect.Effect<Sent, RequestError>
  /** As of `RichApi`, in this room. */
  readonly edit: (target: number, text: string) => Effect.Effect<Sent, RequestError>
  readonly remove: (target: number) => Effect.Effect<Sent, RequestError>
  readonly react: (target: number, reaction: string, on?: boolean) => Effect.Effect<Sent, RequestError>
  readonly setTopic: (text: string) => Effect.Effect<Sent, RequestError>
  readonly typing: (on?: boolean) => Effect.Effect<void, RequestError>
  readonly read: (seq?: number) => Effect.Effect<ReadReply, RequestError>
  readonly leave: Effect.Effect<void, RequestError>
}

/**
 * A connection whose `hello` has come. A request may be made while others wait; they take effect, and are answered, in
 * the order in which they were started (REPLY-3, REPLY-4). What the server would have to refuse is refused here.
 */
export interface Connection extends AccountsApi, PresenceApi, RichApi, SearchApi {
  /** What keeps rooms, where the server claims moderation. */
  readonly moderation: ModerationApi
  /** Where the server is, for people. */
  readonly address: string
  readonly hello: Hello
  readonly limits: Limits
  /** Takes a nick; gives it as the server spells it. */
  readonly login: (nick: string) => Effect.Effect<string, RequestError>
  /** Enters a room; returns once its list of members is whole. */
  readonly join: (room: string, options?: JoinOptions) => Effect.Effect<Room, RequestError>
  readonly leave: (room: string) => Effect.Effect<void, RequestError>
  /**
   * Says something, in a room or to a person: `@leo`. Returns its place, after the entry itself has come to the room's `events`, or to
   * `directs` (SEND-3). With the `epoch` of a conversation it reaches that person, and nobody who has taken the nick since (DIRECT-12).
   */
  readonly send: (room: string, text: string, options?: SendOptions) => Effect.Effect<Sent, RequestError>
  /** A page of the log of a room that one is in, or of a conversation: `@leo`. */
  readonly history: (room: string, options?: HistoryOptions) => Effect.Effect<History, RequestError>
  /** One's conversations that have entries, by name. */
  readonly conversations: Effect.Effect<ReadonlyArray<ConversationItem>, RequestError>
  /**
   * What comes of all of one's conversations, from `login` on, each with the `epoch` of its own; nothing is made up for what came
   * before: see `conversations` and `history`. For one reader, like the `events` of a room.
   */
  readonly directs: Stream.Stream<Message, RoomError>
  /** All rooms of the server, by name. */
  readonly rooms: Effect.Effect<ReadonlyArray<RoomItem>, RequestError>
  /** All members of a room that one is in, by nick. */
  readonly members: (room: string) => Effect.Effect<ReadonlyArray<string>, RequestError>
  readonly ping: Effect.Effect<void, RequestError>
  /** Returns when everything that was acknowledged to anybody before has come (SYNC-1). */
  readonly sync: Effect.Effect<void, RequestError>
  /** Says goodbye; returns when the server has answered all earlier requests and this one (END-1). */
  readonly bye: Effect.Effect<void, RequestError>
  /** Waits for the end of the connection, and says how it came. */
  readonly ended: Effect.Effect<Loss>
}

/** What may be set about a connection. */
export interface ConnectOptions {
  /** How many events of one room may wait unread before its stream fails with `FellBehind`; 16,384 by default. */
  readonly buffer?: number
  /** Sees every line as it goes and comes, for those who want to watch the protocol. */
  readonly onWire?: OnWire
}

/**
 * Opens a connection and waits for `hello`. When the scope closes it says `bye`, and waits a second at the most.
 *
 * Fails with what `open` fails with, with `NotTertulia` when something else answers, and with `ConnectionLost` when the
 * server greets with `bye` (HELLO-5). Server pings are answered (HEART-5) and a silent server is doubted (HEART-6).
 */
export const connect = Effect.fnUntraced(function* <E, R>(
  open: Effect.Effect<Transport, E, R>,
  { buffer = 16_384, onWire = () => Effect.void }: ConnectOptions = {}
): Effect.fn.Return<Connection, E | NotTertulia | ConnectionLost, R | Scope.Scope> {
  const transport = yield* open
  const hello = yield* greeting(transport, (line) => onWire("received", readable(line)))
  const engine = yield* startEngine(transport, hello, buffer, onWire)
  return connectionOver(engine, hello, transport.address)
})

// ---------------------------------------------------------------------------------------------------------------------
// How the parts make a connection
// ---------------------------------------------------------------------------------------------------------------------

const connectionOver = (engine: Engine, hello: Hello, address: string): Connection => {
  const { ask, ended, limits } = engine
  const send: Connection["send"] = (room, text, { epoch, replyTo } = {}) =>
    ask("send", {
      room,
      text,
      ...(epoch === undefined ? {} : { epoch }),
      ...(replyTo === undefined ? {} : { replyTo })
    })
  const leave: Connection["leave"] = (room) => Effect.asVoid(ask("leave", { room }))
  const join = Effect.fnUntraced(function* (room: string, options: JoinOptions = {}) {
    const { inbox, reply } = yield* engine.join({ room, ...options })
    if (reply.more === true) yield* listMembers(ask, reply.room, reply.members.at(-1))
    const events = inbox === undefined ? Stream.empty : Stream.fromQueue(inbox)
    return roomOver(engine, reply, events, { leave, send })
  })
  return {
    address,
    hello,
    limits,
    login: (nick) => Effect.map(ask("login", { nick }), (reply) => reply.nick),
    join,
    leave,
    send,
    rooms: listRooms(ask),
    history: (room, options = {}) => ask("history", { room, ...options }),
    conversations: listConversations(ask),
    directs: Stream.filter(Stream.fromQueue(engine.directs), (event) => event.type === "message"),
    members: (room) => listMembers(ask, room),
    ping: Effect.asVoid(ask("ping", {})),
    sync: Effect.asVoid(ask("sync", {})),
    bye: Effect.asVoid(ask("bye", {})),
    ...richOver(ask),
    moderation: moderationOver(ask),
    ...searchOver(ask),
    ...accountsOver(ask, hello),
    ...presenceOver(ask, engine.presences),
    ended
  }
}

const roomOver = (
  engine: Engine,
  joined: Joined,
  events: Room["events"],
  { leave, send }: Pick<Connection, "leave" | "send">
): Room => {
  const { edit, react, read, remove, topic, typing } = richOver(engine.ask)
  const { room } = joined
  return {
    name: room,
    epoch: joined.epoch,
    first: joined.first,
    head: joined.head,
    resumed: joined.resumed === true,
    topic: joined.topic ?? "",
    readUpTo: joined.read ?? 0,
    events,
    entries: Stream.filter(events, (event) => event.type === "message"),
    members: Effect.sync(() => membersOf(engine.view(room))),
    send: (text, options) => send(room, text, options),
    edit: (target, text) => edit(room, target, text),
    remove: (target) => remove(room, target),
    react: (target, reaction, on) => react(room, target, reaction, on),
    setTopic: (text) => topic(room, text),
    typing: (on) => typing(room, on),
    read: (seq) => read(room, seq),
    leave: leave(room)
  }
}
