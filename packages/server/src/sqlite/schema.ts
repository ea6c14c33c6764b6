/**
 * What a data file holds, and how a file of an older version becomes one of this version.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite"
import { accountsStep, bansStep, invitationsStep } from "./accounts-schema.ts"
import { richVersion } from "./entry-rows.ts"
import { stopFollowing } from "./following.ts"
import { emptyIndex, indexTriggers, searchStep, withoutConversations } from "./search-schema.ts"
import { standingsStep } from "./standings-schema.ts"

/** Marks a SQLite file as one of ours: "Tert" in ASCII. */
const applicationId = 0x54_65_72_74

/** Marks a backup, which no server has used yet: "TerB". */
export const backupId = 0x54_65_72_42

/**
 * Step by step from an empty file to the present; a step that was released never changes. The version of a file is the number
 * of steps that it has taken.
 */
const migrations: ReadonlyArray<string> = [
  // A row of `rooms` is one life of a log: the name may come back with another epoch only after the row is gone. `head` has a
  // column of its own, because it outlives the last entry. `at` is in milliseconds since 1970.
  `CREATE TABLE rooms (
     id INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     epoch TEXT NOT NULL UNIQUE,
     first INTEGER NOT NULL,
     head INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE entries (
     room INTEGER NOT NULL REFERENCES rooms (id),
     seq INTEGER NOT NULL,
     author TEXT NOT NULL,
     key TEXT,
     at INTEGER NOT NULL,
     text TEXT NOT NULL,
     PRIMARY KEY (room, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE UNIQUE INDEX entries_by_key ON entries (room, author, key) WHERE key IS NOT NULL;`,
  // A key belongs to a person, not to a nick, and is known for longer than its entry. The ids of \`keys\` ascend with time, so that
  // the oldest are found without another index. A digest is 64 hexadecimal digits.
  `DROP INDEX entries_by_key;
   CREATE TABLE keys (
     id INTEGER PRIMARY KEY,
     room INTEGER NOT NULL REFERENCES rooms (id),
     person TEXT NOT NULL,
     key TEXT NOT NULL,
     seq INTEGER NOT NULL,
     at INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX keys_by_person ON keys (room, person, key);
   CREATE TABLE sessions (
     digest TEXT PRIMARY KEY,
     person TEXT NOT NULL,
     nick TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  searchStep,
  // Some logs belong to two persons, by their ids, and end with either: what a restart finds of others can be named by nobody.
  `CREATE TABLE conversations (
     room INTEGER PRIMARY KEY REFERENCES rooms (id),
     one TEXT NOT NULL,
     other TEXT NOT NULL
   ) STRICT;`,
  // Entries of all kinds (rich/1), of which messages alone are in the index of words; numbered as in entry-rows.ts. `target` is what an entry is about: the message that it changes, or
  // answers. A message has its present text, the one that it was sent with if that is another, and the `seq` of what changed it last;
  // a text that was taken back is empty. A topic outlives its entry. A reaction stands in the list since the first of those that
  // have it now.
  `ALTER TABLE entries ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE entries ADD COLUMN person TEXT;
   ALTER TABLE entries ADD COLUMN target INTEGER;
   ALTER TABLE entries ADD COLUMN original TEXT;
   ALTER TABLE entries ADD COLUMN edited INTEGER;
   ALTER TABLE entries ADD COLUMN deleted INTEGER;
   ALTER TABLE entries ADD COLUMN reacted INTEGER;
   DROP TRIGGER entries_changed;
   DROP TRIGGER entries_gone;
   ${indexTriggers}
   CREATE INDEX edits_by_target ON entries (room, target) WHERE kind = 1;
   ALTER TABLE rooms ADD COLUMN topic TEXT NOT NULL DEFAULT '';
   CREATE TABLE reactions (
     room INTEGER NOT NULL REFERENCES rooms (id),
     target INTEGER NOT NULL,
     reaction TEXT NOT NULL,
     person TEXT NOT NULL,
     seq INTEGER NOT NULL,
     since INTEGER NOT NULL,
     PRIMARY KEY (room, target, reaction, person)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE marks (
     person TEXT NOT NULL,
     room INTEGER NOT NULL REFERENCES rooms (id),
     seq INTEGER NOT NULL,
     PRIMARY KEY (person, room)
   ) STRICT, WITHOUT ROWID;`,
  withoutConversations,
  accountsStep,
  invitationsStep,
  standingsStep,
  bansStep
]

/** The version from which on a file has accounts. */
const accountsVersion = migrations.indexOf(accountsStep) + 1

/** The version from which on a file has invitations. */
const invitationsVersion = migrations.indexOf(invitationsStep) + 1

/** What is wrong with a file that this version must not touch; undefined when it is empty, or one of ours. */
export const schemaFault = (db: DatabaseSync): string | undefined => {
  const version = versionOf(db)
  const isOurs = [applicationId, backupId].includes(pragma(db, "application_id"))
  if (!isOurs && (version !== 0 || hasTables(db))) return "it is a database of another program"
  if (version <= migrations.length) return undefined
  return `it has version ${version}, and this server knows up to ${migrations.length}: start the newer server that wrote it`
}

/** Whether a file is a backup that no server has used yet. */
export const isBackup = (db: DatabaseSync): boolean => pragma(db, "application_id") === backupId

/** How many steps a file has taken. */
export const versionOf = (db: DatabaseSync): number => pragma(db, "user_version")

/** Takes the index of words out of a copy: it would tell of what was given up, and is made again. */
export const leaveOutIndex = (db: DatabaseSync): void => {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'words'").get() === undefined) return
  db.exec(`BEGIN; ${emptyIndex} COMMIT; VACUUM`)
}

/** Marks a copy as a backup, which has no index of words. */
export const markBackup = (db: DatabaseSync): void => {
  leaveOutIndex(db)
  db.exec(`PRAGMA application_id = ${backupId}`)
}

/**
 * Makes a backup a data file of its own, before a server uses it. People may have seen entries that came after the backup, and their
 * places will be taken by others: so its logs go on under epochs of their own (EPOCH-1, EPOCH-2; 72 random bits, as in epoch.ts). Its
 * sessions, tokens and invitations may have ended since, so nobody can come in by them (SESSION-8, TOKEN-4); accounts stay.
 */
export const adoptBackup = (db: DatabaseSync): void => {
  if (!isBackup(db)) return
  db.exec("BEGIN IMMEDIATE; UPDATE rooms SET epoch = lower(hex(randomblob(9)))")
  if (versionOf(db) >= 2) db.exec("DELETE FROM sessions")
  if (versionOf(db) >= richVersion) db.exec("DELETE FROM marks")
  if (versionOf(db) >= accountsVersion) db.exec("DELETE FROM tokens")
  if (versionOf(db) >= invitationsVersion) db.exec("DELETE FROM invitations")
  stopFollowing(db)
  db.exec(`PRAGMA application_id = ${applicationId}; COMMIT`)
}

/**
 * Takes the steps that a file hasn't taken, all or none. Something is written even when there are none, so that a file that can't
 * be written, or a disk without space, is found out before anybody sends.
 */
export const migrate = (db: DatabaseSync): void => {
  db.exec("BEGIN IMMEDIATE")
  for (const step of migrations.slice(versionOf(db))) db.exec(step)
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`)
}

/** What is missing in a file of ours, or isn't as its version has it, by name. */
export const schemaChanges = (db: DatabaseSync): ReadonlyArray<string> => {
  const model = new DatabaseSync(":memory:")
  for (const step of migrations.slice(0, versionOf(db))) model.exec(step)
  const found = new Map(thingsOf(db))
  const changed = thingsOf(model).filter(([name, sql]) => found.get(name) !== sql)
  model.close()
  return changed.map(([name]) => name)
}

const thingsOf = (db: DatabaseSync): ReadonlyArray<readonly [name: string, sql: unknown]> =>
  db
    .prepare("SELECT type || ' ' || name AS name, sql FROM sqlite_schema")
    .all()
    .map(({ name, sql }) => [String(name), sql])

const pragma = (db: DatabaseSync, name: string): number => Number(db.prepare(`PRAGMA ${name}`).get()?.[name])

const hasTables = (db: DatabaseSync): boolean => db.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined
