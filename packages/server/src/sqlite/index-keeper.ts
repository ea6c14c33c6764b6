/**
 * Has the index of words filled while nobody appends, so that nobody who appends waits for that; only where somebody appends all the
 * time, they wait now and then for a part of it: for a fortieth of the time, in which some 2,500 entries a second are indexed. Of more than
 * that the index stays behind until there is rest (spec/search.md).
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { GroupCommit } from "./group-commit.ts"
import { indexedAtOnce } from "./indexer.ts"
import { sleep } from "./sleep.ts"

/** Entries that may wait to be indexed before somebody has to wait for some of them: a search reads them one by one. */
const mostWaiting = 4_096

/** Milliseconds for which nobody may have appended before the index is filled. */
const pause = 20

/** For how many times as long as a part has taken those who append all the time are left alone before the next. */
const pauseWhenBusy = 40

export interface IndexKeeper {
  /** Called when somebody begins to append so many entries. */
  readonly begins: (entries: number) => void
  /** Called when they have ended, whatever came of it. */
  readonly ends: () => void
  readonly forever: Effect.Effect<never>
}

export const makeIndexKeeper = (write: GroupCommit["write"]): IndexKeeper => {
  const isBehind = Latch.makeUnsafe(true)
  /** Entries that aren't indexed, roughly. */
  let waiting = 0
  /** Appends that have begun, and those that have ended. */
  let begun = 0
  let ended = 0
  const isIdleSince = (before: number) => begun === before && ended === begun

  /** Does a bounded part; gives whether there is more. */
  const step = Effect.gen(function* () {
    const indexed = yield* write({ _tag: "Index", entries: indexedAtOnce })
    waiting = indexed < indexedAtOnce ? 0 : Math.max(0, waiting - indexed)
    if (waiting > mostWaiting) return true
    return (yield* write({ _tag: "Merge", all: false })) > 0 || indexed === indexedAtOnce
  })

  /** Waits until nobody has appended for a while, or too much waits. */
  const rest = Effect.gen(function* () {
    let before: number
    do {
      before = begun
      yield* sleep(pause)
    } while (!isIdleSince(before) && waiting <= mostWaiting)
  })

  const keep = Effect.gen(function* () {
    yield* isBehind.await
    yield* rest
    let before: number
    let isMore: boolean
    let began: number
    do {
      before = begun
      began = performance.now()
      isMore = yield* step
    } while (isMore && isIdleSince(before))
    if (!isIdleSince(before)) return yield* sleep(pauseWhenBusy * (performance.now() - began))
    if (!isMore) isBehind.closeUnsafe()
  })

  return {
    begins: (entries) => {
      begun++
      waiting += entries
    },
    ends: () => {
      ended++
      isBehind.openUnsafe()
    },
    // A disk that is full is tried again when something was appended.
    forever: keep.pipe(
      Effect.catch(() => Effect.sync(() => void isBehind.closeUnsafe())),
      Effect.forever
    )
  }
}
