/** A file that follows a log has its transaction left open: what was told is there all the same, once, in its order. */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect, Exit, Scope } from "effect"
import { expect, test } from "vitest"
import { openTwoWriters } from "../src/sqlite/two-writers.ts"
import type { Work } from "../src/sqlite/writer.ts"
import { draft, openTemporary } from "./support/logs.ts"

const disk = (name: string) => new URL(`./support/disks/${name}.ts`, import.meta.url)

const open = async (named?: string) => {
  const folder = await openTemporary()
  const scope = Scope.makeUnsafe()
  const file = join(folder.path, "late.db")
  const options = { follows: true, disk: named === undefined ? undefined : disk(named) }
  const { settled, write } = await Effect.runPromise(Scope.provide(openTwoWriters(file, options), scope))
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  return {
    file,
    close,
    write: (...group: ReadonlyArray<Work>) => Effect.runPromise(write(group)),
    settled: () => Effect.runPromiseExit(settled),
    /** What others read. */
    entries: () => {
      using db = new DatabaseSync(file, { readOnly: true })
      const rows = db.prepare("SELECT seq, text, place FROM entries ORDER BY place").all()
      return rows.map(({ place, seq, text }) => ({ seq, text, place }))
    },
    [Symbol.asyncDispose]: async () => {
      await close()
      await folder[Symbol.asyncDispose]()
    }
  }
}

const texts = (entries: ReadonlyArray<{ readonly seq: unknown; readonly text: unknown }>) =>
  entries.map(({ seq, text }) => `${seq} ${text}`)

const append = (...texts: ReadonlyArray<string>): Work => ({
  _tag: "Append",
  room: "#cafe",
  epoch: "cafe",
  reactions: 8,
  drafts: texts.map((text) => draft(text))
})

const claim = (digest: string): Work => ({ _tag: "KeepClaim", claim: { digest, person: digest, nick: digest } })

/** Work that is always for the thread. */
const forThread: Work = { _tag: "ForgetKeys", before: 0 }

test("others read all that was written once it is settled, or when the file is closed", async () => {
  await using late = await open()
  expect(await late.write(append("one"))).toEqual({ _tag: "Committed", results: [[1]] })
  expect(await late.write(append("two"))).toEqual({ _tag: "Committed", results: [[2]] })
  expect(await late.settled()).toEqual(Exit.void)
  expect(texts(late.entries())).toEqual(["1 one", "2 two"])
  expect(await late.write(append("three"), forThread)).toEqual({ _tag: "Committed", results: [[3], 0] })
  expect(texts(late.entries())).toEqual(["1 one", "2 two", "3 three"])
  await late.write(append("four"))
  await late.close()
  expect(texts(late.entries())).toEqual(["1 one", "2 two", "3 three", "4 four"])
})

test("what is left open is settled by itself", async () => {
  await using late = await open()
  await late.write(append("one"))
  await expect.poll(() => texts(late.entries())).toEqual(["1 one"])
})

test("a defect takes nothing with it that was written before, and left open", async () => {
  await using late = await open()
  await late.write(append("one"), claim("ana"))
  const written = await late.write(append("two"), claim("ana"), append("three"))
  expect(written).toMatchObject({ _tag: "Committed", results: [[2], undefined, [3]] })
  if (written._tag !== "Committed") throw new Error("nothing was written")
  expect([...(written.defects ?? [])]).toEqual([[1, expect.stringMatching(/UNIQUE/u)]])
  await late.settled()
  expect(texts(late.entries())).toEqual(["1 one", "2 two", "3 three"])
})

test("what a full disk doesn't take is there when it has space again, as it was told, and where it is in other files", async () => {
  await using late = await open("full")
  await using other = await open()
  await late.write(append("one"), claim("ana"))
  await late.settled()
  writeFileSync(`${late.file}-full`, "")
  expect(await late.write(append("two", "three"))).toEqual({ _tag: "Committed", results: [[2, 3]] })
  expect(Exit.hasFails(await late.settled())).toBe(true)
  expect(await late.write(append("four"))).toEqual({ _tag: "Refused", reason: "the disk is full" })
  expect(texts(late.entries())).toEqual(["1 one"])
  rmSync(`${late.file}-full`)
  const written = await late.write(append("four"), claim("ana"), append("five"))
  expect(written).toMatchObject({ _tag: "Committed", results: [[4], undefined, [5]] })
  if (written._tag !== "Committed") throw new Error("nothing was written")
  expect([...(written.defects ?? [])]).toEqual([[1, expect.stringMatching(/UNIQUE/u)]])
  await other.write(append("one", "two", "three", "four", "five"))
  await other.settled()
  expect(late.entries()).toEqual(other.entries())
})

test("after a commit that may or may not have happened nothing is written, nor read", async () => {
  await using late = await open("failing")
  expect(await late.write(append("one"))).toEqual({ _tag: "Committed", results: [[1]] })
  expect(Exit.hasFails(await late.settled())).toBe(true)
  const broken = { _tag: "Broken", reason: "the disk fails, or is full" }
  expect(await late.write(append("two"))).toEqual(broken)
  expect(await late.write(forThread)).toEqual(broken)
})
