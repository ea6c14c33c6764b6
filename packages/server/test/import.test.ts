import { existsSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fc } from "@fast-check/vitest"
import { describe, expect, test } from "vitest"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { contentOf, type Planted, plant } from "./support/files.ts"
import { added, draft, openLogs, openTemporary } from "./support/logs.ts"
import { openFolder } from "./support/process.ts"
import { tertulia } from "./support/tertulia.ts"

const patience = { timeout: 30_000 }

const header = (more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({ format: "tertulia-log", version: 1, room: "#cafe", epoch: "k3", first: 1, head: 2, ...more })

const entry = (seq: number, more: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({ seq, from: "ana", text: `text ${seq}`, at: "2026-11-20T20:08:00.000Z", ...more })

/** A folder, and a file in it with these lines. */
const openLines = async (...lines: ReadonlyArray<string | Buffer>) => {
  const folder = await openTemporary()
  const from = join(folder.path, "cafe.ndjson")
  await writeFile(from, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")])))
  return { ...folder, from, to: (name: string) => join(folder.path, name) }
}

const texts = fc
  .string({ unit: "binary", minLength: 1 })
  .filter((text) => /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]+$/u.test(text))

const planted: fc.Arbitrary<Planted> = fc.record(
  {
    text: texts,
    from: fc.constantFrom("ana", "leo", "r2-d2"),
    key: fc.constantFrom("a1", "k-2", "K_3"),
    at: fc.integer({ min: 0, max: Date.parse("9999-12-31T23:59:59.999Z") })
  },
  { requiredKeys: ["text", "from", "at"] }
)

test("what was exported is the same when it is imported, but for the epoch", async () => {
  await using folder = await openTemporary()
  const logs = fc.record({ first: fc.integer({ min: 1, max: 1e15 }), entries: fc.array(planted, { maxLength: 20 }) })
  let run = 0
  await fc.assert(
    fc.asyncProperty(logs, async (log) => {
      const to = (name: string) => join(folder.path, `${run}-${name}`)
      run++
      plant(to("a.db"), { room: "#cafe", ...log })
      expect(await tertulia("export", "cafe", "--data", to("a.db"), "--out", to("x"))).toMatchObject({ code: 0 })
      expect(await tertulia("import", to("x"), "--data", to("b.db"))).toMatchObject({ code: 0, err: [] })
      const [before] = contentOf(to("a.db"))
      const [after] = contentOf(to("b.db"))
      expect({ ...after, epoch: "" }).toEqual({ ...before, epoch: "" })
      expect(after!.epoch).not.toBe(before!.epoch)
    }),
    { numRuns: 25 }
  )
})

test("a log that is imported is one that goes on, and its keys are nobody's", async () => {
  await using folder = await openLines(header(), entry(1, { key: "a1" }), entry(2))
  const { code, out } = await tertulia("import", folder.from, "--data", folder.file)
  expect({ code, out }).toEqual({
    code: 0,
    out: [expect.stringMatching(/^#cafe: 2 entries, up to 2, in .*\/tertulia\.db; its epoch is [0-9a-z]{15}$/u)]
  })
  await using logs = await openLogs(SqliteRoomLogs.layer({ file: folder.file }))
  const log = await logs.open("#cafe")
  expect([log.first(), log.head()]).toEqual([1, 2])
  expect(log.epoch).not.toBe("k3")
  expect(await logs.known("#cafe", "ana", "a1")).toBeUndefined()
  expect(await log.append(draft("again", { key: "a1" }))).toMatchObject({ value: [added(3, "again", { key: "a1" })] })
  expect(await log.read(0, 3)).toMatchObject([{ seq: 1, key: "a1" }, { seq: 2 }, { seq: 3, key: "a1" }])
})

test("a log whose entries were given up keeps its place", async () => {
  await using folder = await openLines(header({ first: 8, head: 7 }))
  expect(await tertulia("import", folder.from, "--data", folder.file, "--room", "Bar")).toMatchObject({ code: 0 })
  expect(contentOf(folder.file)).toMatchObject([{ room: "#bar", first: 8, head: 7, entries: [] }])
})

test("several logs are imported together, or none", async () => {
  await using folder = await openLines(header(), entry(1), entry(2))
  await writeFile(folder.to("bar"), [header({ room: "#bar", head: 1 }), entry(1)].join("\n"))
  await writeFile(folder.to("bad"), [header({ room: "#bad" }), entry(1), "{"].join("\n"))
  const { code, err } = await tertulia("import", folder.from, folder.to("bad"), folder.to("bar"), "--data", folder.file)
  expect({ code, err }).toEqual({
    code: 2,
    err: [`tertulia: ${folder.to("bad")}, line 3: this is not a JSON object; nothing was imported`]
  })
  expect(existsSync(folder.file)).toBe(false)
  expect(await tertulia("import", folder.from, folder.to("bar"), "--data", folder.file)).toMatchObject({ code: 0 })
  expect(contentOf(folder.file)).toMatchObject([{ room: "#bar" }, { room: "#cafe" }])
})

test("a room that has a log keeps it", async () => {
  await using folder = await openLines(header(), entry(1), entry(2))
  plant(folder.file, { room: "#cafe", entries: [{}, {}, {}], first: 5 })
  const before = contentOf(folder.file)
  const again = await tertulia("import", folder.from, "--data", folder.file)
  expect(again).toMatchObject({ code: 2, out: [] })
  expect(again.err).toEqual([
    `tertulia: ${folder.from}, line 1: #cafe has a log already, up to entry 7: give this one another name with --room; nothing was imported`
  ])
  expect(contentOf(folder.file)).toEqual(before)
  expect(await tertulia("import", folder.from, "--data", folder.file, "--room", "copy")).toMatchObject({ code: 0 })
  expect(contentOf(folder.file)).toMatchObject([before[0], { room: "#copy", first: 1, head: 2 }])
})

const bad: ReadonlyArray<readonly [what: string, lines: ReadonlyArray<string | Buffer>, says: string | RegExp]> = [
  ["nothing", [], "cafe.ndjson is empty"],
  ["what is no JSON", ["hola"], "line 1: this is not a JSON object"],
  [
    "another format",
    ['{"type":"hello"}'],
    'line 1: this is no log of a room: the first line of one has "format":"tertulia-log"'
  ],
  ["a newer version", [header({ version: 3 })], "line 1: version must be 1 or 2"],
  ["a room that can't be", [header({ room: "#../x" })], 'line 1: room must be "#" and 1 to 32 of a-z'],
  [
    "a header with something else",
    [header({ owner: "ana" })],
    'line 1: "owner" means nothing in this version of the format'
  ],
  ["a first that can't be", [header({ first: 4 })], "line 1: first is 4: it must be at most head + 1, which is 3"],
  ["a line that is no JSON", [header(), entry(1), "{"], "line 3: this is not a JSON object"],
  ["an empty line", [header(), "", entry(1), entry(2)], "line 2: this is not a JSON object"],
  ["no object", [header(), "[7]"], "line 2: this is not a JSON object"],
  ["what is no UTF-8", [header(), Buffer.from([0x7b, 0xff])], "line 2: this is not UTF-8"],
  ["a hole", [header(), entry(2)], "line 2: seq is 2: it must be 1, since a log has no holes"],
  ["an entry twice", [header(), entry(1), entry(1)], "line 3: seq is 1: it must be 2, since a log has no holes"],
  [
    "an entry too many",
    [header({ head: 1 }), entry(1), entry(2)],
    "line 3: an entry too many: the first line says that the log ends with 1"
  ],
  [
    "a file that was cut",
    [header(), entry(1)],
    "cafe.ndjson ends before entry 2: its first line says that the last is 2"
  ],
  ["an entry without a text", [header(), entry(1, { text: undefined })], "line 2: text is missing"],
  [
    "a text with a control",
    [header(), entry(1, { text: "\u001b[2J" })],
    "line 2: text must be a text that isn't empty, without control characters but LF and TAB"
  ],
  [
    "an empty text",
    [header(), entry(1, { text: "" })],
    "line 2: text must be a text that isn't empty, without control characters but LF and TAB"
  ],
  ["half a character", [header(), entry(1).replace("text 1", "\\ud83d")], "line 2: text must be a text"],
  [
    "a text too long",
    [header(), entry(1, { text: "ñ".repeat(2_049) })],
    "line 2: text is longer than limits.text, 4096 bytes: "
  ],
  ["a nick that can't be", [header(), entry(1, { from: "Ana" })], "line 2: from must be 1 to 32 of a-z"],
  ["a key that can't be", [header(), entry(1, { key: "a b" })], "line 2: key must be 1 to 64 of A-Z"],
  [
    "a time that is none",
    [header(), entry(1, { at: "yesterday" })],
    "line 2: at must be a time like 2026-11-20T20:08:00.000Z"
  ],
  ["a day that is none", [header(), entry(1, { at: "2026-02-31T00:00:00.000Z" })], "line 2: at must be a time"],
  ["an entry with something else", [header(), entry(1, { "\u001b[2J": 1 })], /line 2: "\\u001b\[2J" means nothing/u]
]
describe("is refused as a whole, with the number of the line", () => {
  test.for(bad)("%s", async ([, lines, says]) => {
    await using folder = await openLines(...lines)
    plant(folder.file, { room: "#bar", entries: [{}] })
    const before = contentOf(folder.file)
    const { code, err, out } = await tertulia("import", folder.from, "--data", folder.file)
    expect({ code, out, lines: err.length }).toEqual({ code: 2, out: [], lines: 1 })
    const message = String(err[0])
    expect(message).toMatch(/^tertulia: .*cafe\.ndjson[ ,].*; nothing was imported$/u)
    expect(message).not.toContain("\u001b")
    if (typeof says === "string") expect(message).toContain(says)
    else expect(message).toMatch(says)
    expect(contentOf(folder.file)).toEqual(before)
  })
})

test("a line that has no end is refused before it is all in memory", async () => {
  await using folder = await openLines(header(), Buffer.alloc(17_000_000, "x"))
  const { code, err } = await tertulia("import", folder.from, "--data", folder.file)
  expect({ code, err }).toEqual({
    code: 2,
    err: [`tertulia: ${folder.from}, line 2: longer than 16777216 bytes; nothing was imported`]
  })
})

test("what can't be is one line on standard error, and exit 2", async () => {
  await using folder = await openLines(header(), entry(1), entry(2))
  const fails = async (says: RegExp, ...args: ReadonlyArray<string>) => {
    const { code, err, out } = await tertulia("import", ...args)
    expect({ code, out, err }).toEqual({ code: 2, out: [], err: [expect.stringMatching(says)] })
  }
  await fails(/^tertulia: can't read \/none\/x: it doesn't exist$/u, "/none/x", "--data", folder.file)
  await fails(/^tertulia: can't read .*: it is a folder/u, folder.path, "--data", folder.file)
  await fails(/^tertulia: --room names one room/u, "a", "b", "--room", "c", "--data", folder.file)
  await fails(/^tertulia: no room can be called "x y"/u, folder.from, "--room", "x y", "--data", folder.file)
  await fails(/^tertulia: :memory: keeps nothing: name a data file with --data$/u, folder.from, "--data", ":memory:")
  await fails(/there is no folder .*\/none: make it first$/u, folder.from, "--data", folder.to("none/x.db"))
  expect(existsSync(folder.file)).toBe(false)
  const { close } = openDataFile(folder.file)
  await fails(
    /another server uses it: stop that one, or name another file with --data$/u,
    folder.from,
    "--data",
    folder.file
  )
  close()
})

test("one that is broken off has imported nothing, and exits 130", async () => {
  await using folder = await openFolder()
  const { child, exit } = folder.start(["import"])
  child.stdin.write([header(), entry(1), ""].join("\n"))
  await expect.poll(() => existsSync(`${folder.path}/tertulia.db-lock`), patience).toBe(true)
  child.kill("SIGINT")
  expect(await exit).toEqual({ code: 130, out: "", err: "" })
  expect(existsSync(`${folder.path}/tertulia.db`)).toBe(false)
})

test("standard input is imported where no file is named, and the file is the one of the environment", async () => {
  await using folder = await openFolder()
  const { child, exit } = folder.start(["import", "--room", "cine"], { TERTULIA_DATA: "other.db" })
  child.stdin.end([header(), entry(1), entry(2)].join("\r\n"))
  expect(await exit).toMatchObject({ code: 0, out: expect.stringMatching(/^#cine: 2 entries, .*\n$/u), err: "" })
  expect(contentOf(`${folder.path}/other.db`)).toMatchObject([{ room: "#cine", head: 2 }])
  expect(await readFile(`${folder.path}/other.db-lock`, "utf8")).toBe("")
})
