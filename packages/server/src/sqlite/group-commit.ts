/**
 * Group commit: while one transaction is on its way to the disk, what others append waits, and shares the next.
 *
 * A thread of its own writes, and not the event loop between two turns: a loop that commits stands still for as long as the disk
 * syncs, and with it every heartbeat and every other room. `npm run bench:durable`, medians of 5 rounds on 2 cores that had other
 * things to do, ext4; in the loop itself | with the thread:
 *
 *     rooms x entries      this disk                     a sync of 20 ms
 *                          entries/s      p99 ms         entries/s      longest stall of the loop, ms
 *      1 x 1                 159 |   623   16 | 17          40 |    35    34 | 23
 *     10 x 10               7379 | 23806   44 | 37        3491 |  3875    36 | 11
 *     10 x 64              31289 | 35619   38 | 56       16415 | 17673    67 | 17
 *    100 x 10              22974 | 22897   88 | 83       14612 | 14470    88 | 38
 *
 * So the thread costs no throughput that could be told from noise, and spares the loop. Of the bare insert loop with the same
 * batches the thread reached 3.21, 2.37, 0.77 and 0.67 on this disk; ratios above 1 are that noise, and want a quiet machine.
 *
 * @module
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { StorageBroken, Unavailable } from "../room-log.ts"
import type { Ask } from "./thread.ts"
import type { Result, Work, Written } from "./writer.ts"

export interface GroupCommit {
  /** Writes, and gives what the work has given once it is on the disk. A defect: nobody knows whether it is. */
  readonly write: <Done extends Work>(work: Done) => Effect.Effect<Result<Done>, Unavailable>
  /** Waits until nothing more can be written. */
  readonly failed: Effect.Effect<never, StorageBroken>
}

/** The most that one transaction does: appends of as many rooms, for one. */
const groupSize = 256

interface Waiting {
  readonly work: Work
  readonly done: Deferred.Deferred<Result, Unavailable>
}

/** Commits in the order of the calls, for as long as the scope lives. */
export const makeGroupCommit = Effect.fnUntraced(function* (
  file: string,
  ask: Ask<ReadonlyArray<Work>, Written>
): Effect.fn.Return<GroupCommit, never, Scope.Scope> {
  const waiting = yield* Queue.unbounded<Waiting>()
  const failed = yield* Deferred.make<never, StorageBroken>()
  let isRefusing = false

  /** Tells the operator, once, that nothing can be stored, and when it can again. */
  const tell = Effect.fnUntraced(function* (written: Written) {
    const wasRefusing = isRefusing
    isRefusing = written._tag !== "Committed"
    if (written._tag === "Broken") {
      const message = `can't go on with the data file ${file}: ${written.reason}`
      yield* Deferred.fail(failed, new StorageBroken({ message }))
    } else if (written._tag === "Refused" && !wasRefusing) {
      yield* Effect.logWarning(`nothing can be stored in ${file}: ${written.reason}`)
    } else if (written._tag === "Committed" && wasRefusing) {
      yield* Effect.logInfo(`storing in ${file} again`)
    }
  })

  const commitNext = Effect.gen(function* () {
    const group = yield* Queue.takeBetween(waiting, 1, groupSize)
    const written = yield* ask(group.map(({ work }) => work)).pipe(Effect.catchDefect(broken))
    group.forEach(({ done }, index) => void Deferred.doneUnsafe(done, outcomeOf(written, index)))
    yield* tell(written)
  })

  yield* Effect.forkScoped(Effect.forever(commitNext))
  return {
    write: <Done extends Work>(work: Done) =>
      Effect.suspend(() => {
        const done = Deferred.makeUnsafe<Result, Unavailable>()
        Queue.offerUnsafe(waiting, { work, done })
        return Deferred.await(done) as Effect.Effect<Result<Done>, Unavailable>
      }),
    failed: Deferred.await(failed)
  }
})

/** A thread that has ended leaves open what became of its last transaction. */
const broken = (defect: unknown): Effect.Effect<Written> =>
  Effect.succeed({ _tag: "Broken", reason: defect instanceof Error ? defect.message : String(defect) })

const outcomeOf = (written: Written, index: number): Effect.Effect<Result, Unavailable> => {
  if (written._tag === "Committed") return Effect.succeed(written.results[index])
  if (written._tag === "Refused") return Effect.fail(new Unavailable({ message: written.reason }))
  return Effect.die(new Error(written.reason))
}
