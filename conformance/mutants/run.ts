#!/usr/bin/env node
/**
 * `npm run conformance:mutants`: can each test fail? Judges every mutant by the tests of the requirement that it breaks,
 * after a control run through the same proxy has shown that an unmutated server passes.
 *
 * @module
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { styleOf } from "../src/report/style.ts"
import { drive } from "../src/run/drive.ts"
import { probe } from "../src/run/probe.ts"
import { type Results, resultsOf, type Target } from "../src/run/results.ts"
import { referenceServer, type StartCommand, startTarget } from "../src/run/target.ts"
import { type Requirement, readRequirements } from "../src/spec/requirements.ts"
import type { SuiteOptions } from "../src/suite.ts"
import { catalogue } from "./catalogue.ts"
import { matrix } from "./matrix.ts"
import type { Mutant, Tap } from "./mutant.ts"
import { type End, endOf, ends, isGood, type Judged } from "./outcome.ts"
import { startProxy } from "./proxy.ts"

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    jobs: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    report: { type: "string" },
    help: { type: "boolean", default: false }
  }
})

if (values.help) {
  process.stdout.write(`Usage: npm run conformance:mutants -- [options]

  --only TEXT    only mutants whose name or requirement contains TEXT; can be repeated
  --jobs N       how many mutants are judged at once (default 2)
  --seed N       the seed of every run (default 1)
  --report FILE  where the matrix is written, as Markdown

Exits 0 when every mutant is killed by a test of its own requirement and every MUST has a mutant, 1 when not.
`)
  process.exit(0)
}

const style = styleOf(process.stdout, process.env)
const requirements = readRequirements()
const chosen = catalogue.filter(
  ({ breaks, name }) => values.only.length === 0 || values.only.some((text) => breaks === text || name.includes(text))
)

/** Judges the reference server behind a tap by the tests of these requirements; all of them when none is named. */
const judge = async (port: number, tap: Tap, ids: ReadonlyArray<string>, start: StartCommand | undefined) => {
  const began = Date.now()
  const proxy = await startProxy(port, tap)
  try {
    const address = { host: "127.0.0.1", port: proxy.port }
    const probed = await Effect.runPromise(probe(address, 3_000))
    const target: Target = {
      given: undefined,
      ...address,
      hello: probed.hello,
      roundTrip: probed.roundTrip,
      profiles: ["core"]
    }
    const options: SuiteOptions = {
      mode: "run",
      address,
      hello: probed.hello,
      roundTrip: probed.roundTrip,
      // A mutant that says nothing is waited for: the reference server is near, so a second is long.
      timeoutScale: 0.3,
      seed: Number(values.seed),
      path: undefined,
      runs: 20,
      parallel: 8,
      bail: false,
      selection: { grep: "", requirements: ids, profiles: [] },
      start,
      nonce: (36 ** 3 + ++runs).toString(36)
    }
    const driven = await drive(options)
    const results = resultsOf(target, options.seed, driven, requirements, Date.now() - began)
    return { results, hits: proxy.hits() }
  } finally {
    await proxy.close()
  }
}
let runs = Math.floor(Math.random() * 36 ** 3)

const judgeMutant = async (port: number, mutant: Mutant): Promise<Judged> => {
  const began = Date.now()
  try {
    const { hits, results } = await judge(port, mutant.tap(), [mutant.breaks], itself(mutant))
    return { mutant, ...endOf(mutant, results, hits), hits, millis: Date.now() - began }
  } catch (error) {
    return { mutant, end: "void", by: String(error), hits: 0, millis: Date.now() - began }
  }
}

/** The mutant as a command, for tests that start their target themselves. */
const itself = ({ name }: Mutant): StartCommand => ({
  program: process.execPath,
  args: [fileURLToPath(new URL("serve.ts", import.meta.url)), name]
})

const say = (text: string) => process.stdout.write(`${text}\n`)
const colourOf = (end: End) => (end === "killed" ? style.green : end === "equivalent" ? style.dim : style.red)

const control = async (port: number): Promise<Results> => {
  say(style.dim("control: the unmutated server, through the same proxy"))
  const { results } = await judge(port, {}, [...new Set(chosen.map(({ breaks }) => breaks))], undefined)
  return results
}

const judgeAll = async (ports: ReadonlyArray<number>): Promise<ReadonlyArray<Judged>> => {
  const queue = [...chosen]
  const judged: Array<Judged> = []
  await Promise.all(
    ports.map(async (port) => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const row = await judgeMutant(port, mutant)
        judged.push(row)
        const place = `${judged.length}/${chosen.length}`.padStart(8)
        say(
          `${style.dim(place)}  ${colourOf(row.end)(row.end.padEnd(17))}  ${mutant.breaks.padEnd(10)}  ${mutant.name}`
        )
        if (!isGood(row)) say(`${" ".repeat(10)}${style.dim(`${mutant.does}; ${row.by}`)}`)
      }
    })
  )
  return catalogueOrder(judged)
}

const catalogueOrder = (judged: ReadonlyArray<Judged>): ReadonlyArray<Judged> =>
  chosen.flatMap((mutant) => judged.filter((row) => row.mutant === mutant))

/** Every MUST on servers without a mutant. */
const unmutated = (): ReadonlyArray<Requirement> =>
  requirements.filter(
    ({ id, level, removed, untestable, who }) =>
      level === "MUST" &&
      who !== "client" &&
      removed === undefined &&
      untestable === undefined &&
      !catalogue.some(({ breaks }) => breaks === id)
  )

const main = Effect.gen(function* () {
  const jobs = Math.max(1, Number(values.jobs))
  const targets = yield* Effect.all(
    Array.from({ length: jobs }, () => startTarget(referenceServer)),
    { concurrency: 1 }
  )
  const ports = targets.map(({ address }) => address.port)
  const green = yield* Effect.promise(() => control(ports[0]!))
  if (green.exitCode !== 0) {
    const red = green.tests.filter(({ outcome }) => outcome.verdict !== "passed" && outcome.verdict !== "not run")
    say(style.red("the control run is not green: nothing can be learned from mutants"))
    for (const { outcome, title } of red) say(`  ${title}: ${outcome.reason ?? ""} ${outcome.finding?.got ?? ""}`)
    for (const fault of green.faults) say(`  ${fault}`)
    return 1
  }
  const judged = yield* Effect.promise(() => judgeAll(ports))
  const without = values.only.length === 0 ? unmutated() : []
  if (values.report !== undefined) writeFileSync(values.report, matrix(judged, without))
  const counts = ends.map((end) => `${judged.filter((row) => row.end === end).length} ${end}`)
  say(`\n${counts.join(", ")}`)
  for (const { id, text } of without) say(style.red(`no mutant breaks ${id}: ${text}`))
  return judged.every(isGood) && without.length === 0 ? 0 : 1
}).pipe(Effect.scoped)

const fiber = Effect.runFork(main)
process.once("SIGINT", () => Effect.runFork(Fiber.interrupt(fiber)))
fiber.addObserver((exit) => {
  if (exit._tag === "Failure") process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  process.exit(exit._tag === "Success" ? exit.value : 3)
})
