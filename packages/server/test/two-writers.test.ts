import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Exit, Scope } from "effect"
import { expect, test } from "vitest"
import { makePace, tooSlow } from "../src/sqlite/pace.ts"
import { openTwoWriters } from "../src/sqlite/two-writers.ts"
import type { Work } from "../src/sqlite/writer.ts"
import { draft, openTemporary } from "./support/logs.ts"

/** Opens both on a new file; `await using` closes them. */
const open = async () => {
  const folder = await openTemporary()
  const scope = Scope.makeUnsafe()
  const file = join(folder.path, "two.db")
  const { write } = await Effect.runPromise(Scope.provide(openTwoWriters(file), scope))
  const db = new DatabaseSync(file)
  return {
    db,
    write: (...group: ReadonlyArray<Work>) => Effect.runPromise(write(group)),
    [Symbol.asyncDispose]: async () => {
      db.close()
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await folder[Symbol.asyncDispose]()
    }
  }
}

const append = (...texts: ReadonlyArray<string>): Work => ({
  _tag: "Append",
  room: "#cafe",
  epoch: "cafe",
  reactions: 8,
  drafts: texts.map((text) => draft(text))
})

/** Work that is always for the thread. */
const forThread: Work = { _tag: "ForgetKeys", before: 0 }

test("who writes in turns goes on where the other was: one order, and all of it indexed", async () => {
  await using file = await open()
  expect(await file.write(append("one", "two"))).toEqual({ _tag: "Committed", results: [[1, 2]] })
  expect(await file.write(append("three"), forThread)).toEqual({ _tag: "Committed", results: [[3], 0] })
  expect(await file.write(append("four"))).toEqual({ _tag: "Committed", results: [[4]] })
  const rows = file.db.prepare("SELECT seq, text, place FROM entries ORDER BY place").all()
  expect(rows.map(({ seq, text }) => [seq, text])).toEqual([
    [1, "one"],
    [2, "two"],
    [3, "three"],
    [4, "four"]
  ])
  expect(new Set(rows.map(({ place }) => place)).size).toBe(4)
  expect(await file.write({ _tag: "Index", entries: 10 })).toEqual({ _tag: "Committed", results: [4] })
  expect(file.db.prepare("SELECT indexed FROM rooms").get()).toEqual({ indexed: 4 })
})

test("while another program holds the file, what is written waits, and isn't refused", async () => {
  await using file = await open()
  await file.write(append("one"))
  file.db.exec("BEGIN IMMEDIATE")
  const written = file.write(append("two"))
  file.db.exec("COMMIT")
  expect(await written).toEqual({ _tag: "Committed", results: [[2]] })
})

test("a disk is slow when the slow transactions of a second took too long together, until it was fast for a while", () => {
  let now = 0
  const pace = makePace(() => now)
  const tookAt = (at: number, ...times: ReadonlyArray<number>) => {
    now = at
    for (const time of times) pace.took(time)
    return pace.isFast()
  }
  expect(tookAt(0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 40, 59)).toBe(true)
  expect(tookAt(1_001, 50, 49)).toBe(true)
  expect(tookAt(1_002, 10)).toBe(false)
  expect(tookAt(11_001)).toBe(false)
  expect(tookAt(11_002, 0)).toBe(true)
  // Again so soon: for twice as long; and for as long again from each slow one.
  expect(tookAt(12_000, tooSlow)).toBe(false)
  expect(tookAt(31_999, tooSlow)).toBe(false)
  expect(tookAt(51_998)).toBe(false)
  expect(tookAt(51_999)).toBe(true)
  // A long time after that, as at first.
  expect(tookAt(200_000, tooSlow)).toBe(false)
  expect(tookAt(210_000)).toBe(true)
})
