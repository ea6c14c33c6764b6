import { fc } from "@fast-check/vitest"
import { Effect, Exit } from "effect"
import { describe, expect, test } from "vitest"
import type { Draft, Entry, Placed } from "../src/room-log.ts"
import * as MemoryRoomLogs from "../src/room-log-memory.ts"
import * as SqliteRoomLogs from "../src/room-log-sqlite.ts"
import { openDataFile } from "../src/sqlite/data-file.ts"
import { keysAtOnce } from "../src/sqlite/keys.ts"
import { makeWriter } from "../src/sqlite/writer.ts"
import { added, author, draft, openLogs, openTemporary, said } from "./support/logs.ts"

const memory = () => openLogs(MemoryRoomLogs.layer({ entries: 1_000, bytes: 1e8 }))
const sqlite = (file: string) => openLogs(SqliteRoomLogs.layer({ file }))
type Logs = Awaited<ReturnType<typeof memory>>

describe.each([
  ["memory", (_file: string) => memory()],
  ["SQLite", sqlite]
] as const)("a log in %s", (_name, openIn) => {
  test("numbers entries from 1, shows each once, and gives them back", async () => {
    await using folder = await openTemporary()
    await using logs = await openIn(folder.file)
    const log = await logs.open("#cafe")
    expect([log.first(), log.head()]).toEqual([1, 0])
    const entries = [1, 2, 3].map((seq) => ({ seq, ...said(`text ${seq}`) }))
    const places = [1, 2, 3].map((seq) => added(seq, `text ${seq}`))
    expect(await log.append(draft("text 1"), draft("text 2"))).toEqual(Exit.succeed(places.slice(0, 2)))
    expect(await log.append(draft("text 3"))).toEqual(Exit.succeed(places.slice(2)))
    expect([log.first(), log.head()]).toEqual([1, 3])
    expect(log.published).toEqual(entries)
    expect(await log.read(0, 3)).toEqual(entries)
    expect(await log.read(1, 2)).toEqual([entries[1]])
    expect(await log.read(3, 3)).toEqual([])
  })

  test("knows a key of a person again, in one append or in two, whatever the text, and in no other room", async () => {
    await using folder = await openTemporary()
    await using logs = await openIn(folder.file)
    const log = await logs.open("#cafe")
    const key = { key: "a1" }
    const { at } = said("hola")
    const known = { _tag: "Known", seq: 1, at, content: { type: "message", text: "hola" } }
    expect(await log.append(draft("hola", key), draft("other", key))).toEqual(
      Exit.succeed([added(1, "hola", key), known])
    )
    const leos = { from: "leo", ...key }
    expect(await log.append(draft("hola", leos), draft("hola", key))).toEqual(
      Exit.succeed([added(2, "hola", leos), known])
    )
    expect(log.published.map(({ seq }) => seq)).toEqual([1, 2])
    expect(await log.read(0, 2)).toEqual(log.published)
    expect(await logs.known("#cafe", "ana", "a1")).toEqual(known)
    expect(await logs.known("#cafe", "eva", "a1")).toBeUndefined()
    expect(await logs.known("#bar", "ana", "a1")).toBeUndefined()
    const other = await logs.open("#bar")
    expect(await other.append(draft("hola", key))).toEqual(Exit.succeed([added(1, "hola", key)]))
  })

  test("gives back a long text, and many, a page at a time", async () => {
    await using folder = await openTemporary()
    await using logs = await openIn(folder.file)
    const log = await logs.open("#cafe")
    const long = draft("ñ".repeat(100_000))
    await log.append(long, draft("short"), long, ...Array.from({ length: 600 }, (_, index) => draft(`text ${index}`)))
    expect(await log.read(0, 603)).toEqual(log.published)
    expect(log.published).toHaveLength(603)
  })
})

test("a log in SQLite goes on after a restart: same epoch, same entries, same keys", async () => {
  await using folder = await openTemporary()
  let epoch = ""
  {
    await using logs = await sqlite(folder.file)
    const log = await logs.open("#cafe")
    epoch = log.epoch
    await log.append(draft("one", { key: "a1" }), draft("two"))
  }
  await using logs = await sqlite(folder.file)
  const log = await logs.open("#cafe")
  expect([log.epoch, log.first(), log.head()]).toEqual([epoch, 1, 2])
  await log.append(draft("three"), draft("one", { key: "a1" }))
  expect(log.published).toEqual([{ seq: 3, ...said("three") }])
  expect((await log.read(0, 3)).map((entry) => (entry.type === "message" ? entry.text : entry))).toEqual([
    "one",
    "two",
    "three"
  ])
})

test("a log in SQLite that is closed and opened again is the same log; one without entries is another", async () => {
  await using folder = await openTemporary()
  await using logs = await sqlite(folder.file)
  const empty = await logs.open("#cafe")
  await empty.close()
  const first = await logs.open("#cafe")
  expect(first.epoch).not.toBe(empty.epoch)
  await first.append(draft("hola"))
  await first.close()
  const second = await logs.open("#cafe")
  expect([second.epoch, second.head()]).toEqual([first.epoch, 1])
})

// ---------------------------------------------------------------------------------------------------------------------
// The two against each other
// ---------------------------------------------------------------------------------------------------------------------

const drafts: fc.Arbitrary<Draft> = fc
  .record(
    {
      from: fc.constantFrom("ana", "leo"),
      text: fc.string({ unit: "binary", minLength: 1 }),
      at: fc
        .date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true })
        .map((date) => date.toISOString()),
      key: fc.constantFrom("k1", "k2", "k3")
    },
    { requiredKeys: ["from", "text", "at"] }
  )
  .map((fields) => ({ type: "message", ...fields, author: author(fields.from) }))

const operations = fc.array(
  fc.oneof(
    fc.record({
      operation: fc.constant("append" as const),
      room: fc.constantFrom("cafe", "bar"),
      drafts: fc.array(drafts, { minLength: 1, maxLength: 5 })
    }),
    fc.record({
      operation: fc.constant("read" as const),
      room: fc.constantFrom("cafe", "bar"),
      after: fc.nat({ max: 20 })
    })
  ),
  { maxLength: 20 }
)

type Steps = typeof operations extends fc.Arbitrary<infer Steps> ? Steps : never

/** All that can be seen of the logs of one run while they do this. */
const behave = async (logs: Logs, run: number, steps: Steps) => {
  const open = new Map<string, Awaited<ReturnType<Logs["open"]>>>()
  for (const room of ["cafe", "bar"]) open.set(room, await logs.open(`#${room}-${run}`))
  const seen: Array<Exit.Exit<ReadonlyArray<Placed>, unknown> | ReadonlyArray<Entry>> = []
  for (const step of steps) {
    const log = open.get(step.room)!
    if (step.operation === "append") seen.push(await log.append(...step.drafts))
    else if (step.after <= log.head()) seen.push(await log.read(step.after, log.head()))
  }
  return { seen, logs: [...open.values()].map((log) => [log.first(), log.head(), log.published]) }
}

test("both logs behave alike, whatever is done", async () => {
  await using folder = await openTemporary()
  await using inMemory = await memory()
  await using inSqlite = await sqlite(folder.file)
  let run = 0
  await fc.assert(
    fc.asyncProperty(operations, async (steps) => {
      run++
      expect(await behave(inSqlite, run, steps)).toEqual(await behave(inMemory, run, steps))
    })
  )
})

describe("a log that keeps ten entries", () => {
  const ten = (file: string) => openLogs(SqliteRoomLogs.layer({ file, keep: 10 }))
  const texts = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => draft(`text ${from + index}`))

  test("gives up the oldest when an eighth more has come, and never a later one", async () => {
    await using folder = await openTemporary()
    await using logs = await ten(folder.file)
    const log = await logs.open("#cafe")
    await log.append(...texts(1, 11))
    await log.append(...texts(12, 12))
    expect([log.first(), log.head()]).toEqual([1, 12])
    await log.append(...texts(13, 13))
    expect([log.first(), log.head()]).toEqual([3, 13])
    expect(await log.read(2, 13)).toEqual(log.published.slice(2))
  })

  test("has given them up after a restart, too, and goes on counting", async () => {
    await using folder = await openTemporary()
    {
      await using logs = await ten(folder.file)
      const log = await logs.open("#cafe")
      await log.append(...texts(1, 12))
      await log.append(...texts(13, 13))
    }
    await using logs = await ten(folder.file)
    const log = await logs.open("#cafe")
    expect([log.first(), log.head()]).toEqual([3, 13])
    await log.append(...texts(14, 14))
    expect((await log.read(2, 14)).map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  })
})

test("a key is known for longer than its entry, and for no longer than it has to be", async () => {
  await using folder = await openTemporary()
  const key = { key: "a1" }
  {
    await using logs = await openLogs(SqliteRoomLogs.layer({ file: folder.file, keep: 10 }))
    const log = await logs.open("#cafe")
    await log.append(draft("one", key), ...Array.from({ length: 12 }, (_, index) => draft(`text ${index}`)))
    await log.append(draft("last"))
    expect(log.first()).toBe(4)
    const known = { _tag: "Known", seq: 1, at: said("one").at }
    expect(await log.append(draft("another text", key))).toEqual(Exit.succeed([known]))
    expect(await logs.known("#cafe", "ana", "a1")).toEqual(known)
  }
  const { close, db } = openDataFile(folder.file)
  const write = makeWriter(db)
  const at = Date.parse(said("one").at)
  const later = Array.from({ length: keysAtOnce }, (_, index) =>
    draft("later", { key: `k${index}`, at: new Date(at + 1_000).toISOString() })
  )
  const { epoch } = db.prepare("SELECT epoch FROM rooms").get() as { epoch: string }
  write([{ _tag: "Append", room: "#cafe", epoch, reactions: 8, drafts: later }])
  const forget = (before: number) => write([{ _tag: "ForgetKeys", before }])
  expect(forget(at)).toEqual({ _tag: "Committed", results: [0] })
  expect(forget(at + 1)).toEqual({ _tag: "Committed", results: [1] })
  expect(forget(at + 1_000)).toEqual({ _tag: "Committed", results: [0] })
  write([{ _tag: "Append", room: "#cafe", epoch, reactions: 8, drafts: [draft("one more", key)] }])
  expect(forget(at + 2_000)).toEqual({ _tag: "Committed", results: [keysAtOnce] })
  expect(forget(at + 2_000)).toEqual({ _tag: "Committed", results: [1] })
  expect(forget(at + 2_000)).toEqual({ _tag: "Committed", results: [0] })
  close()
})

test("a purge of a log in memory leaves the keys", async () => {
  await using logs = await openLogs(MemoryRoomLogs.layer({ entries: 2, bytes: 1e8 }))
  const log = await logs.open("#cafe")
  await log.append(draft("one", { key: "a1" }), draft("two"), draft("three"))
  expect(log.first()).toBe(2)
  const known = { _tag: "Known", seq: 1, at: said("one").at }
  expect(await log.append(draft("another text", { key: "a1" }))).toEqual(Exit.succeed([known]))
})

test("claims outlive the server, until they are forgotten", async () => {
  await using folder = await openTemporary()
  const claim = { digest: "d".repeat(64), person: "p1", nick: "ana" }
  const other = { digest: "e".repeat(64), person: "p2", nick: "leo" }
  {
    await using logs = await sqlite(folder.file)
    expect(logs.claims.left).toEqual([])
    await Effect.runPromise(logs.claims.keep(claim))
    await Effect.runPromise(logs.claims.keep(other))
  }
  {
    await using logs = await sqlite(folder.file)
    expect(logs.claims.left).toEqual([claim, other].map((each) => ({ ...each, marks: [] })))
    await Effect.runPromise(logs.claims.forget([claim.digest]))
  }
  await using logs = await sqlite(folder.file)
  expect(logs.claims.left).toEqual([{ ...other, marks: [] }])
})
