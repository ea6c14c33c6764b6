import { chmod, mkdir, readFile, truncate, writeFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { expect, test } from "vitest"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { openTemporary } from "./support/logs.ts"
import { listening, openFolder } from "./support/process.ts"

/** Makes a database with this content, and closes it. */
const database = (file: string, sql: string) => {
  const db = new DatabaseSync(file)
  db.exec(sql)
  db.close()
}

/** A file of ours, with some pages. */
const ours = (file: string) => {
  const { close, db } = openDataFile(file)
  db.exec("INSERT INTO rooms (id, name, epoch, first, head) VALUES (1, '#cafe', 'k', 1, 100)")
  const add = db.prepare("INSERT INTO entries (room, seq, author, key, at, text) VALUES (1, ?, 'ana', NULL, 0, ?)")
  for (let seq = 1; seq <= 100; seq++) add.run(seq, "x".repeat(1_000))
  close()
}

const overwrite = async (file: string, from: number, to: number) => {
  const bytes = await readFile(file)
  await writeFile(file, bytes.fill(0x55, from, to))
}

const bad: ReadonlyArray<readonly [what: string, make: (file: string) => Promise<void> | void, says: RegExp]> = [
  ["a folder", (file) => mkdir(file).then(() => undefined), /it is a folder: name a file in it$/u],
  ["a text", (file) => writeFile(file, "a shopping list\n"), /it is no database, or corrupt$/u],
  ["a database of another program", (file) => database(file, "CREATE TABLE t (a)"), /a database of another program$/u],
  [
    "a newer version",
    (file) => {
      ours(file)
      database(file, "PRAGMA user_version = 70")
    },
    /it has version 70, and this server knows up to [0-9]+: start the newer server that wrote it$/u
  ],
  [
    "a file whose first page is corrupt",
    async (file) => {
      ours(file)
      await overwrite(file, 100, 4_096)
    },
    /it is corrupt: restore a backup$/u
  ],
  [
    "a file that was cut",
    async (file) => {
      ours(file)
      await truncate(file, 8_192)
    },
    /it is corrupt: restore a backup$/u
  ]
]
test.for(bad)("%s is refused in one sentence, and left as it is", async ([, make, says]) => {
  await using folder = await openTemporary()
  await make(folder.file)
  const before = await readFile(folder.file).catch(() => undefined)
  expect(() => openDataFile(folder.file)).toThrow(says)
  expect(await readFile(folder.file).catch(() => undefined)).toEqual(before)
})

test("a file in a folder that doesn't exist is refused in one sentence", async () => {
  await using folder = await openTemporary()
  expect(() => openDataFile(`${folder.path}/none/x.db`)).toThrow(/there is no folder .*\/none: make it first$/u)
})

test("a file that another program has locked is refused, and can be opened when it is free", async () => {
  await using folder = await openTemporary()
  ours(folder.file)
  const other = new DatabaseSync(folder.file)
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
  expect(() => openDataFile(folder.file)).toThrow(/another program has locked it$/u)
  other.close()
  openDataFile(folder.file).close()
})

test("a file has one server, under whatever name", async () => {
  await using folder = await openTemporary()
  const first = openDataFile(folder.file)
  expect(() => openDataFile(`${folder.path}/../${folder.path.split("/").at(-1)}/tertulia.db`)).toThrow(
    /another server uses it: stop that one, or name another file with --data$/u
  )
  first.close()
  openDataFile(folder.file).close()
})

test("what was committed is on the disk: in WAL mode, that takes synchronous=FULL", async () => {
  await using folder = await openTemporary()
  const { close, db } = openDataFile(folder.file)
  expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" })
  expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 })
  close()
})

test("a server whose file is in use, or can't be written, says so in one line and exits 2", async () => {
  await using folder = await openFolder()
  const first = folder.start(["--port", "0"])
  await listening(first.child)
  const second = await folder.start(["--port", "0"]).exit
  expect(second).toEqual({
    code: 2,
    out: "",
    err: "tertulia: can't use the data file ./tertulia.db: another server uses it: stop that one, or name another file with --data\n"
  })
  first.child.kill("SIGKILL")
  await first.exit
  await chmod(`${folder.path}/tertulia.db`, 0o444)
  const { code, err, out } = await folder.start(["--port", "0"], {}, { isMortal: true }).exit
  expect({ code, out }).toEqual({ code: 2, out: "" })
  expect(err).toMatch(/^tertulia: can't use the data file \.\/tertulia\.db: it can't be written: [^\n]+\n$/u)
})

test("a server that finds no space for its file says so in one line and exits 2", async () => {
  await using folder = await openFolder()
  const { code, err, out } = await folder.start(["--port", "0"], {}, { fileBlocks: 8 }).exit
  expect({ code, out }).toEqual({ code: 2, out: "" })
  expect(err).toMatch(/^tertulia: can't use the data file \.\/tertulia\.db: the disk [^\n]+\n$/u)
})
