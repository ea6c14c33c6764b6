/**
 * Two who write to a data file, one at a time: the event loop itself, while the disk is fast, and a thread.
 *
 * A thread must be woken for each transaction, and the loop again for its end, and what is to be written is copied: on a disk that
 * syncs in 0.1 ms that takes as long as the writing. But a loop that commits stands still for as long as the disk syncs, and with it
 * every heartbeat and every other room. So the loop writes until the disk is slow (pace.ts); then the thread does, until the disk has been
 * fast for some time. And what takes long on any disk is always for the thread.
 *
 * `npm run bench:durable` shows what that is worth.
 *
 * In a file that follows a log, the loop leaves its transaction open for some milliseconds (transactions.ts): until the time is over, there is
 * much in it, the thread is to write, or somebody else is to read what was written.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Unavailable } from "../room-log.ts"
import { scriptAt } from "../scripts.ts"
import { withoutCheckpoints } from "./checkpoint.ts"
import { openBeside } from "./data-file.ts"
import { importDisk, timed } from "./disk.ts"
import { makePace } from "./pace.ts"
import { sleep } from "./sleep.ts"
import { openThread, type StorageFault } from "./thread.ts"
import type { Written } from "./transactions.ts"
import { isBrief, openWriter, type Work } from "./writer.ts"
import type { WriterAnswer, WriterData, WriterQuestion } from "./writer-thread.ts"

export interface TwoWriters {
  /** Writes a group in one transaction. A defect: nobody knows what became of it. */
  readonly write: (group: ReadonlyArray<Work>) => Effect.Effect<Written>
  /** Waits until all that was written before can be read by others. */
  readonly settled: Effect.Effect<void, Unavailable>
  /** Removes from the disk what is left of deleted entries; gives whether it could. */
  readonly removeTraces: Effect.Effect<boolean>
  /** Waits until anything was written since it waited last. */
  readonly written: Effect.Effect<void>
  /** Moves the end of the WAL into the file while nobody writes, so that the WAL is begun anew. */
  readonly beginWal: Effect.Effect<void>
}

const script = scriptAt("sqlite/writer-thread")

/** Milliseconds for which a transaction is left open where the file follows a log, and works that it may have then. */
const lateMillis = 20
const mostLate = 1_024

/** How long is waited where what was left open can't be stored. */
const retry = 1_000

/** Opens a file for both, and makes it if it doesn't exist. */
export const openTwoWriters = Effect.fnUntraced(function* (
  file: string,
  { disk, follows = false }: { readonly disk?: URL | undefined; readonly follows?: boolean } = {}
): Effect.fn.Return<TwoWriters, StorageFault, Scope.Scope> {
  const data: WriterData = { lastPlace: new Float64Array(new SharedArrayBuffer(8)), disk: disk?.href, follows }
  const ask = yield* openThread<WriterQuestion, WriterAnswer>(script, file, data)
  const { openDisk } = yield* Effect.promise(() => importDisk(data.disk))
  const db = yield* Effect.acquireRelease(
    Effect.sync(() => openBeside(file, { follows })),
    (opened) => Effect.sync(() => opened.close())
  )
  const pace = makePace(() => performance.now())
  const near = openWriter(db, {
    disk: timed(openDisk(db, file), pace.took),
    lastPlace: data.lastPlace,
    late: follows ? mostLate : 0
  })
  withoutCheckpoints(db)
  const hasWritten = Latch.makeUnsafe(false)
  const isOpen = Latch.makeUnsafe(false)
  const turn = Semaphore.makeUnsafe(1).withPermits(1)
  // What was left open, and rolled back when it was to be committed.
  let undone: ReadonlyArray<Work> = []
  // Why nothing more may be written, if so.
  let broken: Extract<Written, { readonly _tag: "Broken" }> | undefined

  const askThread = (question: WriterQuestion): Effect.Effect<Written> =>
    Effect.map(ask(question), ({ took, written }) => {
      pace.took(took)
      return written
    })

  /** What the loop has written; where it was refused, the disk isn't to be waited for, and what is rolled back is for the thread. */
  const noted = (written: Written): Written => {
    if (written._tag === "Broken") broken = written
    if (written._tag === "Refused") {
      pace.stop()
      undone = [...undone, ...near.takeUndone()]
    }
    return written
  }

  /** Commits what the loop has left open. */
  const settle = (): Written => broken ?? noted(near.settle())

  /** Has the thread write, and first what was rolled back. */
  const writeFar = (group: ReadonlyArray<Work>): Effect.Effect<Written> =>
    Effect.suspend(() => {
      const settled = settle()
      if (settled._tag === "Broken") return Effect.succeed(settled)
      const again = undone
      const works = [...again, ...group].map(forThread)
      const writing = Effect.map(askThread({ _tag: "Write", group: works, touched: near.takeTouched() }), (written) => {
        if (written._tag === "Broken") broken = written
        if (written._tag !== "Committed" || again.length === 0) return written
        undone = []
        return withoutFirst(again.length, written)
      })
      // Whoever goes meanwhile must not leave it to be written twice.
      return again.length === 0 ? writing : Effect.uninterruptible(writing)
    })

  const write = (group: ReadonlyArray<Work>): Effect.Effect<Written> => {
    hasWritten.openUnsafe()
    if (broken !== undefined) return Effect.succeed(broken)
    if (undone.length > 0 || !pace.isFast() || !group.every(isBrief)) return writeFar(group)
    const written = noted(near.write(group))
    if (follows) isOpen.openUnsafe()
    // Nothing was written. Somebody else may hold the file, for whom the thread waits; if the disk is full, it says so, too.
    return written._tag === "Refused" ? writeFar(group) : Effect.succeed(written)
  }

  const settled = Effect.suspend(() => {
    // While the thread writes, nothing is open.
    const written = settle()
    return written._tag === "Committed" && undone.length === 0 ? Effect.succeed(written) : turn(writeFar([]))
  }).pipe(
    Effect.flatMap((written) =>
      written._tag === "Committed" ? Effect.void : Effect.fail(new Unavailable({ message: written.reason }))
    )
  )

  /** Settles what is open, some time after it was opened. */
  const settleLater = Effect.gen(function* () {
    yield* isOpen.await
    yield* sleep(lateMillis)
    isOpen.closeUnsafe()
    yield* settled
  }).pipe(
    Effect.catch(() => Effect.andThen(sleep(retry), Effect.sync(isOpen.openUnsafe))),
    Effect.forever
  )
  if (follows) {
    yield* Effect.addFinalizer(() => Effect.sync(settle))
    yield* Effect.forkScoped(settleLater)
  }

  const askAlone = (question: WriterQuestion) =>
    turn(
      Effect.suspend(() => {
        settle()
        return askThread(question)
      })
    )

  return {
    write: (group) => turn(Effect.suspend(() => write(group))),
    settled,
    removeTraces: Effect.map(askAlone({ _tag: "RemoveTraces" }), ({ _tag }) => _tag === "Committed"),
    written: Effect.tap(hasWritten.await, () => Effect.sync(() => hasWritten.closeUnsafe())),
    beginWal: Effect.asVoid(askAlone({ _tag: "Checkpoint" }))
  }
})

/** What became of a group, without the works before it that were done again. */
const withoutFirst = (
  count: number,
  { defects, results }: Extract<Written, { readonly _tag: "Committed" }>
): Written => ({
  _tag: "Committed",
  results: results.slice(count),
  ...(defects && { defects: new Map([...defects].map(([place, reason]) => [place - count, reason])) })
})

/** Work as it crosses to the thread: an author may be more than an id. */
const forThread = (work: Work): Work =>
  work._tag === "Append"
    ? { ...work, drafts: work.drafts.map((draft) => ({ ...draft, author: { id: draft.author.id } })) }
    : work
