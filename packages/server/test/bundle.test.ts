import { execFileSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { expect, test } from "vitest"
import { bundled } from "../src/bundle.ts"
import { scriptNames } from "../src/scripts.ts"
import { listening, openFolder } from "./support/process.ts"

const openCache = async () => {
  const path = await mkdtemp(join(tmpdir(), "tertulia-"))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

const ageBy = (path: string, days: number) => {
  const then = new Date(Date.now() - days * 86_400_000)
  utimesSync(path, then, then)
}

test("two that bundle at once get the same, with all its scripts, and leave nothing else", async () => {
  await using cache = await openCache()
  const [one, other] = await Promise.all([bundled(cache.path), bundled(cache.path)])
  expect(one).toBeDefined()
  expect(other).toBe(one)
  const folder = dirname(one!)
  expect(readdirSync(cache.path)).toEqual([basename(folder)])
  const files = readdirSync(folder, { recursive: true })
  for (const name of ["program", ...scriptNames]) expect(files).toContain(`${name}.js`)
})

test("a bundle is the command", async () => {
  await using cache = await openCache()
  const program = await bundled(cache.path)
  expect(execFileSync(process.execPath, [program!, "--version"], { encoding: "utf8" })).toMatch(/^tertulia v\d/u)
})

test("a bundle is found again; of others, those go that nobody has used for a week", async () => {
  await using cache = await openCache()
  for (const [name, days] of [
    ["server-old", 8],
    ["server-used", 6]
  ] as const) {
    mkdirSync(join(cache.path, name))
    ageBy(join(cache.path, name), days)
  }
  const program = await bundled(cache.path)
  const folder = dirname(program!)
  expect(readdirSync(cache.path).sort()).toEqual([basename(folder), "server-used"].sort())
  const { ino } = statSync(program!)
  ageBy(folder, 8)
  expect(await bundled(cache.path)).toBe(program)
  expect(statSync(program!).ino).toBe(ino)
  expect(statSync(folder).mtimeMs).toBeGreaterThan(Date.now() - 86_400_000)
})

test("whoever may read other folders there may read a bundle", async () => {
  await using cache = await openCache()
  mkdirSync(join(cache.path, "other"))
  const program = await bundled(cache.path)
  expect(statSync(dirname(program!)).mode).toBe(statSync(join(cache.path, "other")).mode)
})

test("where nothing can be written there is no bundle", async () => {
  await using cache = await openCache()
  const file = join(cache.path, "file")
  writeFileSync(file, "")
  expect(await bundled(join(file, "cache"))).toBeUndefined()
})

test.runIf(process.platform === "linux")("a server runs bundled", async () => {
  await using folder = await openFolder()
  const { child } = folder.start(["--port", "0", "--data", ":memory:"])
  await listening(child)
  expect(readFileSync(`/proc/${child.pid}/cmdline`, "utf8").split("\0")).toContainEqual(
    expect.stringMatching(/server-[0-9a-f]{16}\/program\.js$/u)
  )
})
