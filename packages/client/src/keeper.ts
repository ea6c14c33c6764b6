/**
 * Where a conversation keeps what must outlive its connections: in memory, or in whatever outlives the process.
 *
 * @module
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { type Change, type Kept, nothingKept } from "./kept.ts"

/** What is kept can't be read, or a change can't be written. */
export class NotKept extends Data.TaggedError("NotKept")<{
  /** Where it is kept, for people: the name of a file. */
  readonly where: string
  /** What is wrong and what to do, in a clause. */
  readonly why: string
}> {
  override get message() {
    return `can't use the outbox ${this.where}: ${this.why}`
  }
}

/** Keeps what a conversation must not forget. One conversation at a time uses it. */
export interface Keeper {
  /** What was kept when it was opened. */
  readonly kept: Kept
  /** Keeps changes, all or none; when it returns, they outlive the process. */
  readonly save: (changes: ReadonlyArray<Change>) => Effect.Effect<void, NotKept>
}

/** Keeps everything for as long as the process lives, which needs nothing but the conversation's own memory. */
export const inMemory: Keeper = { kept: nothingKept, save: () => Effect.void }
