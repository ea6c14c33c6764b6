import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import * as Net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { openHouse } from "./support/house.ts"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

let folder: string
const children: Array<ChildProcess> = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tertulia-"))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL")
  await rm(folder, { recursive: true })
})

const start = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", ...environment }
  })
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

const listening = async (child: ChildProcess): Promise<{ host: string; port: number; message: string }> => {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line)
  throw new Error("the server said nothing")
}

describe("a server that is asked to stop", () => {
  test("answers what it has read, says goodbye to everybody, and lets nobody in", async () => {
    await using house = await openHouse()
    const ana = await house.person("ana", "#cafe")
    const guest = await house.greeted()
    ana.say({ type: "send", id: 1, room: "#cafe", text: "last words" })
    await ana.expect({ type: "message", text: "last words" })
    const stopped = house.stop()
    const said = await ana.rest()
    expect(said).toMatchObject([
      { type: "sent", re: 1 },
      { type: "bye", code: "shutting-down" }
    ])
    expect(said[1]!["reconnectAfter"]).toBeGreaterThan(0)
    expect(await guest.rest()).toMatchObject([{ type: "bye", code: "shutting-down" }])
    await expect(connectTo(house.port)).rejects.toMatchObject({ code: "ECONNREFUSED" })
    ana.socket.end()
    guest.socket.end()
    await stopped
  })

  test("isn't held up by somebody who doesn't read", async () => {
    await using house = await openHouse({ limits: { burst: 1e6, line: 8_192, text: 1_000 } })
    const frozen = await house.person("frozen", "#cafe")
    frozen.socket.pause()
    for (let round = 0; round < 100; round++) {
      frozen.say(
        ...Array.from({ length: 100 }, (_, id) => ({ type: "send", id: id + 1, room: "#cafe", text: "x".repeat(900) }))
      )
    }
    const ana = await house.person("ana")
    await ana.ask({ type: "ping" })
    const stopped = house.stop()
    expect(await ana.rest()).toMatchObject([{ code: "shutting-down" }])
    ana.socket.end()
    await stopped
  })

  test.for(["SIGTERM", "SIGINT"] as const)("exits 0 on %s, and logs JSON lines when piped", async (signal) => {
    const { child, exit } = start(["--port", "0"])
    const { host, message, port } = await listening(child)
    expect(message).toContain(`listening on ${host}:${port}`)
    const socket = await connectTo(port)
    let text = ""
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
    })
    await expect.poll(() => text).toContain("hello")
    socket.on("end", () => socket.end())
    child.kill(signal)
    const { code, err, out } = await exit
    expect(code).toBe(0)
    expect(err).toBe("")
    expect(text).toContain('"code":"shutting-down"')
    const lines = out.trim().split("\n")
    expect(lines.map((line) => JSON.parse(line).message)).toEqual([message, "stopping", "stopped"])
  })
})

const connectTo = (port: number): Promise<Net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect({ port, host: "127.0.0.1" })
    socket.once("connect", () => resolve(socket)).once("error", reject)
  })

describe("the command line", () => {
  const faults: ReadonlyArray<
    readonly [what: string, args: ReadonlyArray<string>, environment: Record<string, string>, says: RegExp]
  > = [
    ["an unknown flag", ["--prot", "1"], {}, /--prot/u],
    ["an argument", ["extra"], {}, /extra/u],
    ["a port that is none", ["--port", "x"], {}, /--port is "x": it must be an integer from 0 to 65535/u],
    ["a port out of range", ["--port", "65536"], {}, /--port is 65536/u],
    ["a variable out of range", [], { TERTULIA_HEARTBEAT: "0" }, /TERTULIA_HEARTBEAT is 0: .* from 1 to 300/u],
    ["limits that contradict each other", ["--text", "20000"], {}, /limits\.line is 65536: .* 122048/u],
    ["a file that isn't there", ["--config", "none.json"], {}, /can't read .*none\.json/u],
    ["an address of another machine", ["--host", "192.0.2.1", "--port", "0"], {}, /192\.0\.2\.1 is not an address/u],
    ["an escape sequence", ["--port", "\u001b[2J"], {}, /--port is "\\u001b\[2J"/u]
  ]
  test.for(faults)("%s is one line on standard error, and exit 2", async ([, args, environment, says]) => {
    const { code, err, out } = await start(args, environment).exit
    expect({ code, out }).toEqual({ code: 2, out: "" })
    expect(err).toMatch(says)
    expect(err.match(/\n/gu)).toHaveLength(1)
  })

  const files: ReadonlyArray<readonly [what: string, text: string, says: RegExp]> = [
    ["that isn't JSON", "{", /tertulia\.json is not JSON/u],
    ["that isn't an object", "[]", /must hold one JSON object/u],
    ["with an unknown key", '{"prot":1}', /there is no setting "prot"; there are host, port, heartbeat, limits/u],
    ["with an unknown limit", '{"limits":{"lines":1}}', /there is no setting "limits\.lines"; there are line, text/u],
    ["with a value of the wrong type", '{"port":"7331"}', /port is "7331": it must be an integer/u],
    [
      "with a limit below its minimum",
      '{"limits":{"page":0}}',
      /limits\.page is 0: it must be an integer of at least 1/u
    ]
  ]
  test.for(files)("a file %s is one line on standard error, and exit 2", async ([, text, says]) => {
    await writeFile(join(folder, "tertulia.json"), text)
    const { code, err } = await start([]).exit
    expect(code).toBe(2)
    expect(err).toMatch(says)
    expect(err.match(/\n/gu)).toHaveLength(1)
  })

  test("a port in use is one line on standard error, and exit 2", async () => {
    await using house = await openHouse()
    const { code, err, out } = await start(["--port", String(house.port)]).exit
    expect({ code, out }).toEqual({ code: 2, out: "" })
    expect(err).toMatch(/^tertulia: port \d+ on 127\.0\.0\.1 is in use: .*--port\n$/u)
  })

  test("a flag wins over the environment, that over the file, that over the default", async () => {
    const file = { port: 1, heartbeat: 7, limits: { joins: 7, page: 7 } }
    await writeFile(join(folder, "tertulia.json"), JSON.stringify(file))
    const { child } = start(["--port", "0", "--joins", "9"], { TERTULIA_JOINS: "8", TERTULIA_PAGE: "8" })
    const { port } = await listening(child)
    const socket = await connectTo(port)
    for await (const line of createInterface({ input: socket })) {
      expect(JSON.parse(line)).toMatchObject({ heartbeat: 7, limits: { joins: 9, page: 8, text: 4_096 } })
      break
    }
    socket.destroy()
  })

  test("--help documents every flag with its default and its name in the environment", async () => {
    const { code, out } = await start(["--help"]).exit
    expect(code).toBe(0)
    expect(out).toMatch(/--port integer .*\[default 7331, TERTULIA_PORT\]/u)
    expect(out).toMatch(/--login-seconds integer .*\[default 30, TERTULIA_LOGIN_SECONDS\]/u)
    expect(out).toContain("--config path")
  })
})
