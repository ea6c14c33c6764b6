/**
 * Writes: what is asked for at one time goes into one transaction, so that all who wait for the disk wait together.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Claim } from "../claims.ts"
import type { Pair } from "../conversation-logs.ts"
import type { Draft, Known } from "../room-log.ts"
import { makeRemover } from "./conversations.ts"
import { inWords, isUndone, mayPass } from "./fault.ts"
import { makeIndexer } from "./indexer.ts"
import { makeKeyFinder, makeKeyForgetter } from "./keys.ts"
import { driftOf, makePlaces } from "./places.ts"

/** A draft as it crosses to the thread that writes: with the id of its author, who may be more than an id. */
export interface Row extends Omit<Draft, "author"> {
  readonly person: string
}

export const rowOf = ({ author, ...fields }: Draft): Row => ({ ...fields, person: author.id })

/** What one room appends. */
export interface Append {
  readonly _tag: "Append"
  readonly room: string
  /** The epoch of the room's log, which begins with its first entry. */
  readonly epoch: string
  readonly drafts: ReadonlyArray<Row>
  /** The persons whose conversation it is, if it is one. */
  readonly between?: Pair
  /** The `seq` of the first entry that stays: those before it are given up in the same transaction (DURABLE-4). */
  readonly first?: number
}

/** One thing to be written. */
export type Work =
  | Append
  | { readonly _tag: "KeepClaim"; readonly claim: Claim }
  | { readonly _tag: "ForgetClaims"; readonly digests: ReadonlyArray<string> }
  /** Forgets the oldest keys from before a time, in milliseconds since 1970. */
  | { readonly _tag: "ForgetKeys"; readonly before: number }
  /** Takes at most so many entries into the index of words. */
  | { readonly _tag: "Index"; readonly entries: number }
  /** Goes a step towards an index of few parts; or of one, without anything that was taken out. */
  | { readonly _tag: "Merge"; readonly all: boolean }
  /** Removes a log, or some of it: it is to be asked for again until nothing is left. */
  | { readonly _tag: "RemoveSome"; readonly room: string }

/** Where a draft is: the `seq` of its entry, or what its author had appended with its key before. */
export type Place = number | Known

/** What the work has given: the places of an append, the number of keys that are forgotten, or of entries that were indexed; whether some of a log is left. */
export type Result<Done extends Work = Work> = Done extends Append
  ? ReadonlyArray<Place>
  : Done extends { readonly _tag: "ForgetKeys" | "Index" | "Merge" }
    ? number
    : Done extends { readonly _tag: "RemoveSome" }
      ? boolean
      : undefined

/** What became of a group of work: of all of it the same. */
export type Written =
  | { readonly _tag: "Committed"; readonly results: ReadonlyArray<Result> }
  /** Nothing was written, and nothing will be. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** Nobody knows, or nothing more can be written: every group after this one is refused. */
  | { readonly _tag: "Broken"; readonly reason: string }

/** Writes a group; the errors of the disk are values. */
export type Write = (group: ReadonlyArray<Work>) => Written

/** @param commit ends a transaction when all of it is on the disk; tests have others, that are slow, fail, or lie */
export const makeWriter = (db: DatabaseSync, commit?: () => void): Write => makeIndexingWriter(db, commit).write

/** A writer, and how many entries wait to be indexed. */
export const makeIndexingWriter = (
  db: DatabaseSync,
  commit: () => void = () => db.exec("COMMIT")
): { readonly write: Write; readonly behind: () => number } => {
  const begin = db.prepare("BEGIN IMMEDIATE")
  const indexer = makeIndexer(db)
  const append = makeAppender(db, indexer.touch)
  const keepClaim = db.prepare("INSERT INTO sessions (digest, person, nick) VALUES (?, ?, ?)")
  const forgetClaim = db.prepare("DELETE FROM sessions WHERE digest = ?")
  const forgetKeys = makeKeyForgetter(db)
  const removeSome = makeRemover(db)

  const perform = (work: Work): Result => {
    switch (work._tag) {
      case "Append":
        return append(work)
      case "KeepClaim":
        keepClaim.run(work.claim.digest, work.claim.person, work.claim.nick)
        return undefined
      case "ForgetClaims":
        for (const digest of work.digests) forgetClaim.run(digest)
        return undefined
      case "ForgetKeys":
        return forgetKeys(work.before)
      case "Index":
        return indexer.index(work.entries)
      case "Merge":
        return indexer.merge(work.all)
      case "RemoveSome":
        return removeSome(work.room)
    }
  }

  let isBroken = false

  /** Gives what an error means, once nothing is left of the transaction. */
  const undo = (error: unknown, isDefinite: boolean): Written => {
    const reason = inWords(error)
    isBroken = !isDefinite
    if (isBroken) return { _tag: "Broken", reason }
    // SQLite has rolled back by itself after some errors.
    if (db.isTransaction) db.exec("ROLLBACK")
    return { _tag: "Refused", reason }
  }

  const write: Write = (group) => {
    if (isBroken) return { _tag: "Refused", reason: "the server is stopping" }
    let results: ReadonlyArray<Result>
    try {
      begin.run()
      results = group.map(perform)
    } catch (error) {
      return undo(error, mayPass(error))
    }
    try {
      commit()
    } catch (error) {
      return undo(error, isUndone(error))
    }
    return { _tag: "Committed", results }
  }
  return { write, behind: indexer.behind }
}

interface RoomRow {
  readonly id: number
  readonly epoch: string
  readonly head: number
}

/** Appends within a transaction. */
const makeAppender = (
  db: DatabaseSync,
  touch: (room: number, entries: number) => void
): ((append: Append) => ReadonlyArray<Place>) => {
  const order = makePlaces(db)
  const roomNamed = db.prepare("SELECT id, epoch, head FROM rooms WHERE name = ?")
  const addRoom = db.prepare("INSERT INTO rooms (name, epoch, first, head) VALUES (?, ?, 1, 0)")
  const addConversation = db.prepare("INSERT INTO conversations (room, one, other) VALUES (?, ?, ?)")
  const setHead = db.prepare("UPDATE rooms SET head = ?, place = ?, drift = max(drift, ?) WHERE id = ?")
  // Two may ask for it in another order than they have decided in: it never falls.
  const setFirst = db.prepare("UPDATE rooms SET first = max(first, ?) WHERE id = ?")
  const addEntry = db.prepare(
    "INSERT INTO entries (room, seq, author, key, at, text, place) VALUES (?, ?, ?, ?, ?, ?, ?)"
  )
  const giveUp = db.prepare("DELETE FROM entries WHERE room = ? AND seq < ?")
  const addKey = db.prepare("INSERT INTO keys (room, person, key, seq, at) VALUES (?, ?, ?, ?, ?)")
  const known = makeKeyFinder(db)

  const openRoom = (name: string, epoch: string, between: Pair | undefined): RoomRow => {
    const row = roomNamed.get(name) as RoomRow | undefined
    if (row !== undefined && row.epoch !== epoch) throw new Error(`${name} has another epoch than ${epoch}`)
    if (row !== undefined) return row
    const id = Number(addRoom.run(name, epoch).lastInsertRowid)
    if (between !== undefined) addConversation.run(id, ...between)
    return { id, epoch, head: 0 }
  }

  return ({ between, drafts, epoch, first, room }) => {
    // Whoever gives up entries may come after the log was removed.
    if (drafts.length === 0 && roomNamed.get(room) === undefined) return []
    const { head, id } = openRoom(room, epoch, between)
    let last = head
    let drift = 0
    const places = drafts.map(({ at, from, key, person, text }): Place => {
      const before = key === undefined ? undefined : known(id, person, key)
      if (before !== undefined) return before
      const millis = Date.parse(at)
      const place = order.next(millis)
      drift = Math.max(drift, driftOf(place, millis))
      addEntry.run(id, ++last, from, key ?? null, millis, text, place)
      if (key !== undefined) addKey.run(id, person, key, last, millis)
      return last
    })
    if (last > head) {
      setHead.run(last, order.last(), drift, id)
      touch(id, last - head)
    }
    if (first !== undefined) {
      setFirst.run(first, id)
      giveUp.run(id, first)
    }
    return places
  }
}
