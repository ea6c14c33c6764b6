/**
 * A disk that is full while there is a file `…-full` beside the data file.
 */
import { existsSync } from "node:fs"
import type { DiskModule } from "../../../src/sqlite/disk.ts"

/** SQLITE_FULL. */
const full = 13

export const openDisk: DiskModule["openDisk"] = (db, file) => ({
  begin: () => db.exec("BEGIN IMMEDIATE"),
  commit: () => {
    if (existsSync(`${file}-full`)) throw Object.assign(new Error("database or disk is full"), { errcode: full })
    db.exec("COMMIT")
  }
})
