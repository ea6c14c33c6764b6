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
import * as Result from "effect/Result"
import { sentAgainLine, sentLine } from "./encode.ts"
import { Gate } from "./gate.ts"
import type { Intake, Outcome, Saying } from "./intake.ts"
import type { Refused } from "./refused.ts"
import { type Content, type Draft, isSameContent, type Known, type Placed, type Rejected } from "./room-log.ts"
import { unavailable } from "./rooms.ts"

/** Where an entry goes: a room, or a conversation as its sender sees it. */
export interface Target extends Pick<Intake, "submit"> {
  readonly name: string
}

/** The connection whose entries they are. */
export interface Sender {
  readonly outbox: { readonly say: (line: string) => void }
  /** Answers a request by an error. */
  readonly refuse: (re: number, refused: Refused) => void
  /** Called before each `sent`. */
  readonly onGranted: () => void
  /** Called when nobody knows whether an entry is in its log. */
  readonly onUnknown: () => void
}

/** A request that needs nothing more. */
export const done: Effect.Effect<undefined> = Effect.undefined

export class Sending {
  private readonly sender: Sender
  private readonly mark: number
  private readonly whenSettled = new Gate()
  private underWay: { readonly name: string; count: number; bytes: number } | undefined = undefined
  /** Whether nobody knows what became of an entry: then the connection is about to end, and nothing more of it is to be in a log. */
  private isUnknown = false

  /** @param mark bytes that may be on their way back to the sender before more is handed in */
  constructor(sender: Sender, mark: number) {
    this.sender = sender
    this.mark = mark
  }

  /** Whether nothing is under way. */
  isSettled(): boolean {
    return this.underWay === undefined
  }

  /** Waits until nothing is under way. */
  get settled(): Effect.Effect<void> {
    return this.whenSettled.passed(() => this.isSettled())
  }

  /** Whether an entry may be handed in that goes to what has this name. */
  isReady(name: string): boolean {
    const { underWay } = this
    return underWay === undefined || (underWay.name === name && underWay.bytes <= this.mark)
  }

  /** Waits until it may. */
  ready(name: string): Effect.Effect<void> {
    return Effect.suspend(() => (this.isReady(name) ? Effect.void : this.settled))
  }

  /** Hands in an entry, when that is ready; its `sent`, or its `error`, is said when that is known. */
  hand(re: number, { name, submit }: Target, draft: Draft, by?: Saying): void {
    if (this.isUnknown) return
    this.underWay ??= { name, count: 0, bytes: 0 }
    this.underWay.count++
    this.underWay.bytes += bytesToCome(draft)
    submit({
      draft,
      by,
      from: this,
      settle: (outcome) => this.settle(re, name, draft, outcome)
    })
  }

  private settle(re: number, name: string, draft: Draft, outcome: Outcome): void {
    const { sender } = this
    if (Cause.isCause(outcome)) {
      const refused = Cause.findError(outcome)
      // Then nothing more may be answered, so whoever waits goes on waiting until the connection is ended.
      if (Result.isFailure(refused)) {
        this.isUnknown = true
        sender.onUnknown()
        return
      }
      sender.refuse(re, unavailable(refused.success))
    } else {
      if (isGranted(draft, outcome)) sender.onGranted()
      this.reply(re, placedReply(re, name, draft, outcome))
    }
    if (this.underWay === undefined || --this.underWay.count > 0) return
    this.underWay = undefined
    this.whenSettled.open()
  }

  private reply(re: number, answer: string | Refused): void {
    if (typeof answer === "string") this.sender.outbox.say(answer)
    else this.sender.refuse(re, answer)
  }
}

/** The reply to what the log has answered: its line, or why it is refused. */
const placedReply = (re: number, room: string, content: Content, placed: Placed): string | Refused => {
  if (placed._tag === "Added") return sentLine(re, room, placed.entry)
  return placed._tag === "Known" ? knownReply(re, room, content, placed) : rejected(placed)
}

/** Whether what the log has answered is `sent`: of an entry that is gone, nobody can say that it was another (KEY-2, KEY-3). */
export const isGranted = (content: Content, placed: Placed): boolean => {
  if (placed._tag !== "Known") return placed._tag === "Added"
  return placed.content === undefined || isSameContent(placed.content, content)
}

/** The reply to what is known: its line, or why it is refused. */
export const knownReply = (re: number, room: string, content: Content, known: Known): string | Refused =>
  isGranted(content, known) ? sentAgainLine(re, room, known) : keyReused

const rejected = ({ code, field, message, retryAfter }: Rejected): Refused => {
  if (message !== undefined) {
    const about = field === undefined ? {} : { field }
    return { code, ...about, message, ...(retryAfter === undefined ? {} : { retryAfter }) }
  }
  const why = explained(code, field)
  return { code, ...(field === undefined ? {} : { field }), message: why }
}

const explained = (code: Rejected["code"], field = ""): string => {
  if (code === "forbidden") return "only its author may do that with a message"
  if (code === "limit-reached") {
    return "the message has as many different reactions as it may have"
  }
  return nothingThere[field] ?? "there is no such entry"
}

const nothingThere: Readonly<Record<string, string>> = {
  target: "this log has no such message that could be meant",
  replyTo: "this log has no such message to reply to",
  reaction: "you have no such reaction to it"
}

const keyReused = {
  code: "key-reused",
  field: "key",
  message: "you have sent something else with this key: take a new one"
} as const

/** The most bytes that an entry brings back to its sender, as `message` and `sent`. */
const bytesToCome = (draft: Draft): number => 3 * ("text" in draft ? draft.text.length : 64) + 400
