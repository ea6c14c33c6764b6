import { readFile, truncate, writeFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, test } from "vitest"
import { nameOf } from "../src/sqlite/conversations.ts"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { epochOf, fillIndex, plant, tamper, undoAccounts, undoRich } from "./support/files.ts"
import { openTemporary } from "./support/logs.ts"
import { openFolder } from "./support/process.ts"
import { tertulia } from "./support/tertulia.ts"

/** A folder with a sound data file: two rooms, keys, a session. */
const openSound = async () => {
  const folder = await openTemporary()
  plant(
    folder.file,
    { room: "#bar", entries: [{}], first: 4 },
    { room: "#cafe", entries: [{ key: "a1" }, {}, {}, { key: "b2" }, {}, {}], first: 3 },
    { room: "#gone", entries: [], first: 5 }
  )
  tamper(
    folder.file,
    `INSERT INTO keys (room, person, key, seq, at) VALUES (2, 'p1', 'a1', 3, 0), (2, 'p2', 'a1', 2, 0), (2, 'p1', 'b2', 6, 0), (3, 'p1', 'a1', 1, 0);
     INSERT INTO sessions VALUES ('${"0".repeat(64)}', 'p1', 'ana')`
  )
  return folder
}

test("a sound file is said to be sound, exit 0", async () => {
  await using folder = await openSound()
  expect(await tertulia("verify", "--data", folder.file)).toEqual({
    code: 0,
    out: [`${folder.file} is sound: 3 rooms, 7 entries, 4 keys`],
    err: []
  })
})

test("the file of a running server can be looked at", async () => {
  await using folder = await openSound()
  const { close, db } = openDataFile(folder.file)
  db.exec("BEGIN IMMEDIATE; DELETE FROM entries WHERE room = 1")
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({ code: 0 })
  db.exec("ROLLBACK")
  close()
})

test("a file of the first version can be looked at, where a key belonged to a nick", async () => {
  await using folder = await openSound()
  tamper(
    folder.file,
    `DROP TABLE keys; DROP TABLE sessions; DROP TABLE conversations; ${undoAccounts} PRAGMA user_version = 1;
     DROP TRIGGER entries_changed; DROP TRIGGER entries_gone; ${undoRich}
     DROP TABLE words; DROP TABLE unindexed; DROP TABLE ciphers;
     ALTER TABLE entries DROP COLUMN place; ALTER TABLE rooms DROP COLUMN place;
     ALTER TABLE rooms DROP COLUMN drift; ALTER TABLE rooms DROP COLUMN indexed;
     CREATE UNIQUE INDEX entries_by_key ON entries (room, author, key) WHERE key IS NOT NULL;`
  )
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({
    code: 0,
    out: [`${folder.file} is sound: 3 rooms, 7 entries, 0 keys`]
  })
  tamper(folder.file, "DROP INDEX entries_by_key; UPDATE entries SET key = 'a1' WHERE key = 'b2'")
  expect(await tertulia("verify", "--data", folder.file)).toMatchObject({
    code: 1,
    out: [
      "the file: index entries_by_key is missing, or isn't as this version has it",
      "#cafe: with a key that its author has used twice: entry 6",
      `${folder.file} is damaged: 2 findings`
    ]
  })
})

const addEntry = (room: number, seq: number) =>
  `INSERT INTO entries (room, seq, author, key, at, text) VALUES (${room}, ${seq}, 'ana', NULL, 0, 'hola')`

const damages: ReadonlyArray<readonly [what: string, sql: string, says: ReadonlyArray<string>]> = [
  ["a hole", "DELETE FROM entries WHERE seq IN (5, 6)", ["#cafe: missing: entry 5 and 1 more"]],
  ["two holes", "DELETE FROM entries WHERE seq IN (5, 7)", ["#cafe: missing: entry 5 and 1 more"]],
  ["a missing end", "DELETE FROM entries WHERE seq = 8", ["#cafe: missing: entry 8"]],
  ["no entries at all", "DELETE FROM entries WHERE room = 1", ["#bar: missing: entry 4"]],
  ["an entry before first", addEntry(2, 1), ["#cafe: in the file, though first is 3: entry 1"]],
  ["an entry after head", addEntry(2, 9), ["#cafe: in the file, though head is 8: entry 9"]],
  [
    "a head that fell",
    "UPDATE rooms SET head = 6 WHERE id = 2",
    ["#cafe: in the file, though head is 6: entry 7 and 1 more"]
  ],
  [
    "a first that can't be",
    "UPDATE rooms SET first = 9 WHERE id = 3",
    ["#gone: first is 9 and head is 4, which can't be"]
  ],
  ["a name that can't be", "UPDATE rooms SET name = '#Bar' WHERE id = 1", ["#Bar: no room can have this name"]],
  [
    "a name that attacks the terminal",
    "UPDATE rooms SET name = '#' || char(27) || '[2J' WHERE id = 1",
    ["# [2J: no room can have this name"]
  ],
  [
    "an epoch that can't be",
    "UPDATE rooms SET epoch = 'a b' WHERE id = 1",
    ["#bar: its epoch is none that a client would take"]
  ],
  [
    "entries without a room",
    `${addEntry(9, 1)}; ${addEntry(9, 2)}; ${addEntry(11, 1)}`,
    [
      "the file: entries of a room that isn't there, number 9",
      "the file: entries of a room that isn't there, number 11"
    ]
  ],
  [
    "a text with a control",
    "UPDATE entries SET text = char(27) || '[2J' WHERE seq > 6",
    ["#cafe: with a text that no text can be: entry 7 and 1 more"]
  ],
  ["an empty text", "UPDATE entries SET text = '' WHERE seq = 3", ["#cafe: with a text that no text can be: entry 3"]],
  [
    "a text that isn't UTF-8",
    "UPDATE entries SET text = CAST(x'61ff62' AS TEXT) WHERE seq = 3",
    ["#cafe: with a text that isn't UTF-8: entry 3"]
  ],
  [
    "a nick that can't be",
    "UPDATE entries SET author = 'Ana' WHERE seq = 3",
    ["#cafe: of somebody whose nick nobody can have: entry 3"]
  ],
  ["a time that is none", "UPDATE entries SET at = 9e15 WHERE seq = 3", ["#cafe: with a time that is none: entry 3"]],
  [
    "numbers that are none",
    `UPDATE entries SET at = 9223372036854775807 WHERE seq = 3; ${addEntry(2, 2 ** 53 - 1).replace("991", "993")}`,
    ["#cafe: with a time that is none: entry 3", "#cafe: in the file, though head is 8: entry 9007199254740992"]
  ],
  ["a key that is none", "UPDATE entries SET key = 'a b' WHERE seq = 5", ["#cafe: with a key that is none: entry 5"]],
  [
    "a key used twice",
    "DROP INDEX keys_by_person; INSERT INTO keys (room, person, key, seq, at) VALUES (2, 'p1', 'a1', 5, 0)",
    [
      "the file: index keys_by_person is missing, or isn't as this version has it",
      "#cafe: with a key that its author has used twice: entry 5",
      "#cafe: known by another key than it has: entry 5"
    ]
  ],
  [
    "a key of an entry that was never there",
    "UPDATE keys SET seq = 9 WHERE seq = 6; UPDATE keys SET seq = 0 WHERE room = 3",
    ["#cafe: known by a key, though head is 8: entry 9", "#gone: known by a key, though head is 4: entry 0"]
  ],
  [
    "a key of another entry",
    "UPDATE keys SET seq = 5 WHERE seq = 6",
    ["#cafe: known by another key than it has: entry 5"]
  ],
  [
    "a key that can't be",
    "UPDATE keys SET key = '' WHERE room = 3",
    ["#gone: known by a key or a time that is none: entry 1"]
  ],
  [
    "keys without a room",
    "UPDATE keys SET room = 9 WHERE room = 3",
    ["the file: keys of a room that isn't there, number 9"]
  ],
  ["a session that can't be", "UPDATE sessions SET digest = 'x'", ["the file: a session that is none"]],
  [
    "a table without its constraints",
    "ALTER TABLE sessions RENAME TO claims",
    ["the file: table sessions is missing, or isn't as this version has it"]
  ]
]
describe("damage is found, exit 1", () => {
  test.for(damages)("%s", async ([, sql, says]) => {
    await using folder = await openSound()
    tamper(folder.file, `PRAGMA foreign_keys = OFF; ${sql}`)
    const { code, err, out } = await tertulia("verify", "--data", folder.file)
    const findings = says.length === 1 ? "1 finding" : `${says.length} findings`
    expect({ code, out, err }).toEqual({ code: 1, out: [...says, `${folder.file} is damaged: ${findings}`], err: [] })
  })
})

/** A folder with a data file whose index of words is up to date; a conversation isn't in it. */
const openIndexed = async () => {
  const folder = await openTemporary()
  const texts = ["Hola, mundo", "hola hola", "canción", "¿qué tal?", "漢字 and 😀"]
  plant(
    folder.file,
    { room: "#bar", entries: texts.map((text) => ({ text })), first: 4 },
    { room: "#cafe", entries: texts.map((text, index) => ({ text, from: `n${index}` })) }
  )
  const [one, other] = ["p1", "p2"] as const
  tamper(
    folder.file,
    `INSERT INTO rooms (id, name, epoch, first, head) VALUES (40, '${nameOf([one, other])}', 'c', 1, 1);
     INSERT INTO conversations VALUES (40, '${one}', '${other}');
     INSERT INTO entries (room, seq, author, at, text) VALUES (40, 1, 'ana', 0, 'in private')`
  )
  fillIndex(folder.file)
  return { ...folder, conversation: nameOf([one, other]), [Symbol.asyncDispose]: folder[Symbol.asyncDispose] }
}

test("an index of words is sound when it has what the entries say, or said when they were indexed", async () => {
  await using folder = await openIndexed()
  const { file } = folder
  const sound = { code: 0, err: [] }
  expect(await tertulia("verify", "--data", file)).toMatchObject(sound)
  tamper(
    file,
    `UPDATE entries SET text = 'edited' WHERE room = 2 AND seq IN (2, 3);
     DELETE FROM entries WHERE room = 2 AND seq = 1; UPDATE rooms SET first = 2 WHERE id = 2;
     INSERT INTO entries (room, seq, author, at, text) VALUES (1, 9, 'ana', 0, 'new'); UPDATE rooms SET head = 9 WHERE id = 1`
  )
  expect(await tertulia("verify", "--data", file)).toMatchObject(sound)
  fillIndex(file)
  expect(await tertulia("verify", "--data", file)).toMatchObject(sound)
  expect(await tertulia("backup", `${file}-copy`, "--data", file)).toMatchObject({ code: 0 })
  expect(await tertulia("verify", "--data", `${file}-copy`)).toMatchObject(sound)
})

const others = "the index of words has others than its entries say"
const indexDamages: ReadonlyArray<readonly [what: string, sql: string, says: ReadonlyArray<string>]> = [
  ["a word too many", "INSERT INTO words (rowid, terms) VALUES ((2 << 40) + 1, '2_stranger')", [`#cafe: ${others}`]],
  [
    "a word too few",
    "INSERT INTO words (words, rowid, terms) VALUES ('delete', (2 << 40) + 2, '2_hola')",
    [`#cafe: ${others}`]
  ],
  [
    "a word of another entry",
    `INSERT INTO words (words, rowid, terms) VALUES ('delete', (2 << 40) + 3, '2_cancion');
     INSERT INTO words (rowid, terms) VALUES ((2 << 40) + 4, '2_cancion')`,
    [`#cafe: ${others}`]
  ],
  [
    "a word of another room",
    `INSERT INTO words (words, rowid, terms) VALUES ('delete', (2 << 40) + 3, '2_cancion');
     INSERT INTO words (rowid, terms) VALUES ((2 << 40) + 3, '1_cancion')`,
    [`#cafe: ${others}`]
  ],
  ["an entry that counts as indexed", "UPDATE rooms SET indexed = 4 WHERE id = 1", [`#bar: ${others}`]],
  [
    "an index that goes too far",
    "UPDATE rooms SET indexed = 6 WHERE id = 2",
    ["#cafe: the index of words goes up to 6, though head is 5"]
  ],
  [
    "words of a room that isn't there",
    "INSERT INTO words (rowid, terms) VALUES ((9 << 40) + 1, '9_stranger')",
    ["the file: the index has words of a room that isn't there, number 9"]
  ],
  ["no words at all", "INSERT INTO words (words) VALUES ('delete-all')", [`#bar: ${others}`, `#cafe: ${others}`]]
]
describe("an index of words that was tampered with is found, exit 1:", () => {
  test.for(indexDamages)("%s", async ([, sql, says]) => {
    await using folder = await openIndexed()
    tamper(folder.file, sql)
    const { code, err, out } = await tertulia("verify", "--data", folder.file)
    const findings = says.length === 1 ? "1 finding" : `${says.length} findings`
    expect({ code, out, err }).toEqual({ code: 1, out: [...says, `${folder.file} is damaged: ${findings}`], err: [] })
  })

  test("a conversation in it", async () => {
    await using folder = await openIndexed()
    tamper(
      folder.file,
      `INSERT INTO words (rowid, terms) VALUES ((40 << 40) + 1, '14@ana 14_in 14_private'); UPDATE rooms SET indexed = 1 WHERE id = 40`
    )
    expect((await tertulia("verify", "--data", folder.file)).out).toEqual([
      `${folder.conversation}: it is in the index of words, where no conversation belongs`,
      `${folder.file} is damaged: 1 finding`
    ])
  })
})

test("a file in whose index there are conversations gets another index, and any other keeps its own", async () => {
  await using folder = await openIndexed()
  const { file } = folder
  const indexed = () => {
    const db = new DatabaseSync(file, { readOnly: true })
    db.exec("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, words, row)")
    const terms = db
      .prepare("SELECT term FROM temp.terms")
      .all()
      .map(({ term }) => String(term))
    const rooms = db
      .prepare("SELECT indexed FROM rooms ORDER BY id")
      .all()
      .map(({ indexed }) => Number(indexed))
    db.close()
    return { terms, rooms }
  }
  const before = indexed()
  expect(before.rooms).toEqual([8, 5, 0])
  tamper(file, `${undoAccounts} PRAGMA user_version = 5`)
  openDataFile(file).close()
  expect(indexed()).toEqual(before)
  tamper(
    file,
    `INSERT INTO words (rowid, terms) VALUES ((40 << 40) + 1, '14@ana 14_in 14_private');
     UPDATE rooms SET indexed = 1 WHERE id = 40; ${undoAccounts} PRAGMA user_version = 5`
  )
  expect(await tertulia("verify", "--data", file)).toMatchObject({ code: 0 })
  openDataFile(file).close()
  expect(indexed()).toEqual({ terms: [], rooms: [3, 0, 0] })
  fillIndex(file)
  expect(indexed()).toEqual(before)
  expect(await tertulia("verify", "--data", file)).toMatchObject({ code: 0 })
})

test("two logs of one room, and of one epoch, are found, although SQLite should have refused them", async () => {
  await using folder = await openSound()
  tamper(
    folder.file,
    `CREATE TEMP TABLE kept AS SELECT * FROM sqlite_schema; PRAGMA writable_schema = ON;
     DELETE FROM sqlite_schema WHERE name LIKE 'sqlite_autoindex_rooms%';
     UPDATE sqlite_schema SET sql = replace(sql, ' UNIQUE', '') WHERE name = 'rooms'; PRAGMA writable_schema = RESET;
     INSERT INTO rooms (name, epoch, first, head) SELECT name, epoch, 1, 0 FROM rooms WHERE id = 1;
     PRAGMA writable_schema = ON; DELETE FROM sqlite_schema; INSERT INTO sqlite_schema SELECT * FROM kept`
  )
  const { code, out } = await tertulia("verify", "--data", folder.file)
  expect(code).toBe(1)
  expect(out).toContain("#bar: there are two logs of this room")
  expect(out).toContain(`the file: the epoch ${epochOf("#bar")} is used for two logs`)
  expect(out).toContain("the file: row 4 missing from index sqlite_autoindex_rooms_1")
})

/** Makes a file of so many pages that some can be damaged and the others not. */
const openLarge = async () => {
  const folder = await openTemporary()
  const entries = Array.from({ length: 500 }, () => ({ text: "x".repeat(500) }))
  plant(folder.file, { room: "#bar", entries: [{}] }, { room: "#cafe", entries }, { room: "#cine", entries: [{}] })
  return folder
}

test("pages that SQLite can't read are found, exit 1", async () => {
  await using folder = await openLarge()
  const bytes = await readFile(folder.file)
  await writeFile(folder.file, bytes.fill(0x55, 147_456, 163_840))
  const { code, out } = await tertulia("verify", "--data", folder.file)
  expect({ code, out }).toEqual({
    code: 1,
    out: [
      "the file: its pages are damaged",
      "#cafe: it is corrupt, and can't be read to its end",
      `${folder.file} is damaged: 2 findings`
    ]
  })
})

test("a file that was cut, and one whose beginning is damaged, are found, exit 1", async () => {
  await using folder = await openLarge()
  const bytes = await readFile(folder.file)
  const unreadable = "the file: it is corrupt, and can't be read to its end"
  await truncate(folder.file, 8_192)
  expect(await tertulia("verify", "--data", folder.file)).toEqual({
    code: 1,
    out: [unreadable, `${folder.file} is damaged: 1 finding`],
    err: []
  })
  await writeFile(folder.file, bytes.fill(0x55, 100, 4_096))
  expect(await tertulia("verify", "--data", folder.file)).toEqual({
    code: 1,
    out: ["the file: its pages are damaged", unreadable, `${folder.file} is damaged: 2 findings`],
    err: []
  })
})

const unseen: ReadonlyArray<readonly [what: string, make: (file: string) => Promise<void> | void, says: RegExp]> = [
  ["that isn't there", () => {}, /it doesn't exist: name another with --data$/u],
  ["without anything", (file) => writeFile(file, ""), /it is empty: no server has written to it$/u],
  ["that is a text", (file) => writeFile(file, "a shopping list\n"), /it is no database, or corrupt$/u],
  ["of another program", (file) => tamper(file, "CREATE TABLE t (a)"), /it is a database of another program$/u],
  [
    "of a newer version",
    (file) => {
      plant(file)
      tamper(file, "PRAGMA user_version = 70")
    },
    /it has version 70, and this server knows up to \d+: start the newer server that wrote it$/u
  ]
]
describe("a file that can't be looked at is one line, exit 2, and left as it is: one", () => {
  test.for(unseen)("%s", async ([, make, says]) => {
    await using folder = await openTemporary()
    await make(folder.file)
    const before = await readFile(folder.file).catch(() => undefined)
    for (const args of [["verify"], ["export", "cafe"], ["backup", `${folder.path}/copy`]]) {
      const { code, err, out } = await tertulia(...args, "--data", folder.file)
      expect({ code, out, err }).toEqual({ code: 2, out: [], err: [expect.stringMatching(says)] })
      expect(err[0]).toMatch(/^tertulia: can't use the data file [^\n]+$/u)
    }
    expect(await readFile(folder.file).catch(() => undefined)).toEqual(before)
  })
})

test("a folder, and what keeps nothing, can't be looked at, exit 2", async () => {
  await using folder = await openTemporary()
  const fails = async (data: string, says: RegExp) => {
    const { code, err } = await tertulia("verify", "--data", data)
    expect({ code, err }).toEqual({ code: 2, err: [expect.stringMatching(says)] })
  }
  await fails(folder.path, /it is a folder: name a file in it$/u)
  await fails(`${folder.path}/none/x.db`, /there is no folder .*\/none: make it first$/u)
  await fails(":memory:", /^tertulia: :memory: keeps nothing: name a data file with --data$/u)
})

test("the exit codes are those of the process, and the data file is the server's", async () => {
  await using folder = await openFolder()
  await writeFile(`${folder.path}/tertulia.json`, '{"data":"mine.db"}')
  plant(`${folder.path}/mine.db`, { room: "#cafe", entries: [{}] })
  const sound = { code: 0, out: "mine.db is sound: 1 room, 1 entry, 0 keys\n", err: "" }
  expect(await folder.start(["verify"]).exit).toEqual(sound)
  tamper(`${folder.path}/mine.db`, "DELETE FROM entries")
  const damaged = { code: 1, out: "#cafe: missing: entry 1\nmine.db is damaged: 1 finding\n", err: "" }
  expect(await folder.start(["--data", "mine.db", "verify"]).exit).toEqual(damaged)
  const none = await folder.start(["verify"], { TERTULIA_DATA: "none.db" }).exit
  expect(none).toEqual({
    code: 2,
    out: "",
    err: "tertulia: can't use the data file none.db: it doesn't exist: name another with --data\n"
  })
})
