import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"

const suite = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const tiny = fileURLToPath(new URL("./clients/tiny-client.ts", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "tertulia-clients-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Has the suite judge clients, and gives what it said. */
const conformance = (...args: ReadonlyArray<string>): Promise<Run> =>
  new Promise((resolve) => {
    execFile(process.execPath, [suite, ...args], { encoding: "utf8" }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    )
  })

const clientNamed = (name: "steady" | "writes-no-lf") => `"${process.execPath}" "${tiny}" ${name}`

describe.concurrent("The tests of clients", { timeout: 120_000 }, () => {
  it("pass a conforming client that comes back by itself", async () => {
    const args = ["--client", clientNamed("steady"), "--report", "json", "--out", folder, "--quiet"]
    const { code } = await conformance(...args)
    const { requirements, totals } = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as {
      readonly requirements: ReadonlyArray<{ readonly id: string; readonly standing: string }>
      readonly totals: Readonly<Record<string, number>>
    }
    const bad = requirements.filter(({ standing }) => ["broken", "warned", "not judged"].includes(standing))
    expect({ code, bad, "not run": totals["not run"] }).toEqual({ code: 0, bad: [], "not run": 0 })
  })

  it("wait for one that starts later than when it was alone, as on a busy machine", async () => {
    const started = join(folder, "started")
    // A deadline is what is tried here: 8 s are more than it would be for one that starts as soon as this one does the first time.
    const script = `if [ -e "$0" ]; then sleep 8; else touch "$0"; fi; exec ${clientNamed("steady")} "$1"`
    const args = ["--client", `sh -c '${script}' "${started}"`, "--requirement", "REPLY-11"]
    const { code, stdout } = await conformance(...args)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ *1 test in .*: 1 passed$/mu) })
  })
})

describe.concurrent("A client that can't be judged", { timeout: 120_000 }, () => {
  it("is one that isn't there, and costs one line and exit code 2", async () => {
    const { code, stderr, stdout } = await conformance("--client", "no-such-client")
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect(stderr).toMatch(/^conformance: --client no-such-client: it did not connect .*not found\n$/u)
  })

  it("is one whose lines never end, which is told so", async () => {
    const { code, stderr } = await conformance("--client", clientNamed("writes-no-lf"), "--timeout-scale", "0.1")
    expect(code).toBe(2)
    expect(stderr).toMatch(/it did not log in within 2 s: it still runs; \d+ bytes without an LF have come from it\n$/u)
  })

  it("is one beside a server: one of them is judged", async () => {
    const { code, stderr } = await conformance("--client", "cat", "--target", "localhost:7331")
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "conformance: --target judges a server and --client a client: give one of them\n"
    })
  })
})
