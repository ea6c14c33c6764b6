/**
 * Names of people and rooms: the grammar, and the one folding that every server applies (spec/wire.md, NAME-*).
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { refusedAs } from "./refusal.ts"

/** The longest name, in characters; names are ASCII, so also in bytes. */
export const nameLength = 32

const folded = /^[a-z0-9][a-z0-9_-]{0,31}$/u
const spelled = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/u
const foldedRoom = /^#[a-z0-9][a-z0-9_-]{0,31}$/u
const spelledRoom = /^#[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/u

const badName = { ...refusedAs("bad-name"), message: "1 to 32 of a-z, 0-9, _ and -, the first a letter or a digit" }
const badRoom = {
  ...refusedAs("bad-name"),
  message: `"#" and 1 to 32 of a-z, 0-9, _ and -, the first a letter or a digit`
}

/** A person's name as every server sends it: folded. */
export const Nick = Schema.String.check(Schema.isPattern(folded, badName)).annotate({
  identifier: "Nick",
  title: "Nick",
  description: "A person's name: 1 to 32 of a-z, 0-9, _ and -, the first a letter or a digit",
  examples: ["ana", "leo", "r2-d2"]
})

/** A room's name as every server sends it: "#" and a folded name. */
export const RoomName = Schema.String.check(Schema.isPattern(foldedRoom, badRoom)).annotate({
  identifier: "RoomName",
  title: "Room name",
  description: `A room's name: "#" and 1 to 32 of a-z, 0-9, _ and -, the first a letter or a digit`,
  examples: ["#cafe", "#so-2026"]
})

/** A person's name as a client may spell it; the server folds A-Z. */
export const NickSpelling = Schema.String.check(Schema.isPattern(spelled, badName)).annotate({
  identifier: "NickSpelling",
  title: "Nick, as a client may spell it",
  description: "A person's name in which the server folds A-Z to a-z before anything else",
  examples: ["ana", "Ana"]
})

/** A room's name as a client may spell it; the server folds A-Z. */
export const RoomSpelling = Schema.String.check(Schema.isPattern(spelledRoom, badRoom)).annotate({
  identifier: "RoomSpelling",
  title: "Room name, as a client may spell it",
  description: "A room's name in which the server folds A-Z to a-z before anything else",
  examples: ["#cafe", "#Cafe"]
})

const foldedDirect = /^@[a-z0-9][a-z0-9_-]{0,31}$/u
const spelledDirect = /^@[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/u
const foldedAny = /^[#@][a-z0-9][a-z0-9_-]{0,31}$/u
const spelledAny = /^[#@][A-Za-z0-9][A-Za-z0-9_-]{0,31}$/u

const badDirect = { ...refusedAs("bad-name"), message: '"@" and the nick of a person' }

/** Why what is neither a room nor a conversation is refused; a server without the profile direct knows no conversations. */
export const badRoomName = badRoom.message

const badAny = { ...badRoom, message: `${badRoomName}; or, with the profile direct, ${badDirect.message}` }

/** The name of a conversation, to one of its two people: "@" and the other's nick. */
export const DirectName = Schema.String.check(Schema.isPattern(foldedDirect, badDirect)).annotate({
  identifier: "DirectName",
  title: "Conversation name",
  description: `The name of a conversation: "@" and the nick of the other person`,
  examples: ["@leo"]
})

/** The name of a conversation as a client may spell it; the server folds A-Z. */
export const DirectSpelling = Schema.String.check(Schema.isPattern(spelledDirect, badDirect)).annotate({
  identifier: "DirectSpelling",
  title: "Conversation name, as a client may spell it",
  description: "A conversation's name in which the server folds A-Z to a-z before anything else",
  examples: ["@leo", "@Leo"]
})

/** The name of a room or of a conversation, as every server sends it. */
export const AnyRoomName = Schema.String.check(Schema.isPattern(foldedAny, badAny)).annotate({
  identifier: "AnyRoomName",
  title: "Room or conversation name",
  description: `A room's name, or "@" and the nick of the person with whom one has a conversation`,
  examples: ["#cafe", "@leo"]
})

/** The name of a room or of a conversation as a client may spell it. */
export const AnyRoomSpelling = Schema.String.check(Schema.isPattern(spelledAny, badAny)).annotate({
  identifier: "AnyRoomSpelling",
  title: "Room or conversation name, as a client may spell it",
  description: "A room's or a conversation's name in which the server folds A-Z to a-z before anything else",
  examples: ["#cafe", "@Leo"]
})

/** Folds A-Z to a-z byte by byte and leaves everything else alone, whatever the locale (NAME-2). */
export const foldName = (spelling: string): string =>
  /[A-Z]/u.test(spelling) ? spelling.replace(/[A-Z]/gu, (letter) => letter.toLowerCase()) : spelling

/** Whether a folded name is a room's. */
export const isRoomName = (name: string): boolean => foldedRoom.test(name)

/** Whether a folded name is a conversation's. */
export const isDirectName = (name: string): boolean => foldedDirect.test(name)

/** Whether a name, of a room or of a conversation, is a conversation's. */
export const isDirect = (name: string): boolean => name.startsWith("@")

/** What a person calls the conversation with somebody. */
export const directWith = (nick: string): string => `@${nick}`

/** The nick of the other person in a conversation. */
export const otherIn = (direct: string): string => direct.slice(1)

/** Whether a folded name is a person's. */
export const isNick = (name: string): boolean => folded.test(name)
