/**
 * What a data file holds, to be compared with what another holds: of each room's entries, and of each table besides, how many rows there are,
 * and a checksum of them.
 *
 * Left out is what each file has for itself: its index of words, the order in which it has committed what came at one time, and what it follows.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import { rowsAtOnce } from "./finding.ts"

/** So many rows, and their checksum. */
export interface Held {
  /** A room, or a table. */
  readonly what: string
  readonly rows: number
  readonly digest: string
}

const ownTables = ["unindexed", "following", "appended", "erasures"]
const ownColumns = ["place", "drift", "indexed"]

/** Goes through a file, says now and then how many rows it has read, and gives what it holds. */
export const inventory = function* (db: DatabaseSync): Generator<number, ReadonlyArray<Held>> {
  db.exec("BEGIN")
  const held: Array<Held> = []
  for (const table of tablesOf(db)) {
    if (table !== "entries") held.push(yield* summed(db, table, table))
  }
  const rooms = db.prepare("SELECT id, name FROM rooms ORDER BY name").all() as unknown as ReadonlyArray<RoomRow>
  for (const { id, name } of rooms) held.push(yield* summed(db, name, "entries", "WHERE room = ?", id))
  db.exec("COMMIT")
  return held
}

interface RoomRow {
  readonly id: number
  readonly name: string
}

const tablesOf = (db: DatabaseSync): ReadonlyArray<string> =>
  db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'words*' AND name NOT GLOB 'sqlite_*'"
    )
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !ownTables.includes(name))
    .toSorted()

const summed = function* (
  db: DatabaseSync,
  what: string,
  table: string,
  where = "",
  ...values: ReadonlyArray<number>
): Generator<number, Held> {
  const columns = db
    .prepare("SELECT name, pk FROM pragma_table_info(?)")
    .all(table)
    .map(({ name, pk }) => ({ name: String(name), pk: Number(pk) }))
  const shared = columns.filter(({ name }) => !ownColumns.includes(name)).map(({ name }) => name)
  const keys = columns.filter(({ pk }) => pk > 0).toSorted((one, other) => one.pk - other.pk)
  const order = keys.map(({ name }) => name).join(", ")
  const hash = createHash("sha256")
  let rows = 0
  let told = 0
  for (const row of db
    .prepare(`SELECT ${shared.join(", ")} FROM ${table} ${where} ORDER BY ${order}`)
    .iterate(...values)) {
    take(hash, Object.values(row))
    rows++
    if (rows - told < rowsAtOnce) continue
    yield rows - told
    told = rows
  }
  yield rows - told
  return { what, rows, digest: hash.digest("hex") }
}

const take = (hash: Hash, values: ReadonlyArray<unknown>): void => {
  hash.update(`${JSON.stringify(values)}\n`)
}

/** What one of two files has that the other hasn't, or has otherwise, by name. */
export const differences = (one: ReadonlyArray<Held>, other: ReadonlyArray<Held>): ReadonlyArray<string> => {
  const others = new Map(other.map((held) => [held.what, held]))
  const names = new Set([...one, ...other].map(({ what }) => what))
  const ones = new Map(one.map((held) => [held.what, held]))
  return [...names].filter((name) => {
    const [here, there] = [ones.get(name), others.get(name)]
    return here?.rows !== there?.rows || here?.digest !== there?.digest
  })
}

/** One checksum of all that a file holds. */
export const digestOfAll = (held: ReadonlyArray<Held>): string =>
  createHash("sha256")
    .update(held.map(({ digest, rows, what }) => `${what} ${rows} ${digest}\n`).join(""))
    .digest("hex")
