import { spawn, spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const serve = fileURLToPath(new URL("../../examples/serve.ts", import.meta.url))
const isMissing = (program: string) => spawnSync(program, ["--version"]).error !== undefined
// `ps` names the children of a process only on Linux.
const cannot = isMissing("cc") || isMissing("make") || process.platform !== "linux"

describe("npm run example -- SERVER --sanitize", () => {
  it("is refused for a language that has no sanitizers", () => {
    const { status, stderr } = spawnSync(process.execPath, [serve, "python-core", "--sanitize"], { encoding: "utf8" })
    assert.strictEqual(status, 2)
    assert.include(stderr, "python-core has no sanitizers")
  })

  it.skipIf(cannot)("starts the server in C as the sanitizers' build", { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, [serve, "c-core", "--sanitize", "--port", "0"], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    try {
      const first = await new Promise<string>((resolve) => {
        for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).once("line", resolve)
      })
      assert.match(first, /^listening on 127/u)
      const { stdout } = spawnSync("ps", ["-o", "args=", "--ppid", String(child.pid)], { encoding: "utf8" })
      assert.include(stdout, "server-sanitize")
    } finally {
      const gone = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGTERM")
      await gone
    }
  })
})
