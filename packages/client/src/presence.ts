/**
 * Presence over one connection (spec/presence.md): what one says of oneself, and what one learns of others.
 *
 * @module
 */
import type { Presence, PresenceEvent, SetStatus, User, WhoIsReply } from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Asking } from "./asking.ts"
import type { ConnectionLost, RequestError } from "./errors.ts"
import { allSlices } from "./slices.ts"

/** What a connection offers to those who use presence; a server that doesn't claim it refuses by `unsupported`. */
export interface PresenceApi {
  /** Says how one is; what is absent stays as it is, and an empty text or display goes. Gives one's presence as it now is. */
  readonly status: (wish: Pick<SetStatus, "display" | "status" | "text">) => Effect.Effect<Presence, RequestError>
  /** All people of a room that one is in, or all whom one shares a room with, oneself among them; by nick, with `account` where it is one's. */
  readonly users: (room?: string) => Effect.Effect<ReadonlyArray<User>, RequestError>
  /** Somebody's presence, and the rooms that one shares with them. */
  readonly whois: (nick: string) => Effect.Effect<User & Pick<WhoIsReply, "more" | "rooms">, RequestError>
  /**
   * What changes of the presence of those whom one shares a room with, each time all of it. For one reader. Whoever reads too slowly
   * misses the oldest, as the server may leave some out, too (PRESENCE-6): `users` says how it is. Ends with the client's own `bye`,
   * and fails when the connection is lost.
   */
  readonly presences: Stream.Stream<PresenceEvent, ConnectionLost>
}

/** What waits to be read of `presences`. */
export interface Noticed {
  readonly put: (presence: PresenceEvent) => void
  /** Ends the stream, with an error if one is given. */
  readonly close: (error?: ConnectionLost) => void
  readonly stream: PresenceApi["presences"]
}

/** The most presences that wait to be read. */
const capacity = 1_024

export const makeNoticed: Effect.Effect<Noticed> = Effect.map(
  Queue.sliding<PresenceEvent, ConnectionLost | Cause.Done>(capacity),
  (queue) => ({
    put: (presence) => void Queue.offerUnsafe(queue, presence),
    close: (error) => {
      if (error === undefined) Queue.endUnsafe(queue)
      else Queue.failCauseUnsafe(queue, Cause.fail(error))
    },
    stream: Stream.fromQueue(queue)
  })
)

export const presenceOver = (ask: Asking, presences: PresenceApi["presences"]): PresenceApi => ({
  status: (wish) => ask("status", wish),
  users: (room) =>
    allSlices(
      (after) =>
        Effect.map(
          ask("users", { ...(room === undefined ? {} : { room }), ...(after === undefined ? {} : { after }) }),
          ({ more, users }) => ({ items: users, more: more === true })
        ),
      ({ nick }) => nick
    ),
  whois: (nick) => ask("whois", { nick }),
  presences
})
