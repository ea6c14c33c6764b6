/**
 * `npm run conformance:degenerate`: runs the suite against every degenerate target. Each must be found not conformant
 * within a minute and a half, and no test may pass that judges what conformance/degenerate/allowed.ts doesn't allow. Beside other work all of
 * it takes longer: `--seconds` says how long it may. Names of targets judge these only.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { leave } from "../src/run/leave.ts"
import { allowed } from "./allowed.ts"
import { type Behaviour, listen, targets } from "./targets.ts"

const suite = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const { positionals: only, values } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "90" } }
})
const longest = Number(values.seconds) * 1_000
if (!(longest > 0)) {
  process.stderr.write(`conformance:degenerate: --seconds ${values.seconds}: give a number above 0\n`)
  process.exit(2)
}

interface Test {
  readonly chapter: string
  readonly title: string
  readonly verdict: string
  readonly ids: ReadonlyArray<string>
}

/** What the suite made of one target. */
interface Judged {
  readonly exitCode: number | null
  readonly millis: number
  readonly passed: ReadonlyArray<Test>
  readonly count: number
  readonly stderr: string
}

interface Report {
  readonly tests: ReadonlyArray<Test>
}

const nameOf = ({ chapter, ids, title }: Test): string => `${chapter} > ${title}  [${ids.join(" ")}]`

const judge = async (behaviour: Behaviour): Promise<Judged> => {
  const target = await listen(behaviour)
  const out = mkdtempSync(join(tmpdir(), "degenerate-"))
  const began = performance.now()
  const { exitCode, stderr } = await run(["--target", `127.0.0.1:${target.port}`, "--report", "json", "--out", out])
  const millis = performance.now() - began
  const file = join(out, "report.json")
  const { tests } = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Report) : { tests: [] }
  rmSync(out, { recursive: true })
  await target.close()
  const passed = tests.filter(({ verdict }) => verdict === "passed")
  return { exitCode, millis, passed, count: tests.length, stderr }
}

const run = (args: ReadonlyArray<string>): Promise<{ readonly exitCode: number | null; readonly stderr: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [suite, "--quiet", ...args], { stdio: ["ignore", "ignore", "pipe"] })
    let stderr = ""
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk)
    })
    child.on("close", (exitCode) => resolve({ exitCode, stderr }))
  })

/** What is wrong with a judgement, in sentences; empty when the target was found out. */
const faultsOf = (name: string, { count, exitCode, millis, passed, stderr }: Judged): ReadonlyArray<string> => {
  const kept = Object.keys(allowed[name] ?? {})
  return [
    ...(exitCode === 1 && count > 0
      ? []
      : [`exit code ${exitCode} and ${count} tests instead of 1 and all: ${stderr.trim().slice(-2_000)}`]),
    ...(millis <= longest ? [] : [`it took ${Math.round(millis / 1_000)} s`]),
    ...passed
      .filter(({ ids }) => !ids.every((id) => kept.includes(id)))
      .map((test) => `passes, and isn't allowed to: ${nameOf(test)}`)
  ]
}

const names = Object.keys(targets).filter((name) => only.length === 0 || only.includes(name))
const waiting = [...names]
let wrong = 0

/** Judges one target after the other: what the suite does there is mostly waiting, so that a few can be judged at once. */
const worker = async (): Promise<void> => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const judged = await judge(targets[name]!)
    const faults = faultsOf(name, judged)
    wrong += faults.length
    const seconds = (judged.millis / 1_000).toFixed(1)
    const { count, exitCode, passed } = judged
    process.stdout.write(
      [
        `${name}: exit ${exitCode}, ${passed.length} of ${count} passed, ${seconds} s\n`,
        ...passed.map((test) => `  passed   ${nameOf(test)}\n`),
        ...faults.map((fault) => `  WRONG    ${fault}\n`)
      ].join("")
    )
  }
}

await Promise.all([worker(), worker()])
process.stdout.write(wrong === 0 ? `${names.length} degenerate targets found out\n` : `${wrong} faults\n`)
leave(wrong === 0 ? 0 : 1)
