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
 * @module
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { scriptAt } from "../scripts.ts"
import { withoutCheckpoints } from "./checkpoint.ts"
import { openBeside } from "./data-file.ts"
import { importDisk, timed } from "./disk.ts"
import { makePace } from "./pace.ts"
import { openThread, type StorageFault } from "./thread.ts"
import { isBrief, openWriter, type Work, type Written } from "./writer.ts"
import type { WriterAnswer, WriterData, WriterQuestion } from "./writer-thread.ts"

export interface TwoWriters {
  /** Writes a group in one transaction. A defect: nobody knows what became of it. */
  readonly write: (group: ReadonlyArray<Work>) => Effect.Effect<Written>
  /** Removes from the disk what is left of deleted entries; gives whether it could. */
  readonly removeTraces: Effect.Effect<boolean>
  /** Waits until anything was written since it waited last. */
  readonly written: Effect.Effect<void>
  /** Moves the end of the WAL into the file while nobody writes, so that the WAL is begun anew. */
  readonly beginWal: Effect.Effect<void>
}

const script = scriptAt("sqlite/writer-thread")

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
  const near = openWriter(db, { disk: timed(openDisk(db, file), pace.took), lastPlace: data.lastPlace })
  withoutCheckpoints(db)
  const hasWritten = Latch.makeUnsafe(false)
  const turn = Semaphore.makeUnsafe(1).withPermits(1)

  const askThread = (question: WriterQuestion): Effect.Effect<Written> =>
    Effect.map(ask(question), ({ took, written }) => {
      pace.took(took)
      return written
    })
  const writeFar = (group: ReadonlyArray<Work>) =>
    askThread({ _tag: "Write", group: group.map(forThread), touched: near.takeTouched() })

  return {
    write: (group) =>
      turn(
        Effect.suspend(() => {
          hasWritten.openUnsafe()
          if (!pace.isFast() || !group.every(isBrief)) return writeFar(group)
          const written = near.write(group)
          if (written._tag !== "Refused") return Effect.succeed(written)
          // Nothing was written. Somebody else may hold the file, for whom the thread waits; if the disk is full, it says so, too.
          pace.stop()
          return writeFar(group)
        })
      ),
    removeTraces: turn(Effect.map(askThread({ _tag: "RemoveTraces" }), ({ _tag }) => _tag === "Committed")),
    written: Effect.tap(hasWritten.await, () => Effect.sync(() => hasWritten.closeUnsafe())),
    beginWal: turn(Effect.asVoid(askThread({ _tag: "Checkpoint" })))
  }
})

/** Work as it crosses to the thread: an author may be more than an id. */
const forThread = (work: Work): Work =>
  work._tag === "Append"
    ? { ...work, drafts: work.drafts.map((draft) => ({ ...draft, author: { id: draft.author.id } })) }
    : work
