#!/usr/bin/env node
/**
 * `npm test`: what must hold, step by step, as its user would run it. Goes on after a step that failed, and ends with one
 * line that counts what ran. With `--all` the suite itself is tried, too: on targets that do nothing right, on mutants, and on
 * servers with the classic defects; that takes a quarter of an hour.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import { referenceClient } from "../conformance/src/run/target.ts"
import { audit, lineOf } from "./audit.ts"

/** What a step came to. */
interface Count {
  readonly passed: number
  readonly failed: number
  /** What failed, a line each, where that is known. */
  readonly faults?: ReadonlyArray<string>
  /** What has passed at its second attempt only, and why it failed at first. */
  readonly again?: ReadonlyArray<string>
  /** Why each thing that did not run did not. */
  readonly skipped: ReadonlyArray<string>
}

interface Step {
  readonly name: string
  /** The npm script and its arguments, as a user would type them. */
  readonly run: (reports: string) => Promise<Count>
  /** Whether it runs beside its neighbours that say so: it waits for clocks more than it works. */
  readonly beside?: boolean
}

const root = fileURLToPath(new URL("..", import.meta.url))
const all = process.argv.includes("--all")

// Thousands of short processes load the same modules: what Node has compiled of them is kept for the next, which starts in three quarters of the time.
process.env["NODE_COMPILE_CACHE"] ??= join(root, "node_modules/.cache/compiled")

/** The output of a step that runs beside others, which is shown when the step has ended. */
const kept = new AsyncLocalStorage<Array<Buffer>>()

/** Runs a program with its output shown, and gives its exit code. */
const shown = (program: string, args: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve) => {
    const output = kept.getStore()
    const out = output === undefined ? "inherit" : "pipe"
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", out, out] })
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => output!.push(data))
    child.once("error", () => resolve(127))
    child.once("close", (code) => resolve(code ?? 1))
  })

const script = (name: string, ...args: ReadonlyArray<string>): Promise<number> =>
  shown("npm", ["run", "--silent", name, ...(args.length === 0 ? [] : ["--", ...args])])

/** A step that passes or fails as a whole. */
const whole = (name: string, ...args: ReadonlyArray<string>): Step["run"] => {
  return async () => ((await script(name, ...args)) === 0 ? { passed: 1, failed: 0, skipped: [] } : failure)
}

const failure: Count = { passed: 0, failed: 1, skipped: [] }

const skip = (reason: string): Count => ({ passed: 0, failed: 0, skipped: [reason] })

const readJson = <Shape>(file: string): Shape | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Shape) : undefined

/** A run that fails without a single failed test has failed all the same. */
const checked = (count: Count, exitCode: number): Count =>
  exitCode === 0 || count.failed > 0 ? count : { ...count, failed: 1 }

/** A tool with a binary for each platform, of which not every registry has all: so it isn't in the lockfile. */
const effectTypes: Step["run"] = async (reports) =>
  existsSync(join(root, "node_modules/.bin/effect-tsgo"))
    ? whole("types:effect")(reports)
    : skip("@effect/tsgo is not installed: npm install --no-save @effect/tsgo@0.45.0")

/** What can't be asked here is told, and counts for nothing. */
const dependencies: Step["run"] = async () => {
  const findings = await audit()
  for (const finding of findings) process.stdout.write(`${lineOf(finding)}\n`)
  const count = (verdict: (typeof findings)[number]["verdict"]) =>
    findings.filter((finding) => finding.verdict === verdict)
  return {
    passed: count("good").length,
    failed: count("bad").length,
    skipped: count("unasked").map(({ looked, words }) => `${looked}: ${words}`)
  }
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: ReadonlyArray<{
    /** The file. */
    readonly name: string
    /** Why the file as a whole failed, or empty. */
    readonly message: string
    readonly status: string
    readonly assertionResults: ReadonlyArray<{
      readonly status: string
      readonly fullName: string
      readonly failureMessages: ReadonlyArray<string>
    }>
  }>
}

const firstLine = (text: string): string => stripVTControlCharacters(text).trim().split("\n", 1)[0]!

/** The tests that have one of the statuses and an error, and the files that could not be run, each with the first line of its reason. */
const withErrors = ({ testResults }: VitestReport, is: "passed" | "failed"): ReadonlyArray<string> =>
  testResults.flatMap(({ assertionResults, message, name, status }) => {
    const file = relative(root, name)
    if (is === status && is === "failed" && assertionResults.every((result) => result.status !== is)) {
      return [`${file}: ${firstLine(message)}`]
    }
    return assertionResults
      .filter((result) => result.status === is && result.failureMessages.length > 0)
      .map(({ failureMessages, fullName }) => `${file} > ${fullName}: ${firstLine(failureMessages[0]!)}`)
  })

/**
 * On a machine with other work, a process that a test has started may be late for once; so what failed is tried again, and told. A property
 * isn't: of other values it may well be true.
 */
const secondAttempt = ["--retry.count=1", "--retry.condition=^(?!Property failed)"]

const unitTests: Step["run"] = async (reports) => {
  const file = join(reports, "vitest.json")
  const code = await shown("npx", [
    "vitest",
    "run",
    ...secondAttempt,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`
  ])
  const report = readJson<VitestReport>(file)
  if (report === undefined) return failure
  const skipped = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== "passed" && status !== "failed")
    .map(({ fullName }) => fullName)
  const faults = withErrors(report, "failed")
  const again = withErrors(report, "passed")
  return checked({ passed: report.numPassedTests, failed: report.numFailedTests, faults, again, skipped }, code)
}

interface SuiteReport {
  readonly totals: Readonly<Record<string, number>>
  readonly tests: ReadonlyArray<{ readonly title: string; readonly verdict: string; readonly reason?: string }>
}

/** Runs the suite, and counts its verdicts. */
const suite = async (reports: string, name: string, ...args: ReadonlyArray<string>): Promise<Count> => {
  const out = join(reports, name)
  const code = await script("conformance", "--report", "json", "--out", out, ...args)
  const report = readJson<SuiteReport>(join(out, "report.json"))
  if (report === undefined) return failure
  const count = (...verdicts: ReadonlyArray<string>) =>
    verdicts.reduce((sum, verdict) => sum + (report.totals[verdict] ?? 0), 0)
  const skipped = report.tests
    // What a server doesn't claim is not owed: nothing was skipped there.
    .filter(({ verdict }) => verdict === "not run")
    .map(({ reason, title }) => `${title}: ${reason ?? "no reason given"}`)
  const wrong = ["failed", "blocked", "inconclusive"]
  const faults = report.tests
    .filter(({ verdict }) => wrong.includes(verdict))
    .map(({ reason, title, verdict }) => `${verdict}: ${title}${reason === undefined ? "" : `: ${firstLine(reason)}`}`)
  return checked({ passed: count("passed", "warned"), failed: count(...wrong), faults, skipped }, code)
}

const has = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0

// Short clocks, so that what waits for them doesn't wait long.
const clocks = "--port {port} --heartbeat 2 --login-seconds 5"

const pythonServer: Step["run"] = async (reports) =>
  has("python3")
    ? suite(reports, "python", "--start", `python3 examples/python-core/server.py ${clocks}`)
    : skip("python3 is not installed")

const durableServer: Step["run"] = async (reports) =>
  has("python3")
    ? suite(
        reports,
        "python-durable",
        "--start",
        // Few entries are kept, so that it is seen what becomes of the others; and a room is soon full.
        `python3 examples/python-durable/server.py ${clocks} --grace 5 --data {data}/rooms.db --keep 300 --members 24`
      )
    : skip("python3 is not installed")

// Its core is that of the server before. What it adds is judged: the profiles, each also claimed by the reference server.
const profiles = ["history", "resume", "direct", "presence", "rich", "search", "accounts", "moderation"]

// A password is hashed a few times only, and who has guessed waits for seconds.
const cheap = "--iterations 4096 --token-seconds 20 --attempt-seconds 20"

const completeServer: Step["run"] = async (reports) =>
  has("python3")
    ? suite(
        reports,
        "python-complete",
        ...profiles.flatMap((name) => ["--profile", name]),
        "--start",
        `python3 examples/python-complete/server.py ${clocks} --grace 5 --idle-seconds 5 --data {data}/rooms.db --keep 200 --members 24 ${cheap}`
      )
    : skip("python3 is not installed")

const cServer: Step["run"] = async (reports) =>
  has("gcc") && has("make")
    ? suite(
        reports,
        "c",
        ...["--build", "make --silent -C examples/c-core", "--start", `examples/c-core/server ${clocks}`]
      )
    : skip("gcc and make are not installed")

const defects: Step["run"] = async (reports) =>
  has("python3") && has("gcc") && has("make")
    ? whole("examples:defects")(reports)
    : skip("python3, gcc and make are needed for all defects")

const gate: Step["run"] = async (reports) =>
  has("gcc") && has("make") && has("taskset")
    ? whole("bench:gate")(reports)
    : skip("gcc, make and taskset are needed for the load")

/** The suite on trial: each of these must be found out. */
const trials: ReadonlyArray<Step> = [
  // By itself, each of them has a minute and a half to be found out; beside the mutants, and on a slow machine, it is only to end.
  { name: "degenerate targets pass nothing", beside: true, run: whole("conformance:degenerate", "--seconds", "400") },
  { name: "every test can fail (mutants)", beside: true, run: whole("conformance:mutants") },
  { name: "the examples' defects are found", beside: true, run: defects }
]

const steps: ReadonlyArray<Step> = [
  { name: "types", run: whole("types") },
  { name: "types, as Effect sees them", run: effectTypes },
  { name: "lint", run: whole("lint") },
  { name: "dependencies", run: dependencies },
  { name: "generated files are fresh", run: whole("spec", "--check") },
  { name: "tests of the packages and of the suite", run: unitTests },
  { name: "conformance of the reference server", beside: true, run: (reports) => suite(reports, "reference") },
  // What a profile adds is the same over every transport: the core is enough, and the chapter of its own.
  {
    name: "conformance of the reference over TLS",
    beside: true,
    run: (reports) => suite(reports, "tls", ...["--tls", "--profile", "core", "--profile", "tls"])
  },
  {
    name: "conformance of the reference over WebSocket",
    beside: true,
    run: (reports) =>
      suite(
        reports,
        "websocket",
        ...["--ws", "ws://127.0.0.1:{port}/ws", "--profile", "core", "--profile", "websocket"],
        ...["--parallel", "16", "--runs", "5"]
      )
  },
  {
    name: "conformance of the terminal client",
    beside: true,
    run: (reports) => suite(reports, "client", "--client", referenceClient)
  },
  { name: "conformance of the server in Python", beside: true, run: pythonServer },
  { name: "conformance of the durable server in Python", beside: true, run: durableServer },
  { name: "conformance of the complete server in Python", beside: true, run: completeServer },
  { name: "conformance of the server in C", beside: true, run: cServer },
  { name: "every requirement was judged", run: whole("spec:check") },
  ...(all ? [...trials, { name: "a delivery costs what it may", run: gate }] : [])
]

const reports = mkdtempSync(join(tmpdir(), "tertulia-test-"))
interface Row {
  readonly name: string
  readonly count: Count
  readonly seconds: number
}

const take = async ({ name, run }: Step): Promise<Row> => {
  const began = process.hrtime.bigint()
  const count = await run(reports)
  return { name, count, seconds: Number(process.hrtime.bigint() - began) / 1e9 }
}

/** So many wait for their clocks at once: more would keep the processors of a small machine from keeping theirs. */
const mostBeside = 3

/** Takes steps side by side, and shows of each what it had to say, when it ends. */
const takeTogether = async (together: ReadonlyArray<Step>): Promise<ReadonlyArray<Row>> => {
  const taken: Array<Row> = []
  const waiting = [...together]
  const takeOn = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const output: Array<Buffer> = []
      const next = step
      taken.push(await kept.run(output, () => take(next)))
      process.stdout.write(`\n== ${step.name}\n${Buffer.concat(output)}`)
    }
  }
  await Promise.all(Array.from({ length: mostBeside }, takeOn))
  return together.map(({ name }) => taken.find((row) => row.name === name)!)
}

const rows: Array<Row> = []
for (let next = 0; next < steps.length; next = rows.length) {
  const first = steps[next]!
  if (first.beside === true) {
    const end = steps.findIndex(({ beside }, index) => index > next && beside !== true)
    rows.push(...(await takeTogether(steps.slice(next, end === -1 ? steps.length : end))))
  } else {
    process.stdout.write(`\n== ${first.name}\n`)
    rows.push(await take(first))
  }
}
rmSync(reports, { recursive: true, force: true })

const sum = (of: (count: Count) => number): number => rows.reduce((total, { count }) => total + of(count), 0)
process.stdout.write("\n== summary\n")
for (const { count, name, seconds } of rows) {
  const mark = count.failed > 0 ? "FAILED" : count.passed === 0 ? "skipped" : "ok"
  const numbers = `${count.passed} passed, ${count.failed} failed, ${count.skipped.length} skipped`
  process.stdout.write(`${mark.padEnd(8)} ${name.padEnd(44)} ${numbers}, ${seconds.toFixed(1)} s\n`)
  for (const fault of count.faults ?? []) process.stdout.write(`         failed: ${fault}\n`)
  for (const fault of count.again ?? []) process.stdout.write(`         again: ${fault}\n`)
  for (const reason of count.skipped) process.stdout.write(`         skipped: ${reason}\n`)
}
if (!all)
  process.stdout.write("\nnpm test -- --all tries the suite itself, too: degenerate targets, mutants, defects\n")
const failed = sum((count) => count.failed)
process.stdout.write(
  `\n${sum((count) => count.passed)} passed, ${failed} failed, ${sum((count) => count.skipped.length)} skipped\n`
)
process.exitCode = failed > 0 ? 1 : 0
