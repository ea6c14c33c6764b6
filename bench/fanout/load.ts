/**
 * The load: a program in C, built when it is missing or stale, which prints what it has measured (bench/load/load.c).
 *
 * @module
 */
import { spawn, spawnSync } from "node:child_process"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { styleText } from "node:util"
import { type Contender, processors, type Running } from "./servers.ts"

const folder = fileURLToPath(new URL("../load", import.meta.url))

/** What the load has measured. Latencies in microseconds, processor time in seconds per second. */
export interface Measured {
  readonly deliveriesPerSecond: number
  readonly messagesPerSecond: number
  readonly bytesPerDelivery: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly serverCpu: number
  readonly serverWaited: number
  readonly loadCpu: number
  readonly loadWaited: number
  /** Seconds of the server's processor time for a million deliveries. */
  readonly cpuPerMillion: number
  readonly resident: number
  /** Deliveries that never came. */
  readonly lost: number
  readonly lostConnections: number
}

/** What many connections that do nothing cost. */
export interface Idle {
  readonly connections: number
  readonly connectionsPerSecond: number
  /** Microseconds of the server's processor time. */
  readonly cpuPerConnection: number
  readonly residentBefore: number
  readonly resident: number
}

/** Why there can be no load here; undefined when there can. */
const obstacle = (): string | undefined => {
  if (process.platform !== "linux") return "the load counts processor time as Linux does: run it there"
  return cpus().length < 2 ? "two processors are needed: one for the server, one for the load" : build()
}

/** Sees to it that the load is there and can be put on a server; says why not, and ends the process, if it can't. */
export const prepare = (): void => {
  const why = obstacle()
  if (why === undefined) return
  process.stdout.write(`${styleText("red", why)}\n`)
  process.exit(2)
}

/** Builds the load and the relay; gives why not, if it can't. */
const build = (): string | undefined => {
  const made = spawnSync("make", ["--silent", "-C", folder], { encoding: "utf8" })
  if (made.error !== undefined) return "make and a C compiler are needed for the load: apt-get install make gcc"
  return made.status === 0 ? undefined : `the load can't be built:\n${made.stderr}`
}

/** Puts load on a server; fails with what the load says when it can't. */
export const putLoad = async <Shape extends Measured | Idle>(
  { load = [], protocol }: Contender,
  { pid, port }: Pick<Running, "pid"> & { readonly port: number | string },
  args: ReadonlyArray<string>
): Promise<Shape> => {
  const words = ["--protocol", protocol, "--port", `${port}`, "--pid", `${pid}`, ...load, ...args]
  const child = spawn("taskset", ["-c", `${processors.load}`, `${folder}/load`, ...words], {
    stdio: ["ignore", "pipe", "pipe"]
  })
  const [out, errors] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
  if (out === "") throw new Error(errors.trim())
  return JSON.parse(out) as Shape
}

const textOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
