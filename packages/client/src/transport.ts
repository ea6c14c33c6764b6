/**
 * The way bytes travel, hidden from everything above it: lines in, objects out. TCP is one; a browser brings another.
 *
 * @module
 */
import type { ByeEvent, Line } from "@tertulia/protocol"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"

/** The other side has ended, or the way to it broke. */
export class TransportEnded extends Data.TaggedError("TransportEnded")<{
  /** A clause for people: "the server closed it without a bye". */
  readonly why: string
  /** What the way itself has told of the end, in the place of a `bye` that didn't come (WS-17). */
  readonly bye?: ByeEvent
}> {}

/** One connection's way to its server. */
export interface Transport {
  /** Where it leads, for messages to people. */
  readonly address: string
  /**
   * Waits for bytes, and gives the lines that they complete: perhaps none. Until `limitLines` is called at most one line
   * comes at a time, so that what follows `hello` is read under the limit that `hello` announces.
   */
  readonly pull: Effect.Effect<ReadonlyArray<Line>, TransportEnded>
  /** From now on, a line of `bytes` bytes without an LF ends the transport (FRAME-11). */
  readonly limitLines: (bytes: number) => void
  /** Sends objects, each as one JSON text without LF; returns when the transport can take more. */
  readonly send: (objects: ReadonlyArray<string>) => Effect.Effect<void, TransportEnded>
  /** Ends both directions, giving what was sent a moment to leave. */
  readonly close: Effect.Effect<void>
}
