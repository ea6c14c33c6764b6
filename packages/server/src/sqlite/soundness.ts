/**
 * Whether a data file says nothing that a server could not have written: what SQLite can't know.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { Epoch, hasControls, isNick, isRoomName, Key, utf8Length } from "@tertulia/protocol"
import * as Schema from "effect/Schema"
import { nameOf } from "./conversations.ts"
import { entryColumnsOf, kinds, richVersion } from "./entry-rows.ts"
import { allOf, asFarAsItGoes, type Extent, eachOf, file, found, rowsAtOnce, type Step } from "./finding.ts"
import { schemaChanges, versionOf } from "./schema.ts"
import { makeTally, type Tally } from "./tally.ts"

/** A room as its row has it. */
interface RoomRow {
  readonly id: number
  readonly name: string
  readonly epoch: string
  readonly first: number
  readonly head: number
}

interface EntryRow {
  readonly seq: number
  readonly kind: number
  readonly target: number | null
  readonly deleted: number | null
  readonly author: string
  readonly key: string | null
  readonly at: number
  readonly text: string
  /** The bytes of the text in the file. */
  readonly bytes: number
}

interface KeyRow {
  readonly room: number
  readonly person: string
  readonly key: string
  readonly seq: number
  readonly at: number
  /** Whether its entry is in the log, and the key that it has there. */
  readonly there: number | null
  readonly shown: string | null
}

/**
 * Examines a file that is open for reading, step by step, and all of one moment. Of the rows that it reads none stays in memory, but for
 * those of rooms.
 */
export const examine = function* (db: DatabaseSync): Generator<Step, void> {
  db.exec("BEGIN")
  const changes = schemaChanges(db)
  for (const name of changes) yield found(file, `${name} is missing, or isn't as this version has it`)
  if (changes.some((name) => name.startsWith("table"))) return
  const rooms = allOf<RoomRow>(db, "SELECT id, name, epoch, first, head FROM rooms")
  yield { _tag: "Holds", extent: extentOf(db, rooms) }
  yield* examineNames(rooms)
  for (const room of rooms) yield* asFarAsItGoes(room.name, examineRoom(db, room))
  yield* asFarAsItGoes(file, examineOrphans(db, new Set(rooms.map(({ id }) => id))))
  yield* asFarAsItGoes(file, examineKeys(db, rooms))
  if (versionOf(db) >= 2) yield* asFarAsItGoes(file, examineSessions(db))
  if (versionOf(db) >= 4) yield* asFarAsItGoes(file, examineConversations(db, rooms))
  if (versionOf(db) >= richVersion) yield* asFarAsItGoes(file, examineChanges(db))
}

const extentOf = (db: DatabaseSync, rooms: ReadonlyArray<RoomRow>): Extent => ({
  rooms: rooms.length,
  entries: rooms.reduce((sum, { first, head }) => sum + Math.max(0, head - first + 1), 0),
  keys: versionOf(db) < 2 ? 0 : Number(db.prepare("SELECT count(*) AS count FROM keys").get()?.["count"])
})

// ---------------------------------------------------------------------------------------------------------------------
// Rooms
// ---------------------------------------------------------------------------------------------------------------------

const isEpoch = Schema.is(Epoch)

const examineNames = function* (rooms: ReadonlyArray<RoomRow>): Generator<Step, void> {
  for (const name of doubled(rooms.map(({ name }) => name))) yield found(name, "there are two logs of this room")
  for (const name of doubled(rooms.map(({ epoch }) => epoch)))
    yield found(file, `the epoch ${name} is used for two logs`)
  for (const room of rooms) {
    if (!isRoomName(room.name) && !isOfConversation(room)) yield found(room.name, "no room can have this name")
    if (!isEpoch(room.epoch)) yield found(room.name, "its epoch is none that a client would take")
    if (room.first < 1 || room.head < 0 || room.first > room.head + 1) {
      yield found(room.name, `first is ${room.first} and head is ${room.head}, which can't be`)
    }
  }
}

/** Whose conversation it is, the file says elsewhere. */
const isOfConversation = ({ name }: RoomRow): boolean => name.startsWith("@")

const doubled = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const seen = new Set<string>()
  return names.filter((name) => seen.size === seen.add(name).size)
}

const examineRoom = function* (db: DatabaseSync, { first, head, id, name }: RoomRow): Generator<Step, void> {
  const tally = makeTally()
  let next = first
  let rows = 0
  for (const row of eachOf<EntryRow>(db, entriesOf(versionOf(db)), id)) {
    const { seq } = row
    if (seq < first) tally.add(`in the file, though first is ${first}`, seq)
    else if (seq > head) tally.add(`in the file, though head is ${head}`, seq)
    else {
      if (seq > next) tally.add("missing", next, seq - next)
      next = seq + 1
    }
    examineEntry(row, tally)
    if (++rows % rowsAtOnce === 0) yield { _tag: "Read", rows: rowsAtOnce }
  }
  if (next <= head) tally.add("missing", next, head + 1 - next)
  yield { _tag: "Read", rows: rows % rowsAtOnce }
  for (const what of tally.findings()) yield found(name, what)
}

const entriesOf = (version: number): string =>
  `SELECT ${entryColumnsOf(version)}, octet_length(text) AS bytes FROM entries WHERE room = ? ORDER BY seq`

const isKey = Schema.is(Key)

const knownKinds: ReadonlySet<number> = new Set(Object.values(kinds))

/** What may be without a text: what was taken back, what takes it back, and an empty topic. */
const mayBeEmpty = ({ deleted, kind }: EntryRow): boolean =>
  deleted !== null || [kinds.edit, kinds.delete, kinds.topic].some((other) => other === kind)

const examineEntry = (row: EntryRow, tally: Tally): void => {
  const { at, author, bytes, deleted, key, kind, seq, target, text } = row
  if (!knownKinds.has(kind)) tally.add("of a kind that this version doesn't know", seq)
  if (target !== null && (target < 1 || target >= seq)) tally.add("about an entry that didn't come before", seq)
  if (deleted !== null && text !== "") tally.add("with a text that was taken back", seq)
  if (!isNick(author)) tally.add("of somebody whose nick nobody can have", seq)
  if (key !== null && !isKey(key)) tally.add("with a key that is none", seq)
  if (!isTime(at)) tally.add("with a time that is none", seq)
  if ((text === "" && !mayBeEmpty(row)) || hasControls(text)) tally.add("with a text that no text can be", seq)
  // What isn't UTF-8 comes out of SQLite as other characters, of another length.
  else if (utf8Length(text) !== bytes) tally.add("with a text that isn't UTF-8", seq)
}

/** The times that can be written with four digits for the year. */
const [earliest, latest] = [Date.parse("0000-01-01T00:00:00.000Z"), Date.parse("9999-12-31T23:59:59.999Z")]

const isTime = (at: number): boolean => at >= earliest && at <= latest

// ---------------------------------------------------------------------------------------------------------------------
// What belongs to rooms
// ---------------------------------------------------------------------------------------------------------------------

const examineOrphans = function* (db: DatabaseSync, rooms: ReadonlySet<number>): Generator<Step, void> {
  const roomAfter = db.prepare("SELECT min(room) AS room FROM entries WHERE room > ?")
  let room: unknown = Number.NEGATIVE_INFINITY
  while (room !== null) {
    room = roomAfter.get(room as number)?.["room"] ?? null
    if (typeof room === "number" && !rooms.has(room))
      yield found(file, `entries of a room that isn't there, number ${room}`)
  }
}

/** In a file of version 1 the keys are those of the entries, and belong to nicks. */
const keysOf: Readonly<Record<number, string>> = {
  1: `SELECT room, author AS person, key, seq, at, seq AS there, key AS shown
      FROM entries WHERE key IS NOT NULL ORDER BY room, author, key`,
  2: `SELECT keys.room, keys.person, keys.key, keys.seq, keys.at, entries.seq AS there, entries.key AS shown
      FROM keys LEFT JOIN entries ON entries.room = keys.room AND entries.seq = keys.seq ORDER BY keys.room, keys.person, keys.key`
}

const examineKeys = function* (db: DatabaseSync, rooms: ReadonlyArray<RoomRow>): Generator<Step, void> {
  const byId = new Map(rooms.map((room) => [room.id, { room, tally: makeTally() }]))
  let before: KeyRow | undefined
  let rows = 0
  for (const row of eachOf<KeyRow>(db, keysOf[Math.min(versionOf(db), 2)]!)) {
    const known = byId.get(row.room)
    if (known === undefined) {
      if (before?.room !== row.room) yield found(file, `keys of a room that isn't there, number ${row.room}`)
    } else examineKey(row, before, known.room, known.tally)
    before = row
    if (++rows % rowsAtOnce === 0) yield { _tag: "Read", rows: rowsAtOnce }
  }
  yield { _tag: "Read", rows: rows % rowsAtOnce }
  for (const { room, tally } of byId.values()) for (const what of tally.findings()) yield found(room.name, what)
}

const examineKey = (row: KeyRow, before: KeyRow | undefined, { head }: RoomRow, tally: Tally): void => {
  const { at, key, person, room, seq, shown, there } = row
  if (before?.room === room && before.person === person && before.key === key) {
    tally.add("with a key that its author has used twice", seq)
  }
  if (seq < 1 || seq > head) tally.add(`known by a key, though head is ${head}`, seq)
  if (!isKey(key) || !isTime(at)) tally.add("known by a key or a time that is none", seq)
  if (there !== null && shown !== key) tally.add("known by another key than it has", seq)
}

/** What changes have left beside their entries. */
const examineChanges = function* (db: DatabaseSync): Generator<Step, void> {
  const strays: ReadonlyArray<readonly [what: string, sql: string]> = [
    [
      "reactions to what is no message, or was taken back",
      `SELECT count(*) AS count FROM reactions LEFT JOIN entries ON entries.room = reactions.room AND entries.seq = reactions.target
       WHERE entries.seq IS NULL OR entries.kind <> ${kinds.message} OR entries.deleted IS NOT NULL`
    ],
    [
      "edits that still say what was taken back",
      `SELECT count(*) AS count FROM entries AS edits JOIN entries ON entries.room = edits.room AND entries.seq = edits.target
       WHERE edits.kind = ${kinds.edit} AND edits.text <> '' AND entries.deleted IS NOT NULL`
    ],
    [
      "marks above the head of their room",
      "SELECT count(*) AS count FROM marks LEFT JOIN rooms ON rooms.id = marks.room WHERE rooms.id IS NULL OR seq > head"
    ]
  ]
  for (const [what, sql] of strays) {
    const count = Number(db.prepare(sql).get()?.["count"])
    if (count > 0) yield found(file, `${what}: ${count}`)
  }
}

const examineSessions = function* (db: DatabaseSync): Generator<Step, void> {
  for (const { digest, nick } of eachOf<{ digest: string; nick: string }>(db, "SELECT digest, nick FROM sessions")) {
    if (!/^[0-9a-f]{64}$/u.test(digest) || !isNick(nick)) yield found(file, "a session that is none")
  }
}

interface ConversationRow {
  readonly room: number
  readonly one: string
  readonly other: string
}

const examineConversations = function* (db: DatabaseSync, rooms: ReadonlyArray<RoomRow>): Generator<Step, void> {
  const people = new Map(
    allOf<ConversationRow>(db, "SELECT room, one, other FROM conversations").map((row) => [row.room, row])
  )
  for (const room of rooms) {
    const row = people.get(room.id)
    people.delete(room.id)
    if (
      (row !== undefined) !== isOfConversation(room) ||
      (row !== undefined && nameOf([row.one, row.other]) !== room.name)
    )
      yield found(room.name, "it is the conversation of nobody, or of others")
  }
  for (const room of people.keys()) yield found(file, `people of a conversation that isn't there, number ${room}`)
}
