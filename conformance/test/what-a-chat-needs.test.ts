/** docs/what-a-chat-needs.md and docs/what-a-client-needs.md: each test that they name is there. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { testsNamedIn } from "../../packages/server/test/support/named-tests.ts"

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8")

const rows = ["docs/what-a-chat-needs.md", "docs/what-a-client-needs.md"].flatMap((page) => {
  const rows = read(page)
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| expected"))
  expect(rows.length, page).toBeGreaterThan(25)
  return rows
})

const named = rows.flatMap(testsNamedIn)

test("every row names a test", () => {
  for (const row of rows) expect(row).toMatch(/`[^`]+\.test\.ts`: \*[^*]+\*/u)
})

test.each(named)("$file has the test: $name", ({ file, name }) => {
  // In quotes, as the name of a test, and not in a comment.
  expect(read(file)).toMatch(new RegExp(`["\`]${name.replaceAll(/[\\^$.*+?()[\]{}|]/gu, "\\$&")}["\`]`, "u"))
})

test("the terminal client and the server of this repository are judged by every run of the tests", () => {
  const steps = read(".ci/test.ts")
  expect(steps).toContain('"conformance of the reference server"')
  expect(steps).toContain('"conformance of the terminal client"')
})
