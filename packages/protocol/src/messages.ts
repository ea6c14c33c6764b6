/**
 * Every message as a schema: requests, replies and events (spec/session.md, spec/rooms.md; the chapters of the profiles).
 * The schemas describe what is on the wire, without transformations, so that their JSON Schema says the same.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import {
  Challenge,
  ChallengeReply,
  oneProof,
  PasswordReply,
  proofs,
  Register,
  Revoke,
  Revoked,
  SetPassword,
  Unregister,
  Unregistered,
  welcomed
} from "./accounts.ts"
import { byeRegistry, errorRegistry } from "./codes.ts"
import {
  between,
  Cursor,
  count,
  Epoch,
  flag,
  Key,
  members,
  milliseconds,
  more,
  pageLimit,
  Reaction,
  Reactions,
  RequestId,
  SearchCursor,
  Seq,
  SessionSecret,
  Time,
  words
} from "./fields.ts"
import { AnnouncedLimits, heartbeat } from "./limits.ts"
import {
  Ban,
  BanEvent,
  Invite,
  InviteEvent,
  Kick,
  KickEvent,
  KindEvent,
  keptRoom,
  LeftEvent,
  ListStandings,
  Mute,
  MuteEvent,
  moderationItems,
  moderationTypes,
  RoleEvent,
  SetKind,
  SetRole,
  Slow,
  SlowEvent,
  Standings
} from "./moderation.ts"
import {
  AnyRoomName,
  AnyRoomSpelling,
  DirectName,
  DirectSpelling,
  Nick,
  NickSpelling,
  RoomName,
  RoomSpelling
} from "./names.ts"
import { ListUsers, PresenceEvent, SetStatus, StatusReply, Users, WhoIs, WhoIsReply } from "./presence.ts"
import { JsonString, SearchText, Text, TopicText } from "./text.ts"

const id = RequestId
const re = RequestId

// ---------------------------------------------------------------------------------------------------------------------
// Requests
// ---------------------------------------------------------------------------------------------------------------------

/** The fields of `login` of which there is one at a time. */
export const waysToLogIn = ["session", "password", "token", "proof"] as const

const aloneInSchema = (way: (typeof waysToLogIn)[number]) => [
  way,
  { properties: Object.fromEntries(waysToLogIn.filter((other) => other !== way).map((other) => [other, false])) }
]

export const Login = Schema.Struct({
  type: Schema.Literal("login"),
  id,
  nick: NickSpelling,
  resume: flag("Whether to give a session, by which a later connection may go on as the same person"),
  session: Schema.optionalKey(words("The session of the person who goes on in this connection")),
  ...proofs
})
  .check(
    Schema.makeFilter(
      (login) => {
        const [, second] = waysToLogIn.filter((way) => login[way] !== undefined)
        return second === undefined || { path: [second], issue: oneProof }
      },
      { toJsonSchema: () => ({ dependentSchemas: Object.fromEntries(waysToLogIn.map(aloneInSchema)) }) }
    )
  )
  .annotate({
    identifier: "Login",
    title: "login",
    description:
      "Take a nick for this connection; with `session`, go on as the person that one was; with a proof, as that of an account",
    examples: [
      { type: "login", id: 1, nick: "ana" },
      { type: "login", id: 17, nick: "ana", resume: true },
      { type: "login", id: 18, nick: "ana", session: "Qk3v9TzR1mWx7LpA" },
      { type: "login", id: 34, nick: "ana", token: "Zt4m8YbQ2sVn6KcD" }
    ]
  })

/** Why a `join` with `after` and without `epoch` is refused. */
export const cursorNeedsEpoch = "after needs epoch: a cursor means nothing in another log"

export const Join = Schema.Struct({
  type: Schema.Literal("join"),
  id,
  room: RoomSpelling,
  create: flag("Whether to create the room if it doesn't exist; true when absent"),
  after: Schema.optionalKey(Cursor),
  epoch: Schema.optionalKey(words("The epoch of the log that `after` belongs to"))
})
  .check(
    Schema.makeFilter(
      ({ after, epoch }) => after === undefined || epoch !== undefined || { path: ["epoch"], issue: cursorNeedsEpoch },
      { toJsonSchema: () => ({ dependentRequired: { after: ["epoch"] } }) }
    )
  )
  .annotate({
    identifier: "Join",
    title: "join",
    description: "Enter a room, and create it unless `create` is false; with `after` and `epoch`, catch up first",
    examples: [
      { type: "join", id: 2, room: "#cafe" },
      { type: "join", id: 3, room: "#cafe", create: false },
      { type: "join", id: 4, room: "#cafe", after: 41, epoch: "k3" }
    ]
  })

export const Leave = Schema.Struct({ type: Schema.Literal("leave"), id, room: RoomSpelling }).annotate({
  identifier: "Leave",
  title: "leave",
  description: "Leave a room",
  examples: [{ type: "leave", id: 5, room: "#cafe" }]
})

const ofConversation = Schema.optionalKey(
  words("The epoch of the conversation that is meant; when its nick has changed hands since, the request is refused")
)

export const Send = Schema.Struct({
  type: Schema.Literal("send"),
  id,
  room: AnyRoomSpelling,
  text: Text,
  replyTo: Schema.optionalKey(Seq),
  key: Schema.optionalKey(Key),
  epoch: ofConversation
}).annotate({
  identifier: "Send",
  title: "send",
  description: "Say something in a room or to a person; with a `key`, once however often it is sent",
  examples: [
    { type: "send", id: 3, room: "#cafe", text: "hola" },
    { type: "send", id: 16, room: "#cafe", text: "hola", key: "a1" },
    { type: "send", id: 19, room: "@leo", text: "hola", epoch: "c8" },
    { type: "send", id: 19, room: "#cafe", text: "¡hola!", replyTo: 42 }
  ]
})

export const ListRooms = Schema.Struct({
  type: Schema.Literal("rooms"),
  id,
  after: Schema.optionalKey(RoomSpelling),
  limit: pageLimit
}).annotate({
  identifier: "ListRooms",
  title: "rooms",
  description: "List the rooms by name, those after `after`",
  examples: [
    { type: "rooms", id: 6 },
    { type: "rooms", id: 7, after: "#cafe", limit: 50 }
  ]
})

export const ListMembers = Schema.Struct({
  type: Schema.Literal("members"),
  id,
  room: RoomSpelling,
  after: Schema.optionalKey(NickSpelling),
  limit: pageLimit
}).annotate({
  identifier: "ListMembers",
  title: "members",
  description: "List a room's members by nick, those after `after`",
  examples: [
    { type: "members", id: 8, room: "#cafe" },
    { type: "members", id: 9, room: "#cafe", after: "ana", limit: 50 }
  ]
})

export const Ping = Schema.Struct({ type: Schema.Literal("ping"), id }).annotate({
  identifier: "Ping",
  title: "ping",
  description: "Ask for a sign of life",
  examples: [{ type: "ping", id: 10 }]
})

export const Sync = Schema.Struct({ type: Schema.Literal("sync"), id }).annotate({
  identifier: "Sync",
  title: "sync",
  description: "Ask for a barrier: `synced` comes after all that was acknowledged before",
  examples: [{ type: "sync", id: 11 }]
})

export const Bye = Schema.Struct({ type: Schema.Literal("bye"), id }).annotate({
  identifier: "Bye",
  title: "bye",
  description: "Say goodbye: the last request of a connection",
  examples: [{ type: "bye", id: 12 }]
})

/** Why a `history` with two cursors is refused. */
export const oneCursor = "before or after, not both: a page has one direction"

export const ReadHistory = Schema.Struct({
  type: Schema.Literal("history"),
  id,
  room: AnyRoomSpelling,
  before: Schema.optionalKey(Seq),
  after: Schema.optionalKey(Cursor),
  limit: pageLimit,
  epoch: ofConversation
})
  .check(
    Schema.makeFilter(
      ({ after, before }) => after === undefined || before === undefined || { path: ["after"], issue: oneCursor },
      { toJsonSchema: () => ({ dependentSchemas: { before: { properties: { after: false } } } }) }
    )
  )
  .annotate({
    identifier: "ReadHistory",
    title: "history",
    description:
      "Read a page of the log of a room that one is in, or of a conversation: the newest entries, those before a `seq`, or those after one",
    examples: [
      { type: "history", id: 13, room: "#cafe" },
      { type: "history", id: 14, room: "#cafe", before: 42, limit: 50 },
      { type: "history", id: 15, room: "#cafe", after: 17 },
      { type: "history", id: 20, room: "@leo", after: 3, epoch: "c8" }
    ]
  })

export const ListConversations = Schema.Struct({
  type: Schema.Literal("conversations"),
  id,
  after: Schema.optionalKey(DirectSpelling),
  limit: pageLimit
}).annotate({
  identifier: "ListConversations",
  title: "conversations",
  description: "List one's conversations by name, those after `after`",
  examples: [
    { type: "conversations", id: 21 },
    { type: "conversations", id: 22, after: "@leo", limit: 50 }
  ]
})

export const Edit = Schema.Struct({
  type: Schema.Literal("edit"),
  id,
  room: RoomSpelling,
  target: Seq,
  text: Text,
  key: Schema.optionalKey(Key)
}).annotate({
  identifier: "Edit",
  title: "edit",
  description: "Give a message of one's own another text",
  examples: [{ type: "edit", id: 20, room: "#cafe", target: 42, text: "¡hola!" }]
})

export const Delete = Schema.Struct({
  type: Schema.Literal("delete"),
  id,
  room: RoomSpelling,
  target: Seq,
  key: Schema.optionalKey(Key)
}).annotate({
  identifier: "Delete",
  title: "delete",
  description: "Take back what a message of one's own says, for good",
  examples: [{ type: "delete", id: 21, room: "#cafe", target: 42 }]
})

export const React = Schema.Struct({
  type: Schema.Literal("react"),
  id,
  room: RoomSpelling,
  target: Seq,
  reaction: Reaction,
  on: flag("Whether to add the reaction, or to take it away; true when absent"),
  key: Schema.optionalKey(Key)
}).annotate({
  identifier: "React",
  title: "react",
  description: "Add a reaction of one's own to a message, or take it away",
  examples: [
    { type: "react", id: 22, room: "#cafe", target: 42, reaction: "+1" },
    { type: "react", id: 23, room: "#cafe", target: 42, reaction: "+1", on: false }
  ]
})

export const SetTopic = Schema.Struct({
  type: Schema.Literal("topic"),
  id,
  room: RoomSpelling,
  text: TopicText,
  key: Schema.optionalKey(Key)
}).annotate({
  identifier: "SetTopic",
  title: "topic",
  description: "Say what the room is about; an empty text says nothing",
  examples: [{ type: "topic", id: 24, room: "#cafe", text: "the party on Friday" }]
})

export const Typing = Schema.Struct({
  type: Schema.Literal("typing"),
  id,
  room: RoomSpelling,
  on: flag("Whether one types, or no more; true when absent")
}).annotate({
  identifier: "Typing",
  title: "typing",
  description: "Tell the others that one is typing",
  examples: [
    { type: "typing", id: 25, room: "#cafe" },
    { type: "typing", id: 26, room: "#cafe", on: false }
  ]
})

export const Read = Schema.Struct({
  type: Schema.Literal("read"),
  id,
  room: RoomSpelling,
  seq: Schema.optionalKey(Cursor)
}).annotate({
  identifier: "Read",
  title: "read",
  description: "Move one's mark in a room up to a `seq`, and ask what is unread above it; without `seq`, only ask",
  examples: [
    { type: "read", id: 27, room: "#cafe", seq: 42 },
    { type: "read", id: 28, room: "#cafe" }
  ]
})

export const Search = Schema.Struct({
  type: Schema.Literal("search"),
  id,
  text: SearchText,
  room: Schema.optionalKey(RoomSpelling),
  from: Schema.optionalKey(NickSpelling),
  since: Schema.optionalKey(Time),
  until: Schema.optionalKey(Time),
  before: Schema.optionalKey(SearchCursor),
  limit: pageLimit
}).annotate({
  identifier: "Search",
  title: "search",
  description: "Find the entries that hold every word of a text, in one room or in all that one is in, newest first",
  examples: [
    { type: "search", id: 19, text: "canción" },
    {
      type: "search",
      id: 20,
      text: "at eight",
      room: "#cafe",
      from: "ana",
      since: "2026-11-20T00:00:00.000Z",
      until: "2026-11-20T23:59:59.999Z",
      before: "p7Qd0",
      limit: 50
    }
  ]
})

/** Every request of the core and of the profiles. */
export const Request = Schema.Union(
  [
    ...([Login, Join, Leave, Send, ListRooms, ListMembers, Ping, Sync, Bye] as const),
    ...([ReadHistory] as const),
    ...([ListConversations] as const),
    ...([SetStatus, ListUsers, WhoIs] as const),
    ...([Edit, Delete, React, SetTopic, Typing, Read] as const),
    ...([Search] as const),
    ...([Register, Challenge, SetPassword, Revoke, Unregister] as const),
    ...([SetRole, SetKind, Invite, Kick, Ban, Mute, Slow] as const),
    ...([ListStandings] as const)
  ],
  { mode: "oneOf" }
)
  .annotate({ identifier: "Request", title: "Request", description: "Any request of a client" })
  .pipe(Schema.toTaggedUnion("type"))

export type Request = typeof Request.Type
export type RequestType = Request["type"]

type WithoutId<Any> = Any extends Request ? Omit<Any, "id"> : never

/** A request without its `id`, which the client chooses. */
export type Ask = WithoutId<Request>

/** The schema of each request, by its type. */
export const requestSchemas = Request.cases

// ---------------------------------------------------------------------------------------------------------------------
// Replies
// ---------------------------------------------------------------------------------------------------------------------

export const Welcome = Schema.Struct({
  type: Schema.Literal("welcome"),
  re,
  nick: Nick,
  session: Schema.optionalKey(SessionSecret),
  resumed: flag("Whether this connection goes on as the person whose session was given"),
  ...welcomed
}).annotate({
  identifier: "Welcome",
  title: "welcome",
  description: "The nick is yours until the connection ends, or for as long as the session lasts",
  examples: [
    { type: "welcome", re: 1, nick: "ana" },
    { type: "welcome", re: 17, nick: "ana", session: "Qk3v9TzR1mWx7LpA" },
    { type: "welcome", re: 18, nick: "ana", session: "Qk3v9TzR1mWx7LpA", resumed: true },
    { type: "welcome", re: 29, nick: "ana", account: true, token: "Zt4m8YbQ2sVn6KcD" }
  ]
})

export const Joined = Schema.Struct({
  type: Schema.Literal("joined"),
  re,
  room: RoomName,
  epoch: Epoch,
  first: Seq,
  head: Cursor,
  resumed: flag("Whether the entries after the join's `after` follow; there if and only if the join had one"),
  members,
  more,
  topic: Schema.optionalKey(TopicText),
  read: Schema.optionalKey(Seq.annotate({ description: "Where the person's mark is, if they have one" })),
  ...keptRoom
}).annotate({
  identifier: "Joined",
  title: "joined",
  description:
    "You are in: the log's epoch, its first and last `seq`, and the first slice of the members, you among them",
  examples: [
    { type: "joined", re: 2, room: "#cafe", epoch: "k3", first: 1, head: 41, members: ["ana", "leo"] },
    { type: "joined", re: 4, room: "#cafe", epoch: "k3", first: 1, head: 43, resumed: true, members: ["ana", "leo"] }
  ]
})

export const Left = Schema.Struct({ type: Schema.Literal("left"), re, room: RoomName }).annotate({
  identifier: "Left",
  title: "left",
  description: "You are out",
  examples: [{ type: "left", re: 5, room: "#cafe" }]
})

export const Sent = Schema.Struct({
  type: Schema.Literal("sent"),
  re,
  room: AnyRoomName,
  seq: Seq,
  at: Time,
  duplicate: flag("Whether the entry was there already, by its key")
}).annotate({
  identifier: "Sent",
  title: "sent",
  description: "Your entry is in the log, there",
  examples: [
    { type: "sent", re: 3, room: "#cafe", seq: 42, at: "2026-11-20T20:08:00.000Z" },
    { type: "sent", re: 16, room: "#cafe", seq: 42, at: "2026-11-20T20:08:00.000Z", duplicate: true }
  ]
})

/** One room of a list. */
export const RoomItem = Schema.Struct({
  room: RoomName,
  members: count.annotate({ description: "How many members the room has" })
}).annotate({
  identifier: "RoomItem",
  title: "Room of a list",
  description: "A room's name and how many members it has",
  examples: [{ room: "#cafe", members: 2 }]
})

export const Rooms = Schema.Struct({
  type: Schema.Literal("rooms"),
  re,
  rooms: Schema.Array(RoomItem).annotate({ description: "Rooms that have members, ascending by name" }),
  more
}).annotate({
  identifier: "Rooms",
  title: "rooms",
  description: "One slice of the list of rooms, ascending by name",
  examples: [{ type: "rooms", re: 6, rooms: [{ room: "#cafe", members: 2 }] }]
})

export const Members = Schema.Struct({
  type: Schema.Literal("members"),
  re,
  room: RoomName,
  members,
  more
}).annotate({
  identifier: "Members",
  title: "members",
  description: "One slice of a room's members, ascending by nick",
  examples: [{ type: "members", re: 8, room: "#cafe", members: ["ana", "leo"] }]
})

export const Pong = Schema.Struct({ type: Schema.Literal("pong"), re }).annotate({
  identifier: "Pong",
  title: "pong",
  description: "The sign of life",
  examples: [{ type: "pong", re: 10 }]
})

export const Synced = Schema.Struct({ type: Schema.Literal("synced"), re }).annotate({
  identifier: "Synced",
  title: "synced",
  description: "The barrier: what was acknowledged before the `sync` was sent has come before this",
  examples: [{ type: "synced", re: 11 }]
})

export const ByeReply = Schema.Struct({ type: Schema.Literal("bye"), re }).annotate({
  identifier: "ByeReply",
  title: "bye",
  description: "The goodbye, answered: the last object of the connection",
  examples: [{ type: "bye", re: 12 }]
})

const codePattern = /^[a-z][a-z0-9-]{0,63}$/u

/** A code as a client must expect it: the registry's, or one of a profile or version that it doesn't know. */
const Code = (registry: Readonly<Record<string, unknown>>) =>
  Schema.String.check(Schema.isPattern(codePattern)).annotate({
    title: "Code",
    description: `A code of the registry: ${Object.keys(registry).join(", ")}`
  })

export const ErrorReply = Schema.Struct({
  type: Schema.Literal("error"),
  re: Schema.optionalKey(re),
  code: Code(errorRegistry),
  message: words("A sentence for people: what was wrong, and what would be right"),
  field: Schema.optionalKey(words("The field at fault")),
  retryAfter: milliseconds("Milliseconds after which a retry may help")
}).annotate({
  identifier: "ErrorReply",
  title: "error",
  description: "Refused: nothing happened, now or later. Without `re` when the request had no usable id",
  examples: [
    { type: "error", re: 3, code: "not-joined", message: "you are not in #cafe: join it first", field: "room" },
    { type: "error", code: "bad-json", message: "the line is not a JSON object" }
  ]
})

const entry = { seq: Seq, from: Nick }
const written = { key: Schema.optionalKey(Key), at: Time }
const mentions = Schema.optionalKey(
  Schema.Array(Nick).annotate({ description: "The nicks that the text names, each once, in the order of first use" })
)

/** What a message has besides its type and its room. */
const messageFields = {
  ...entry,
  text: Text,
  edited: Schema.optionalKey(Seq.annotate({ description: "The `seq` of the edit that gave it this text" })),
  replyTo: Schema.optionalKey(Seq.annotate({ description: "The `seq` of the message that it answers" })),
  mentions,
  reactions: Schema.optionalKey(Reactions),
  reacted: Schema.optionalKey(Seq.annotate({ description: "The `seq` of the last `react` that `reactions` counts" })),
  ...written
}
const erasedFields = {
  ...entry,
  deleted: Seq.annotate({ description: "The `seq` of the `delete` that took the text away" }),
  replyTo: Schema.optionalKey(Seq),
  ...written
}
const target = Seq.annotate({ description: "The `seq` of the message that it is about" })
const editFields = { ...entry, target, text: Schema.optionalKey(Text), mentions, ...written }
const deleteFields = { ...entry, target, ...written }
const on = Schema.Boolean.annotate({ description: "Whether it begins, or ends" })
const reactFields = { ...entry, target, reaction: Reaction, on, ...written }
const topicFields = { ...entry, text: TopicText, ...written }

const item = <Type extends string, Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ type: Schema.Literal(type), ...fields })

/** The types of requests that append an entry to a log. */
export const appendingTypes = ["send", "edit", "delete", "react", "topic", ...moderationTypes] as const

/** Whether a request appends an entry to a log. */
export const isAppending = <Any extends { readonly type: RequestType }>(
  request: Any
): request is Extract<Any, { readonly type: (typeof appendingTypes)[number] }> => appending.has(request.type)

const appending: ReadonlySet<string> = new Set(appendingTypes)

/** The types of entries that this version knows. */
export const entryTypes = ["message", "erased", "edit", "delete", "react", "topic", ...moderationTypes] as const

/** An entry of a kind that this version doesn't know: it has its place all the same (CATCH-9). */
const OtherItem = Schema.Struct({
  type: JsonString.check(
    Schema.makeFilter((type: string) => !entryTypes.some((known) => known === type) || "a type of another kind", {
      toJsonSchema: () => ({ not: { enum: [...entryTypes] } })
    })
  ),
  seq: Seq
  // To the type checker its type is a word that nobody compares with, so that each known type is told from it.
}) as unknown as Schema.Codec<{ readonly type: "(another)"; readonly seq: number }>

/** An entry as an item of a page: the page names the room. */
export const HistoryItem = Schema.Union(
  [
    item("message", messageFields),
    item("erased", erasedFields),
    item("edit", editFields),
    item("delete", deleteFields),
    item("react", reactFields),
    item("topic", topicFields),
    ...moderationItems,
    OtherItem
  ],
  { mode: "oneOf" }
).annotate({
  identifier: "HistoryItem",
  title: "Entry of a page",
  description: "The event of an entry, as it would be sent now, without `room`",
  examples: [{ type: "message", seq: 42, from: "ana", text: "hola", at: "2026-11-20T20:08:00.000Z" }]
})

/** Whether an item of a page is of a kind that this version knows. */
export const isKnownItem = (item: HistoryItem): item is KnownItem => entryTypes.some((known) => known === item.type)

export const History = Schema.Struct({
  type: Schema.Literal("history"),
  re,
  room: AnyRoomName,
  epoch: Epoch,
  first: Seq,
  head: Cursor,
  entries: Schema.Array(HistoryItem).annotate({ description: "A contiguous part of the log, ascending" }),
  more: flag("Whether the server has entries beyond the page, in the direction that was asked for")
}).annotate({
  identifier: "History",
  title: "history",
  description: "A page of a log, with the log's epoch, its first and its last `seq`",
  examples: [
    {
      type: "history",
      re: 14,
      room: "#cafe",
      epoch: "k3",
      first: 1,
      head: 42,
      entries: [{ type: "message", seq: 41, from: "ana", text: "hola", at: "2026-11-20T20:08:00.000Z" }],
      more: true
    }
  ]
})

/** The `message` event of an entry. A search gives entries of many rooms, so that its items name their rooms, as events do. */
export const Message = Schema.Struct({
  type: Schema.Literal("message"),
  room: AnyRoomName,
  epoch: Schema.optionalKey(Epoch),
  ...messageFields
}).annotate({
  identifier: "Message",
  title: "message",
  description:
    "Somebody said something: an entry of the log of a room, or of a conversation, whose `epoch` is then there",
  examples: [
    { type: "message", room: "#cafe", seq: 42, from: "ana", text: "hola", at: "2026-11-20T20:08:00.000Z" },
    { type: "message", room: "#cafe", seq: 42, from: "ana", text: "hola", key: "a1", at: "2026-11-20T20:08:00.000Z" },
    { type: "message", room: "@leo", epoch: "c8", seq: 1, from: "ana", text: "hola", at: "2026-11-20T20:08:00.000Z" },
    {
      type: "message",
      room: "#cafe",
      seq: 42,
      from: "ana",
      text: "¡hola, @leo!",
      edited: 43,
      mentions: ["leo"],
      reactions: [{ reaction: "+1", count: 2 }],
      reacted: 45,
      at: "2026-11-20T20:08:00.000Z"
    }
  ]
})

export const Found = Schema.Struct({
  type: Schema.Literal("search"),
  re,
  results: Schema.Array(Message).annotate({ description: "The `message` events of what was found, newest first" }),
  more: flag("Whether results follow this page"),
  next: Schema.optionalKey(SearchCursor)
}).annotate({
  identifier: "Found",
  title: "search",
  description: "A page of what was found, newest first; with `more`, `next` is the `before` of the page that follows",
  examples: [
    {
      type: "search",
      re: 20,
      results: [
        { type: "message", room: "#cafe", seq: 42, from: "ana", text: "At eight?", at: "2026-11-20T20:08:00.000Z" }
      ],
      more: true,
      next: "p7Qd0"
    }
  ]
})

/** One conversation of a list. */
export const ConversationItem = Schema.Struct({
  room: DirectName,
  epoch: Epoch,
  first: Seq,
  head: Cursor,
  last: Schema.optionalKey(HistoryItem)
}).annotate({
  identifier: "ConversationItem",
  title: "Conversation of a list",
  description: "A conversation's name, the epoch, the first and the last `seq` of its log, and the entry at `head`",
  examples: [
    {
      room: "@leo",
      epoch: "c8",
      first: 1,
      head: 2,
      last: { type: "message", seq: 2, from: "leo", text: "¡hola!", at: "2026-11-20T20:08:00.120Z" }
    }
  ]
})

export const Conversations = Schema.Struct({
  type: Schema.Literal("conversations"),
  re,
  conversations: Schema.Array(ConversationItem).annotate({
    description: "One's conversations that have entries, ascending by name"
  }),
  more
}).annotate({
  identifier: "Conversations",
  title: "conversations",
  description: "One slice of the list of one's conversations, ascending by name",
  examples: [
    {
      type: "conversations",
      re: 21,
      conversations: [
        {
          room: "@leo",
          epoch: "c8",
          first: 1,
          head: 2,
          last: { type: "message", seq: 2, from: "leo", text: "¡hola!", at: "2026-11-20T20:08:00.120Z" }
        }
      ]
    }
  ]
})

export const TypingReply = Schema.Struct({ type: Schema.Literal("typing"), re, room: RoomName }).annotate({
  identifier: "TypingReply",
  title: "typing",
  description: "The others may have been told",
  examples: [{ type: "typing", re: 25, room: "#cafe" }]
})

const countFields = {
  head: Cursor,
  unread: count.annotate({
    description: "How many messages of others stand above the mark, up to `head`, and are not deleted"
  })
}

export const ReadReply = Schema.Struct({
  type: Schema.Literal("read"),
  re,
  room: RoomName,
  seq: Cursor,
  ...countFields
}).annotate({
  identifier: "ReadReply",
  title: "read",
  description: "Where the mark is, and what is unread above it up to a `head`",
  examples: [{ type: "read", re: 27, room: "#cafe", seq: 42, head: 45, unread: 2 }]
})

/** Every reply of the core and of the profiles. */
export const Reply = Schema.Union(
  [
    ...([Welcome, Joined, Left, Sent, Rooms, Members, Pong, Synced, ByeReply] as const),
    ...([History] as const),
    ...([Conversations] as const),
    ...([StatusReply, Users, WhoIsReply] as const),
    ...([TypingReply, ReadReply] as const),
    ...([Found] as const),
    ...([ChallengeReply, PasswordReply, Revoked, Unregistered] as const),
    ...([Standings] as const),
    ErrorReply
  ],
  { mode: "oneOf" }
)
  .annotate({ identifier: "Reply", title: "Reply", description: "Any reply of a server" })
  .pipe(Schema.toTaggedUnion("type"))

export type Reply = typeof Reply.Type

/** The reply that each request gets when it isn't refused. */
export const replyTypes = {
  login: "welcome",
  join: "joined",
  leave: "left",
  send: "sent",
  rooms: "rooms",
  members: "members",
  ping: "pong",
  sync: "synced",
  bye: "bye",
  history: "history",
  conversations: "conversations",
  status: "status",
  users: "users",
  whois: "whois",
  edit: "sent",
  delete: "sent",
  react: "sent",
  topic: "sent",
  typing: "typing",
  read: "read",
  search: "search",
  register: "welcome",
  challenge: "challenge",
  password: "password",
  revoke: "revoked",
  unregister: "unregistered",
  role: "sent",
  kind: "sent",
  invite: "sent",
  kick: "sent",
  ban: "sent",
  mute: "sent",
  slow: "sent",
  standings: "standings"
} as const satisfies Record<RequestType, Reply["type"]>

// ---------------------------------------------------------------------------------------------------------------------
// Events
// ---------------------------------------------------------------------------------------------------------------------

export const Hello = Schema.Struct({
  type: Schema.Literal("hello"),
  protocol: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({ description: "The version of the protocol" }),
  server: words("The program and its version, for people"),
  features: Schema.Array(JsonString).annotate({ description: "The profiles that the server claims, as name/version" }),
  auth: Schema.Array(JsonString).annotate({ description: "The ways to log in" }),
  limits: AnnouncedLimits,
  heartbeat: between(heartbeat.minimum, heartbeat.maximum).annotate({
    description: "Seconds of silence after which a side pings"
  })
}).annotate({
  identifier: "Hello",
  title: "hello",
  description: "The server's greeting: its protocol, the profiles that it claims, its limits",
  examples: [
    {
      type: "hello",
      protocol: 1,
      server: "tertulia/0.1.0",
      features: [],
      auth: ["guest"],
      limits: { line: 65536, text: 4096, page: 200 },
      heartbeat: 30
    }
  ]
})

const at = "2026-11-20T20:08:00.000Z"
const inRoom = { room: RoomName }

export const Erased = item("erased", { ...inRoom, ...erasedFields }).annotate({
  identifier: "Erased",
  title: "erased",
  description: "A message that was deleted, where it stood: without its text",
  examples: [{ type: "erased", room: "#cafe", seq: 42, from: "ana", deleted: 46, at }]
})

export const EditEvent = item("edit", { ...inRoom, ...editFields }).annotate({
  identifier: "EditEvent",
  title: "edit",
  description: "An entry: a message has another text from here on. Without `text` when the message was deleted since",
  examples: [{ type: "edit", room: "#cafe", seq: 43, from: "ana", target: 42, text: "¡hola!", at }]
})

export const DeleteEvent = item("delete", { ...inRoom, ...deleteFields }).annotate({
  identifier: "DeleteEvent",
  title: "delete",
  description: "An entry: a message says nothing any more",
  examples: [{ type: "delete", room: "#cafe", seq: 46, from: "ana", target: 42, at }]
})

export const ReactEvent = item("react", { ...inRoom, ...reactFields }).annotate({
  identifier: "ReactEvent",
  title: "react",
  description: "An entry: somebody has added a reaction to a message, or taken it away",
  examples: [{ type: "react", room: "#cafe", seq: 44, from: "leo", target: 42, reaction: "+1", on: true, at }]
})

export const TopicEvent = item("topic", { ...inRoom, ...topicFields }).annotate({
  identifier: "TopicEvent",
  title: "topic",
  description: "An entry: what the room is about from here on",
  examples: [{ type: "topic", room: "#cafe", seq: 47, from: "leo", text: "the party on Friday", at }]
})

export const TypingEvent = Schema.Struct({
  type: Schema.Literal("typing"),
  room: RoomName,
  nick: Nick,
  on
}).annotate({
  identifier: "TypingEvent",
  title: "typing",
  description: "Somebody else is typing, or no more",
  examples: [{ type: "typing", room: "#cafe", nick: "leo", on: true }]
})

export const ReadEvent = Schema.Struct({
  type: Schema.Literal("read"),
  room: RoomName,
  // No `seq`, by which whoever doesn't know this event would take it for an entry (CATCH-9).
  read: Cursor,
  ...countFields
}).annotate({
  identifier: "ReadEvent",
  title: "read",
  description: "Another connection of one's own has moved the mark",
  examples: [{ type: "read", room: "#cafe", read: 42, head: 45, unread: 2 }]
})

export const Member = Schema.Struct({
  type: Schema.Literal("member"),
  room: RoomName,
  nick: Nick,
  change: Schema.Literals(["joined", "left"])
}).annotate({
  identifier: "Member",
  title: "member",
  description: "Somebody became a member of the room, or ceased to be one",
  examples: [
    { type: "member", room: "#cafe", nick: "leo", change: "joined" },
    { type: "member", room: "#cafe", nick: "leo", change: "left" }
  ]
})

export const PingEvent = Schema.Struct({ type: Schema.Literal("ping") }).annotate({
  identifier: "PingEvent",
  title: "ping",
  description: "The server has heard nothing for a heartbeat: send anything",
  examples: [{ type: "ping" }]
})

export const ByeEvent = Schema.Struct({
  type: Schema.Literal("bye"),
  code: Code(byeRegistry),
  message: words("A sentence for people"),
  reconnectAfter: milliseconds("Milliseconds to wait before connecting again")
}).annotate({
  identifier: "ByeEvent",
  title: "bye",
  description: "The server ends the connection: the last object",
  examples: [
    { type: "bye", code: "idle", message: "nothing came for 60 s" },
    { type: "bye", code: "shutting-down", message: "the server is stopping", reconnectAfter: 1250 }
  ]
})

/** Every event of the core and of the profiles. */
export const Event = Schema.Union(
  [
    ...([Hello, Message, Member, PingEvent, ByeEvent] as const),
    ...([PresenceEvent] as const),
    ...([Erased, EditEvent, DeleteEvent, ReactEvent, TopicEvent, TypingEvent, ReadEvent] as const),
    ...([RoleEvent, KindEvent, InviteEvent, KickEvent, BanEvent, MuteEvent, SlowEvent, LeftEvent] as const)
  ],
  { mode: "oneOf" }
)
  .annotate({ identifier: "Event", title: "Event", description: "Any event of a server" })
  .pipe(Schema.toTaggedUnion("type"))

export type Event = typeof Event.Type

/** An event that shows an entry of a log. */
export type EntryEvent = Extract<Event, { readonly seq: number }>

/** Whether an object of a server shows an entry. */
export const isEntryEvent = (said: Reply | Event): said is EntryEvent => !("re" in said) && "seq" in said

/**
 * Whether two showings of one place may be of the same entry (ORDER-1): its text may be another only by an edit or by being deleted
 * (EDIT-1, DELETE-1).
 */
export const isSameEntry = (one: EntryEvent, other: EntryEvent): boolean => {
  if (!lastingFields.every((field) => lasting(one, field) === lasting(other, field))) return false
  if (!("text" in one && "text" in other) || one.text === undefined || other.text === undefined) return true
  const isEdited = "edited" in one || "edited" in other
  const editOf = (entry: EntryEvent) => ("edited" in entry ? entry.edited : undefined)
  return (isEdited && editOf(one) !== editOf(other)) || one.text === other.text
}

const lastingFields = [
  ...(["type", "from", "at", "target", "reaction", "on", "replyTo"] as const),
  ...(["nick", "role", "kind", "seconds"] as const)
]

const lasting = (entry: EntryEvent, field: string): unknown =>
  field === "type" && entry.type === "erased" ? "message" : Reflect.get(entry, field)

/** Anything that a server sends: a reply has `re`, or is an `error`; the rest are events. */
export type ServerMessage = Reply | Event

export type Login = typeof Login.Type
export type Join = typeof Join.Type
export type Leave = typeof Leave.Type
export type Send = typeof Send.Type
export type ListRooms = typeof ListRooms.Type
export type ListMembers = typeof ListMembers.Type
export type Ping = typeof Ping.Type
export type Sync = typeof Sync.Type
export type Bye = typeof Bye.Type
export type ReadHistory = typeof ReadHistory.Type
export type Search = typeof Search.Type
export type ListConversations = typeof ListConversations.Type
export type Edit = typeof Edit.Type
export type Delete = typeof Delete.Type
export type React = typeof React.Type
export type SetTopic = typeof SetTopic.Type
export type Typing = typeof Typing.Type
export type Read = typeof Read.Type
export type Welcome = typeof Welcome.Type
export type Joined = typeof Joined.Type
export type Left = typeof Left.Type
export type Sent = typeof Sent.Type
export type RoomItem = typeof RoomItem.Type
export type Rooms = typeof Rooms.Type
export type Members = typeof Members.Type
export type Pong = typeof Pong.Type
export type Synced = typeof Synced.Type
export type ByeReply = typeof ByeReply.Type
export type HistoryItem = typeof HistoryItem.Type
/** An item of a page of a kind that this version knows. */
export type KnownItem = Exclude<HistoryItem, { readonly type: "(another)" }>
export type History = typeof History.Type
export type Found = typeof Found.Type
export type ConversationItem = typeof ConversationItem.Type
export type Conversations = typeof Conversations.Type
export type TypingReply = typeof TypingReply.Type
export type ReadReply = typeof ReadReply.Type
export type ErrorReply = typeof ErrorReply.Type
export type Hello = typeof Hello.Type
export type Message = typeof Message.Type
export type Erased = typeof Erased.Type
export type EditEvent = typeof EditEvent.Type
export type DeleteEvent = typeof DeleteEvent.Type
export type ReactEvent = typeof ReactEvent.Type
export type TopicEvent = typeof TopicEvent.Type
export type TypingEvent = typeof TypingEvent.Type
export type ReadEvent = typeof ReadEvent.Type
export type Member = typeof Member.Type
export type PingEvent = typeof PingEvent.Type
export type ByeEvent = typeof ByeEvent.Type
