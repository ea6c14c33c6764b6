/**
 * What there is to be written, and how each of it is.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import type { Claim } from "../claims.ts"
import type { Pair } from "../conversation-logs.ts"
import type { Draft, Known, Rejected } from "../room-log.ts"
import { type AccountWork, makeAccountWriter } from "./accounts.ts"
import { makeDecider } from "./changes.ts"
import { makeRemover } from "./conversations.ts"
import { type Disk, openDisk } from "./disk.ts"
import { kinds } from "./entry-rows.ts"
import {
  type Added,
  type FollowingWork,
  makeFollowingWriter,
  makeParcels,
  type Parcel,
  type Parcels
} from "./following.ts"
import { type Indexer, makeIndexer } from "./indexer.ts"
import { makeKeyFinder, makeKeyForgetter } from "./keys.ts"
import { driftOf, type LastPlace, makePlaces, type Places } from "./places.ts"
import { makeTransactions, type Transactions, type Write } from "./transactions.ts"

/** What one room appends. */
export interface Append {
  readonly _tag: "Append"
  readonly room: string
  /** The epoch of the room's log, which begins with its first entry. */
  readonly epoch: string
  readonly drafts: ReadonlyArray<Draft>
  /** The persons whose conversation it is, if it is one. */
  readonly between?: Pair
  /** The `seq` of the first entry that stays: those before it are given up in the same transaction (DURABLE-4). */
  readonly first?: number
  /** The most different reactions that one message may have: `limits.reactions`. */
  readonly reactions: number
  /** The message of the log that this comes from, where the file follows one, and how many drafts of others it has before. */
  readonly parcel?: Parcel
}

/** One thing to be written. */
export type Work =
  | Append
  | { readonly _tag: "KeepClaim"; readonly claim: Claim }
  | { readonly _tag: "ForgetClaims"; readonly digests: ReadonlyArray<string> }
  | AccountWork
  | FollowingWork
  /** Keeps that a person has read a room up to a `seq`. */
  | { readonly _tag: "KeepMark"; readonly person: string; readonly room: string; readonly seq: number }
  /** Forgets the oldest keys from before a time, in milliseconds since 1970. */
  | { readonly _tag: "ForgetKeys"; readonly before: number }
  /** Takes at most so many entries into the index of words. */
  | { readonly _tag: "Index"; readonly entries: number }
  /** Goes a step towards an index of few parts; or of one, without anything that was taken out. */
  | { readonly _tag: "Merge"; readonly all: boolean }
  /** Removes a log, or some of it: it is to be asked for again until nothing is left. */
  | { readonly _tag: "RemoveSome"; readonly room: string; readonly parcel?: Parcel }

/** Whether work takes no longer than its disk. */
export const isBrief = (work: Work): boolean => {
  switch (work._tag) {
    case "Append":
      return work.first === undefined
    case "KeepClaim":
    case "KeepMark":
    case "KeepAccount":
    case "KeepToken":
    case "KeepInvitation":
    case "KeepBan":
    case "Follow":
    case "Found":
    case "Erased":
      return true
    case "ForgetClaims":
    case "ForgetTokens":
    case "ForgetAccount":
    case "ForgetInvitation":
    case "ForgetBan":
    case "ForgetKeys":
    case "Index":
    case "Merge":
    case "RemoveSome":
    case "Truncated":
      return false
  }
}

/** Where a draft is: the `seq` of its entry; or what was there before, or why it can't be. */
export type Place = number | Known | Rejected

/** What the work has given: the places of an append, the number of keys that are forgotten, of entries that were indexed, or of parcels; whether some of a log is left. */
export type Result<Done extends Work = Work> = Done extends Append
  ? ReadonlyArray<Place>
  : Done extends { readonly _tag: "ForgetKeys" | "Index" | "Merge" | "Truncated" }
    ? number
    : Done extends { readonly _tag: "RemoveSome" }
      ? boolean
      : undefined

/** One who writes to a file: in the event loop, or in a thread. */
export interface Writer extends Transactions {
  /** Notes rooms that another writer has appended to, so that they are indexed. */
  readonly touch: (rooms: ReadonlyArray<number>) => void
  /** Gives the rooms that were appended to since the last call, for the one who indexes. */
  readonly takeTouched: () => ReadonlyArray<number>
}

export interface WriterOptions {
  readonly disk?: Disk
  /** Where the last place is kept that any writer of the file has given. */
  readonly lastPlace?: LastPlace
  /** Works that a transaction may be left open with (transactions.ts); absent: none is. */
  readonly late?: number
}

/** Writes to a file that nobody else writes to. */
export const makeWriter = (db: DatabaseSync, options: WriterOptions = {}): Write => openWriter(db, options).write

/** Of several writers of one file only one works at a time. */
export const openWriter = (
  db: DatabaseSync,
  { disk = openDisk(db), lastPlace, late = 0 }: WriterOptions = {}
): Writer => {
  const touched = new Set<number>()
  const takeTouched = () => {
    const rooms = [...touched]
    touched.clear()
    return rooms
  }
  const touch = (rooms: ReadonlyArray<number>) => {
    for (const room of rooms) touched.add(room)
  }
  let indexer: Indexer | undefined
  /** Made by the one who indexes only, from what the file says. */
  const upToDate = (): Indexer => {
    indexer ??= makeIndexer(db)
    for (const room of takeTouched()) indexer.touch(room)
    return indexer
  }
  // Most files follow nothing.
  const parcels = whenNeeded(() => makeParcels(db))
  const follow = whenNeeded(() => makeFollowingWriter(db))
  const places = makePlaces(db, lastPlace)
  const append = makeAppender(db, { order: places, touch: (room) => void touched.add(room), parcels })
  const keepClaim = db.prepare("INSERT INTO sessions (digest, person, nick) VALUES (?, ?, ?)")
  const forgetClaim = db.prepare("DELETE FROM sessions WHERE digest = ?")
  // Those of an account outlive its sessions.
  const forgetMarks = db.prepare(
    `DELETE FROM marks WHERE person = (SELECT person FROM sessions WHERE digest = ?)
       AND person NOT IN (SELECT person FROM accounts)`
  )
  const writeAccount = makeAccountWriter(db)
  const forgetKeys = makeKeyForgetter(db)
  const removeSome = makeRemover(db)
  const keepMark = db.prepare(
    `INSERT INTO marks (person, room, seq) SELECT ?, id, ? FROM rooms WHERE name = ?
     ON CONFLICT (person, room) DO UPDATE SET seq = max(seq, excluded.seq)`
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
      case "KeepAccount":
      case "KeepToken":
      case "ForgetTokens":
      case "ForgetAccount":
      case "KeepInvitation":
      case "ForgetInvitation":
      case "KeepBan":
      case "ForgetBan":
        return writeAccount(work)
      case "Follow":
      case "Found":
      case "Erased":
      case "Truncated":
        return follow()(work)
      case "ForgetKeys":
        return forgetKeys(work.before)
      case "Index":
        return upToDate().index(work.entries)
      case "Merge":
        return upToDate().merge(work.all)
      case "RemoveSome":
        return removeSome(work.room, work.parcel === undefined ? undefined : parcels().erase)
    }
  }

  return { ...makeTransactions({ db, disk, places, perform, late }), touch, takeTouched }
}

/** Makes something when it is asked for first. */
const whenNeeded = <A>(make: () => A): (() => A) => {
  let made: A | undefined
  return () => {
    made ??= make()
    return made
  }
}

interface RoomRow {
  readonly id: number
  readonly epoch: string
  readonly head: number
}

interface Appending {
  readonly order: Places
  /** Is told of rooms that were appended to. */
  readonly touch: (room: number) => void
  readonly parcels: () => Parcels
}

/** Appends within a transaction. */
const makeAppender = (
  db: DatabaseSync,
  { order, parcels, touch }: Appending
): ((append: Append) => ReadonlyArray<Place>) => {
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
  // Most entries are plain, and a value that isn't bound costs nothing.
  const addPlain = db.prepare(
    "INSERT INTO entries (room, seq, author, at, text, person, place) VALUES (?, ?, ?, ?, ?, ?, ?)"
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

  return ({ between, drafts, epoch, first, parcel, reactions, room }) => {
    // Whoever gives up entries may come after the log was removed.
    if (drafts.length === 0 && roomNamed.get(room) === undefined) return []
    const { head, id } = openRoom(room, epoch, between)
    let last = head
    let drift = 0
    const added: Array<Added | undefined> = []
    // Most drafts of a batch have the same time.
    let time = ""
    let millis = 0
    const places = drafts.map((draft, index): Place => {
      const { at, author, from, key } = draft
      const person = author.id
      const before = key === undefined ? undefined : known(id, person, key)
      if (before !== undefined) return before
      const decision = decide(id, draft, reactions)
      if (decision._tag === "Rejected") return decision
      if (at !== time) {
        time = at
        millis = Date.parse(at)
      }
      if (decision._tag === "Known") {
        // The key stands for what was so already, so that it is never done again when that has changed (KEY-2).
        if (key !== undefined) addKey.run(id, person, key, decision.seq, Date.parse(decision.at))
        return decision
      }
      const { apply, kind, target, text } = decision
      const place = order.next(millis)
      drift = Math.max(drift, driftOf(place, millis))
      last++
      // `get` has no counts of changes to make: it takes a tenth less time than `run`.
      if (key === undefined && target === null && kind === kinds.message) {
        addPlain.get(id, last, from, millis, text, person, place)
      } else {
        addEntry.get(id, last, from, key ?? null, millis, text, kind, person, target, place)
      }
      if (key !== undefined) addKey.run(id, person, key, last, millis)
      apply?.(last)
      if (parcel !== undefined) added[index] = { seq: last, place }
      return last
    })
    if (last > head) {
      setHead.run(last, order.last(), drift, id)
      // A search names rooms only, and of a conversation nothing may be left in the index.
      if (between === undefined) touch(id)
    }
    if (first !== undefined) {
      setFirst.run(first, id)
      giveUp.run(id, first)
      giveUpReactions.run(id, first)
    }
    if (parcel !== undefined) parcels().note(id, parcel, drafts, added)
    return places
  }
}
