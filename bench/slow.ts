/**
 * A disk whose sync takes 20 ms.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"

const never = new Int32Array(new SharedArrayBuffer(4))

/** Commits, and keeps its thread waiting. */
export const slowCommit = (db: DatabaseSync) => () => {
  db.exec("COMMIT")
  Atomics.wait(never, 0, 0, 20)
}
