#!/usr/bin/env node
/**
 * `npm run examples:defects`: is each defect of the example servers found, and by the test that the table in README.md
 * names? First the servers without a defect must pass the same tests. `--only TEXT` judges some, `--whole` by all tests
 * (that takes long), `--write` writes the table.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Defect, readDefects, type Server, serverNames, start } from "./defects.ts"

/** As much of the suite's report as is needed here. */
interface Report {
  readonly tests: ReadonlyArray<{
    readonly title: string
    readonly verdict: string
    readonly reason?: string
    readonly finding?: { readonly requirement?: string; readonly expected: string; readonly got: string }
  }>
}

interface Run {
  /** The suite's exit code. */
  readonly code: number
  readonly report: Report | undefined
  /** What ended the server before it was asked to end, if anything did. */
  readonly death: string | undefined
}

/** A defect, and what the suite has said about it. */
interface Judged {
  readonly defect: Defect
  /** What the report says first, when the defect was found. */
  readonly says: string | undefined
  /** Why it doesn't count as found. */
  readonly fault: string | undefined
}

const { values: flags } = parseArgs({
  options: { only: { type: "string" }, whole: { type: "boolean" }, write: { type: "boolean" } }
})
const suite = fileURLToPath(new URL("../conformance/src/main.ts", import.meta.url))
const readme = fileURLToPath(new URL("README.md", import.meta.url))
const out = mkdtempSync(join(tmpdir(), "examples-defects-"))
process.once("exit", () => rmSync(out, { recursive: true, force: true }))

// Short clocks, so that what waits for them doesn't wait long.
const clocks = ["--port", "0", "--heartbeat", "2", "--login-seconds", "5"]

/** Starts a server, has it judged by the tests of these requirements (of all, if there are none), and ends it. */
const judge = async (server: Server, defect: string | undefined, requirements: ReadonlyArray<string>): Promise<Run> => {
  const child = start(server, defect, clocks, "pipe")
  const gone = new Promise<string>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`))
  )
  try {
    child.stderr?.resume()
    const address = new Promise<string>((resolve) =>
      createInterface({ input: child.stdout! }).on("line", (line) => {
        const [, found] = /listening on (\S+)/u.exec(line) ?? []
        if (found !== undefined) resolve(found)
      })
    )
    const where = await Promise.race([address, gone.then(() => undefined)])
    if (where === undefined) return { code: 2, report: undefined, death: await gone }
    const folder = join(out, `${server} ${defect ?? ""}`)
    const code = await runSuite(where, folder, requirements)
    const death = child.exitCode === null && child.signalCode === null ? undefined : await gone
    return { code, report: code > 1 ? undefined : readReport(folder), death }
  } finally {
    child.kill("SIGKILL")
  }
}

const readReport = (folder: string) => JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report

const runSuite = (address: string, folder: string, requirements: ReadonlyArray<string>): Promise<number> => {
  const selection = requirements.flatMap((id) => ["--requirement", id])
  const args = [
    "--target",
    address,
    "--lang",
    "en",
    "--quiet",
    "--seed",
    "1",
    "--report",
    "json",
    "--out",
    folder,
    ...selection
  ]
  const child = spawn(process.execPath, [suite, ...args], { stdio: ["ignore", "inherit", "inherit"] })
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 3)))
}

/**
 * What the report says of the defect: which requirement is broken, and what the test that is named expected. A test that
 * is blocked says so, too, if it is the one that saw it.
 */
const sayingOf = ({ test }: Defect, { death, report }: Run): string | undefined => {
  const named = report?.tests.find(({ title }) => title === test)
  const isRed = named?.verdict === "failed" || named?.verdict === "blocked"
  if (isRed && named.finding !== undefined) return `${named.finding.requirement}: expected ${named.finding.expected}`
  const note = report?.tests.find(({ reason }) => reason?.includes("the target is gone"))?.reason
  return death !== undefined && note?.includes(`"${test}"`) === true ? `the target is gone (${death})` : undefined
}

const judgeDefect = async (defect: Defect): Promise<Judged> => {
  const run = await judge(defect.server, defect.name, flags.whole === true ? [] : [defect.requirement])
  const says = sayingOf(defect, run)
  if (run.code !== 1) return { defect, says, fault: `the suite's exit code is ${run.code}, not 1` }
  return { defect, says, fault: says === undefined ? `"${defect.test}" didn't find it; ${failedIn(run)}` : undefined }
}

const failedIn = ({ report }: Run): string => {
  const red = (report?.tests ?? []).filter(({ verdict }) => verdict === "failed" || verdict === "blocked")
  return red.length === 0 ? "nothing did" : `these did: ${red.map(({ title }) => title).join("; ")}`
}

/** Whether a server without a defect passes the tests that are about to judge its defects. */
const isRight = async (server: Server, chosen: ReadonlyArray<Defect>): Promise<boolean> => {
  const own = chosen.filter((defect) => defect.server === server)
  if (own.length === 0) return true
  const run = await judge(server, undefined, flags.whole === true ? [] : own.map(({ requirement }) => requirement))
  if (run.code !== 0) process.stderr.write(`${server} without a defect: exit code ${run.code}; ${failedIn(run)}\n`)
  return run.code === 0
}

const cell = (text: string): string => ` ${text.replaceAll("|", "\\|").replaceAll("\n", " ")} `

// What was expected may be a list of a hundred numbers.
const clip = (text: string): string => (text.length > 90 ? `${text.slice(0, 80).replace(/\S*$/u, "")}...` : text)

const rowOf = ({ defect: { does, language, name, requirement, server, test }, says }: Judged): string =>
  ["", `[${name}](${server}/defects/${name}.patch)`, language, does, `${test} (${requirement})`, clip(says ?? ""), ""]
    .map((text, nth) => (nth === 0 || nth === 6 ? text : cell(text)))
    .join("|")

const table = (judged: ReadonlyArray<Judged>): string =>
  [
    "| defect | in | what it does wrong | which test finds it | what the report says |",
    "|---|---|---|---|---|",
    ...judged.map(rowOf),
    ""
  ].join("\n")

const tablePlace = /(?<=<!-- written by `npm run examples:defects -- --write` -->\n).*?(?=<!-- end -->)/su

// What a report says may differ from run to run, by a number or by who notices a crash first.
const withoutSayings = (page: string): string => page.replaceAll(/[^|\n]*\|$/gmu, "")

/** Writes the table, or says that README.md has another one. */
const settleTable = (judged: ReadonlyArray<Judged>): boolean => {
  const before = readFileSync(readme, "utf8")
  const after = before.replace(tablePlace, () => table(judged))
  const same = withoutSayings(before) === withoutSayings(after)
  if (flags.write === true) writeFileSync(readme, after)
  else if (!same) process.stderr.write("examples/README.md has another table: add --write\n")
  return flags.write === true || same
}

// Most of the time is spent in waiting for clocks.
const atOnce = 3

const tell = ({ defect, fault, says }: Judged, seconds: number) =>
  process.stdout.write(
    `${fault === undefined ? "found" : "MISSED"}  ${defect.server} ${defect.name} (${seconds.toFixed(1)} s)\n        ${fault ?? says}\n`
  )

const main = async (): Promise<boolean> => {
  const { only } = flags
  const chosen = readDefects().filter(({ name, server }) => only === undefined || `${server} ${name}`.includes(only))
  for (const server of serverNames) if (!(await isRight(server, chosen))) return false
  const waiting = [...chosen]
  const found = new Map<Defect, Judged>()
  const worker = async () => {
    for (let defect = waiting.shift(); defect !== undefined; defect = waiting.shift()) {
      const began = performance.now()
      const row = await judgeDefect(defect)
      found.set(defect, row)
      tell(row, (performance.now() - began) / 1_000)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  const judged = chosen.map((defect) => found.get(defect)!)
  const count = judged.filter(({ fault }) => fault === undefined).length
  process.stdout.write(`${count} of ${judged.length} defects found\n`)
  return count === judged.length && count > 0 && (only !== undefined || settleTable(judged))
}

process.exitCode = (await main()) ? 0 : 1
