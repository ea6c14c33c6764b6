import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it } from "vitest"

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "tertulia-stories-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Failure {
  readonly finding: { readonly requirement: string }
  readonly replay: { readonly seed: number; readonly path: string; readonly counterexample: string }
  readonly again: string
}

/** Judges a server by the stories, and gives what the report says of them, and what was printed. */
const tell = async (command: string, ...args: ReadonlyArray<string>) => {
  const out = join(folder, String(args.length))
  const stories = ["--grep", "the model allows", "--report", "json", "--out", out, "--lang", "en"]
  const start = ["--start", command, ...stories, ...args]
  const child = spawn(process.execPath, [pathOf("../src/main.ts"), ...start], { stdio: ["ignore", "pipe", "ignore"] })
  let printed = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text
  })
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve))
  const { tests } = JSON.parse(readFileSync(join(out, "report.json"), "utf8")) as {
    readonly tests: ReadonlyArray<Failure>
  }
  return { code, printed, test: tests[0]! }
}

const mutant = (name: string) => `"${process.execPath}" "${pathOf("../mutants/serve.ts")}" ${name}`

// Servers and the suite are processes: seconds on a busy machine.
describe("The story of a failure", { timeout: 240_000 }, () => {
  it("is a minimal one, told again by the command that is printed, with the same end", async () => {
    const first = await tell(mutant("lets-go-of-one-room"), "--seed", "1", "--timeout-scale", "2")
    expect(first.code, first.printed).toBe(1)
    expect(first.test.finding.requirement).toBe("LOGIN-6")
    const { counterexample, path, seed } = first.test.replay
    // Two joins, then bye and a login under the same nick, in whatever words the seed has found.
    expect(counterexample.split("; ").length, counterexample).toBeLessThanOrEqual(4)
    expect(counterexample.match(/: join #/gu)).toHaveLength(2)
    expect(first.printed).toContain(counterexample)

    const replay = ["--seed", String(seed), "--path", path]
    expect(first.test.again).toContain(replay.join(" "))
    const second = await tell(mutant("lets-go-of-one-room"), ...replay)
    expect(second.code, second.printed).toBe(1)
    expect(second.test.replay.counterexample).toBe(counterexample)
    expect(second.test.finding.requirement).toBe("LOGIN-6")

    const mended = await tell(
      `"${process.execPath}" "${pathOf("../../packages/server/src/main.ts")}" --port {port} --heartbeat 2`,
      ...replay,
      "--quiet"
    )
    expect(mended.code, mended.printed).toBe(0)
  })
})
