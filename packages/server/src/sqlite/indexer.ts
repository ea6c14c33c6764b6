/**
 * Keeps the index of words: a step at a time, behind the appends, in transactions of whoever asks for it.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { kinds } from "./entry-rows.ts"
import { driftOf, placeAfter } from "./places.ts"
import { termsOf } from "./search-terms.ts"

export interface Indexer {
  /** Notes that a room has entries that the index doesn't have. */
  readonly touch: (room: number) => void
  /**
   * Goes a step towards an index of few parts, or, `all`, of one, which has nothing any more of what was taken out; gives 0 when there is
   * nothing left to do.
   */
  readonly merge: (all: boolean) => number
  /** Takes at most so many entries in or out, within a transaction, and gives how many: fewer when nothing is left to do. */
  readonly index: (entries: number) => number
}

interface RoomRow {
  readonly id: number
  readonly first: number
  readonly head: number
  readonly indexed: number
}

interface Row {
  readonly seq: number
  readonly kind: number
  readonly author: string
  readonly at: number
  readonly text: string
  readonly place: number | null
}

interface Unindexed {
  readonly room: number
  readonly seq: number
  readonly author: string
  readonly text: string
}

/** Entries that are indexed in one transaction: whoever appends meanwhile waits for them, for some milliseconds. */
export const indexedAtOnce = 256

/** Pages of the index that are written in a step of a merge. */
const mergedAtOnce = 32

/** Texts that were taken back cost some 300 microseconds each, so that few of them make a step. */
const takenBackAtOnce = 16

export const makeIndexer = (db: DatabaseSync): Indexer => {
  const allBehind = db.prepare(
    "SELECT id FROM rooms WHERE indexed < head AND id NOT IN (SELECT room FROM conversations)"
  )
  const roomOf = db.prepare("SELECT id, first, head, indexed FROM rooms WHERE id = ?")
  const entriesOf = db.prepare(
    "SELECT seq, kind, author, at, text, place FROM entries WHERE room = ? AND seq > ? ORDER BY seq LIMIT ?"
  )
  const placeOf = db.prepare("SELECT place FROM entries WHERE room = ? AND seq = ?")
  const setPlace = db.prepare("UPDATE entries SET place = ? WHERE room = ? AND seq = ?")
  const setIndexed = db.prepare("UPDATE rooms SET indexed = ?, drift = max(drift, ?) WHERE id = ?")
  const add = db.prepare("INSERT INTO words (rowid, terms) VALUES ((?1 << 40) + ?2, ?3)")
  const remove = db.prepare("INSERT INTO words (words, rowid, terms) VALUES ('delete', (?1 << 40) + ?2, ?3)")
  // The number is written out: a number that is bound comes as a real one, which this doesn't take.
  const leaveNothing = db.prepare("INSERT INTO words (words, rank) VALUES ('secure-delete', 1)")
  const leaveToMerges = db.prepare("INSERT INTO words (words, rank) VALUES ('secure-delete', 0)")
  const beginMergingAll = db.prepare(`INSERT INTO words (words, rank) VALUES ('merge', -${mergedAtOnce})`)
  const goOnMerging = db.prepare(`INSERT INTO words (words, rank) VALUES ('merge', ${mergedAtOnce})`)
  const total = db.prepare("SELECT total_changes() AS changes")
  const changes = (): number => Number(total.get()?.["changes"])
  let isMergingAll = false
  const unindexed = db.prepare("SELECT room, seq, author, text FROM unindexed ORDER BY room, seq LIMIT ?")
  const done = db.prepare("DELETE FROM unindexed WHERE room = ? AND seq = ?")
  const current = db.prepare("SELECT seq, kind, author, at, text, place FROM entries WHERE room = ? AND seq = ?")

  const behind = new Set((allBehind.all() as unknown as ReadonlyArray<RoomRow>).map(({ id }) => id))

  /** Takes out what was changed or is gone, as it was, and takes it in again as it is. */
  const mend = (entries: number): number => {
    const rows = unindexed.all(entries) as unknown as ReadonlyArray<Unindexed>
    const mended = rows.map((row) => ({ ...row, now: current.get(row.room, row.seq) as Row | undefined }))
    const takeOut = ({ author, room, seq, text }: Unindexed) => remove.run(room, seq, termsOf(room, author, text))
    // What a log has given up is often much: taken out so, it costs a fortieth, and is gone with the next merge.
    for (const row of mended) if (row.now === undefined) takeOut(row)
    const changed = mended.filter(({ now }) => now !== undefined).slice(0, takenBackAtOnce)
    if (changed.length > 0) {
      // Somebody has taken back what they had said: not even the index has it any more.
      leaveNothing.run()
      for (const row of changed) takeOut(row)
      leaveToMerges.run()
      for (const { now, room, seq } of changed) add.run(room, seq, termsOf(room, now!.author, now!.text))
    }
    const isLater = new Set(mended.filter(({ now }) => now !== undefined).slice(takenBackAtOnce))
    for (const row of mended) if (!isLater.has(row)) done.run(row.room, row.seq)
    // Where some are left for the next step, this one has done all that it may.
    return isLater.size > 0 ? entries : rows.length
  }

  const extend = ({ first, id, indexed }: RoomRow, entries: number): number => {
    const after = Math.max(indexed, first - 1)
    const rows = entriesOf.all(id, after, entries) as unknown as ReadonlyArray<Row>
    let before = (placeOf.get(id, after) as Pick<Row, "place"> | undefined)?.place ?? 0
    let drift = 0
    for (const { at, author, kind, place, seq, text } of rows) {
      before = place ?? placeAfter(before, at)
      if (place === null) {
        setPlace.run(before, id, seq)
        drift = Math.max(drift, driftOf(before, at))
      }
      if (kind === kinds.message) add.run(id, seq, termsOf(id, author, text))
    }
    setIndexed.run(rows.at(-1)?.seq ?? after, drift, id)
    return rows.length
  }

  return {
    merge: (all) => {
      // SQLite says by its count of changes whether there was anything to merge; the first step begins a merge of everything.
      const before = changes()
      ;(all && !isMergingAll ? beginMergingAll : goOnMerging).run()
      const isMerging = changes() - before >= 2
      isMergingAll = all && isMerging
      return isMerging ? 1 : 0
    },
    touch: (room) => void behind.add(room),
    index: (entries) => {
      let left = entries - mend(entries)
      // Ascending, because an index takes in rising rowids at once, and others one by one.
      for (const id of [...behind].sort((one, other) => one - other)) {
        if (left <= 0) break
        const room = roomOf.get(id) as RoomRow | undefined
        // Only what was found done is done with: this transaction may come to nothing.
        if (room === undefined || room.indexed >= room.head) behind.delete(id)
        else left -= extend(room, left)
      }
      return entries - Math.max(left, 0)
    }
  }
}
