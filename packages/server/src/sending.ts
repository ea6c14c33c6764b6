/**
 * The entries of one connection that are on their way into a log.
 *
 * Entries to one room may be under way together, so that a log can take many at once. Everything else waits for them, because
 * replies keep the order of requests (REPLY-3), and requests take effect in it (REPLY-4).
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Result from "effect/Result"
import { errorLine, sentAgainLine, sentLine } from "./encode.ts"
import type { Intake } from "./intake.ts"
import type { Draft, Known, Placed, Unavailable } from "./room-log.ts"
import { unavailable } from "./rooms.ts"

/** Where an entry goes: a room, or a conversation as its sender sees it. */
export interface Target extends Pick<Intake, "submit"> {
  readonly name: string
}

export interface Sending {
  /** Waits until an entry may be handed in that goes to what has this name. */
  readonly ready: (name: string) => Effect.Effect<void>
  /** Hands in an entry, when that is ready; its `sent`, or its `error`, is said when that is known. */
  readonly hand: (re: number, target: Target, draft: Draft) => void
  /** Waits until nothing is under way. */
  readonly settled: Effect.Effect<void>
  readonly isSettled: () => boolean
}

export interface SendingOptions {
  readonly say: (line: string) => void
  /** Called when nobody knows whether an entry is in its log. */
  readonly onUnknown: () => void
  /** Bytes that may be on their way back to the sender before more is handed in. */
  readonly mark: number
}

export const makeSending = ({ mark, onUnknown, say }: SendingOptions): Sending => {
  const idle = Latch.makeUnsafe(true)
  let underWay: { readonly name: string; count: number; bytes: number } | undefined

  const settled = Effect.suspend(() => (underWay === undefined ? Effect.void : idle.await))

  const settle = (re: number, name: string, text: string, outcome: Exit.Exit<Placed, Unavailable>) => {
    const refused = Exit.isFailure(outcome) ? Cause.findError(outcome.cause) : undefined
    if (Exit.isSuccess(outcome)) say(placedLine(re, name, text, outcome.value))
    else if (refused !== undefined && Result.isSuccess(refused)) say(errorLine(re, unavailable(refused.success)))
    // Then nothing more may be answered, so whoever waits goes on waiting until the connection is ended.
    else return onUnknown()
    if (underWay === undefined || --underWay.count > 0) return
    underWay = undefined
    idle.openUnsafe()
  }

  const ready: Sending["ready"] = (name) =>
    Effect.suspend(() =>
      underWay !== undefined && (underWay.name !== name || underWay.bytes > mark) ? settled : Effect.void
    )

  const hand: Sending["hand"] = (re, { name, submit }, draft) => {
    idle.closeUnsafe()
    underWay ??= { name, count: 0, bytes: 0 }
    underWay.count++
    underWay.bytes += bytesToCome(draft)
    submit({ ...draft, settle: (outcome) => settle(re, name, draft.text, outcome) })
  }

  return { ready, hand, settled, isSettled: () => underWay === undefined }
}

/** The reply to a `send` that the log has answered. */
const placedLine = (re: number, room: string, text: string, placed: Placed): string =>
  placed._tag === "Added" ? sentLine(re, room, placed.entry) : knownLine(re, room, text, placed)

/** The reply to a `send` whose key is known (KEY-2, KEY-3): of an entry that is gone, nobody can say that its text was another. */
export const knownLine = (re: number, room: string, text: string, known: Known): string =>
  known.text === undefined || known.text === text ? sentAgainLine(re, room, known) : errorLine(re, keyReused)

const keyReused = {
  code: "key-reused",
  field: "key",
  message: "you have sent another text with this key: take a new one"
} as const

/** The most bytes that an entry brings back to its sender, as `message` and `sent`. */
const bytesToCome = ({ text }: Draft): number => 3 * text.length + 400
