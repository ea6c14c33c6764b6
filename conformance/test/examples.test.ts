import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { rights, scram } from "@tertulia/protocol/vectors"

const serve = fileURLToPath(new URL("../../examples/serve.ts", import.meta.url))
const isMissing = (program: string) => spawnSync(program, ["--version"]).error !== undefined
// `ps` names the children of a process only on Linux.
const cannot = isMissing("cc") || isMissing("make") || process.platform !== "linux"

describe("npm run example -- SERVER --sanitize", () => {
  it("is refused for a language that has no sanitizers", () => {
    const { status, stderr } = spawnSync(process.execPath, [serve, "python-core", "--sanitize"], { encoding: "utf8" })
    assert.strictEqual(status, 2)
    assert.include(stderr, "python-core has no sanitizers")
  })

  it.skipIf(cannot)("starts the server in C as the sanitizers' build", { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, [serve, "c-core", "--sanitize", "--port", "0"], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    try {
      const first = await new Promise<string>((resolve) => {
        for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).once("line", resolve)
      })
      assert.match(first, /^listening on 127/u)
      const { stdout } = spawnSync("ps", ["-o", "args=", "--ppid", String(child.pid)], { encoding: "utf8" })
      assert.include(stdout, "server-sanitize")
    } finally {
      const gone = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGTERM")
      await gone
    }
  })
})

/** A server in Python that runs, until it is disposed of. */
const running = async (args: ReadonlyArray<string>) => {
  const child = spawn("python3", args, { stdio: ["ignore", "pipe", "inherit"] })
  const gone = once(child, "exit")
  const [line] = await once(createInterface({ input: child.stdout }), "line")
  const stop = async () => {
    child.kill("SIGTERM")
    await gone
  }
  return { port: Number(line?.split(":").at(-1)), [Symbol.asyncDispose]: stop }
}

type Reply = { readonly type: string; readonly code?: string; readonly role?: string }

/** A connection that asks one thing after the other. */
const talking = async (port: number) => {
  const socket = connect(port, "127.0.0.1")
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  await lines.next()
  let id = 0
  const ask = async (request: object): Promise<Reply> => {
    socket.write(`${JSON.stringify({ ...request, id: ++id })}\n`)
    for (;;) {
      const line = await lines.next()
      if (line.done === true) throw new Error("the connection has ended")
      const object = JSON.parse(line.value)
      if (object.re === id) return object
    }
  }
  return { ask }
}

/** Prints the names of the vectors that the modules of python-complete don't agree with. */
const disagree = `
import base64, json, sys
from chapters.session import is_proof
from credentials import derive, mac
from rights import allows
given = json.load(sys.stdin)
wrong = [it["name"] for it in given["rights"] if allows(it["action"], it["kind"], it["role"]) != it["allowed"]]
for it in given["scram"]:
    verifier = derive(it["password"], base64.b64decode(it["salt"]), it["iterations"])
    message = "n={nick},r={clientNonce},r={nonce},s={salt},i={iterations},c=biws,r={nonce}".format(**it).encode()
    signature = base64.b64encode(mac(verifier.server_key, message)).decode()
    good = is_proof(it["proof"], verifier, message) and not is_proof(it["signature"], verifier, message)
    wrong += [] if good and signature == it["signature"] else [it["name"]]
print(json.dumps(wrong))
`

describe.skipIf(isMissing("python3"))("python-complete", () => {
  const folder = fileURLToPath(new URL("../../examples/python-complete/", import.meta.url))

  it("has the table of rights of the spec, and its proofs of passwords", () => {
    const { status, stderr, stdout } = spawnSync("python3", ["-B", "-c", disagree], {
      cwd: folder,
      encoding: "utf8",
      input: JSON.stringify({ rights: rights.vectors, scram: scram.vectors })
    })
    assert.strictEqual(status, 0, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), [])
  })

  it("has operators in every room, whose accounts were there before", { timeout: 60_000 }, async () => {
    const data = mkdtempSync(join(tmpdir(), "python-complete-"))
    const open = () =>
      running(["-B", `${folder}server.py`, "--port", "0", "--data", join(data, "rooms.db"), "--operator", "ops,late"])
    const password = "correct horse"
    const register = async (port: number, nick: string) => {
      const client = await talking(port)
      assert.strictEqual((await client.ask({ type: "register", nick, password })).type, "welcome")
      return client
    }
    const enter = { type: "join", room: "#cafe" }
    try {
      {
        await using server = await open()
        await register(server.port, "ops")
      }
      await using server = await open()
      const ana = await register(server.port, "ana")
      assert.strictEqual((await ana.ask(enter)).role, "owner")
      await ana.ask({ type: "kind", room: "#cafe", kind: "secret" })
      const late = await register(server.port, "late")
      assert.strictEqual((await late.ask(enter)).code, "forbidden")
      const ops = await talking(server.port)
      await ops.ask({ type: "login", nick: "ops", password })
      assert.strictEqual((await ops.ask(enter)).role, "operator")
      assert.strictEqual((await ana.ask({ type: "ban", room: "#cafe", nick: "ops" })).code, "forbidden")
      await ops.ask({ type: "slow", room: "#cafe", seconds: 600 })
      for (const text of ["one", "two"]) {
        assert.strictEqual((await ops.ask({ type: "send", room: "#cafe", text })).type, "sent")
      }
      assert.strictEqual((await ops.ask({ type: "ban", room: "#cafe", nick: "ana" })).type, "sent")
      await ops.ask({ type: "ban", room: "#cafe", nick: "ana", on: false })
      await ops.ask({ type: "kind", room: "#cafe", kind: "public" })
      assert.notProperty(await ana.ask(enter), "role")
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })
})
