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

/** An entry of a log. Its author may have given it a key, which makes it the only one with this key. */
export type Entry = Omit<Message, "type" | "room"> & { readonly key?: string }

/** An entry that has no place yet. */
export type Draft = Omit<Entry, "seq">

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
   * Appends in order and gives the entries, once they are as durable as this log makes them and have been published. A defect
   * means that the outcome is unknown. The room makes one call at a time. A draft whose author has used its key in this log
   * before adds nothing: it is given the entry that has the key, whatever its text.
   */
  readonly append: (drafts: ReadonlyArray<Draft>) => Effect.Effect<ReadonlyArray<Entry>, Unavailable>
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
    /** Waits until the storage can't go on. */
    readonly failed: Effect.Effect<never, StorageBroken>
  }
>()("@tertulia/server/RoomLogs") {}

/** Of the entries that an append has given, those that it has added to a log that went as far as `head`. */
export const addedTo = (head: number, entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
  const added: Array<Entry> = []
  for (const entry of entries) if (entry.seq === head + added.length + 1) added.push(entry)
  return added
}
