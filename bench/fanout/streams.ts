/**
 * Redis Streams with each entry on the disk before it is acknowledged: what a durable log without anything around it does.
 *
 * @module
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { type Contender, configured, isInstalled, processors, withServer } from "./servers.ts"

const streams: Contender = {
  name: "Redis Streams",
  protocol: "redis",
  role: "peer",
  program: "redis-benchmark",
  command: configured("redis-streams.conf", (file, { folder, port }) => [
    ...["redis-server", file, "--port", `${port}`, "--dir", folder]
  ])
}

/** Entries of 100 bytes that are acknowledged per second: ten connections, 64 under way on each. Undefined where it isn't installed. */
export const measureStreams = async (): Promise<number | undefined> => {
  if (!isInstalled(streams)) return undefined
  return withServer(streams, async (server) => {
    const words = ["-p", `${server.port}`, "-c", "10", "-P", "64", "-n", "400000", "-r", "10", "--csv"]
    const entry = ["XADD", "s__rand_int__", "*", "text", "x".repeat(100)]
    const run = promisify(execFile)
    const { stdout } = await run("taskset", ["-c", `${processors.load}`, "redis-benchmark", ...words, ...entry])
    const rate = /^"XADD[^"]*","([\d.]+)"/mu.exec(stdout)?.[1]
    if (rate === undefined) throw new Error(`redis-benchmark has said something else: ${stdout}`)
    return Number(rate)
  })
}
