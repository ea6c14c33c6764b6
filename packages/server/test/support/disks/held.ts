/**
 * A slow disk, which stands still while there is a file `…-held` beside the data file.
 */
import { existsSync } from "node:fs"
import type { DiskModule } from "../../../src/sqlite/disk.ts"
import { makeSlowStart, stop } from "./stop.ts"

export const openDisk: DiskModule["openDisk"] = (db, file) => {
  const start = makeSlowStart()
  return {
    begin: () => db.exec("BEGIN IMMEDIATE"),
    commit: () => {
      start()
      while (existsSync(`${file}-held`)) stop(5)
      db.exec("COMMIT")
    }
  }
}
