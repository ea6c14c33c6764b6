/**
 * Group commit: while one transaction is on its way to the disk, what others append waits, and shares the next.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { Meters } from "../meters.ts"
import { StorageBroken, Unavailable } from "../room-log.ts"
import { Tracing } from "../tracing.ts"
import type { Written } from "./transactions.ts"
import { isBrief, type Result, type Work } from "./writer.ts"

export interface GroupCommit {
  /** Writes, and gives what the work has given once it is on the disk. A defect: it isn't, for one of the program, or nobody knows whether it is. */
  readonly write: <Done extends Work>(work: Done) => Effect.Effect<Result<Done>, Unavailable>
  /** Waits until nothing more can be written. */
  readonly failed: Effect.Effect<never, StorageBroken>
}

/** The most that one transaction does: appends of as many rooms, for one. */
const groupSize = 256

/** The most entries of one transaction, but for those of one append: others wait no longer than for these, some 3 ms. */
const mostEntries = 1_024

interface Waiting {
  readonly work: Work
  readonly done: Deferred.Deferred<Result, Unavailable>
}

/** Commits in the order of the calls, for as long as the scope lives. */
export const makeGroupCommit = Effect.fnUntraced(function* (
  file: string,
  write: (group: ReadonlyArray<Work>) => Effect.Effect<Written>
): Effect.fn.Return<GroupCommit, never, Scope.Scope> {
  const waiting: Array<Waiting> = []
  let wake: (() => void) | undefined
  const failed = yield* Deferred.make<never, StorageBroken>()
  const meters = yield* Meters
  const trace = yield* Tracing
  const clock = yield* Clock.Clock
  let isRefusing = false
  let isBroken = false

  /** Tells the operator, once, that nothing can be stored, and when it can again. */
  const tell = Effect.fnUntraced(function* (written: Written) {
    const wasRefusing = isRefusing
    isRefusing = written._tag !== "Committed"
    if (written._tag === "Broken") {
      isBroken = true
      const message = `can't go on with the data file ${file}: ${written.reason}`
      yield* Deferred.fail(failed, new StorageBroken({ message }))
    } else if (written._tag === "Refused" && !wasRefusing) {
      yield* Effect.logWarning(`nothing can be stored in ${file}: ${written.reason}`)
    } else if (written._tag === "Committed" && wasRefusing) {
      yield* Effect.logInfo(`storing in ${file} again`)
    }
  })

  const traced = (group: ReadonlyArray<Waiting>, writing: Effect.Effect<Written>): Effect.Effect<Written> =>
    trace === undefined
      ? writing
      : trace("commit", { "tertulia.works": group.length }, writing, (exit) => ({
          "tertulia.stored": Exit.isSuccess(exit) && exit.value._tag === "Committed"
        }))

  const commit = Effect.fnUntraced(function* (group: ReadonlyArray<Waiting>) {
    const since = clock.monotonicTimeNanosUnsafe()
    const writing = write(group.map(({ work }) => work)).pipe(Effect.catchDefect(broken))
    const written = isBroken ? stopping : yield* traced(group, writing)
    meters.committed(Number(clock.monotonicTimeNanosUnsafe() - since) / 1e6, written._tag === "Committed")
    group.forEach(({ done }, index) => void Deferred.doneUnsafe(done, outcomeOf(written, index)))
    if (written._tag !== "Committed" || isRefusing) yield* tell(written)
  })

  // Whoever appends in the same turn of the event loop comes along, and nobody waits for the next: a turn of a busy server has milliseconds.
  const arrived = Effect.callback<void>((resume) => {
    if (waiting.length > 0) return resume(Effect.void)
    wake = () => queueMicrotask(() => resume(Effect.void))
    return Effect.sync(() => {
      wake = undefined
    })
  })

  const commitNext = Effect.gen(function* () {
    yield* arrived
    for (const group of groupsOf(waiting.splice(0, groupSize))) yield* commit(group)
  })

  yield* Effect.forkScoped(Effect.forever(commitNext))
  return {
    write: <Done extends Work>(work: Done) =>
      Effect.suspend(() => {
        const done = Deferred.makeUnsafe<Result, Unavailable>()
        waiting.push({ work, done })
        wake?.()
        wake = undefined
        return Deferred.await(done) as Effect.Effect<Result<Done>, Unavailable>
      }),
    failed: Deferred.await(failed)
  }
})

const stopping: Written = { _tag: "Refused", reason: "the server is stopping" }

/** Cuts what waits into transactions: nobody waits for more than they have to, and nothing brief for what isn't. */
const groupsOf = (taken: ReadonlyArray<Waiting>): ReadonlyArray<ReadonlyArray<Waiting>> => {
  const groups: Array<Array<Waiting>> = []
  let entries = 0
  let wasBrief = false
  for (const one of taken) {
    const own = one.work._tag === "Append" ? one.work.drafts.length : 0
    if (groups.length === 0 || entries + own > mostEntries || isBrief(one.work) !== wasBrief) {
      groups.push([])
      entries = 0
    }
    groups.at(-1)!.push(one)
    entries += own
    wasBrief = isBrief(one.work)
  }
  return groups
}

/** A thread that has ended leaves open what became of its last transaction. */
const broken = (defect: unknown): Effect.Effect<Written> =>
  Effect.succeed({ _tag: "Broken", reason: defect instanceof Error ? defect.message : String(defect) })

const outcomeOf = (written: Written, index: number): Effect.Effect<Result, Unavailable> => {
  if (written._tag === "Committed") {
    const defect = written.defects?.get(index)
    return defect === undefined ? Effect.succeed(written.results[index]) : Effect.die(new Error(defect))
  }
  if (written._tag === "Refused") return Effect.fail(new Unavailable({ message: written.reason }))
  return Effect.die(new Error(written.reason))
}
