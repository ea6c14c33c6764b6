/**
 * NATS servers with JetStream, on free ports, in folders of their own: one node, or a cluster of three. Where the machine has none, tests are
 * skipped, and say so.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"

/** Why there is no engine to be tested with; undefined when there is one. */
export const noNats: string | undefined =
  spawnSync("nats-server", ["--version"]).error === undefined
    ? undefined
    : "there is no nats-server on this machine (apt-get install nats-server)"

if (noNats !== undefined) console.warn(`skipped: ${noNats}`)

/** A free port; the system doesn't give it again for a while. */
const freePort = async (): Promise<number> => {
  const server = Net.createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as Net.AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** Whether all threads of a process stand. Where nothing tells, it is taken for granted. */
const isStopped = (pid: number | undefined): boolean => {
  const tasks = `/proc/${pid}/task`
  if (!existsSync(tasks)) return true
  return readdirSync(tasks).every((task) => /\) [TZX] /u.test(readFileSync(`${tasks}/${task}/stat`, "utf8")))
}

/** Starts one; `await using` ends it, and removes what it has kept. */
export const openNats = async (options: ReadonlyArray<string> = []) => {
  const folder = await mkdtemp(join(tmpdir(), "tertulia-nats-"))
  const port = await freePort()
  const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder, ...options]
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn("nats-server", args, { stdio: "ignore" })
    while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const kill = async () => {
    const ending = child
    child = undefined
    if (ending === undefined) return
    ending.kill("SIGKILL")
    await once(ending, "exit")
  }
  await start()
  return {
    port,
    /** The store of a tertulia there; another port leads to it, too. */
    url: (name: string, by = port) => `nats://127.0.0.1:${by}/${name}`,
    /** Starts it again. */
    start,
    /** Kills it. */
    kill,
    /** Stops it where it is, as if its machine stood still, and waits until all of its threads stand; and lets it go on. */
    freeze: async () => {
      child?.kill("SIGSTOP")
      while (!isStopped(child?.pid)) await new Promise(setImmediate)
    },
    thaw: () => child?.kill("SIGCONT"),
    /** The bytes of its files. */
    size: () =>
      readdirSync(folder, { recursive: true })
        .map((file) => statSync(join(folder, String(file)), { throwIfNoEntry: false }))
        .reduce((sum, stat) => sum + (stat?.isFile() === true ? stat.size : 0), 0),
    /** Keeps what it has, while it is killed; gives what puts it back to that. */
    save: async () => {
      const saved = await mkdtemp(join(tmpdir(), "tertulia-nats-"))
      await cp(folder, saved, { recursive: true })
      return async () => {
        await rm(folder, { recursive: true })
        await cp(saved, folder, { recursive: true })
        await rm(saved, { recursive: true })
      }
    },
    /** Whether any of its files has this text. */
    holds: async (text: string) => {
      const files = await readdir(folder, { recursive: true, withFileTypes: true })
      const contents = await Promise.all(
        files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name)).catch(() => ""))
      )
      return contents.some((content) => content.includes(text))
    },
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

type Nats = Awaited<ReturnType<typeof openNats>>

/** Starts three that are one engine. */
export const openCluster = async () => {
  const ports = await Promise.all(["n0", "n1", "n2"].map(freePort))
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`)
  const joint = ["--cluster_name", "tertulia", "--routes", routes.join(",")]
  const nodes = await Promise.all(routes.map((route, nth) => openNats(["-n", `n${nth}`, "--cluster", route, ...joint])))
  const connection = await connect({ servers: nodes.map(({ port }) => `127.0.0.1:${port}`) })
  // Nobody decides yet.
  const manager = await jetstreamManager(connection, { checkAPI: false })
  return {
    /** The store of a tertulia there, kept on all of them, by one. */
    url: (name: string, { url }: Nats = nodes[0]!) => `${url(name)}?replicas=3`,
    /** The node that decides on the log of a tertulia, and the others. */
    parts: async (name: string) => {
      const { cluster } = await manager.streams.info(`tertulia-${name}`)
      const deciding = nodes.find((_, nth) => cluster?.leader === `n${nth}`)!
      return { deciding, others: nodes.filter((node) => node !== deciding) }
    },
    [Symbol.asyncDispose]: async () => {
      await connection.close()
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
    }
  }
}

/** Whether a NATS server greets at this port. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = Net.connect(port, "127.0.0.1")
    const tell = (does: boolean) => {
      resolve(does)
      socket.destroy()
    }
    socket.once("data", () => tell(true))
    socket.once("error", () => tell(false))
  })
