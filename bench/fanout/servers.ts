/**
 * The servers under load: Tertulia in two configurations, the relays that show what the machine allows, and the peers that are
 * installed, each with the configuration in bench/peers.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { freePort } from "../../conformance/src/run/free-port.ts"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What a server is started with: a free port, and a folder of its own. */
interface Place {
  readonly port: number
  readonly folder: string
}

/** A kind of server, and how it is started. */
export interface Contender {
  readonly name: string
  /** What the load speaks to it. */
  readonly protocol: "tertulia" | "relay" | "redis" | "nats" | "irc" | "mqtt"
  /** Whether it is one of ours, a peer, or what the machine allows. */
  readonly role: "ours" | "peer" | "limit"
  /** The system program that it is, when it is one. */
  readonly program?: string
  readonly command: (place: Place) => ReadonlyArray<string>
  readonly load?: ReadonlyArray<string>
}

/** A server that runs. */
export interface Running {
  readonly port: number
  readonly pid: number
  readonly stop: () => Promise<void>
}

/** The processor of the server, and that of the load: neither takes the other's. */
export const processors = { server: 0, load: 1 } as const

/** A configuration of bench/peers, with the port and the folder put in. */
export const configured =
  (name: string, words: (file: string, place: Place) => ReadonlyArray<string>) =>
  (place: Place): ReadonlyArray<string> => {
    const file = join(place.folder, name)
    const text = readFileSync(here(`../peers/${name}`), "utf8")
    writeFileSync(file, text.replaceAll("PORT", `${place.port}`).replaceAll("FOLDER", place.folder))
    return words(file, place)
  }

/** So fast does one client send and catch up here, and so many come from one address; everything else is as it is by default. */
const generous = {
  burst: 1e8,
  rate: 1e8,
  "catch-up": 1e9,
  connections: 20_000,
  "max-connections": 20_000,
  heartbeat: 300,
  "login-seconds": 300
}

const tertulia =
  (data: string) =>
  ({ folder, port }: Place): ReadonlyArray<string> => [
    process.execPath,
    here("../../packages/server/src/main.ts"),
    ...Object.entries({ ...generous, port, data: data.replace("FOLDER", folder), "log-level": "none" }).flatMap(
      ([name, value]) => [`--${name}`, `${value}`]
    )
  ]

export const contenders: ReadonlyArray<Contender> = [
  { name: "Tertulia, in memory", protocol: "tertulia", role: "ours", command: tertulia(":memory:") },
  { name: "Tertulia, durable", protocol: "tertulia", role: "ours", command: tertulia("FOLDER/rooms.db") },
  {
    name: "raw Node relay",
    protocol: "relay",
    role: "limit",
    command: ({ port }) => [process.execPath, here("../load/relay.ts"), `${port}`]
  },
  {
    name: "C epoll relay",
    protocol: "relay",
    role: "limit",
    command: ({ port }) => [here("../load/relay"), `${port}`]
  },
  {
    name: "Redis pub/sub",
    protocol: "redis",
    role: "peer",
    program: "redis-server",
    command: configured("redis.conf", (file, { folder, port }) => [
      ...["redis-server", file, "--port", `${port}`, "--dir", folder]
    ])
  },
  {
    name: "NATS",
    protocol: "nats",
    role: "peer",
    program: "nats-server",
    command: configured("nats.conf", (file, { port }) => [
      "nats-server",
      "-c",
      file,
      "-a",
      "127.0.0.1",
      "-p",
      `${port}`
    ])
  },
  {
    name: "InspIRCd",
    protocol: "irc",
    role: "peer",
    program: "inspircd",
    command: configured("inspircd.conf", (file) => [
      ...["inspircd", "--nofork", "--runasroot", "--nolog", "--config", file]
    ]),
    // It registers clients once a second; without acknowledging at once, it waits for them (Nagle).
    load: ["--quick-ack", "--handshakes", "2000"]
  },
  {
    name: "ngircd",
    protocol: "irc",
    role: "peer",
    program: "ngircd",
    command: configured("ngircd.conf", (file) => ["ngircd", "-n", "-f", file]),
    load: ["--quick-ack"]
  },
  {
    name: "mosquitto, QoS 0",
    protocol: "mqtt",
    role: "peer",
    program: "mosquitto",
    command: configured("mosquitto.conf", (file) => ["mosquitto", "-c", file])
  }
]

/** The contender of this name. */
export const named = (name: string): Contender => contenders.find((each) => each.name === name)!

/** The path with the places where system programs are that only their services start. */
export const path = `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin`

/** Whether a contender can be started here. */
export const isInstalled = ({ program }: Contender): boolean =>
  program === undefined || spawnSync("sh", ["-c", `command -v ${program}`], { env: { PATH: path } }).status === 0

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1")
    const tell = (does: boolean) => {
      socket.destroy()
      resolve(does)
    }
    socket.once("connect", () => tell(true)).once("error", () => tell(false))
  })

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL")
})

/** Starts a server on the server's processor, and waits until it accepts connections. */
const start = async (contender: Contender): Promise<Running> => {
  const folder = mkdtempSync(join(tmpdir(), "tertulia-bench-"))
  const port = await Effect.runPromise(freePort)
  const words = contender.command({ folder, port })
  const log: Array<string> = []
  const child = spawn("taskset", ["-c", `${processors.server}`, ...words], {
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "ignore", "pipe"]
  })
  running.add(child)
  child.stderr.on("data", (chunk: Buffer) => log.push(chunk.toString()))
  const ended = once(child, "exit")
  const stop = async () => {
    child.kill("SIGTERM")
    await Promise.race([ended, setTimeout(3_000, undefined, { ref: false })])
    child.kill("SIGKILL")
    await ended
    running.delete(child)
    rmSync(folder, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 200; tries++) {
    if (await answers(port)) return { port, pid: child.pid!, stop }
    if (child.exitCode !== null) break
    await setTimeout(50)
  }
  await stop()
  throw new Error(`${contender.name} did not start: ${words.join(" ")}\n${log.join("")}`)
}

/** Starts a server for as long as something is done with it. */
export const withServer = async <Result>(
  contender: Contender,
  use: (server: Running) => Promise<Result>
): Promise<Result> => {
  const server = await start(contender)
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}
