/**
 * A running connection for those who wait: each request gets its reply, each room an inbox.
 *
 * @module
 */
import type { Hello, Limits, Reply, Request, RequestType } from "@tertulia/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { Asking, ReplyTo } from "./asking.ts"
import { ConnectionLost, Gap, type Loss, Refused, type RequestError } from "./errors.ts"
import { directs, type Inbox, makeInboxes } from "./inbox.ts"
import { type Ears, type Fields, type OnWire, startLink } from "./link.ts"
import { makeNoticed, type Noticed } from "./presence.ts"
import type { RoomView } from "./room.ts"
import type { Transport } from "./transport.ts"

/** A reply, and the inbox that it opened if it is `joined`. */
interface Answer {
  readonly reply: Reply
  readonly inbox: Inbox | undefined
}

/** A running connection. */
export interface Engine {
  readonly ask: Asking
  /** Joins; gives the inbox that it opened, too. */
  readonly join: (
    fields: Fields<"join">
  ) => Effect.Effect<{ readonly reply: ReplyTo<"join">; readonly inbox: Inbox | undefined }, RequestError>
  /** What comes of conversations of two people. */
  readonly directs: Inbox
  /** What is known now of a room; undefined once left. */
  readonly view: (room: string) => RoomView | undefined
  readonly limits: Limits
  readonly presences: Noticed["stream"]
  readonly ended: Effect.Effect<Loss>
}

/**
 * Runs a greeted connection until it ends or the scope closes, which says `bye`.
 *
 * @param buffer how many events of one room may wait unread
 */
export const startEngine = Effect.fnUntraced(function* (
  transport: Transport,
  hello: Hello,
  buffer: number,
  onWire: OnWire
): Effect.fn.Return<Engine, never, Scope.Scope> {
  const inboxes = makeInboxes(buffer)
  const noticed = yield* makeNoticed
  const talk = yield* inboxes.open(directs)
  const replies = new Map<Request["id"], Deferred.Deferred<Answer, ConnectionLost>>()

  const answered = Effect.fnUntraced(function* (id: number, reply: Reply) {
    const inbox = reply.type === "joined" ? yield* inboxes.open(reply.room) : undefined
    if (reply.type === "left") inboxes.close(reply.room)
    const waiting = replies.get(id)
    replies.delete(id)
    if (waiting !== undefined) Deferred.doneUnsafe(waiting, Exit.succeed({ reply, inbox }))
  })

  const hear: Ears["hear"] = (heard) => {
    switch (heard._tag) {
      case "Answered":
        return answered(heard.id, heard.reply)
      case "Noticed":
        return Effect.sync(() => noticed.put(heard.presence))
      case "Happened":
        // What isn't known has its place all the same, and the session has counted it.
        return Effect.sync(() => {
          if (heard.event.type !== "(passed)") inboxes.put(heard.event)
        })
      case "PutOut":
        return Effect.sync(() => inboxes.close(heard.event.room))
      case "Skipped": {
        const { event, expected } = heard
        return Effect.sync(() => inboxes.fail(event.room, new Gap({ room: event.room, expected, seq: event.seq })))
      }
    }
  }

  const finish = (loss: Loss) => {
    // After an answered `bye` only what was never executed is without a reply (END-1, END-2).
    const outcome = loss._tag === "Goodbye" ? "none" : "unknown"
    const error = new ConnectionLost({ address: transport.address, loss, outcome })
    for (const waiting of replies.values()) Deferred.doneUnsafe(waiting, Exit.fail(error))
    replies.clear()
    inboxes.closeAll(loss._tag === "Goodbye" ? undefined : error)
    noticed.close(loss._tag === "Goodbye" ? undefined : error)
  }

  const { ended, limits, post, view } = yield* startLink(transport, hello, { hear, finish }, onWire)

  const request = <Type extends RequestType>(type: Type, fields: Fields<Type>) =>
    Effect.suspend(() => {
      const posted = post(type, fields)
      if (Result.isFailure(posted)) return Effect.fail(posted.failure)
      const answer = Deferred.makeUnsafe<Answer, ConnectionLost>()
      replies.set(posted.success, answer)
      return Deferred.await(answer)
    }).pipe(
      Effect.flatMap(({ inbox, reply }) =>
        reply.type === "error"
          ? Effect.fail(new Refused({ request: type, ...reply }))
          : // The session lets no other reply through.
            Effect.succeed({ reply: reply as ReplyTo<Type>, inbox })
      )
    )

  const ask: Asking = (type, fields) => Effect.map(request(type, fields), ({ reply }) => reply)

  return {
    ask,
    join: (fields) => request("join", fields),
    directs: talk,
    view,
    limits,
    presences: noticed.stream,
    ended
  }
})
