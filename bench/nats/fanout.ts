/**
 * Deliveries per second, and the processor time of each, with the members of a room on one server and spread over three: one leads, and two
 * hand on.
 *
 * @module
 */
import { join } from "node:path"
import { type Idle, type Measured, prepare, putLoad } from "../fanout/load.ts"
import { named } from "../fanout/servers.ts"
import { median } from "../times.ts"
import { greets, openEngine, openFolder, type Server, say, startServer } from "./stage.ts"

const rounds = 3

/** What a server needs for a million deliveries of a load, in seconds of its processor; and how many deliveries there were. */
const measure = async (servers: ReadonlyArray<Server>, of: Server, args: ReadonlyArray<string>) => {
  const contender = named("Tertulia, durable")
  const port = servers.map((server) => server.port).join(",")
  const found: Array<Measured> = []
  for (let round = 0; round < rounds; round++)
    found.push(await putLoad<Measured>(contender, { port, pid: of.pid }, args))
  const middle = (value: (each: Measured) => number) => median(found.map(value))
  return {
    deliveries: middle(({ deliveriesPerSecond }) => deliveriesPerSecond),
    cpu: middle(({ cpuPerMillion }) => cpuPerMillion),
    p50: middle(({ p50 }) => p50),
    lost: found.reduce((sum, { lost, lostConnections }) => sum + lost + lostConnections, 0)
  }
}

type Figures = Awaited<ReturnType<typeof measure>>

const show = (what: string, { cpu, deliveries, lost, p50 }: Figures) =>
  say(
    `  ${what.padEnd(44)} ${Math.round(deliveries).toLocaleString("en").padStart(9)}/s, ${cpu.toFixed(2)} us of it each, ${(p50 / 1_000).toFixed(1)} ms median${lost > 0 ? `, ${lost} LOST` : ""}`
  )

const connections = 4_000

/** What a server takes for a connection that has logged in and does nothing. */
const idle = async (through: Server, of: Server): Promise<string> => {
  const args = ["--mode", "idle", "--members", `${connections}`, "--seconds", "1"]
  const found = await putLoad<Idle>(named("Tertulia, durable"), { ...through, pid: of.pid }, args)
  const kibibytes = (found.resident - found.residentBefore) / connections / 1_024
  return `${kibibytes.toFixed(1)} KiB, ${Math.round(found.cpuPerConnection)} us of its processor to come`
}

/** What a connection takes on the server that leads, when it comes there and when it comes by another, and on that other. */
export const connected = async (): Promise<void> => {
  prepare()
  say(`${connections.toLocaleString("en")} connections that do nothing, each`)
  const cases = [
    ["on the one that leads, where they come", 0, 0],
    ["on the one that leads, where they come by another", 1, 0],
    ["on one that hands on", 1, 1]
  ] as const
  for (const [what, through, of] of cases) {
    using folder = openFolder()
    await using engine = await openEngine(folder.path)
    await using leader = await startServer(join(folder.path, "1.db"), engine.url)
    await greets(leader.port)
    await using other = await startServer(join(folder.path, "2.db"), engine.url)
    await greets(other.port)
    const servers = [leader, other]
    say(`  ${what.padEnd(64)} ${await idle(servers[through]!, servers[of]!)}`)
  }
}

export const fanOut = async (): Promise<void> => {
  prepare()
  using folder = openFolder()
  const fileOf = (name: string) => join(folder.path, `${name}.db`)
  const cases = [
    ["one room of 300", ["--members", "300", "--senders", "10", "--window", "32", "--seconds", "3"]],
    ["300 rooms of 10", ["--rooms", "300", "--members", "10", "--senders", "2", "--window", "2", "--seconds", "3"]]
  ] as const
  for (const [what, args] of cases) {
    say(`${what}: deliveries a second, and the processor time of one in the server that is named`)
    {
      await using alone = await startServer(fileOf("alone"), undefined)
      await greets(alone.port)
      show("a server without a store", await measure([alone], alone, args))
    }
    await using engine = await openEngine(join(folder.path, what.replaceAll(" ", "-")))
    await using leader = await startServer(fileOf(`${what}-1`), engine.url)
    await greets(leader.port)
    show("a store, all on the one that leads", await measure([leader], leader, args))
    await using second = await startServer(fileOf(`${what}-2`), engine.url)
    await using third = await startServer(fileOf(`${what}-3`), engine.url)
    for (const { port } of [second, third]) await greets(port)
    const all = [leader, second, third]
    show("spread over three: the one that leads", await measure(all, leader, args))
    show("spread over three: one that hands on", await measure(all, second, args))
  }
}
