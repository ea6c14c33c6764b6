/**
 * Opens a data file: for one server at a time, checked before anything in it is changed.
 *
 * @module
 */
import { closeSync, existsSync, openSync, readSync, realpathSync, renameSync, rmSync, statSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { inWords } from "./fault.ts"
import { followingFault, prepareFollowing } from "./following.ts"
import { adoptBackup, backupId, isBackup, migrate, schemaFault, versionOf } from "./schema.ts"
import { emptyWal } from "./traces.ts"

/** Why a file can't be used, as one sentence. */
export class DataFault extends Error {}

/** Milliseconds for which another program may hold the file before that counts as a failure. */
const patience = 1_000

/** A data file that is open for writing, and closed to every other server. */
export interface DataFile {
  readonly db: DatabaseSync
  /** Whether it was made just now. */
  readonly isNew: boolean
  readonly close: () => void
  /** Closes it and removes it, all but the lock. */
  readonly discard: () => void
}

/**
 * Opens a file for the one who writes, and creates it if it doesn't exist. A file that can't be used is left as it is.
 *
 * @param as whether it `follows` a log that other servers share: one that does would be another tertulia's if anything else wrote to it
 * @throws DataFault
 */
export const openDataFile = (file: string, { follows = false } = {}): DataFile =>
  explained(file, () => {
    const path = whole(file)
    const lock = lockOf(path)
    const isNew = !existsSync(path)
    try {
      refuseStaleWal(path)
      const db = new DatabaseSync(path, { timeout: patience })
      try {
        prepare(db, follows)
      } catch (error) {
        db.close()
        throw error
      }
      return {
        db,
        isNew,
        close: () => {
          db.close()
          lock.close()
        },
        discard: () => {
          db.close()
          for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true })
          lock.close()
        }
      }
    } catch (error) {
      lock.close()
      throw error
    }
  })

/**
 * Puts another file in the place of a data file that no server uses, or of none; nothing of what was there is left.
 *
 * @throws DataFault
 */
export const replaceDataFile = (file: string, by: string): void =>
  explained(file, () => {
    const path = whole(file)
    const lock = lockOf(path)
    try {
      // Without its WAL what is there is nothing: killed in between, the next server finds it so, and does the same.
      for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true })
      renameSync(by, path)
    } finally {
      lock.close()
    }
  })

/**
 * Opens a file that its writer has open, for reading only.
 *
 * @throws DataFault
 */
export const openForReading = (file: string): DatabaseSync =>
  explained(file, () => new DatabaseSync(whole(file), { readOnly: true, timeout: patience }))

/**
 * Opens a file for a second writer, beside the one who has it open. It never waits: while the other writes, it is refused.
 *
 * @throws DataFault
 */
export const openBeside = (file: string, { follows = false } = {}): DatabaseSync =>
  explained(file, () => {
    const db = new DatabaseSync(whole(file), { timeout: 0 })
    db.exec(`${follows ? followingSafety : safety}; ${cache}`)
    return db
  })

/**
 * Opens a file that a server has written, whether one uses it now or not, for reading only; and creates none.
 *
 * @throws DataFault
 */
export const openToLook = (file: string): DatabaseSync =>
  explained(file, () => {
    const path = whole(file)
    if (!existsSync(path)) throw new DataFault("it doesn't exist: name another with --data")
    refuseStaleWal(path)
    const db = new DatabaseSync(path, { readOnly: true, timeout: patience })
    try {
      const fault = schemaFault(db)
      if (fault !== undefined) throw new DataFault(fault)
      if (versionOf(db) === 0) throw new DataFault("it is empty: no server has written to it")
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })

const explained = <A>(file: string, open: () => A): A => {
  try {
    return open()
  } catch (error) {
    const why = error instanceof DataFault ? error.message : inWords(error)
    throw new DataFault(`can't use the data file ${file}: ${why}`, { cause: error })
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
 * A backup has no WAL of its own. One that lies beside it is of the file that was there before, and SQLite would write what it holds
 * into the backup.
 */
const refuseStaleWal = (path: string): void => {
  const wal = `${path}-wal`
  if (existsSync(wal) && statSync(wal).size > 0 && applicationIdOf(path) === backupId) {
    throw new DataFault(`it is a backup, and ${basename(wal)} is of the file that was there before: move that away`)
  }
}

/** The mark of the file as it is without its WAL: SQLite keeps it in bytes 68 to 71. */
const applicationIdOf = (path: string): number => {
  const header = Buffer.alloc(72)
  const descriptor = openSync(path, "r")
  try {
    readSync(descriptor, header, 0, header.length, 0)
  } finally {
    closeSync(descriptor)
  }
  return header.readUInt32BE(68)
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
 * What each who writes to a file asks of SQLite.
 *
 * An entry that was committed is on the disk: that takes `FULL`, because in WAL mode `NORMAL` syncs at checkpoints only.
 *
 * An entry that was given up, or a text that was taken back, is overwritten (`secure_delete`): whoever keeps something for 30 days has promised to have nothing older.
 * Of 25,200 texts that were given up, 24,357 were still in the file without it, and with it none where they were of one room, 1 to 4
 * of 7 rooms, up to 33 of 3,000 rooms: SQLite leaves a copy where it has split a page, until it fills the page again. Writing costs
 * the same with it; giving up takes 1.04 times as long with texts of up to 100 bytes, and 3 times with up to 4,000: 81,000 entries
 * in a second.
 *
 * What becomes free is used again, and the file doesn't shrink. `auto_vacuum` would have it shrink, by moving pages about all the time
 * to make room that the next entries need anyway.
 */
const safety = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON"

/**
 * Pages in memory, 8 MiB for each who writes, and as much as there is of the file at the most. Every room has its next entry in a page of its
 * own: with 256 busy rooms, the 2 MiB that SQLite takes by itself are read anew all the time, and a third fewer entries are stored.
 */
const cache = "PRAGMA cache_size = -8192"

/**
 * The same of a file that follows a log: what is in that is kept there. A loss of power takes the last of what the file has done, with the
 * place up to which it has, and it is done again.
 */
const followingSafety = "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON"

const prepare = (db: DatabaseSync, follows: boolean): void => {
  const fault = schemaFault(db) ?? followingFault(db, follows, isBackup(db))
  if (fault !== undefined) throw new DataFault(fault)
  // Before there is a WAL: see `refuseStaleWal`.
  adoptBackup(db)
  db.exec(`PRAGMA journal_mode = WAL; ${follows ? followingSafety : safety}; ${cache}`)
  migrate(db)
  // What an earlier life of the server had no time to remove; nobody reads yet.
  emptyWal(db)
  if (follows) prepareFollowing(db)
}
