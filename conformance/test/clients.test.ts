import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"
import type { RequirementId } from "../src/generated/requirement-id.ts"
import type { Defect } from "./clients/tiny-client.ts"

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

const clientNamed = (name: Defect | "steady") => `"${process.execPath}" "${tiny}" ${name}`

/** The requirements that a client was found to break, or not to follow, by the tests of one of them. */
const found = async (name: Defect | "steady", id?: RequirementId) => {
  const out = join(folder, name)
  const selection = id === undefined ? [] : ["--requirement", id]
  const { code } = await conformance(
    ...["--client", clientNamed(name), ...selection, "--report", "json", "--out", out, "--quiet"]
  )
  const { requirements, totals } = JSON.parse(readFileSync(join(out, "report.json"), "utf8")) as {
    readonly requirements: ReadonlyArray<{ readonly id: string; readonly standing: string; readonly who: string }>
    readonly totals: Readonly<Record<string, number>>
  }
  const standing = (wanted: string) => requirements.filter((each) => each.standing === wanted).map((each) => each.id)
  return { code, totals, broken: standing("broken"), warned: standing("warned"), unjudged: standing("not judged") }
}

const wrongClients: ReadonlyArray<readonly [Defect, RequirementId]> = [
  ["dies-on-unknown-events", "EXT-2"],
  ["dies-on-unknown-fields", "EXT-2"],
  ["never-answers-ping", "HEART-5"],
  ["shows-duplicates", "CATCH-7"],
  ["forgets-its-cursor", "CATCH-7"],
  ["sends-any-length", "FRAME-10"],
  ["comes-back-at-once", "END-9"],
  ["writes-odd-integers", "JSON-10"],
  ["writes-two-lines", "FRAME-1"]
]

describe.concurrent("The tests of clients", { timeout: 120_000 }, () => {
  it("pass a conforming client that comes back by itself", async () => {
    const { broken, code, totals, unjudged, warned } = await found("steady")
    expect({ broken, code, unjudged, warned }).toEqual({ broken: [], code: 0, unjudged: [], warned: [] })
    expect(totals["not run"]).toBe(0)
  })

  it.each(wrongClients)("find a client that %s: it breaks %s", async (name, id) => {
    expect(await found(name, id)).toMatchObject({ code: 1, broken: [id] })
  })

  it("find a client that hoards-bytes: it breaks FRAME-11", async () => {
    expect(await found("hoards-bytes", "FRAME-11")).toMatchObject({ code: 1, broken: ["FRAME-11"] })
  })

  it("warn of a client that never-doubts-the-server, as HEART-6 says that it should", async () => {
    const { code, warned } = await found("never-doubts-the-server", "HEART-6")
    expect({ code, warned }).toEqual({ code: 0, warned: ["HEART-6"] })
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
