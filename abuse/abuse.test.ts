/** A short `npm run abuse`: all that it promises but the times, which are for a machine that has nothing else to do. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect, test, vi } from "vitest"

vi.setConfig({ testTimeout: 180_000 })

const main = fileURLToPath(new URL("./main.ts", import.meta.url))

test("honest people lose nothing while everything is done at once", async () => {
  const args = [main, "--seconds", "4", "--silent", "500", "--no-times"]
  const child = spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: "1" } })
  let out = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text
  })
  const code = await new Promise((resolve) => child.once("close", resolve))
  expect(out).toContain("ok     nothing was lost")
  expect(code, out).toBe(0)
})
