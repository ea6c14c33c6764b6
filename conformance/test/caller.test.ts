import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { call } from "../src/run/caller.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const tiny = fileURLToPath(new URL("tiny-program.ts", import.meta.url))

describe("The suite, called from another folder by npm --prefix", () => {
  it("takes commands and files from where the user stands", { timeout: 120_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "caller-"))
    try {
      writeFileSync(join(folder, "mine.mjs"), `import "${tiny}"`)
      const env = { ...process.env, INIT_CWD: folder, npm_lifecycle_event: "conformance" }
      const start = `"${process.execPath}" mine.mjs {port}`
      const args = ["--start", start, "--requirement", "HELLO-4", "--report", "json", "--out", "mine", "--quiet"]
      execFileSync(process.execPath, [main, ...args], { cwd: root, env, stdio: "pipe" })
      assert.include(readFileSync(join(folder, "mine", "report.json"), "utf8"), "tertulia-conformance/1")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("names the command that works from there", () => {
    const folder = join(root, "..", "mine")
    assert.strictEqual(call(folder), `npm --prefix ${relative(folder, root)} run conformance --`)
    assert.strictEqual(call(root), "npm run conformance --")
    assert.strictEqual(call(join(root, "examples", "c-core")), "npm run conformance --")
  })
})
