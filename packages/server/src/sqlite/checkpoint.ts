/**
 * Moves what stands in the WAL into the file (a checkpoint), so that the WAL is written over from its beginning instead of growing.
 *
 * SQLite does it within the commit that makes the WAL long, and syncs two files more for that: whoever waits for such a commit waits for 10 or 20
 * ms. So the event loop, whose commits are waited for by everybody, leaves it to the thread. While the loop writes, that
 * never gets to the end, and only at the end is the WAL begun anew; so the loop then does what is left, which is little.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"

/** Pages that a WAL may have before the one who writes stops to move what is left of it. */
export const longWal = 4_096

/** Pages of which SQLite moves them by itself, within a commit, lest the WAL grow for ever where the thread isn't asked or can't. */
const muchTooLong = 16_384

/** Has the commits of one who writes not move pages, but for far too many. */
export const withoutCheckpoints = (db: DatabaseSync): void => db.exec(`PRAGMA wal_autocheckpoint = ${muchTooLong}`)

/**
 * Moves as much as can be moved while others read and write; gives how many pages the WAL had, none if it couldn't be tried. What can't be
 * moved is as safe where it is, and is moved another time.
 */
export const checkpoint = (db: DatabaseSync): number => {
  try {
    return Math.max(0, Number(db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get()?.["log"]))
  } catch {
    return 0
  }
}
