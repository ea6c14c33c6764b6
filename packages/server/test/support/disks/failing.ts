/**
 * A disk that doesn't tell whether it has stored what it was given.
 */
import type { DiskModule } from "../../../src/sqlite/disk.ts"

/** SQLITE_IOERR_FSYNC. */
const failedSync = 1_034

export const openDisk: DiskModule["openDisk"] = (db) => {
  const entries = db.prepare("SELECT count(*) AS count FROM entries")
  return {
    begin: () => db.exec("BEGIN IMMEDIATE"),
    commit: () => {
      if (entries.get()!["count"] !== 0) throw Object.assign(new Error("disk I/O error"), { errcode: failedSync })
      db.exec("COMMIT")
    }
  }
}
