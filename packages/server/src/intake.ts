/**
 * The one way into a log: what is submitted is appended in its order, many entries at once.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Draft, Entry, Placed, Publish, RoomLog, Unavailable } from "./room-log.ts"

/** A draft, and what is told when it has become an entry, or why it hasn't; a defect means that nobody knows. */
export interface Submission {
  readonly draft: Draft
  /** Where it was said, in a room. */
  readonly by?: Saying | undefined
  /** The connection that has said it, whichever object stands for that. */
  readonly from: object
  readonly settle: (outcome: Outcome) => void
}

/** A place in a room from which something is said. */
export interface Saying {
  /** Whether who said it was put out since. */
  readonly isOut: boolean
}

/** What became of a draft. */
export type Outcome = Placed | Cause.Cause<Unavailable>

export interface Intake {
  /** Hands in an entry; what was handed in first comes first (ORDER-4). */
  readonly submit: (submission: Submission) => void
  /** Whether nothing is under way. */
  readonly isIdle: () => boolean
}

export interface IntakeOptions {
  /** Prepares a draft when it has its turn: whatever came before is in the log, but for what isn't decisive. */
  readonly prepare?: (draft: Draft, by: Saying | undefined) => Draft
  /** Whether what follows a draft has to wait until that is in the log. */
  readonly isDecisive?: (draft: Draft) => boolean
  /** What the log is called to the operator. */
  readonly name: string
  readonly log: Pick<RoomLog, "append">
  /** Runs an effect for as long as the server lives. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** Called whenever nothing is under way any more. */
  readonly onIdle: () => void
}

/** The most entries that are appended at once. */
const batchSize = 256

export const makeIntake = ({
  fork,
  isDecisive = () => false,
  log,
  name,
  onIdle,
  prepare = (draft) => draft
}: IntakeOptions): Intake => {
  const submitted: Array<Submission> = []
  let appending = false

  /** Appends what was submitted, one batch at a time; whatever is submitted meanwhile makes the next batch. */
  const appendNext = Effect.suspend(() => {
    const most = Math.min(submitted.length, batchSize)
    let count = 0
    while (count < most && !isDecisive(submitted[count++]!.draft));
    const batch = submitted.splice(0, count)
    const appended = log.append(batch.map(({ by, draft }) => prepare(draft, by)))
    return Effect.flatMap(Effect.exit(appended), (outcome) => settleAll(batch, outcome))
  })

  // Whoever submits in the same turn of the event loop comes along. A fiber that waited for that would cost more than the rest.
  const appendSoon = () => void setImmediate(fork, appendNext)

  const settleAll = (batch: ReadonlyArray<Submission>, outcome: Exit.Exit<ReadonlyArray<Placed>, Unavailable>) => {
    const settled = Exit.isFailure(outcome) ? [...batch, ...takeBehind(batch)] : batch
    // Settling may make others act at once, so it comes last.
    appending = submitted.length > 0
    if (appending) appendSoon()
    settled.forEach(({ settle }, index) => {
      settle(Exit.isSuccess(outcome) ? outcome.value[index]! : outcome.cause)
    })
    if (!appending) onIdle()
    return isUnknown(outcome) ? Effect.logError(`an append to ${name} has an unknown outcome`, outcome) : Effect.void
  }

  /**
   * Takes out what the same connections have handed in since: what comes behind something that isn't in the log, or of which nobody
   * knows, must not be there without it (ORDER-6). Whoever sends both again would find them in the wrong order.
   */
  const takeBehind = (batch: ReadonlyArray<Submission>): ReadonlyArray<Submission> => {
    const senders = new Set(batch.map(({ from }) => from))
    const waiting = submitted.splice(0)
    submitted.push(...waiting.filter(({ from }) => !senders.has(from)))
    return waiting.filter(({ from }) => senders.has(from))
  }

  return {
    submit: (submission) => {
      submitted.push(submission)
      if (appending) return
      appending = true
      appendSoon()
    },
    isIdle: () => !appending
  }
}

/** Whether an append neither succeeded nor was refused, so that nobody knows what became of it. */
const isUnknown = (outcome: Exit.Exit<unknown, Unavailable>): boolean =>
  Exit.isFailure(outcome) && !Cause.hasFails(outcome.cause)

/** Hands on what a log publishes, from its head on: one that skips or repeats a place breaks the one promise that this server makes. */
export const inSequence = (name: string, publish: Publish) => {
  let published = 0
  return {
    begin: (head: number): void => {
      published = head
    },
    publish: (entries: ReadonlyArray<Entry>): void => {
      entries.forEach(({ seq }, index) => {
        if (seq !== published + index + 1) throw new Error(`${name}: entry ${seq} comes after ${published + index}`)
      })
      published += entries.length
      publish(entries)
    }
  }
}
