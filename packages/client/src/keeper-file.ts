/**
 * Keeps a conversation in a file, so that it goes on after its process has ended, in whatever way.
 *
 * @module
 */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Keeper, NotKept } from "./keeper.ts"
import { type Change, type Item, type Kept, makeKept, nothingKept } from "./kept.ts"

// ---------------------------------------------------------------------------------------------------------------------
// What stands in the file
// ---------------------------------------------------------------------------------------------------------------------

/** Marks a SQLite file as an outbox: "Tout" in ASCII. */
const applicationId = 0x54_6f_75_74
const version = 1

// Whatever is kept is one row, and a row that changes keeps its place.
const tables = `
  CREATE TABLE kept (
    nth INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, name)
  ) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${version};`

const Person = Schema.Struct({
  nth: Schema.Int,
  nick: Schema.optionalKey(Schema.String),
  session: Schema.optionalKey(Schema.String),
  token: Schema.optionalKey(Schema.String)
})

const Place = Schema.Struct({ epoch: Schema.String, last: Schema.Int })

const Tried = Schema.Struct({
  person: Schema.Int,
  nick: Schema.String,
  isKeyed: Schema.Boolean,
  epoch: Schema.String,
  last: Schema.Int,
  hasHole: Schema.Boolean,
  at: Schema.Finite
})

const Rest = Schema.Union([
  Schema.TaggedStruct("Unknown", {}),
  Schema.TaggedStruct("Failed", { code: Schema.String, message: Schema.String })
])

const Said = Schema.Struct({
  key: Schema.String,
  room: Schema.String,
  text: Schema.String,
  replyTo: Schema.optionalKey(Schema.Int),
  epoch: Schema.optionalKey(Schema.String),
  tried: Schema.optionalKey(Tried),
  rest: Schema.optionalKey(Rest)
})

const readPerson = Schema.decodeUnknownSync(Schema.fromJsonString(Person))
const readPlace = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.NullOr(Place)))
const readMark = Schema.decodeUnknownSync(Schema.fromJsonString(Place))
const readItem: (text: unknown) => Item = Schema.decodeUnknownSync(Schema.fromJsonString(Said))

/** What a row says. */
const changeOf = (kind: string, name: string, value: string): Change => {
  switch (kind) {
    case "person": {
      const { nick, nth, session, token } = readPerson(value)
      const person = { nth, nick, session, ...(token === undefined ? {} : { token }) }
      return { _tag: "Person", person }
    }
    case "room":
      return { _tag: "Room", room: name, cursor: readPlace(value) ?? undefined }
    case "item":
      return { _tag: "Item", item: readItem(value) }
    case "mark":
      return { _tag: "Mark", room: name, mark: readMark(value) }
    default:
      throw new Fault(`it holds something unknown, ${JSON.stringify(kind)}: a newer client has written it`)
  }
}

/** The row that keeps a change; without a value, the row that it removes. */
const rowOf = (change: Change): { readonly kind: string; readonly name: string; readonly value?: string } => {
  switch (change._tag) {
    case "Person":
      return { kind: "person", name: "", value: JSON.stringify(change.person) }
    case "Room":
      return { kind: "room", name: change.room, value: JSON.stringify(change.cursor ?? null) }
    case "Item":
      return { kind: "item", name: change.item.key, value: JSON.stringify(change.item) }
    case "Mark":
      return { kind: "mark", name: change.room, value: JSON.stringify(change.mark) }
    case "NoRoom":
      return { kind: "room", name: change.room }
    case "NoItem":
      return { kind: "item", name: change.key }
  }
}

/**
 * Whether the machine's failure would do harm, too, if a change was lost by it. Where one has read up to is read again, and
 * what is in the log is found there.
 */
const isVital = ({ _tag }: Change): boolean => _tag === "Item" || _tag === "Person"

// ---------------------------------------------------------------------------------------------------------------------
// The file
// ---------------------------------------------------------------------------------------------------------------------

/**
 * Keeps a conversation with a server in a file, which is created if it doesn't exist, for its owner only; closed with the
 * scope. Fails when the file is another's, corrupt, or in use, and leaves it as it is.
 *
 * @param server what the server is called: a file belongs to one
 */
export const keepIn = Effect.fnUntraced(function* (
  file: string,
  server: string
): Effect.fn.Return<Keeper, NotKept, Scope.Scope> {
  const attempt = <A>(act: () => A) =>
    Effect.try({ try: act, catch: (error) => new NotKept({ where: file, why: inWords(error) }) })
  const db = yield* Effect.acquireRelease(
    attempt(() => open(resolve(file))),
    (db) => Effect.sync(() => db.close())
  )
  const kept = yield* attempt(() => load(db, server))
  const put = db.prepare(
    "INSERT INTO kept (kind, name, value) VALUES (?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value"
  )
  const remove = db.prepare("DELETE FROM kept WHERE kind = ? AND name = ?")
  const write = (change: Change) => {
    const { kind, name, value } = rowOf(change)
    if (value === undefined) remove.run(kind, name)
    else put.run(kind, name, value)
  }
  return {
    kept,
    save: (changes) =>
      attempt(() => {
        // In WAL mode, a commit waits for the disk with FULL only; the process may end at any time with either.
        db.exec(`PRAGMA synchronous = ${changes.some(isVital) ? "FULL" : "NORMAL"}; BEGIN`)
        try {
          for (const change of changes) write(change)
          db.exec("COMMIT")
        } catch (error) {
          if (db.isTransaction) db.exec("ROLLBACK")
          throw error
        }
      })
  }
})

/** Why a file can't be used, as a clause. */
class Fault extends Error {}

const open = (path: string): DatabaseSync => {
  if (!existsSync(dirname(path))) throw new Fault(`there is no folder ${dirname(path)}: make it first`)
  // It holds the secret of a session.
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600))
  lookAt(path)
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    prepare(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Reads only: whatever else this may be, it stays as it is. */
const lookAt = (path: string): void => {
  const status = statSync(path)
  if (status.isDirectory()) throw new Fault("it is a folder: name a file in it")
  if (status.size === 0) return
  const head = Buffer.alloc(72)
  const handle = openSync(path, "r")
  readSync(handle, head)
  closeSync(handle)
  const isOurs = head.toString("latin1", 0, 16) === "SQLite format 3\0" && head.readUInt32BE(68) === applicationId
  if (!isOurs) throw new Fault("it is no outbox, or its beginning is damaged: name another file")
}

/** Takes the file for as long as it is open, and looks whether it is whole. */
const prepare = (db: DatabaseSync): void => {
  db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
  const known = Number(db.prepare("PRAGMA user_version").get()?.["user_version"])
  if (known > version) throw new Fault(`it has version ${known}: start the newer client that wrote it`)
  if (known === 0) db.exec(tables)
  else if (db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"] !== "ok") throw new Fault(corrupt)
  db.exec("COMMIT; PRAGMA journal_mode = WAL")
}

const load = (db: DatabaseSync, server: string): Kept => {
  const kept = makeKept(nothingKept)
  const rows = db.prepare("SELECT kind, name, value FROM kept ORDER BY nth").all()
  const owner = rows.find(({ kind }) => kind === "server")?.["value"]
  if (owner === undefined) db.prepare("INSERT INTO kept (kind, name, value) VALUES ('server', '', ?)").run(server)
  else if (owner !== server) throw new Fault(`it belongs to a conversation with ${owner}: name another file`)
  for (const { kind, name, value } of rows) {
    if (kind !== "server") kept.change(changeOf(String(kind), String(name), String(value)))
  }
  return kept
}

const corrupt = "it is corrupt: name another file, and keep this one if you need to know what was in it"

// SQLite's result codes.
const words: Readonly<Record<number, string>> = {
  5: "another client uses it: end that one, or name another file",
  8: "it can't be written: look at its permissions, and at those of its folder",
  10: "the disk fails, or is full",
  11: corrupt,
  13: "the disk is full",
  14: "it can't be opened: look at its permissions, and at those of its folder",
  26: corrupt
}

const inWords = (error: unknown): string => {
  if (error instanceof Fault) return error.message
  if (Schema.isSchemaError(error) || error instanceof SyntaxError) return corrupt
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0
  return words[code] ?? (error instanceof Error ? error.message : String(error))
}
