/**
 * Opens a data file: for one server at a time, checked before anything in it is changed.
 *
 * @module
 */
import { existsSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { inWords } from "./fault.ts"
import { migrate, schemaFault } from "./schema.ts"

/** Why a file can't be used, as one sentence. */
export class DataFault extends Error {}

/** Milliseconds for which another program may hold the file before that counts as a failure. */
const patience = 1_000

/** A data file that is open for writing, and closed to every other server. */
export interface DataFile {
  readonly db: DatabaseSync
  readonly close: () => void
}

/**
 * Opens a file for the one who writes, and creates it if it doesn't exist. A file that can't be used is left as it is.
 *
 * @throws DataFault
 */
export const openDataFile = (file: string): DataFile =>
  explained(file, () => {
    const path = whole(file)
    const lock = lockOf(path)
    try {
      const db = new DatabaseSync(path, { timeout: patience })
      try {
        prepare(db)
      } catch (error) {
        db.close()
        throw error
      }
      return {
        db,
        close: () => {
          db.close()
          lock.close()
        }
      }
    } catch (error) {
      lock.close()
      throw error
    }
  })

/**
 * Opens a file that its writer has open, for reading only.
 *
 * @throws DataFault
 */
export const openForReading = (file: string): DatabaseSync =>
  explained(file, () => new DatabaseSync(whole(file), { readOnly: true, timeout: patience }))

const explained = <A>(file: string, open: () => A): A => {
  try {
    return open()
  } catch (error) {
    throw new DataFault(
      `can't use the data file ${file}: ${error instanceof DataFault ? error.message : inWords(error)}`
    )
  }
}

/** The whole path, so that a file has one name whoever names it; links are followed. */
const whole = (file: string): string => {
  const path = resolve(file)
  const folder = dirname(path)
  if (!existsSync(folder)) throw new DataFault(`there is no folder ${folder}: make it first`)
  if (!existsSync(path)) return join(realpathSync(folder), basename(path))
  if (statSync(path).isDirectory()) throw new DataFault("it is a folder: name a file in it")
  return realpathSync(path)
}

/**
 * Holds a lock for as long as the process lives, however it ends. It can't be on the file itself: there, the lock that keeps
 * other writers out between transactions would keep readers out, too.
 */
const lockOf = (path: string): DatabaseSync => {
  const lock = new DatabaseSync(`${path}-lock`)
  try {
    lock.exec("BEGIN EXCLUSIVE")
    return lock
  } catch {
    lock.close()
    throw new DataFault("another server uses it: stop that one, or name another file with --data")
  }
}

/**
 * What was taken back is overwritten where it stood: that takes `secure_delete` (spec/rich.md).
 *
 * An entry that was committed is on the disk: that takes `FULL`, because in WAL mode `NORMAL` syncs at checkpoints only.
 */
const prepare = (db: DatabaseSync): void => {
  const fault = schemaFault(db)
  if (fault !== undefined) throw new DataFault(fault)
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
  migrate(db)
}
