/**
 * A person's presence: what the others get to see of it, and the requests that set it and ask for it (spec/presence.md).
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { hasAccount } from "./accounts.ts"
import { more, pageLimit, RequestId, Time } from "./fields.ts"
import { Nick, NickSpelling, RoomName, RoomSpelling } from "./names.ts"
import { refusedAs } from "./refusal.ts"
import { utf8Length, wellFormed } from "./text.ts"

const id = RequestId
const re = RequestId

// ---------------------------------------------------------------------------------------------------------------------
// Words
// ---------------------------------------------------------------------------------------------------------------------

/** The most bytes of UTF-8 that each of a person's words may have: constants of the protocol. */
export const presenceBytes = { display: 128, text: 256 } as const

// Controls, LF and TAB among them; the separators of lines and of paragraphs; what embeds, overrides or isolates a direction.
const forbidden = String.raw`\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069`

// What shows nothing: white space, what Unicode calls ignorable, the empty Braille cell. A closed list, so that no server needs
// the tables of a version of Unicode.
const blanks =
  "20 a0 ad 34f 61c 115f-1160 1680 17b4-17b5 180b-180f 2000-200f 202f 205f-206f 2800 3000 3164 fe00-fe0f feff ffa0 " +
  "fff0-fff8 1bca0-1bca3 1d173-1d17a e0000-e0fff"

const escaped = (digits: string): string => (digits.length > 4 ? `\\u{${digits}}` : `\\u${digits.padStart(4, "0")}`)

const blank = blanks.replace(/[0-9a-f]+/gu, escaped).replaceAll(" ", "")

// Each part is looked through once, however long the words are.
const shown = String.raw`^(?=[\s\S]*?[^${blank}])[^${forbidden}]+$`

/** Words of a person about themselves. Their bound is a constant, so it is part of the type. */
const words = (bytes: number, pattern: string) =>
  Schema.String.check(
    wellFormed,
    Schema.makeFilter((spelling: string) => utf8Length(spelling) <= bytes, {
      ...refusedAs("too-long"),
      message: `at most ${bytes} bytes of UTF-8`,
      // A code point has a byte or more, so whatever is longer in them is too long.
      toJsonSchema: () => ({ maxLength: bytes })
    }),
    // Last, because that is where the annotations go.
    Schema.isPattern(new RegExp(pattern, "u"), {
      ...refusedAs("bad-text"),
      message:
        "something to be seen in one line, with no control characters and none that turn the direction of writing"
    })
  )

/** What a person is shown as: any script, one line. It never identifies anybody. */
export const Display = words(presenceBytes.display, shown).annotate({
  identifier: "Display",
  title: "Display name",
  description: `What a person is shown as: 1 to ${presenceBytes.display} bytes of UTF-8, one line; it never identifies anybody`,
  examples: ["Ana María", "عمر", "👩‍🚀"]
})

/** What a person says beside their status. */
export const StatusText = words(presenceBytes.text, shown).annotate({
  identifier: "StatusText",
  title: "Status text",
  description: `What a person says beside their status: 1 to ${presenceBytes.text} bytes of UTF-8, one line`,
  examples: ["back at eight"]
})

const displayOrNone = words(presenceBytes.display, `^$|${shown}`).annotate({
  description: `What to be shown as, at most ${presenceBytes.display} bytes of UTF-8; an empty one takes it away`
})

const textOrNone = words(presenceBytes.text, `^$|${shown}`).annotate({
  description: `What to say beside the status, at most ${presenceBytes.text} bytes of UTF-8; an empty one takes it away`
})

// ---------------------------------------------------------------------------------------------------------------------
// Presence
// ---------------------------------------------------------------------------------------------------------------------

/** What a person may say of themselves. */
export const ownStatuses = ["active", "busy", "away"] as const

/** How a person is; `idle` and `offline` are the server's to say. */
export const statuses = [...ownStatuses, "idle", "offline"] as const

const presence = {
  nick: Nick,
  status: Schema.Literals(statuses).annotate({
    description: "How the person is: by their own word active, busy or away; by the server's idle or offline"
  }),
  since: Time,
  text: Schema.optionalKey(StatusText),
  display: Schema.optionalKey(Display)
}

/** A person's presence. */
export const Presence = Schema.Struct(presence).annotate({
  identifier: "Presence",
  title: "Presence",
  description: "How a person is, since when, and what they say of themselves",
  examples: [
    { nick: "leo", status: "busy", since: "2026-11-20T20:08:00.000Z", text: "in a class until ten", display: "Leo 🦁" }
  ]
})

/** One of a list of people: their presence, and whether they have an account. */
export const User = Schema.Struct({ ...presence, account: hasAccount }).annotate({
  identifier: "User",
  title: "User",
  description: "A person's presence, and whether the nick is that of an account",
  examples: [{ nick: "ana", status: "idle", since: "2026-11-20T20:08:00.000Z", account: true }]
})

// ---------------------------------------------------------------------------------------------------------------------
// Messages
// ---------------------------------------------------------------------------------------------------------------------

export const SetStatus = Schema.Struct({
  type: Schema.Literal("status"),
  id,
  status: Schema.optionalKey(Schema.Literals(ownStatuses).annotate({ description: "active, busy or away" })),
  text: Schema.optionalKey(textOrNone),
  display: Schema.optionalKey(displayOrNone)
}).annotate({
  identifier: "SetStatus",
  title: "status",
  description: "Say how one is, and what one is shown as; what is absent stays as it is",
  examples: [
    { type: "status", id: 19, status: "busy", text: "in a class until ten" },
    { type: "status", id: 20, status: "active", text: "" },
    { type: "status", id: 21, display: "Ana María" }
  ]
})

export const ListUsers = Schema.Struct({
  type: Schema.Literal("users"),
  id,
  room: Schema.optionalKey(RoomSpelling),
  after: Schema.optionalKey(NickSpelling),
  limit: pageLimit
}).annotate({
  identifier: "ListUsers",
  title: "users",
  description: "List those whom one shares a room with, or the members of one room, by nick, with their presences",
  examples: [
    { type: "users", id: 22 },
    { type: "users", id: 23, room: "#cafe", after: "ana", limit: 50 }
  ]
})

export const WhoIs = Schema.Struct({ type: Schema.Literal("whois"), id, nick: NickSpelling }).annotate({
  identifier: "WhoIs",
  title: "whois",
  description: "Ask for the presence of somebody whom one shares a room with",
  examples: [{ type: "whois", id: 24, nick: "leo" }]
})

export const StatusReply = Schema.Struct({ type: Schema.Literal("status"), re, ...presence }).annotate({
  identifier: "StatusReply",
  title: "status",
  description: "One's own presence, as it now is",
  examples: [
    {
      type: "status",
      re: 19,
      nick: "ana",
      status: "busy",
      since: "2026-11-20T20:08:00.000Z",
      text: "in a class until ten"
    }
  ]
})

export const Users = Schema.Struct({
  type: Schema.Literal("users"),
  re,
  users: Schema.Array(User).annotate({ description: "Presences, ascending by nick" }),
  more
}).annotate({
  identifier: "Users",
  title: "users",
  description: "One slice of a list of people, ascending by nick",
  examples: [{ type: "users", re: 22, users: [{ nick: "ana", status: "idle", since: "2026-11-20T20:08:00.000Z" }] }]
})

export const WhoIsReply = Schema.Struct({
  type: Schema.Literal("whois"),
  re,
  ...presence,
  account: hasAccount,
  rooms: Schema.Array(RoomName).annotate({ description: "The rooms that one shares with the person, ascending" }),
  more
}).annotate({
  identifier: "WhoIsReply",
  title: "whois",
  description: "The presence of somebody, and the first slice of the rooms that one shares with them",
  examples: [
    {
      type: "whois",
      re: 24,
      nick: "leo",
      status: "active",
      since: "2026-11-20T20:08:00.000Z",
      display: "Leo 🦁",
      rooms: ["#cafe"]
    }
  ]
})

export const PresenceEvent = Schema.Struct({ type: Schema.Literal("presence"), ...presence }).annotate({
  identifier: "PresenceEvent",
  title: "presence",
  description: "Something of the presence of somebody has changed whom one shares a room with: this is all of it",
  examples: [
    { type: "presence", nick: "leo", status: "idle", since: "2026-11-20T20:08:00.000Z" },
    { type: "presence", nick: "leo", status: "offline", since: "2026-11-20T20:08:00.000Z", display: "Leo 🦁" }
  ]
})

export type Presence = typeof Presence.Type
export type User = typeof User.Type
export type SetStatus = typeof SetStatus.Type
export type ListUsers = typeof ListUsers.Type
export type WhoIs = typeof WhoIs.Type
export type StatusReply = typeof StatusReply.Type
export type Users = typeof Users.Type
export type WhoIsReply = typeof WhoIsReply.Type
export type PresenceEvent = typeof PresenceEvent.Type
