/**
 * What has come for a room and waits to be read: bounded, so that a reader who stops costs only their own stream.
 *
 * @module
 */
import { type EntryEvent, isDirect, type Member, type ReadEvent, type TypingEvent } from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { FellBehind, type RoomError } from "./errors.ts"

/** What happens in a room: an entry of its log, somebody's coming or going, that somebody types, or that one has read on elsewhere. */
export type RoomEvent = EntryEvent | Member | TypingEvent | ReadEvent

/** The events of one stay in a room, from `joined` to `left`. */
export type Inbox = Queue.Queue<RoomEvent, RoomError | Cause.Done>

/** The inboxes of all rooms that a connection is in. What has come before an end or an error stays readable. */
export interface Inboxes {
  readonly open: (room: string) => Effect.Effect<Inbox>
  readonly put: (event: RoomEvent) => void
  readonly fail: (room: string, error: RoomError) => void
  readonly close: (room: string) => void
  /** Ends every inbox, with an error if one is given. */
  readonly closeAll: (error?: RoomError) => void
}

/** The name of the inbox in which all conversations of two people are. */
export const directs = "@"

/** @param capacity how many events of one room may wait */
export const makeInboxes = (capacity: number): Inboxes => {
  const inboxes = new Map<string, Inbox>()

  const fail = (room: string, error: RoomError) => {
    const inbox = inboxes.get(room)
    if (inbox !== undefined) Queue.failCauseUnsafe(inbox, Cause.fail(error))
  }
  const close = (room: string) => {
    const inbox = inboxes.get(room)
    inboxes.delete(room)
    if (inbox !== undefined) Queue.endUnsafe(inbox)
  }
  return {
    open: (room) =>
      Effect.tap(Queue.dropping<RoomEvent, RoomError | Cause.Done>(capacity), (inbox) =>
        Effect.sync(() => inboxes.set(room, inbox))
      ),
    put: (event) => {
      const inbox = inboxes.get(isDirect(event.room) ? directs : event.room)
      // Refused too when the inbox has failed already, and then the first error stands.
      const taken = inbox === undefined || Queue.offerUnsafe(inbox, event)
      if (!taken) fail(event.room, new FellBehind({ room: event.room, buffer: capacity }))
    },
    fail,
    close,
    closeAll: (error) => {
      for (const room of [...inboxes.keys()]) {
        if (error !== undefined) fail(room, error)
        close(room)
      }
    }
  }
}
