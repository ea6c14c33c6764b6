/**
 * What an examination of a data file goes by: its steps, and what they find.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { isCorrupt } from "./fault.ts"

/** Something that is wrong, and where. */
export interface Finding {
  /** A room, or the file as a whole. */
  readonly where: string
  readonly what: string
}

/** How much a file has of what. */
export interface Extent {
  readonly rooms: number
  readonly entries: number
  readonly keys: number
}

/** A step of the examination: how much there is to be read, that so many rows of it were, what was found. */
export type Step =
  | { readonly _tag: "Holds"; readonly extent: Extent }
  | { readonly _tag: "Read"; readonly rows: number }
  | { readonly _tag: "Found"; readonly finding: Finding }

/** What stands for the file as a whole, where a room stands otherwise. */
export const file = "the file"

/** Rows that are read between two steps. */
export const rowsAtOnce = 1_000

/** Where the pages of one room are damaged, those of another may be sound. */
export const asFarAsItGoes = function* (where: string, steps: Iterable<Step>): Generator<Step, void> {
  try {
    yield* steps
  } catch (error) {
    if (!isCorrupt(error)) throw error
    yield unreadable(where)
  }
}

/** What is found where nothing more can be read. */
export const unreadable = (where: string): Step & { readonly _tag: "Found" } =>
  found(where, "it is corrupt, and can't be read to its end")

export const found = (where: string, what: string): Step & { readonly _tag: "Found" } => ({
  _tag: "Found",
  finding: { where, what }
})

/** Reads rows as they come. Integers of any size are numbers here: those that aren't exact are out of every range. */
export const eachOf = function* <Row>(
  db: DatabaseSync,
  sql: string,
  ...values: ReadonlyArray<number>
): Generator<Row, void> {
  const statement = db.prepare(sql)
  statement.setReadBigInts(true)
  for (const row of statement.iterate(...values)) {
    for (const [name, value] of Object.entries(row)) if (typeof value === "bigint") row[name] = Number(value)
    yield row as Row
  }
}

export const allOf = <Row>(db: DatabaseSync, sql: string): ReadonlyArray<Row> => Array.from(eachOf<Row>(db, sql))
