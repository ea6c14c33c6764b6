/**
 * Reads the log of a tertulia, in its order and without a gap.
 *
 * @module
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { decodeCommand, draftsIn, type Told } from "./command.ts"
import type { Engine, Following, Message } from "./engine.ts"

/** What comes next isn't in the log any more; the message is one sentence. */
export class Gap extends Data.TaggedError("Gap")<{ readonly message: string }> {}

/** What is read at once: so many messages, or entries if these are more. */
const messagesAtOnce = 256
const entriesAtOnce = 1_024

const entriesIn = ({ command }: Told): number =>
  command._tag === "Do" ? command.tasks.reduce((sum, { work }) => sum + draftsIn(work), 0) : 0

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export interface LogReader extends Pick<Following, "appendsAlone"> {
  /** Waits for what is next, and gives all that is there, or some of it. */
  readonly next: Effect.Effect<ReadonlyArray<Told>, Gap>
}

/** Reads what comes after a place until the scope closes. */
export const readLog = Effect.fnUntraced(function* (
  engine: Engine,
  after: number
): Effect.fn.Return<LogReader, never, Scope.Scope> {
  const inbox: Array<Message> = []
  const arrived = Latch.makeUnsafe(false)
  let last = after
  const { appendsAlone } = yield* Effect.acquireRelease(
    Effect.sync(() =>
      engine.follow(after, (message) => {
        inbox.push(message)
        arrived.openUnsafe()
      })
    ),
    ({ stop }) => Effect.promise(stop)
  )

  /** What a text was taken out of is no longer in its place. */
  const missing = Effect.fnUntraced(function* (place: number) {
    const ask = Effect.tryPromise({
      try: async () => ({ left: await engine.leftOf(place), from: (await engine.snapshots.current())?.place ?? 0 }),
      catch: messageOf
    })
    const { from, left } = yield* ask.pipe(
      Effect.tapError((why) => Effect.logWarning(`can't read ${place} in ${engine.name}: ${why}`)),
      Effect.retry(Schedule.spaced("1 second")),
      Effect.orDie
    )
    if (left !== undefined) return { place, command: decodeCommand(left) }
    const message =
      place <= from
        ? `${engine.name} has given up what comes after ${place - 1}: start again, and go on from its snapshot of ${from}`
        : `${engine.name} has lost its message ${place}: start with another data file, and what is left is read`
    return yield* new Gap({ message })
  })

  const next = Effect.gen(function* () {
    yield* arrived.await
    const told: Array<Told> = []
    let entries = 0
    while (inbox.length > 0 && told.length < messagesAtOnce && entries < entriesAtOnce) {
      const { data, place } = inbox[0]!
      const next = last + 1
      const each = place === next ? { place, command: decodeCommand(data) } : yield* missing(next)
      if (place === next) inbox.shift()
      last = next
      told.push(each)
      entries += entriesIn(each)
    }
    if (inbox.length === 0) arrived.closeUnsafe()
    return told
  })

  return { next, appendsAlone }
})
