/**
 * Writes: what is asked for at one time goes into one transaction, so that all who wait for the disk wait together.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Claim } from "../claims.ts"
import type { Pair } from "../conversation-logs.ts"
import type { Draft, Known, Rejected } from "../room-log.ts"
import { makeDecider } from "./changes.ts"
import { makeRemover } from "./conversations.ts"
import { inWords, isUndone, mayPass } from "./fault.ts"
import { makeIndexer } from "./indexer.ts"
import { makeKeyFinder, makeKeyForgetter } from "./keys.ts"
import { driftOf, makePlaces } from "./places.ts"

/** A draft as it crosses to the thread that writes: with the id of its author, who may be more than an id. */
export type Row = WithoutAuthor<Draft> & { readonly person: string }

type WithoutAuthor<Any> = Any extends Draft ? Omit<Any, "author"> : never

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
  /** The most different reactions that one message may have: `limits.reactions`. */
  readonly reactions: number
}

/** One thing to be written. */
export type Work =
  | Append
  | { readonly _tag: "KeepClaim"; readonly claim: Claim }
  | { readonly _tag: "ForgetClaims"; readonly digests: ReadonlyArray<string> }
  /** Keeps that a person has read a room up to a `seq`. */
  | { readonly _tag: "KeepMark"; readonly person: string; readonly room: string; readonly seq: number }
  /** Forgets the oldest keys from before a time, in milliseconds since 1970. */
  | { readonly _tag: "ForgetKeys"; readonly before: number }
  /** Takes at most so many entries into the index of words. */
  | { readonly _tag: "Index"; readonly entries: number }
  /** Goes a step towards an index of few parts; or of one, without anything that was taken out. */
  | { readonly _tag: "Merge"; readonly all: boolean }
  /** Removes a log, or some of it: it is to be asked for again until nothing is left. */
  | { readonly _tag: "RemoveSome"; readonly room: string }

/** Where a draft is: the `seq` of its entry; or what was there before, or why it can't be. */
export type Place = number | Known | Rejected

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
  const forgetMarks = db.prepare("DELETE FROM marks WHERE person = (SELECT person FROM sessions WHERE digest = ?)")
  const forgetKeys = makeKeyForgetter(db)
  const removeSome = makeRemover(db)
  const keepMark = db.prepare(
    `INSERT INTO marks (person, room, seq) SELECT ?, id, ? FROM rooms WHERE name = ?
     ON CONFLICT (person, room) DO UPDATE SET seq = excluded.seq`
  )

  const perform = (work: Work): Result => {
    switch (work._tag) {
      case "Append":
        return append(work)
      case "KeepClaim":
        keepClaim.run(work.claim.digest, work.claim.person, work.claim.nick)
        return undefined
      case "ForgetClaims":
        for (const digest of work.digests) {
          forgetMarks.run(digest)
          forgetClaim.run(digest)
        }
        return undefined
      case "KeepMark":
        keepMark.run(work.person, work.seq, work.room)
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
    `INSERT INTO entries (room, seq, author, key, at, text, kind, person, target, place)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const giveUp = db.prepare("DELETE FROM entries WHERE room = ? AND seq < ?")
  const addKey = db.prepare("INSERT INTO keys (room, person, key, seq, at) VALUES (?, ?, ?, ?, ?)")
  const giveUpReactions = db.prepare("DELETE FROM reactions WHERE room = ? AND target < ?")
  const known = makeKeyFinder(db)
  const decide = makeDecider(db)

  const openRoom = (name: string, epoch: string, between: Pair | undefined): RoomRow => {
    const row = roomNamed.get(name) as RoomRow | undefined
    if (row !== undefined && row.epoch !== epoch) throw new Error(`${name} has another epoch than ${epoch}`)
    if (row !== undefined) return row
    const id = Number(addRoom.run(name, epoch).lastInsertRowid)
    if (between !== undefined) addConversation.run(id, ...between)
    return { id, epoch, head: 0 }
  }

  return ({ between, drafts, epoch, first, reactions, room }) => {
    // Whoever gives up entries may come after the log was removed.
    if (drafts.length === 0 && roomNamed.get(room) === undefined) return []
    const { head, id } = openRoom(room, epoch, between)
    let last = head
    let drift = 0
    const places = drafts.map((draft): Place => {
      const { at, from, key, person } = draft
      const before = key === undefined ? undefined : known(id, person, key)
      if (before !== undefined) return before
      const decision = decide(id, draft, reactions)
      if (decision._tag === "Rejected") return decision
      const millis = Date.parse(at)
      if (decision._tag === "Known") {
        // The key stands for what was so already, so that it is never done again when that has changed (KEY-2).
        if (key !== undefined) addKey.run(id, person, key, decision.seq, Date.parse(decision.at))
        return decision
      }
      const { apply, kind, target, text } = decision
      const place = order.next(millis)
      drift = Math.max(drift, driftOf(place, millis))
      addEntry.run(id, ++last, from, key ?? null, millis, text, kind, person, target, place)
      if (key !== undefined) addKey.run(id, person, key, last, millis)
      apply?.(last)
      return last
    })
    if (last > head) {
      setHead.run(last, order.last(), drift, id)
      // A search names rooms only, and of a conversation nothing may be left in the index.
      if (between === undefined) touch(id, last - head)
    }
    if (first !== undefined) {
      setFirst.run(first, id)
      giveUp.run(id, first)
      giveUpReactions.run(id, first)
    }
    return places
  }
}
