/**
 * A disk that lies: what it says is stored is committed 10 ms later. It is slow at first, so that a thread writes.
 */
import type { DiskModule } from "../../../src/sqlite/disk.ts"
import { makeSlowStart, stop } from "./stop.ts"

export const openDisk: DiskModule["openDisk"] = (db) => {
  const commit = () => {
    if (!db.isTransaction) return
    stop(10)
    db.exec("COMMIT")
  }
  const start = makeSlowStart()
  return {
    begin: () => {
      commit()
      db.exec("BEGIN IMMEDIATE")
    },
    commit: () => {
      start()
      setImmediate(commit)
    }
  }
}
