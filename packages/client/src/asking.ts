/**
 * Asking, as all parts of the library do it: one request, its reply, or why there is none.
 *
 * @module
 */
import type { ConversationItem, Reply, RequestType, RoomItem, replyTypes } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { RequestError } from "./errors.ts"
import type { Fields } from "./link.ts"
import { allSlices } from "./slices.ts"

/** The reply to a request of a type. */
export type ReplyTo<Type extends RequestType> = Extract<Reply, { readonly type: (typeof replyTypes)[Type] }>

/** Makes a request at once, and waits for its reply. */
export type Asking = <Type extends RequestType>(
  type: Type,
  fields: Fields<Type>
) => Effect.Effect<ReplyTo<Type>, RequestError>

const from = <Name extends string>(after: Name | undefined) => (after === undefined ? {} : { after })

/** The whole list of rooms, by name. */
export const listRooms = (ask: Asking): Effect.Effect<ReadonlyArray<RoomItem>, RequestError> =>
  allSlices(
    (after) => Effect.map(ask("rooms", from(after)), ({ more, rooms }) => ({ items: rooms, more: more === true })),
    ({ room }) => room
  )

/** The members of a room, by nick: all, or those after one. */
export const listMembers = (
  ask: Asking,
  room: string,
  first?: string
): Effect.Effect<ReadonlyArray<string>, RequestError> =>
  allSlices(
    (after) =>
      Effect.map(ask("members", { room, ...from(after) }), ({ members, more }) => ({
        items: members,
        more: more === true
      })),
    (nick) => nick,
    first
  )

/** One's conversations with others that have entries, by name. */
export const listConversations = (ask: Asking): Effect.Effect<ReadonlyArray<ConversationItem>, RequestError> =>
  allSlices(
    (after) =>
      Effect.map(ask("conversations", from(after)), ({ conversations, more }) => ({
        items: conversations,
        more: more === true
      })),
    ({ room }) => room
  )
