/**
 * Moderation over one connection (spec/moderation.md): what is done to keep a room, of which each becomes an entry of its log;
 * and who is what to it.
 *
 * @module
 */
import type { RoomKind, Sent, SetRole, Standing } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Asking } from "./asking.ts"
import type { RequestError } from "./errors.ts"
import { allSlices } from "./slices.ts"

type Deed = Effect.Effect<Sent, RequestError>

/**
 * What those may do in a room who have the right to; everybody else is refused by `forbidden`, and a nick that nobody has by `no-such-nick`. A
 * server that doesn't claim moderation refuses by `unsupported`.
 */
export interface ModerationApi {
  /** Makes somebody a moderator or a member; "owner" gives the room away. Takes a nick that has an account. */
  readonly setRole: (room: string, nick: string, role: SetRole["role"]) => Deed
  /** Says who may enter, and who may see that the room is there. */
  readonly setKind: (room: string, kind: RoomKind) => Deed
  /** Lets somebody enter; or, with `false`, no more. */
  readonly invite: (room: string, nick: string, on?: boolean) => Deed
  /** Puts somebody out. */
  readonly kick: (room: string, nick: string) => Deed
  /** Puts somebody out for good; or, with `false`, lets them enter again. */
  readonly ban: (room: string, nick: string, on?: boolean) => Deed
  /** Takes the word from somebody; or, with `false`, gives it back. */
  readonly mute: (room: string, nick: string, on?: boolean) => Deed
  /** Has members wait so many seconds between two messages; 0 for none. */
  readonly slow: (room: string, seconds: number) => Deed
  /** Who is more than a member of a room that one is in, invited, banned or muted; by nick. */
  readonly standings: (room: string) => Effect.Effect<ReadonlyArray<Standing>, RequestError>
}

export const moderationOver = (ask: Asking): ModerationApi => ({
  setRole: (room, nick, role) => ask("role", { room, nick, role }),
  setKind: (room, kind) => ask("kind", { room, kind }),
  invite: (room, nick, on = true) => ask("invite", { room, nick, on }),
  kick: (room, nick) => ask("kick", { room, nick }),
  ban: (room, nick, on = true) => ask("ban", { room, nick, on }),
  mute: (room, nick, on = true) => ask("mute", { room, nick, on }),
  slow: (room, seconds) => ask("slow", { room, seconds }),
  standings: (room) =>
    allSlices(
      (after) =>
        Effect.map(ask("standings", { room, ...(after === undefined ? {} : { after }) }), ({ more, standings }) => ({
          items: standings,
          more: more === true
        })),
      ({ nick }) => nick
    )
})
