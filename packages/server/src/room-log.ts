/**
 * The seam between a room and its storage: an ordered, durable log. In memory, or in a SQLite file.
 *
 * @module
 */
import type { Message } from "@tertulia/protocol"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ConversationLogs } from "./conversation-logs.ts"
import type { Search } from "./search.ts"

/** An entry of a log. */
export type Entry = Omit<Message, "type" | "room">

/** Whoever appends. Their keys are theirs alone (KEY-6): those that a log in memory knows of them go with this object. */
export interface Author {
  /** Never given to anybody else, in this life of the server or another. */
  readonly id: string
}

/** An entry that has no place yet. */
export interface Draft extends Omit<Entry, "seq"> {
  readonly author: Author
}

/** What an author has appended before with a key; its text, while the log has it. */
export interface Known {
  readonly _tag: "Known"
  readonly seq: number
  readonly at: string
  readonly text?: string
}

/** What became of a draft: an entry of its own, or nothing, because its author had used its key in this log before. */
export type Placed = { readonly _tag: "Added"; readonly entry: Entry } | Known

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
    readonly open: (room: string, publish: Publish) => Effect.Effect<RoomLog, Unavailable, Scope.Scope>
    /** What an author has appended to a room with a key, as far as it is published; the room need not be open (KEY-7). */
    readonly known: (room: string, author: Author, key: string) => Effect.Effect<Known | undefined, Unavailable>
    /** Finds entries by their words, where the storage can: then the server claims `search`. */
    readonly search?: Search
    /** Where conversations are kept; absent where logs don't outlive the server, and so the server doesn't claim `direct` (DIRECT-1). */
    readonly conversations?: ConversationLogs
    /** Waits until the storage can't go on. */
    readonly failed: Effect.Effect<never, StorageBroken>
  }
>()("@tertulia/server/RoomLogs") {}

/** The entry that a draft becomes at a place. */
export const entryAt = (seq: number, { author: _, ...fields }: Draft): Entry => ({ seq, ...fields })

/** The entries that an append has added. */
export const addedBy = (placed: ReadonlyArray<Placed>): ReadonlyArray<Entry> =>
  placed.flatMap((place) => (place._tag === "Added" ? [place.entry] : []))
