/**
 * How transactions begin and end: on the disk, or on one that is slow, fails, or lies, as tests have them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"

/** Begins a transaction, and ends it when all of it is on the disk; throws the errors of SQLite. */
export interface Disk {
  readonly begin: () => void
  readonly commit: () => void
}

/** The disk that a file is on. */
export const openDisk = (db: DatabaseSync): Disk => {
  const begin = db.prepare("BEGIN IMMEDIATE")
  return { begin: () => void begin.run(), commit: () => db.exec("COMMIT") }
}

/** The same disk, whose every commit is timed: in milliseconds, also when it fails. */
export const timed = (disk: Disk, took: (milliseconds: number) => void): Disk => ({
  begin: disk.begin,
  commit: () => {
    const began = performance.now()
    try {
      disk.commit()
    } finally {
      took(performance.now() - began)
    }
  }
})

/** A module that has another disk; `file` is the path of the data file. */
export interface DiskModule {
  readonly openDisk: (db: DatabaseSync, file: string) => Disk
}

/** Imports a module that has a disk; absent, this one. */
export const importDisk = async (url: string | undefined): Promise<DiskModule> =>
  url === undefined ? { openDisk } : ((await import(url)) as DiskModule)
