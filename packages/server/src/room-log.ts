/**
 * The seam between a room and its storage: an ordered, durable log. In memory, or in a SQLite file.
 *
 * @module
 */
import {
  type EntryEvent,
  type ErrorCode,
  type Message,
  type ModerationType,
  mentionsIn,
  type RoomKind,
  type SetRole
} from "@tertulia/protocol"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ConversationLogs } from "./conversation-logs.ts"
import type { Governance, Ruling, Somebody } from "./governance.ts"
import type { Search } from "./search.ts"

type InRoom<Event> = Event extends EntryEvent ? Omit<Event, "room"> : never

/** An entry of a log, as it is shown: a message, what became of one, or what changes one. */
export type Entry = InRoom<EntryEvent>

/** The entry of a `send`: most are. */
export type MessageEntry = InRoom<Message>

/** Whoever appends. Their keys are theirs alone (KEY-6): those that a log in memory knows of them go with this object. */
export interface Author {
  /** Never given to anybody else, in this life of the server or another. */
  readonly id: string
}

/** What somebody wants to have said: what a key stands for (KEY-2), whatever became of it. */
export type Content =
  | { readonly type: "message"; readonly text: string; readonly replyTo?: number }
  | { readonly type: "edit"; readonly target: number; readonly text: string }
  | { readonly type: "delete"; readonly target: number }
  | { readonly type: "react"; readonly target: number; readonly reaction: string; readonly on: boolean }
  | { readonly type: "topic"; readonly text: string }
  | { readonly type: "role"; readonly nick: string; readonly role: SetRole["role"] }
  | { readonly type: "kind"; readonly kind: RoomKind }
  | { readonly type: "kick"; readonly nick: string }
  | { readonly type: "invite" | "ban" | "mute"; readonly nick: string; readonly on: boolean }
  | { readonly type: "slow"; readonly seconds: number }

/** What changes how a room is kept. */
export type ModerationContent = Extract<Content, { readonly type: ModerationType }>

/** An entry that has no place yet. */
export type Draft = Content & {
  readonly author: Author
  readonly from: string
  readonly key?: string
  readonly at: string
  /** Whom the entry is about, by their nick. */
  readonly about?: Somebody | undefined
  /** What the rights say of it, once its turn has come. */
  readonly ruling?: Ruling | undefined
}

/** What an author has appended before with a key, or what had been so before it was asked for; what it said, while the log has it. */
export interface Known {
  readonly _tag: "Known"
  readonly seq: number
  readonly at: string
  readonly content?: Content
}

/** Why a log takes a draft for none: nothing was appended, and its key is unused (KEY-4). */
export interface Rejected {
  readonly _tag: "Rejected"
  readonly code: Extract<
    ErrorCode,
    "no-such-entry" | "forbidden" | "limit-reached" | "no-such-nick" | "not-joined" | "rate-limited"
  >
  readonly field?: string
  /** What is said to people, where the code and the field don't say it all. */
  readonly message?: string
  readonly retryAfter?: number
}

/** What became of a draft: an entry of its own, or nothing, because it was there before or can't be. */
export type Placed = { readonly _tag: "Added"; readonly entry: Entry } | Known | Rejected

/** The storage has refused: nothing was done, and nothing will be. */
export class Unavailable extends Data.TaggedError("Unavailable")<{ readonly message: string }> {}

/** The storage can't go on, and only a new start finds out where it stands: the process is to end. */
export class StorageBroken extends Data.TaggedError("StorageBroken")<{ readonly message: string }> {}

export interface RoomLog {
  /** Names this life of the log: never used for another, now or after a restart (EPOCH-2). */
  readonly epoch: string
  /** The `seq` of the first entry that can still be read; `head() + 1` when there is none. */
  readonly first: () => number
  /** The `seq` of the last entry that was published, or 0; it never falls (EPOCH-1). */
  readonly head: () => number
  /** What the room is about, as of `head`; "" for nothing. */
  readonly topic: () => string
  /** How the room is kept, as of `head`. */
  readonly governance: Readonly<Governance>
  /**
   * Appends in order and says what became of each draft, once that is as durable as this log makes it and has been published.
   * A defect means that the outcome is unknown. The room makes one call at a time. A draft whose author has used its key in
   * this log before adds nothing, whatever its text (KEY-2).
   */
  readonly append: (drafts: ReadonlyArray<Draft>) => Effect.Effect<ReadonlyArray<Placed>, Unavailable>
  /**
   * The entries `after` + 1 to `head`, which the log must hold when this is called: whatever it purges meanwhile, the stream gives
   * them all, ascending, as fast as they are taken.
   */
  readonly read: (after: number, head: number) => Stream.Stream<Entry, Unavailable>
}

/**
 * Takes every entry of the log after its opening, whoever appended it: in order, each once, without holes (ORDER-2).
 * Called synchronously, right after `head` has risen.
 */
export type Publish = (entries: ReadonlyArray<Entry>) => void

/** Opens logs. A log is held open by a scope; when it closes, a log without history is forgotten. */
export class RoomLogs extends Context.Service<
  RoomLogs,
  {
    /** Whether what was published survives the end of the process: then the server claims `history` (DURABLE-1). */
    readonly durable: boolean
    /** How many rooms have a log that outlives their members. */
    readonly kept: () => number
    readonly open: (room: string, publish: Publish) => Effect.Effect<RoomLog, Unavailable, Scope.Scope>
    /** What an author has appended to a room with a key, as far as it is published; the room need not be open (KEY-7). */
    readonly known: (room: string, author: Author, key: string) => Effect.Effect<Known | undefined, Unavailable>
    /** Finds entries by their words, where the storage can: then the server claims `search`. */
    readonly search?: Search
    /** Where conversations are kept; absent where logs don't outlive the server, and so the server doesn't claim `direct` (DIRECT-1). */
    readonly conversations?: ConversationLogs
    /** Whether it takes drafts of all kinds: then the server claims rich. */
    readonly rich: boolean
    /** What others have said above a `seq`, up to another, and not taken back: how many messages (READ-2). */
    readonly unread: (room: string, author: Author, after: number, head: number) => Effect.Effect<number, Unavailable>
    /** Waits until every log has what any server has acknowledged before: nothing to wait for where there is one server only. */
    readonly upToDate: Effect.Effect<void, Unavailable>
    /** Waits until the storage can't go on. */
    readonly failed: Effect.Effect<never, StorageBroken>
  }
>()("@tertulia/server/RoomLogs") {}

/** The entry that a draft becomes at a place. */
export const entryAt = (seq: number, draft: Draft): Entry => {
  const entry = entryOf(seq, draft)
  return "text" in draft && draft.text.includes("@") ? withMentions(entry) : entry
}

const entryOf = (seq: number, draft: Draft): Entry => {
  // Most are plain, and to name their fields costs a tenth of copying all but one.
  if (draft.type === "message" && draft.key === undefined && draft.replyTo === undefined) {
    const { at, from, text, type } = draft
    return { seq, type, from, text, at }
  }
  const { about: _about, author: _author, ruling: _ruling, ...fields } = draft
  return { seq, ...fields }
}

/** What is shown of an entry with the nicks that its text names (MENTION-1). */
export const withMentions = (entry: Entry): Entry => {
  if (entry.type !== "message" && entry.type !== "edit") return entry
  const mentions = mentionsIn(entry.text ?? "")
  return mentions.length === 0 ? entry : { ...entry, mentions }
}

/** Whether two who want to have something said want the same (KEY-3). */
export const isSameContent = (one: Content, other: Content): boolean =>
  contentFields.every((field) => Reflect.get(one, field) === Reflect.get(other, field))

const contentFields = ["type", "text", "replyTo", "target", "reaction", "on", "nick", "role", "kind", "seconds"]

/**
 * What the rights refuse before a log looks at what a draft is about, or (`last`) when it has found nothing else: of two faults the one that
 * comes first in the registry is answered (ERROR-3), and that one's last message was just now when there is no other.
 */
export const refusedBy = ({ ruling }: Draft, when: "first" | "last"): Rejected | undefined => {
  const refused = ruling?.refused
  const isLast = refused?.code === "forbidden" || refused?.code === "rate-limited"
  return isLast === (when === "last") ? refused : undefined
}

/** The entries that an append has added. */
export const addedBy = (placed: ReadonlyArray<Placed>): ReadonlyArray<Entry> =>
  placed.flatMap((place) => (place._tag === "Added" ? [place.entry] : []))
