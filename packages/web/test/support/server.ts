/**
 * The reference server as a process, and where the browser is.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]

/** Where the browser is; undefined when there is none. */
export const chromiumPath = [process.env["TERTULIA_CHROMIUM"], ...places].find(
  (path) => path !== undefined && existsSync(path)
)

/** Where the reference server begins. */
export const main = fileURLToPath(new URL("../../../server/src/main.ts", import.meta.url))

/** A server that may be killed. */
export interface Server {
  readonly port: number
  readonly webPort: number
  readonly url: string
  /** The file of its rooms. */
  readonly data: string
  readonly child: ChildProcess
  /** SIGKILL; returns when it is gone. */
  readonly kill: () => Promise<void>
}

/** SIGKILL; resolves when it is gone. */
export const killed = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGKILL")
  })

interface ServerOptions {
  readonly data: string
  readonly flags?: ReadonlyArray<string>
  /** An earlier one, whose ports it takes. */
  readonly before?: Server
}

/** Starts the reference server; resolves when it listens. */
export const startServer = ({ before, data, flags = [] }: ServerOptions): Promise<Server> =>
  new Promise((resolve, reject) => {
    const ports = ["--port", String(before?.port ?? 0), "--web-port", String(before?.webPort ?? 0)]
    const child = spawn(process.execPath, [main, ...ports, "--data", data, ...flags], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    let port = 0
    let complaint = ""
    child.stderr.on("data", (text) => {
      complaint += text
    })
    child.once("exit", () => reject(new Error(`the server ended: ${complaint}`)))
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said: { readonly port?: number; readonly webPort?: number } = JSON.parse(line)
      if (said.port !== undefined) port = said.port
      if (said.webPort === undefined) return
      const { webPort } = said
      resolve({ port, webPort, url: `http://127.0.0.1:${webPort}/`, data, child, kill: () => killed(child) })
    })
  })
