/**
 * The server as a process of its own, in an empty folder and an empty environment.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

/** What a server is started without. */
export interface As {
  /** Root's right to write what nobody may, where root runs the tests. It stays root, who alone may reach a folder that is root's. */
  readonly isMortal?: boolean
  /** More than so many blocks of 512 bytes in each file that it writes. */
  readonly fileBlocks?: number
}

const mortal = process.getuid?.() === 0 ? "setpriv --bounding-set=-dac_override,-dac_read_search " : ""

/** Makes a folder to start servers in; `await using` removes it, and ends those that still run. */
export const openFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), "tertulia-"))
  const children: Array<ChildProcess> = []

  const start = (
    args: ReadonlyArray<string>,
    environment: Readonly<Record<string, string>> = {},
    { fileBlocks, isMortal }: As = {}
  ) => {
    const limited = `ulimit -S -f ${fileBlocks ?? "unlimited"}; exec ${isMortal === true ? mortal : ""}"$@"`
    return begin("/bin/sh", ["-c", limited, "sh", process.execPath, main, ...args], environment)
  }

  const begin = (program: string, args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) => {
    const child = spawn(program, args, { cwd: path, env: { PATH: "/usr/bin:/bin", ...environment } })
    children.push(child)
    let out = ""
    let err = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text
    })
    const exit = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      child.on("close", (code) => resolve({ code, out, err }))
    })
    return { child, exit }
  }

  /** Runs a program in the folder. */
  const run = (program: string, ...args: ReadonlyArray<string>) => begin(program, args)

  const close = async () => {
    for (const child of children) child.kill("SIGKILL")
    await rm(path, { recursive: true })
  }
  return { path, start, run, [Symbol.asyncDispose]: close }
}

/** What a server says when it listens. */
export const listening = async (child: ChildProcess): Promise<{ host: string; port: number; message: string }> => {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line)
  throw new Error("the server said nothing")
}

/** What a server logs, line by line. */
export const linesOf = (child: ChildProcess) => {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  /** Waits for the line whose message has this text. */
  const saying = async (text: string): Promise<Readonly<Record<string, unknown>>> => {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      const said = JSON.parse(line.value)
      if (said.message.includes(text)) return said
    }
    throw new Error(`the server ended before it said: ${text}`)
  }
  return { saying }
}

/** A bare connection. */
export const connectTo = (port: number): Promise<Net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect({ port, host: "127.0.0.1" })
    socket.once("connect", () => resolve(socket)).once("error", reject)
  })
