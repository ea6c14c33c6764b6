/**
 * Rich messages over one connection (spec/rich.md): what is done to a message, and what is said of a room.
 *
 * @module
 */
import type { ReadReply, Sent } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Asking } from "./asking.ts"
import type { RequestError } from "./errors.ts"

/**
 * What one does in a room beside saying something; a server that doesn't claim rich refuses by `unsupported`. A message is meant by its
 * `seq`: one that isn't there, or was deleted, is refused by `no-such-entry`, and another's by `forbidden`.
 */
export interface RichApi {
  /** Gives a message of one's own another text. */
  readonly edit: (room: string, target: number, text: string) => Effect.Effect<Sent, RequestError>
  /** Takes back what a message of one's own says, for good. */
  readonly remove: (room: string, target: number) => Effect.Effect<Sent, RequestError>
  /** Adds a reaction to a message, or takes one's own away. To add what one has is no error, and does nothing. */
  readonly react: (room: string, target: number, reaction: string, on?: boolean) => Effect.Effect<Sent, RequestError>
  /** Says what the room is about; "" for nothing. */
  readonly topic: (room: string, text: string) => Effect.Effect<Sent, RequestError>
  /** Says that one types, or, with `false`, no more: at most every 3 seconds while one does. */
  readonly typing: (room: string, on?: boolean) => Effect.Effect<void, RequestError>
  /** Moves one's mark up to an entry, never back, and says what is unread above it; without `seq`, only says it. */
  readonly read: (room: string, seq?: number) => Effect.Effect<ReadReply, RequestError>
}

export const richOver = (ask: Asking): RichApi => ({
  edit: (room, target, text) => ask("edit", { room, target, text }),
  remove: (room, target) => ask("delete", { room, target }),
  react: (room, target, reaction, on = true) => ask("react", { room, target, reaction, on }),
  topic: (room, text) => ask("topic", { room, text }),
  typing: (room, on = true) => Effect.asVoid(ask("typing", { room, on })),
  read: (room, seq) => ask("read", { room, ...(seq === undefined ? {} : { seq }) })
})
