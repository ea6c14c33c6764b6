#!/usr/bin/env node
/**
 * `npm run bench`: how much Tertulia delivers, against relays that check nothing and against the servers that are installed, on the
 * same machine in the same run. The server has one processor, the load another. Rounds are interleaved: each takes every server
 * once, so that a slow minute of the machine hits all of them; what is compared is the median.
 *
 * @module
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs, styleText } from "node:util"
import { median } from "../times.ts"
import { type Case, cases, idle } from "./cases.ts"
import { measureCodec } from "./codec.ts"
import { goalsOf } from "./goals.ts"
import { type Idle, type Measured, prepare, putLoad } from "./load.ts"
import { commit, machineWith } from "./machine.ts"
import { report } from "./report.ts"
import { measureRequests } from "./requests.ts"
import { type IdleRow, idleRowOf, type Results, type Row, rowOf } from "./results.ts"
import { type Contender, contenders, isInstalled, processors, type Running, withServer } from "./servers.ts"
import { measureStreams } from "./streams.ts"

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    idle: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    case: { type: "string", multiple: true, default: [] },
    out: { type: "string" },
    help: { type: "boolean", default: false }
  }
})

const usage = `npm run bench -- [flags]

  --full          all cases, idle connections, 5 rounds; writes bench/results (half an hour). Without it: the short cases, 1 round
  --idle          only what idle connections cost
  --rounds N      how often each server is measured; what is told is the median
  --only TEXT     only servers with this in their name (may be repeated)
  --case TEXT     only cases with this in their name (may be repeated)
  --out FOLDER    where the report, its plots and the raw figures go
`

const say = (text = ""): void => {
  process.stdout.write(`${text}\n`)
}
const dim = (text: string) => styleText("dim", text)
const rate = (value: number): string =>
  value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : `${(value / 1e3).toFixed(0)} k`

/** Processor time for which the load may wait, of each second, in a run that counts. */
const tolerable = 0.04
const attempts = 3

/** Puts one load on a server, again when something else took the load's processor; gives the quietest. */
const measure = async (contender: Contender, server: Running, { args }: Case, seconds: number): Promise<Measured> => {
  let best: Measured | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    const words = [...args, "--seconds", `${seconds}`, "--warm-up", `${seconds / 2}`]
    const found = await putLoad<Measured>(contender, server, words)
    if (best === undefined || found.loadWaited < best.loadWaited) best = found
    if (found.loadWaited <= tolerable) break
  }
  return best!
}

/** The connections of the load at once on a server of its own, whose memory nothing else has grown. */
const idleOf = async (contender: Contender): Promise<IdleRow> => {
  const found: Array<Idle> = []
  for (const count of [idle.few, idle.many]) {
    const words = ["--mode", "idle", "--members", `${count}`, "--seconds", "1"]
    found.push(await withServer(contender, (server) => putLoad<Idle>(contender, server, words)))
  }
  return idleRowOf(contender.name, found[0]!, found[1]!)
}

// ---------------------------------------------------------------------------------------------------------------------
// What can be measured here
// ---------------------------------------------------------------------------------------------------------------------

if (values.help) {
  say(usage)
  process.exit(0)
}
prepare()

const has = (name: string, texts: ReadonlyArray<string>) =>
  texts.length === 0 || texts.some((text) => name.includes(text))
const wanted = contenders.filter(({ name }) => has(name, values.only))
const chosen = wanted.filter(isInstalled)
const chosenCases = values.idle
  ? []
  : cases.filter(({ isLong, name }) => has(name, values.case) && (values.full || isLong !== true))
const rounds = Number(values.rounds ?? (values.full ? 5 : 1))
const seconds = values.full ? 2 : 1
const absent = new Set(
  wanted
    .filter((contender) => !chosen.includes(contender))
    .map(({ name, program }) => `${name}: ${program} is not installed`)
)
for (const line of absent) say(dim(`not measured: ${line}`))
say(
  dim(
    `server on processor ${processors.server}, load on processor ${processors.load}; ${rounds} rounds of ${seconds} s`
  )
)

/** What a peer can't do in its configuration isn't measured, and is told; where ours or a limit can't, that is a fault. */
const unlessPeerFails = <A>({ name, role }: Contender, what: string, measuring: Promise<A>): Promise<A | undefined> =>
  measuring.catch((error: unknown) => {
    if (role !== "peer") throw error
    const why = error instanceof Error ? error.message : String(error)
    absent.add(`${name}, ${what}: ${why}`)
    say(`  ${what.padEnd(22)} ${dim(why)}`)
    return undefined
  })

// ---------------------------------------------------------------------------------------------------------------------
// The rounds
// ---------------------------------------------------------------------------------------------------------------------

const found = new Map<string, Array<Measured>>()
for (let round = 1; round <= rounds; round++) {
  for (const contender of chosen) {
    say(`\n${styleText("bold", contender.name)} ${dim(`round ${round} of ${rounds}`)}`)
    await withServer(contender, async (server) => {
      for (const each of chosenCases) {
        const measured = await unlessPeerFails(contender, each.name, measure(contender, server, each, seconds))
        // One that couldn't bear it may not have recovered.
        if (measured === undefined) break
        const key = `${contender.name}/${each.name}`
        found.set(key, [...(found.get(key) ?? []), measured])
        const main =
          each.measure === "throughput"
            ? `${rate(measured.deliveriesPerSecond)} deliveries/s`
            : `p50 ${measured.p50.toFixed(0)} us, p99 ${measured.p99.toFixed(0)} us`
        const doubts = [
          ...(measured.lost > 0 ? [styleText("red", `${measured.lost} lost`)] : []),
          ...(measured.loadWaited > tolerable ? [styleText("yellow", "the machine was not quiet")] : [])
        ]
        say(
          `  ${each.name.padEnd(22)} ${main.padEnd(28)} ${dim(`server ${(100 * measured.serverCpu).toFixed(0)} %, load ${(100 * measured.loadCpu).toFixed(0)} %`)} ${doubts.join(", ")}`
        )
      }
    })
  }
}

const rows: ReadonlyArray<Row> = chosenCases.flatMap(({ name }) =>
  chosen.flatMap((contender) => {
    const measured = found.get(`${contender.name}/${name}`)
    if (measured === undefined) return []
    return [rowOf(contender, name, measured, median(measured.map(({ loadWaited }) => loadWaited)) > tolerable)]
  })
)

const idleRows: Array<IdleRow> = []
if (values.idle || (values.full && values.case.length === 0)) {
  say(`\n${styleText("bold", "idle connections")}`)
  for (const contender of chosen.filter(({ name }) => name !== "Tertulia, durable")) {
    const row = await unlessPeerFails(contender, "idle connections", idleOf(contender))
    if (row === undefined) continue
    idleRows.push(row)
    say(
      `  ${contender.name.padEnd(22)} ${(row.bytesPerConnection / 1e3).toFixed(1)} KB each, ${(row.residentBefore / 1e6).toFixed(0)} MB before, ${rate(row.connectionsPerSecond)} connects/s`
    )
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What came of it
// ---------------------------------------------------------------------------------------------------------------------

const requests = values.full && values.case.length === 0 ? await measureRequests() : []
if (requests.length > 0) say(`\n${styleText("bold", "requests, on a durable server")}`)
for (const { name, p50, p99 } of requests)
  say(`  ${name.padEnd(60)} p50 ${p50.toFixed(0)} us, p99 ${p99.toFixed(0)} us`)

const streams = has("Redis Streams", values.only) ? await measureStreams() : undefined
const results: Results = {
  at: new Date().toISOString(),
  command: `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(" ")}` : ""}`,
  commit: commit(),
  machine: machineWith(chosen),
  rows,
  idle: idleRows,
  requests,
  codec: measureCodec(),
  ...(streams === undefined ? {} : { streams }),
  absent: [...absent]
}

say(`\n${styleText("bold", "goals")}`)
for (const { against, isReached, reached, wanted: bound, what } of goalsOf(results)) {
  const mark =
    isReached === undefined ? dim("-") : isReached ? styleText("green", "reached") : styleText("red", "missed")
  say(`  ${what.padEnd(48)} ${against.padEnd(18)} ${bound.padStart(10)}  ${reached.padStart(12)}  ${mark}`)
}

const out = values.out ?? (values.full ? fileURLToPath(new URL("../results", import.meta.url)) : undefined)
if (out !== undefined) {
  mkdirSync(out, { recursive: true })
  const files = report(results, chosenCases)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(out, name), text)
  writeFileSync(join(out, "fanout.json"), `${JSON.stringify(results, undefined, 1)}\n`)
  say(`\n${join(out, "fanout.md")} ${dim(`${readFileSync(join(out, "fanout.md")).length} bytes`)}`)
}

const lost = rows.reduce((sum, row) => sum + (row.role === "ours" ? row.lost : 0), 0)
if (lost > 0) say(styleText("red", `${lost} deliveries of ours were lost`))
process.exitCode = lost > 0 ? 1 : 0
