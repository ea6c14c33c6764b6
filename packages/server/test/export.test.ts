import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fc } from "@fast-check/vitest"
import { visible } from "@tertulia/protocol"
import { describe, expect, test } from "vitest"
import { transcriptOf } from "../src/operate/transcript.ts"
import { openDataFile, openToLook } from "../src/sqlite/data-file.ts"
import { takeSnapshot } from "../src/sqlite/snapshot.ts"
import { makeWriter } from "../src/sqlite/writer.ts"
import { epochOf, plant, tamper, undoAccounts, undoRich } from "./support/files.ts"
import { draft, openTemporary } from "./support/logs.ts"
import { openFolder } from "./support/process.ts"
import { tertulia } from "./support/tertulia.ts"

const at = Date.parse("2026-11-20T20:08:00.000Z")

/** A folder with a data file of these rooms: `#cafe`, `#bar`, and `#gone`, whose entries were given up. */
const openCafe = async () => {
  const folder = await openTemporary()
  plant(
    folder.file,
    { room: "#bar", entries: [{ at, text: "salud", from: "leo" }] },
    {
      room: "#cafe",
      entries: [
        { at, text: "hola", key: "a1" },
        { at: at + 1_500, from: "leo", text: "¡hola!\n2026-11-20 20:08:00 ana: it wasn't me\n\n\tbye" },
        { at: at - 1, text: "\u202eevil\u2028" }
      ],
      first: 7
    },
    { room: "#gone", entries: [], first: 3 }
  )
  return { ...folder, to: (name: string) => join(folder.path, name) }
}

const cafe = [
  `{"format":"tertulia-log","version":2,"room":"#cafe","epoch":"${epochOf("#cafe")}","first":7,"head":9}`,
  '{"seq":7,"from":"ana","text":"hola","at":"2026-11-20T20:08:00.000Z","key":"a1"}',
  '{"seq":8,"from":"leo","text":"¡hola!\\n2026-11-20 20:08:00 ana: it wasn\'t me\\n\\n\\tbye","at":"2026-11-20T20:08:01.500Z"}',
  '{"seq":9,"from":"ana","text":"\\u202eevil\\u2028","at":"2026-11-20T20:07:59.999Z"}',
  ""
].join("\n")

describe("the log of a room", () => {
  test("is a line that says what it is, then a line per entry, which no terminal minds", async () => {
    await using folder = await openCafe()
    const { code, err, out } = await tertulia("export", "cafe", "--data", folder.file, "--out", folder.to("x"))
    expect({ code, out, err }).toEqual({ code: 0, out: [`#cafe: entries 7 to 9, in ${folder.to("x")}`], err: [] })
    expect(await readFile(folder.to("x"), "utf8")).toBe(cafe)
  })

  test("is text, in which no text passes for another entry, and which no terminal minds", async () => {
    await using folder = await openCafe()
    const args = ["export", "#CAFE", "--format", "text", "--data", folder.file, "--out", folder.to("x")]
    expect(await tertulia(...args)).toMatchObject({ code: 0 })
    expect(await readFile(folder.to("x"), "utf8")).toBe(
      [
        "2026-11-20 20:08:00 ana: hola",
        "2026-11-20 20:08:01 leo: ¡hola!",
        "    2026-11-20 20:08:00 ana: it wasn't me",
        "    ",
        "    \tbye",
        "2026-11-20 20:07:59 ana: \ufffdevil\ufffd",
        ""
      ].join("\n")
    )
  })

  test("as text can be read back, whatever the texts are", () => {
    const texts = fc.array(
      fc.string({ unit: fc.oneof(fc.constantFrom("\n", " ", "a", "2"), fc.string()), minLength: 1 })
    )
    fc.assert(
      fc.property(texts, (texts) => {
        const lines = texts.map((text, seq) =>
          transcriptOf({ type: "message", seq, from: "ana", text, at: "2026-11-20T20:08:00.000Z" })
        )
        const back = lines
          .join("")
          .split(/^(?=2026-)/mu)
          .filter((entry) => entry !== "")
          .map((entry) => entry.slice("2026-11-20 20:08:00 ana: ".length, -1).replaceAll("\n    ", "\n"))
        expect(back).toEqual(texts.map(visible))
      })
    )
  })

  test("is of one moment, whatever is written and given up meanwhile", async () => {
    await using folder = await openTemporary()
    plant(folder.file, { room: "#cafe", entries: Array.from({ length: 300 }, () => ({})) })
    const { close, db } = openDataFile(folder.file)
    const looking = openToLook(folder.file)
    const snapshot = takeSnapshot(looking)
    const log = snapshot.log("#cafe")!
    const entries = snapshot.entries(log)[Symbol.iterator]()
    expect(entries.next().value).toMatchObject({ seq: 1 })
    const append = {
      _tag: "Append",
      room: "#cafe",
      epoch: epochOf("#cafe"),
      drafts: [draft("late")],
      first: 290
    }
    expect(makeWriter(db)([append as never])).toMatchObject({ _tag: "Committed" })
    const rest = Array.from({ [Symbol.iterator]: () => entries })
    expect(rest.map(({ seq }) => seq)).toEqual(Array.from({ length: 299 }, (_, index) => index + 2))
    looking.close()
    close()
  })
})

test("all rooms are a file each", async () => {
  await using folder = await openCafe()
  const all = folder.to("all")
  const args = ["export", "--all", "--data", folder.file, "--out", all]
  expect(await tertulia(...args)).toEqual({ code: 0, out: [`${all}: 3 rooms`], err: [] })
  expect((await readdir(all)).sort()).toEqual(["bar.ndjson", "cafe.ndjson", "gone.ndjson"])
  expect(await readFile(join(all, "cafe.ndjson"), "utf8")).toBe(cafe)
  expect(await readFile(join(all, "gone.ndjson"), "utf8")).toBe(
    `{"format":"tertulia-log","version":2,"room":"#gone","epoch":"${epochOf("#gone")}","first":3,"head":2}\n`
  )
  await writeFile(join(all, "bar.txt"), "mine")
  expect(await tertulia(...args, "--format", "text")).toMatchObject({ code: 2 })
  expect((await readdir(all)).sort()).toEqual(["bar.ndjson", "bar.txt", "cafe.ndjson", "gone.ndjson"])
  expect(await tertulia(...args, "--format", "text", "--overwrite")).toMatchObject({ code: 0 })
  expect(await readFile(join(all, "bar.txt"), "utf8")).toBe("2026-11-20 20:08:00 leo: salud\n")
})

test("a file that is there is replaced only by whoever says so, and only by a whole one", async () => {
  await using folder = await openCafe()
  const out = folder.to("x")
  await writeFile(out, "mine")
  const args = ["export", "cafe", "--data", folder.file, "--out", out]
  expect(await tertulia(...args)).toEqual({
    code: 2,
    out: [],
    err: [`tertulia: ${out} exists: name another, or remove it`]
  })
  tamper(folder.file, "DELETE FROM entries WHERE seq = 8")
  expect(await tertulia(...args, "--overwrite")).toEqual({
    code: 2,
    out: [],
    err: ["tertulia: the log of #cafe is damaged at entry 8: tertulia verify says what is wrong with the file"]
  })
  expect(await readFile(out, "utf8")).toBe("mine")
  expect(await readdir(folder.path)).not.toContainEqual(expect.stringContaining(".part"))
  expect(await tertulia("export", "bar", "--data", folder.file, "--out", out, "--overwrite")).toMatchObject({ code: 0 })
  expect(await readFile(out, "utf8")).toContain("salud")
})

const faults: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>, says: RegExp]> = [
  ["no room", [], /^tertulia: say which room, or --all: tertulia export cafe$/u],
  ["a room and --all", ["cafe", "--all"], /^tertulia: say a room or --all, not both$/u],
  ["--all without a folder", ["--all"], /^tertulia: say which folder: tertulia export --all --out FOLDER$/u],
  ["two rooms", ["cafe", "bar"], /^tertulia: .*bar/u],
  ["a room that isn't there", ["cine"], /^tertulia: there is no log of #cine in .*\/tertulia\.db$/u],
  ["a room that can't be", ["\u001b[2J"], /^tertulia: no room can be called "\\u001b\[2J": 1 to 32 of a-z/u],
  ["an unknown format", ["cafe", "--format", "csv"], /^tertulia: .*csv.*ndjson/u],
  [
    "a folder that isn't there",
    ["cafe", "--out", "/none/x"],
    /^tertulia: can't write \/none\/x: there is no such folder$/u
  ],
  ["a folder that is a file", ["--all", "--out", "/dev/null"], /^tertulia: can't write \/dev\/null: /u],
  ["a flag of the server", ["cafe", "--port", "1"], /^tertulia: .*--port/u]
]
test.for(faults)("%s is one line on standard error, and exit 2", async ([, args, says]) => {
  await using folder = await openCafe()
  const { code, err, out } = await tertulia("export", ...args, "--data", folder.file)
  expect({ code, out }).toEqual({ code: 2, out: [] })
  expect(err).toEqual([expect.stringMatching(says)])
})

test("a time that is none, and a name that no room can have, are damage", async () => {
  await using folder = await openCafe()
  tamper(folder.file, "UPDATE entries SET at = 9e15 WHERE seq = 9")
  const args = ["export", "--data", folder.file, "--out", folder.to("x")]
  expect(await tertulia(...args, "cafe")).toMatchObject({ code: 2, err: [expect.stringContaining("at entry 9")] })
  tamper(folder.file, "UPDATE rooms SET name = '#../../x' WHERE name = '#bar'")
  expect(await tertulia(...args, "--all")).toMatchObject({
    code: 2,
    err: [expect.stringContaining("no room can have")]
  })
  expect(await readdir(folder.path)).not.toContain("x")
})

test("standard output is written to as fast as it is read, and no further", async () => {
  await using folder = await openFolder()
  plant(`${folder.path}/tertulia.db`, {
    room: "#cafe",
    entries: Array.from({ length: 5_000 }, () => ({ text: "x".repeat(500) }))
  })
  const whole = await folder.start(["export", "cafe"]).exit
  expect(whole).toMatchObject({ code: 0, err: "" })
  expect(whole.out.split("\n")).toHaveLength(5_002)
  const { child, exit } = folder.start(["export", "cafe"])
  child.stdout.once("data", () => child.stdout.destroy())
  const { code, err, out } = await exit
  expect({ code, err }).toEqual({ code: 0, err: "" })
  expect(out).toContain('{"format":"tertulia-log"')
})

test("the file of a server that has crashed, and one of the first version, can be exported", async () => {
  await using folder = await openCafe()
  const crashed = new DatabaseSync(folder.file)
  crashed.exec("PRAGMA journal_mode = WAL; UPDATE entries SET text = 'in the WAL' WHERE seq = 7")
  for (const suffix of ["", "-wal"])
    await writeFile(folder.to(`old.db${suffix}`), await readFile(`${folder.file}${suffix}`))
  crashed.close()
  const args = ["export", "cafe", "--data", folder.to("old.db")]
  expect(await tertulia(...args, "--out", folder.to("1"))).toMatchObject({ code: 0, err: [] })
  expect(await readFile(folder.to("1"), "utf8")).toContain("in the WAL")
  tamper(
    folder.to("old.db"),
    `DROP TABLE keys; DROP TABLE sessions; DROP TABLE conversations; ${undoAccounts} PRAGMA user_version = 1;
     DROP TRIGGER entries_changed; DROP TRIGGER entries_gone; ${undoRich}
     DROP TABLE words; DROP TABLE unindexed; DROP TABLE ciphers;
     ALTER TABLE entries DROP COLUMN place; ALTER TABLE rooms DROP COLUMN place;
     ALTER TABLE rooms DROP COLUMN drift; ALTER TABLE rooms DROP COLUMN indexed;
     CREATE UNIQUE INDEX entries_by_key ON entries (room, author, key) WHERE key IS NOT NULL;`
  )
  expect(await tertulia(...args, "--out", folder.to("2"))).toMatchObject({ code: 0, err: [] })
  expect(await readFile(folder.to("2"), "utf8")).toBe(await readFile(folder.to("1"), "utf8"))
})
