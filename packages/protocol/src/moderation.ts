/**
 * Moderation: the requests by which a room is kept, and the entries that they become (spec/moderation.md).
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { between, flag, Key, more, pageLimit, RequestId, Seq, Time } from "./fields.ts"
import { Nick, NickSpelling, RoomName, RoomSpelling } from "./names.ts"
import { roomKinds } from "./rights.ts"

const id = RequestId

/** The roles that can be given: who is given that of the owner, gets the room. */
export const givenRoles = ["member", "moderator", "owner"] as const

/** The longest time that one may have to wait between two messages, in seconds. */
export const slowest = 3_600

const Role = Schema.Literals([...givenRoles]).annotate({ description: "What the person is to the room from here on" })
const Kind = Schema.Literals([...roomKinds]).annotate({ description: "What the room is from here on" })
const Seconds = between(0, slowest).annotate({ description: "Seconds between two messages of one person; 0 for none" })

/** What each request has to say besides the room. */
const asked = {
  role: { nick: NickSpelling, role: Role },
  kind: { kind: Kind },
  invite: { nick: NickSpelling, on: flag("Whether to invite, or to take an invitation back; true when absent") },
  kick: { nick: NickSpelling },
  ban: { nick: NickSpelling, on: flag("Whether to ban, or to end a ban; true when absent") },
  mute: { nick: NickSpelling, on: flag("Whether to mute, or to let speak again; true when absent") },
  slow: { seconds: Seconds }
}

/** The requests of moderation: each becomes an entry of its name. */
export const moderationTypes = ["role", "kind", "invite", "kick", "ban", "mute", "slow"] as const

export type ModerationType = (typeof moderationTypes)[number]

/** Whether something is of moderation: a request, an entry, or what becomes one. */
export const isModeration = <Any extends { readonly type: string }>(
  any: Any
): any is Extract<Any, { readonly type: ModerationType }> => moderating.has(any.type)

const moderating: ReadonlySet<string> = new Set(moderationTypes)

const request = <Type extends ModerationType, Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ type: Schema.Literal(type), id, room: RoomSpelling, ...fields, key: Schema.optionalKey(Key) })

export const SetRole = request("role", asked.role).annotate({
  identifier: "SetRole",
  title: "role",
  description: "Make an account's person a moderator or a member, or give them the room",
  examples: [{ type: "role", id: 40, room: "#cafe", nick: "leo", role: "moderator" }]
})

export const SetKind = request("kind", asked.kind).annotate({
  identifier: "SetKind",
  title: "kind",
  description: "Say who may enter the room, and who may see that it is there",
  examples: [{ type: "kind", id: 41, room: "#cafe", kind: "private" }]
})

export const Invite = request("invite", asked.invite).annotate({
  identifier: "Invite",
  title: "invite",
  description: "Let somebody enter, whatever the room is; or no more",
  examples: [
    { type: "invite", id: 42, room: "#cafe", nick: "eva" },
    { type: "invite", id: 43, room: "#cafe", nick: "eva", on: false }
  ]
})

export const Kick = request("kick", asked.kick).annotate({
  identifier: "Kick",
  title: "kick",
  description: "Put somebody out of the room",
  examples: [{ type: "kick", id: 44, room: "#cafe", nick: "eva" }]
})

export const Ban = request("ban", asked.ban).annotate({
  identifier: "Ban",
  title: "ban",
  description: "Put somebody out of the room for good; or let them enter again",
  examples: [
    { type: "ban", id: 45, room: "#cafe", nick: "eva" },
    { type: "ban", id: 46, room: "#cafe", nick: "eva", on: false }
  ]
})

export const Mute = request("mute", asked.mute).annotate({
  identifier: "Mute",
  title: "mute",
  description: "Take the word from somebody who may stay; or give it back",
  examples: [
    { type: "mute", id: 47, room: "#cafe", nick: "eva" },
    { type: "mute", id: 48, room: "#cafe", nick: "eva", on: false }
  ]
})

export const Slow = request("slow", asked.slow).annotate({
  identifier: "Slow",
  title: "slow",
  description: "Have each member wait between two messages",
  examples: [{ type: "slow", id: 49, room: "#cafe", seconds: 30 }]
})

export const ListStandings = Schema.Struct({
  type: Schema.Literal("standings"),
  id,
  room: RoomSpelling,
  after: Schema.optionalKey(NickSpelling),
  limit: pageLimit
}).annotate({
  identifier: "ListStandings",
  title: "standings",
  description: "List those who are more than a member of the room, invited, banned or muted, by nick",
  examples: [{ type: "standings", id: 50, room: "#cafe", limit: 50 }]
})

/** What somebody is to a room, beside being in it. */
export const Standing = Schema.Struct({
  nick: Nick,
  role: Schema.optionalKey(
    Schema.Literals(["moderator", "owner"]).annotate({ description: "What they are, unless a member" })
  ),
  invited: flag("Whether they may enter, whatever the room is"),
  banned: flag("Whether they may not enter"),
  muted: flag("Whether they have no word")
}).annotate({
  identifier: "Standing",
  title: "Standing",
  description: "What somebody is to a room, beside being in it",
  examples: [{ nick: "eva", banned: true }]
})

export const Standings = Schema.Struct({
  type: Schema.Literal("standings"),
  re: RequestId,
  room: RoomName,
  standings: Schema.Array(Standing).annotate({ description: "What each of them is, ascending by nick" }),
  more
}).annotate({
  identifier: "Standings",
  title: "standings",
  description: "One slice of a list of those who are something to a room, ascending by nick",
  examples: [
    {
      type: "standings",
      re: 50,
      room: "#cafe",
      standings: [
        { nick: "eva", banned: true },
        { nick: "leo", role: "moderator" }
      ]
    }
  ]
})

const on = Schema.Boolean.annotate({ description: "Whether it begins, or ends" })

/** What each entry says besides its place and its author. */
const shown = {
  role: { nick: Nick, role: Role },
  kind: { kind: Kind },
  invite: { nick: Nick, on },
  kick: { nick: Nick },
  ban: { nick: Nick, on },
  mute: { nick: Nick, on },
  slow: { seconds: Seconds }
}

const entry = { seq: Seq, from: Nick }
const written = { key: Schema.optionalKey(Key), at: Time }

const item = <Type extends ModerationType, Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ type: Schema.Literal(type), ...entry, ...fields, ...written })

/** The entries of moderation as items of a page. */
export const moderationItems = [
  item("role", shown.role),
  item("kind", shown.kind),
  item("invite", shown.invite),
  item("kick", shown.kick),
  item("ban", shown.ban),
  item("mute", shown.mute),
  item("slow", shown.slow)
] as const

const event = <Type extends ModerationType, Fields extends Schema.Struct.Fields>(type: Type, fields: Fields) =>
  Schema.Struct({ type: Schema.Literal(type), room: RoomName, ...entry, ...fields, ...written })

const at = "2026-11-20T20:08:00.000Z"

export const RoleEvent = event("role", shown.role).annotate({
  identifier: "RoleEvent",
  title: "role",
  description: "An entry: somebody is a moderator from here on, or a member, or the room's owner",
  examples: [{ type: "role", room: "#cafe", seq: 43, from: "ana", nick: "leo", role: "moderator", at }]
})

export const KindEvent = event("kind", shown.kind).annotate({
  identifier: "KindEvent",
  title: "kind",
  description: "An entry: who may enter from here on, and who may see that the room is there",
  examples: [{ type: "kind", room: "#cafe", seq: 44, from: "ana", kind: "private", at }]
})

export const InviteEvent = event("invite", shown.invite).annotate({
  identifier: "InviteEvent",
  title: "invite",
  description: "An entry: somebody may enter, or no more",
  examples: [{ type: "invite", room: "#cafe", seq: 45, from: "ana", nick: "eva", on: true, at }]
})

export const KickEvent = event("kick", shown.kick).annotate({
  identifier: "KickEvent",
  title: "kick",
  description: "An entry: somebody was put out",
  examples: [{ type: "kick", room: "#cafe", seq: 46, from: "leo", nick: "eva", at }]
})

export const BanEvent = event("ban", shown.ban).annotate({
  identifier: "BanEvent",
  title: "ban",
  description: "An entry: somebody was put out for good, or may enter again",
  examples: [{ type: "ban", room: "#cafe", seq: 47, from: "leo", nick: "eva", on: true, at }]
})

export const MuteEvent = event("mute", shown.mute).annotate({
  identifier: "MuteEvent",
  title: "mute",
  description: "An entry: somebody has no word, or has it again",
  examples: [{ type: "mute", room: "#cafe", seq: 48, from: "leo", nick: "eva", on: true, at }]
})

export const SlowEvent = event("slow", shown.slow).annotate({
  identifier: "SlowEvent",
  title: "slow",
  description: "An entry: how long each member waits between two messages from here on",
  examples: [{ type: "slow", room: "#cafe", seq: 49, from: "leo", seconds: 30, at }]
})

export const LeftEvent = Schema.Struct({
  type: Schema.Literal("left"),
  room: RoomName,
  reason: Schema.Literals(["kick", "ban"]).annotate({ description: "What has put the connection out" })
}).annotate({
  identifier: "LeftEvent",
  title: "left",
  description: "You were put out: nothing of the room comes after this",
  examples: [{ type: "left", room: "#cafe", reason: "kick" }]
})

/** What `joined` says of a room that somebody keeps. */
export const keptRoom = {
  kind: Schema.optionalKey(Kind.annotate({ description: "What the room is, unless it is public" })),
  role: Schema.optionalKey(
    Schema.Literals(["moderator", "owner", "operator"]).annotate({
      description: "What one is to the room, unless a member"
    })
  ),
  muted: flag("Whether one has no word"),
  slow: Schema.optionalKey(
    between(1, slowest).annotate({ description: "Seconds that a member waits between two messages" })
  )
}

export type SetRole = typeof SetRole.Type
export type SetKind = typeof SetKind.Type
export type Invite = typeof Invite.Type
export type Kick = typeof Kick.Type
export type Ban = typeof Ban.Type
export type Mute = typeof Mute.Type
export type Slow = typeof Slow.Type
export type ListStandings = typeof ListStandings.Type
export type Standing = typeof Standing.Type
export type Standings = typeof Standings.Type
export type LeftEvent = typeof LeftEvent.Type
