/**
 * The seam between conversations and their storage: logs that belong to two persons, and end with either (spec/direct.md).
 *
 * @module
 */
import { createHash } from "node:crypto"
import type * as Effect from "effect/Effect"
import type { Entry, Publish, RoomLog, Unavailable } from "./room-log.ts"

/** The ids of two persons, the lesser first. */
export type Pair = readonly [one: string, other: string]

export const pairOf = (one: string, other: string): Pair => (one < other ? [one, other] : [other, one])

/**
 * The epoch of the conversation of two: a digest of their ids, which are given once and never again. So it is the same whenever
 * it is asked for, and no conversation that nothing was said in has to be remembered (DIRECT-10).
 */
export const epochOf = ([one, other]: Pair): string =>
  createHash("sha256").update(`${one} ${other}`).digest("base64url").slice(0, 20)

/** An entry that is asked for: of the log with this epoch, at this place. */
export interface PlaceAsked {
  readonly epoch: string
  readonly seq: number
}

export interface ConversationLogs {
  /** Those that an earlier life of the server has left to two persons who may come back (DIRECT-15). */
  readonly left: ReadonlyArray<Pair>
  /** Opens the log of a conversation, once: a new one, or one that was left. */
  readonly open: (between: Pair, publish: Publish) => RoomLog
  /** Entries of many logs at once: undefined for each that isn't there any more. */
  readonly entries: (asked: ReadonlyArray<PlaceAsked>) => Effect.Effect<ReadonlyArray<Entry | undefined>, Unavailable>
  /** Removes the log of a conversation, which nobody uses any more. When this returns, nothing of it is left. */
  readonly remove: (between: Pair) => Effect.Effect<void, Unavailable>
}
