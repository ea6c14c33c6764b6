/**
 * A process that makes a copy of a data file for those who are to follow the same log, says what it is, and ends (apart.ts).
 *
 * @module
 */
import { createHash } from "node:crypto"
import { closeSync, fsyncSync, openSync, readSync, rmSync, statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { type Following, followingOf, leaveLogBehind, startFollowing } from "./following.ts"
import { sayApart } from "./saying-apart.ts"
import { leaveOutIndex } from "./schema.ts"

const [, , file, copy, as] = process.argv

const make = (): void => {
  for (const suffix of ["", "-journal"]) rmSync(`${copy}${suffix}`, { force: true })
  // Whoever may not read the data file may not read its copy.
  closeSync(openSync(copy!, "wx", statSync(file!).mode & 0o777))
  const source = new DatabaseSync(file!, { readOnly: true, timeout: 1_000 })
  source.prepare("VACUUM INTO ?").run(copy!)
  source.close()
}

/** Makes it what it is to be, checks it, and gives what it follows. */
const prepare = (): Following => {
  const db = new DatabaseSync(copy!)
  db.exec("BEGIN")
  if (as !== undefined) startFollowing(db, JSON.parse(as) as Following)
  leaveLogBehind(db)
  db.exec("COMMIT")
  leaveOutIndex(db)
  const { quick_check: isSound } = db.prepare("PRAGMA quick_check(1)").get() as { readonly quick_check: string }
  const { entries, expected } = db.prepare(countRows).get() as { readonly entries: number; readonly expected: number }
  if (isSound !== "ok" || entries !== expected) throw new Error("it is damaged: tertulia verify says what is wrong")
  const following = followingOf(db)
  if (following === undefined) throw new Error("it follows nothing")
  db.close()
  return following
}

const countRows =
  "SELECT (SELECT count(*) FROM entries) AS entries, coalesce(sum(head - first + 1), 0) AS expected FROM rooms"

/** Brings it to the disk, and reads it once more. */
const digest = (): string => {
  const descriptor = openSync(copy!, "r+")
  try {
    fsyncSync(descriptor)
    const hash = createHash("sha256")
    const chunk = Buffer.alloc(1_048_576)
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, read))
    }
    return hash.digest("hex")
  } finally {
    closeSync(descriptor)
  }
}

sayApart(() => {
  make()
  const { id, place } = prepare()
  return [{ id, place, bytes: statSync(copy!).size, digest: digest() }]
})
