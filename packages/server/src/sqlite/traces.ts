/**
 * Leaves nothing in a data file of what was given up.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { inWords } from "./fault.ts"
import type { Written } from "./transactions.ts"

/**
 * With `secure_delete` (data-file.ts), a deleted entry is overwritten where it was; but its older images are in the WAL until that is
 * written over. So the WAL is emptied. While somebody reads it, such as a long export, that has to wait: the writer doesn't.
 */
export const emptyWal = (db: DatabaseSync): Written => {
  const patience = db.prepare("PRAGMA busy_timeout").get()?.["timeout"]
  try {
    db.exec("PRAGMA busy_timeout = 0")
    const isBusy = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] !== 0
    return isBusy ? { _tag: "Refused", reason: "somebody is reading the file" } : { _tag: "Committed", results: [] }
  } catch (error) {
    return { _tag: "Refused", reason: inWords(error) }
  } finally {
    db.exec(`PRAGMA busy_timeout = ${patience}`)
  }
}
