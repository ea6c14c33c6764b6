#!/usr/bin/env node
/**
 * `npm run bench:soak -- --minutes 60`: whether the memory of a durable server stays where it is under a steady load. Samples what is
 * resident, and beside it the heap of the server's own thread: what V8 has reserved for it, and what is in use. Tells how what is resident
 * has changed between the second quarter and the last; writes a plot to bench/results.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs, styleText } from "node:util"
import { median } from "../times.ts"
import { type Measured, prepare, putLoad } from "./load.ts"
import { series } from "./plot.ts"
import { named, withServer } from "./servers.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    rate: { type: "string", default: "200" },
    out: { type: "string" }
  }
})
const minutes = Number(values.minutes)
const out = values.out ?? fileURLToPath(new URL("../results", import.meta.url))
const say = (text = ""): void => void process.stdout.write(`${text}\n`)

prepare()

const residentOf = (pid: number): number => {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1])
  return pages * 4_096
}

const contender = named("Tertulia, durable")
const folder = mkdtempSync(join(tmpdir(), "tertulia-soak-"))
const heapFile = join(folder, "heap.json")
// The server tells it itself (heap.ts): nobody else can see it.
process.env["TERTULIA_BENCH_HEAP"] = heapFile
process.env["NODE_OPTIONS"] =
  `${process.env["NODE_OPTIONS"] ?? ""} --import ${new URL("heap.ts", import.meta.url).href}`

const heapNow = (): NodeJS.MemoryUsage | undefined => {
  try {
    return JSON.parse(readFileSync(heapFile, "utf8")) as NodeJS.MemoryUsage
  } catch {
    // It hasn't told yet, or is about to.
    return undefined
  }
}

type Sample = readonly [minute: number, megabytes: number]
const samples: Array<Sample> = []
const reserved: Array<Sample> = []
const used: Array<Sample> = []
// Everybody sends: whoever was silent for a heartbeat would have to answer a ping, which the load doesn't.
const words = [
  ...["--mode", "open", "--gentle", "--rate", values.rate, "--seconds", `${60 * minutes}`, "--warm-up", "1"],
  ...["--rooms", "10", "--members", "10", "--senders", "10"]
]
const measured = await withServer(contender, async (server) => {
  const began = performance.now()
  const sample = () => {
    const [minute, megabytes] = [(performance.now() - began) / 60_000, residentOf(server.pid) / 1e6]
    samples.push([minute, megabytes])
    const heap = heapNow()
    if (heap !== undefined) {
      reserved.push([minute, heap.heapTotal / 1e6])
      used.push([minute, heap.heapUsed / 1e6])
    }
    if (process.stdout.isTTY)
      process.stdout.write(`\r${minute.toFixed(1)} of ${minutes} minutes, ${megabytes.toFixed(0)} MB `)
  }
  sample()
  const timer = setInterval(sample, Math.min(5_000, minutes * 1_000))
  try {
    return await putLoad<Measured>(contender, server, words)
  } finally {
    clearInterval(timer)
    rmSync(folder, { recursive: true, force: true })
  }
})
if (measured.lostConnections > 0) throw new Error("the server has ended a connection")

const quarter = (from: number, to: number): number =>
  median(
    samples.filter(([minute]) => minute >= from * minutes && minute < to * minutes).map(([, megabytes]) => megabytes)
  )
const [before, after] = [quarter(0.25, 0.5), quarter(0.75, 1)]
say(
  `\n${minutes} minutes of ${values.rate} messages a second to 10 each: ${before.toFixed(0)} MB in the second quarter, ${after.toFixed(0)} MB in the last; ${measured.lost} lost`
)
mkdirSync(out, { recursive: true })
writeFileSync(
  join(out, "soak.svg"),
  series(`memory, ${values.rate} messages a second, each on the disk`, "minutes", "MB", [
    { label: "resident", kind: "ours", points: samples },
    { label: "heap, reserved", kind: "limit", points: reserved },
    { label: "heap, in use", kind: "peer", points: used }
  ])
)
say(join(out, "soak.svg"))
// A heap breathes; what grows for ever grows by more than a tenth in half the time.
const isFlat = after <= 1.1 * before
if (!isFlat) say(styleText("red", "the memory grows"))
process.exitCode = isFlat && measured.lost === 0 ? 0 : 1
