/**
 * A disk whose sync takes 20 ms.
 *
 * @module
 */
import type { DiskModule } from "../../packages/server/src/sqlite/disk.ts"

const never = new Int32Array(new SharedArrayBuffer(4))

export const openDisk: DiskModule["openDisk"] = (db) => ({
  begin: () => db.exec("BEGIN IMMEDIATE"),
  commit: () => {
    db.exec("COMMIT")
    Atomics.wait(never, 0, 0, 20)
  }
})
