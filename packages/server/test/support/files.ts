/**
 * Data files with a content that the test chooses, without a server.
 */
import { DatabaseSync } from "node:sqlite"
import { openDataFile } from "../../src/sqlite/data-file.ts"
import { indexedAtOnce, makeIndexer } from "../../src/sqlite/indexer.ts"

/** An entry as it is planted. */
export interface Planted {
  readonly text?: string
  readonly from?: string
  readonly key?: string
  /** Milliseconds since 1970. */
  readonly at?: number
}

/** The log of a room as it is planted; its first entry is 1, or `first`. */
export interface PlantedLog {
  readonly room: string
  readonly entries: ReadonlyArray<Planted>
  readonly first?: number
}

export const epochOf = (room: string): string => `epoch-of-${room.slice(1)}`

/** Makes a data file with these logs. */
export const plant = (file: string, ...logs: ReadonlyArray<PlantedLog>): void => {
  const { close, db } = openDataFile(file)
  const addRoom = db.prepare("INSERT INTO rooms (name, epoch, first, head) VALUES (?, ?, ?, ?)")
  const addEntry = db.prepare("INSERT INTO entries (room, seq, author, key, at, text) VALUES (?, ?, ?, ?, ?, ?)")
  db.exec("BEGIN")
  for (const { entries, first = 1, room } of logs) {
    const id = addRoom.run(room, epochOf(room), first, first + entries.length - 1).lastInsertRowid
    entries.forEach(({ at = 0, from = "ana", key = null, text = "hola" }, index) => {
      addEntry.run(id, first + index, from, key, at, text)
    })
  }
  db.exec("COMMIT")
  close()
}

/** Fills the index of words of a data file, as its server does when nobody writes. */
export const fillIndex = (file: string): void => {
  const { close, db } = openDataFile(file)
  const indexer = makeIndexer(db)
  db.exec("BEGIN")
  while (indexer.index(indexedAtOnce) >= indexedAtOnce);
  db.exec("COMMIT")
  close()
}

/** Changes a data file as no server would. */
export const tamper = (file: string, sql: string): void => {
  const db = new DatabaseSync(file, { defensive: false })
  db.exec(sql)
  db.close()
}

/** What a data file holds of a room. */
export interface Content {
  readonly room: string
  readonly epoch: string
  readonly first: number
  readonly head: number
  readonly entries: ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** What a data file holds of each room. */
export const contentOf = (file: string): ReadonlyArray<Content> => {
  const db = new DatabaseSync(file, { readOnly: true })
  const rooms = db.prepare("SELECT id, name AS room, epoch, first, head FROM rooms ORDER BY name").all()
  const entries = db.prepare("SELECT seq, author, key, at, text FROM entries WHERE room = ? ORDER BY seq")
  const content = rooms.map(({ id, ...log }) => ({ ...log, entries: entries.all(id!) }))
  db.close()
  return content as unknown as ReadonlyArray<Content>
}

/** Takes the step to entries of all kinds back in a file, once its triggers are gone. */
export const undoRich = `DROP TABLE reactions; DROP TABLE marks; DROP INDEX edits_by_target;
  ALTER TABLE rooms DROP COLUMN topic; ${["kind", "person", "target", "original", "edited", "deleted", "reacted"]
    .map((column) => `ALTER TABLE entries DROP COLUMN ${column};`)
    .join(" ")}`

/** Makes a file one of before there were accounts. */
export const undoAccounts =
  "DROP TABLE standings; ALTER TABLE rooms DROP COLUMN access; ALTER TABLE rooms DROP COLUMN slow; DROP TABLE invitations; DROP TABLE bans; DROP TABLE accounts; DROP TABLE tokens; DROP TABLE salting;"
