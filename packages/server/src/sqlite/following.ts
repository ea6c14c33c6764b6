/**
 * What a data file is where it follows a log that several servers share (nats/replica.ts): whose log, how far, and what is still to be
 * taken out of it.
 *
 * The rows here change in the transaction that does what the log says, so that a server which is killed goes on where it was.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Draft } from "../room-log.ts"

/** How far a file follows which log. */
export interface Following {
  /** Of the tertulia: what its servers have in common. */
  readonly id: string
  /** The place in the log of what was done last. */
  readonly place: number
  /** The server that may append, and the how manieth time since it began; "" when none may. */
  readonly leader: string
  readonly turn: number
  /** Where the others reach it, as `host:port`. */
  readonly at: string
  /** The server that has written this file last. */
  readonly self: string
}

/** What stands for the leader of a log that has ended; `at` names the file, then, to which its rooms have moved. */
export const closed = "closed"

/** A message of the log, and how many drafts it has before those that are meant. */
export interface Parcel {
  readonly place: number
  readonly before: number
}

/** A text that is to be taken out of the log: of which parcel, and which of its drafts. */
export interface Erasure {
  readonly parcel: number
  readonly index: number
}

/** One thing to be written about what is followed. */
export type FollowingWork =
  | { readonly _tag: "Follow"; readonly following: Following }
  /** Makes this file one of the tertulia with these secrets, which are the same on all of its servers. */
  | { readonly _tag: "Found"; readonly salting: string; readonly cipher: string }
  | { readonly _tag: "Erased"; readonly erasures: ReadonlyArray<Erasure> }
  /** The log has nothing more up to a place: some of what was noted about that goes, and it is to be asked for until nothing does. */
  | { readonly _tag: "Truncated"; readonly place: number }

/**
 * `appended` says in which message of the log (`parcel`) the entries of an append are that begin at `place`, which is `seq` of the room, after
 * how many other drafts; `indexes` which of the drafts after these they were, where that isn't each in turn.
 *
 * Places rise with each entry (places.ts), so the append of an entry is the last one that begins no later. By the room and `seq` it would be
 * found as well, but then each append to another room would change another page: a third of all that a busy server writes.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS following (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    place INTEGER NOT NULL,
    leader TEXT NOT NULL,
    turn INTEGER NOT NULL,
    at TEXT NOT NULL,
    self TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS appended (
    place INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    parcel INTEGER NOT NULL,
    before INTEGER NOT NULL,
    indexes TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS erasures (
    parcel INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    PRIMARY KEY (parcel, "index")
  ) STRICT, WITHOUT ROWID;`

/** What a file from before has instead of `appended`. */
const fromBefore = `
  INSERT OR REPLACE INTO appended (place, room, seq, parcel, before, indexes)
    SELECT entries.place, parcels.room, first, parcel, before, indexes FROM parcels
      JOIN entries ON entries.room = parcels.room AND entries.seq = first WHERE entries.place IS NOT NULL;
  DROP TABLE parcels;`

/** Makes a file one that follows a log, if it isn't yet. */
export const prepareFollowing = (db: DatabaseSync): void => {
  db.exec(tables)
  if (hasTable(db, "parcels")) db.exec(`SAVEPOINT earlier; ${fromBefore} RELEASE earlier`)
}

const hasTable = (db: DatabaseSync, name: string): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(name) !== undefined

/** Whether a file is one that follows a log. */
export const isFollowing = (db: DatabaseSync): boolean => hasTable(db, "following")

/** Makes a file one that follows a log, and says how far; within a transaction. */
export const startFollowing = (db: DatabaseSync, following: Following): void => {
  prepareFollowing(db)
  setFollowing(db)(following)
}

/** Leaves out of a copy what was noted about what came before in the log, and who had the file. */
export const leaveLogBehind = (db: DatabaseSync): void =>
  db.exec("DELETE FROM appended; DELETE FROM erasures; UPDATE following SET self = ''")

const setFollowing = (db: DatabaseSync): ((following: Following) => void) => {
  const set = db.prepare(
    "INSERT OR REPLACE INTO following (one, id, place, leader, turn, at, self) VALUES (1, ?, ?, ?, ?, ?, ?)"
  )
  return ({ at, id, leader, place, self, turn }) => void set.run(id, place, leader, turn, at, self)
}

/** Makes such a file one of its own. */
export const stopFollowing = (db: DatabaseSync): void =>
  db.exec(
    "DROP TABLE IF EXISTS following; DROP TABLE IF EXISTS appended; DROP TABLE IF EXISTS parcels; DROP TABLE IF EXISTS erasures"
  )

/** Why a file can't be used by who follows a log, or by who doesn't; a backup follows nothing any more. */
export const followingFault = (db: DatabaseSync, follows: boolean, isBackup: boolean): string | undefined => {
  if (isFollowing(db) && !isBackup)
    return follows ? undefined : "it follows the log of several servers: start with --store"
  const isUsed = follows && db.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined
  return isUsed
    ? "it is of a server without --store: name another with --data, and it is filled from the store"
    : undefined
}

/** What a file follows; undefined when nothing. */
export const followingOf = (db: DatabaseSync): Following | undefined =>
  isFollowing(db)
    ? (db.prepare("SELECT id, place, leader, turn, at, self FROM following").get() as unknown as Following | undefined)
    : undefined

/** What is to be taken out of the log next. */
export const someErasures = (db: DatabaseSync): ReadonlyArray<Erasure> =>
  db
    .prepare('SELECT parcel, "index" FROM erasures ORDER BY parcel LIMIT 256')
    .all() as unknown as ReadonlyArray<Erasure>

/** The most parcels that one transaction forgets, so that nobody's entries wait long. */
export const parcelsAtOnce = 4_096

/** Writes about what is followed within a transaction. */
export const makeFollowingWriter = (db: DatabaseSync): ((work: FollowingWork) => number | undefined) => {
  prepareFollowing(db)
  const follow = setFollowing(db)
  const setSalting = db.prepare("UPDATE salting SET key = ?")
  const setCipher = db.prepare("UPDATE ciphers SET cipher = ? WHERE name = 'search'")
  const forget = db.prepare('DELETE FROM erasures WHERE parcel = ? AND "index" = ?')
  const forgetErasures = db.prepare("DELETE FROM erasures WHERE parcel <= ?")
  const forgetParcels = db.prepare(
    `DELETE FROM appended WHERE place IN
       (SELECT place FROM (SELECT place, parcel FROM appended ORDER BY place LIMIT ${parcelsAtOnce}) WHERE parcel <= ?)`
  )
  return (work) => {
    switch (work._tag) {
      case "Follow":
        follow(work.following)
        return undefined
      case "Found":
        setSalting.run(work.salting)
        setCipher.run(Buffer.from(work.cipher, "hex"))
        return undefined
      case "Erased":
        for (const { index, parcel } of work.erasures) forget.run(parcel, index)
        return undefined
      case "Truncated":
        forgetErasures.run(work.place)
        return Number(forgetParcels.run(work.place).changes)
    }
  }
}

/** An entry that was added. */
export interface Added {
  readonly seq: number
  /** Its place in the file. */
  readonly place: number
}

export interface Parcels {
  /** Notes what became of the drafts of a parcel, and what of its texts has to go. */
  readonly note: (
    room: number,
    parcel: Parcel,
    drafts: ReadonlyArray<Draft>,
    added: ReadonlyArray<Added | undefined>
  ) => void
  /** Has the text of an entry go. */
  readonly erase: (room: number, seq: number) => void
}

interface AppendRow {
  readonly room: number
  readonly seq: number
  readonly parcel: number
  readonly before: number
  readonly indexes: string | null
}

/** Notes within the transaction that appends. */
export const makeParcels = (db: DatabaseSync): Parcels => {
  prepareFollowing(db)
  // A file that was put back may give a place again of which nothing else is left.
  const add = db.prepare(
    "INSERT OR REPLACE INTO appended (place, room, seq, parcel, before, indexes) VALUES (?, ?, ?, ?, ?, ?)"
  )
  const placeOf = db.prepare("SELECT place FROM entries WHERE room = ? AND seq = ?")
  const appendedAt = db.prepare(
    "SELECT room, seq, parcel, before, indexes FROM appended WHERE place <= ? ORDER BY place DESC LIMIT 1"
  )
  const editsOf = db.prepare("SELECT seq FROM entries WHERE room = ? AND target = ? AND kind = 1")
  const erase = db.prepare('INSERT OR IGNORE INTO erasures (parcel, "index") VALUES (?, ?)')

  const eraseEntry = (room: number, seq: number) => {
    const place = (placeOf.get(room, seq) as { readonly place: number | null } | undefined)?.place ?? 0
    const row = appendedAt.get(place) as AppendRow | undefined
    // What came before the log, or isn't in it any more, has no append of its own here.
    if (row === undefined || row.room !== room || row.seq > seq) return
    const { before, indexes, parcel } = row
    const index = indexes === null ? seq - row.seq : (JSON.parse(indexes) as ReadonlyArray<number>)[seq - row.seq]!
    erase.run(parcel, before + index)
  }

  return {
    note: (room, { before, place }, drafts, added) => {
      const indexes = [...added.keys()].filter((index) => added[index] !== undefined)
      const isPlain = indexes.length === drafts.length
      const first = indexes.length > 0 ? added[indexes[0]!] : undefined
      if (first !== undefined) {
        add.get(first.place, room, first.seq, place, before, isPlain ? null : JSON.stringify(indexes))
      }
      drafts.forEach((draft, index) => {
        // What was never shown needn't be kept; of what was said twice one is enough.
        if (added[index] === undefined) {
          if ("text" in draft) erase.run(place, before + index)
          return
        }
        if (draft.type !== "delete") return
        eraseEntry(room, draft.target)
        const edits = editsOf.all(room, draft.target) as unknown as ReadonlyArray<{ readonly seq: number }>
        for (const { seq } of edits) eraseEntry(room, seq)
      })
    },
    erase: eraseEntry
  }
}
