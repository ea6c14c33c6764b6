/**
 * Moves what stands in the WAL into the file (a checkpoint), so that the WAL is written over from its beginning instead of growing.
 *
 * SQLite does it within the commit that makes the WAL long, and syncs both files for that: whoever waits for such a commit waits for 10 or 20 ms.
 * So those who write leave it to the thread that reads, which does it several times a second. While others write, it never gets to the
 * end, and only then is the WAL begun anew; so now and then it is done while nobody writes, when little is left to do.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import type { Unavailable } from "../room-log.ts"
import { sleep } from "./sleep.ts"
import type { TwoWriters } from "./two-writers.ts"

/** Milliseconds between two checkpoints: longer, and each has so much to sync that a commit beside it is slow. */
const pause = 250

/** Pages that a WAL may have before it is begun anew: 16 MiB. */
const longWal = 4_096

/** Pages of which SQLite moves them within a commit all the same, lest the WAL grow for ever. */
const muchTooLong = 16_384

/** Has the commits of one who writes not move pages, but for far too many. */
export const withoutCheckpoints = (db: DatabaseSync): void => db.exec(`PRAGMA wal_autocheckpoint = ${muchTooLong}`)

/** Asks for a checkpoint. */
export interface Checkpointing {
  /**
   * Moves as much as can be moved while others read and write; gives how many pages the WAL had, none if it couldn't be tried. What can't be
   * moved is as safe where it is, and is moved another time.
   */
  readonly checkpoint: (request: object) => number
}

/** @param open gives the file, opened for writing; it may fail */
export const makeCheckpointing = (open: () => DatabaseSync): Checkpointing => ({
  checkpoint: () => {
    try {
      return Math.max(0, Number(open().prepare("PRAGMA wal_checkpoint(PASSIVE)").get()?.["log"]))
    } catch {
      return 0
    }
  }
})

/** Moves what is written, for as long as anything is. */
export const checkpointForever = (
  { beginWal, written }: TwoWriters,
  move: Effect.Effect<number, Unavailable>
): Effect.Effect<never> =>
  Effect.gen(function* () {
    yield* written
    yield* sleep(pause)
    const pages = yield* Effect.orElseSucceed(move, () => 0)
    if (pages > longWal) yield* beginWal
  }).pipe(Effect.forever)
