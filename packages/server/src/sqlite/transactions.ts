/**
 * Groups of work in transactions: what is asked for at one time goes into one, so that all who wait for the disk wait together.
 *
 * Where a file follows a log, what the log has is stored already, and what the file lacks of it is done again: so nobody need wait for a
 * commit, and a transaction is left open for those groups that come next, until it is settled. A commit writes each page anew that was
 * changed, be it by one entry or by twenty.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Disk } from "./disk.ts"
import { inWords, isDefect, isUndone, mayPass } from "./fault.ts"
import type { Places } from "./places.ts"
import type { Result, Work } from "./writer.ts"

/** What became of a group of work: of all of it the same, but for what a defect has kept from being written. */
export type Written =
  /** `defects` has, by their place, those works of which nothing was written, with the reason; absent when there are none. */
  | {
      readonly _tag: "Committed"
      readonly results: ReadonlyArray<Result>
      readonly defects?: ReadonlyMap<number, string>
    }
  /** Nothing was written, and nothing will be. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** Nobody knows, or nothing more can be written: no other group must follow. */
  | { readonly _tag: "Broken"; readonly reason: string }

/** Writes a group; the errors of the disk are values. */
export type Write = (group: ReadonlyArray<Work>) => Written

export interface Transactions {
  readonly write: Write
  /** Commits what is open, if anything is. */
  readonly settle: () => Written
  /** Takes what was written, left open and then rolled back: it is to be written again before anything else, and does the same. */
  readonly takeUndone: () => ReadonlyArray<Work>
}

export interface TransactionsOptions {
  readonly db: DatabaseSync
  readonly disk: Disk
  readonly places: Places
  /** Does one thing within a transaction; throws. */
  readonly perform: (work: Work) => Result
  /** Works that a transaction may be left open with; 0: each group is committed when it is written. */
  readonly late: number
}

const settled: Written = { _tag: "Committed", results: [] }

/**
 * Writes in transactions of a file, by what does one thing within one. A group that has a defect is written again, alone or with what was left
 * open, without the works that are defects.
 */
export const makeTransactions = ({ db, disk, late, perform, places }: TransactionsOptions): Transactions => {
  /** What is in the transaction that is open: none is when there is nothing. */
  let held: Array<Work> = []
  let undone: Array<Work> = []
  let before = places.last()

  const begin = () => {
    before = places.last()
    disk.begin()
  }

  const rollBack = () => {
    // SQLite has rolled back by itself after some errors.
    if (db.isTransaction) db.exec("ROLLBACK")
    places.goBackTo(before)
  }

  /** Gives what an error means, once nothing is left of the transaction. */
  const undo = (error: unknown, isDefinite: boolean): Written => {
    const reason = inWords(error)
    if (!isDefinite) return { _tag: "Broken", reason }
    rollBack()
    undone.push(...held)
    held = []
    return { _tag: "Refused", reason }
  }

  const commit = (written: Written): Written => {
    try {
      disk.commit()
    } catch (error) {
      return undo(error, isUndone(error))
    }
    held = []
    return written
  }

  /** Writes a group without those works of it that are defects, so that they keep nobody else's from the file. */
  const writeWithout = (group: ReadonlyArray<Work>): Written => {
    const defects = new Map<number, string>()
    const performAlone = (work: Work, place: number): Result => {
      db.exec("SAVEPOINT alone")
      try {
        return perform(work)
      } catch (error) {
        if (!isDefect(error)) throw error
        defects.set(place - held.length, inWords(error))
        db.exec("ROLLBACK TO alone")
        return undefined
      } finally {
        if (db.isTransaction) db.exec("RELEASE alone")
      }
    }
    let results: ReadonlyArray<Result>
    try {
      begin()
      results = [...held, ...group].map(performAlone).slice(held.length)
    } catch (error) {
      return undo(error, mayPass(error))
    }
    return commit({ _tag: "Committed", results, ...(defects.size === 0 ? {} : { defects }) })
  }

  const write: Write = (group) => {
    let results: ReadonlyArray<Result>
    try {
      if (held.length === 0) begin()
      results = group.map(perform)
    } catch (error) {
      if (!isDefect(error) || !db.isTransaction) return undo(error, mayPass(error))
      rollBack()
      return writeWithout(group)
    }
    const written: Written = { _tag: "Committed", results }
    if (group.length === 0 || held.length + group.length > late) return commit(written)
    held.push(...group)
    return written
  }

  return {
    write,
    settle: () => (held.length > 0 ? commit(settled) : settled),
    takeUndone: () => {
      const taken = undone
      undone = []
      return taken
    }
  }
}
