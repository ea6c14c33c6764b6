import { spawn } from "node:child_process"
import * as net from "node:net"
import { fileURLToPath } from "node:url"
import { it as check, fc } from "@fast-check/vitest"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { parseWebSocket } from "../src/run/options.ts"
import { type Brought, makeWebSocketCarrier } from "../src/wire/carrier.ts"
import { closeCodeIn, closing, encodeFrame, type FrameLike, makeFrameDecoder, opcodes } from "../src/wire/frames.ts"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const frame = fc.record({
  fin: fc.boolean(),
  reserved: fc.nat(7),
  opcode: fc.nat(15),
  masked: fc.boolean(),
  payload: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(125, 126, 65_535, 65_536).map(ofLength))
})

function ofLength(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at)
}

describe("frames", () => {
  check.prop([fc.array(frame, { maxLength: 5 }), fc.array(fc.nat(1_000), { maxLength: 6 })])(
    "come out as they went in, however the bytes are cut",
    (frames, permilles) => {
      const bytes = Buffer.concat(frames.map((each) => encodeFrame(each)))
      const cuts = permilles.map((permille) => Math.round((permille * bytes.length) / 1_000))
      const edges = [0, ...cuts.sort((one, other) => one - other), bytes.length]
      const decoder = makeFrameDecoder()
      const found = edges.slice(1).flatMap((end, index) => decoder.push(bytes.subarray(edges[index], end)))
      expect(found.map((each) => ({ ...each, payload: [...each.payload] }))).toEqual(
        frames.map((each) => ({ ...each, payload: [...each.payload] }))
      )
      expect(decoder.rest()).toHaveLength(0)
    }
  )

  it("carry the code of a Close frame, or none", () => {
    expect(closeCodeIn(closing(4_001, "bye"))).toBe(4_001)
    expect(closeCodeIn(new Uint8Array(0))).toBe(1_005)
  })
})

describe("what carries lines over a WebSocket", () => {
  it("makes a message of each line, and a frame of each piece of it", () => {
    const { wrap } = makeWebSocketCarrier()
    const decoder = makeFrameDecoder()
    const frames = ["a\nb\nc", "", "d", "\n", "\n"].flatMap((chunk) => decoder.push(wrap(utf8(chunk))))
    expect(frames.map(({ fin, opcode, payload }) => [opcode, fin, Buffer.from(payload).toString()])).toEqual([
      [opcodes.text, true, "a"],
      [opcodes.text, true, "b"],
      [opcodes.text, false, "c"],
      [opcodes.continuation, false, "d"],
      [opcodes.continuation, true, ""],
      [opcodes.text, true, ""]
    ])
    expect(frames.every(({ masked }) => masked)).toBe(true)
  })

  const brought = (...frames: ReadonlyArray<FrameLike>): ReadonlyArray<Brought> => {
    const { unwrap } = makeWebSocketCarrier()
    return frames.flatMap((each) => unwrap(encodeFrame({ masked: false, ...each })))
  }

  it("makes a line of each message", () => {
    const { text, continuation, ping } = opcodes
    const said = brought(
      { opcode: text, fin: false, payload: "a" },
      { opcode: ping },
      { opcode: continuation, payload: "b" }
    )
    expect(said.map((each) => (each._tag === "Bytes" ? Buffer.from(each.bytes).toString() : each._tag))).toEqual([
      "Ping",
      "ab\n"
    ])
  })

  const wrong: ReadonlyArray<readonly [what: string, frames: ReadonlyArray<FrameLike>]> = [
    ["a frame of the server is masked", [{ opcode: opcodes.text, masked: true }]],
    ["a reserved bit is set, and no extension was agreed on", [{ opcode: opcodes.text, reserved: 4 }]],
    ["a control frame is cut, or too long", [{ opcode: opcodes.pong, fin: false }]],
    ["a control frame is cut, or too long", [{ opcode: opcodes.ping, payload: "x".repeat(126) }]],
    ["a message is binary", [{ opcode: opcodes.binary }]],
    ["a frame has the opcode 3", [{ opcode: 3 }]],
    ["a message holds an LF", [{ opcode: opcodes.text, payload: "{}\n" }]],
    ["a message begins amid another, or goes on without having begun", [{ opcode: opcodes.continuation }]],
    [
      "a message begins amid another, or goes on without having begun",
      [{ opcode: opcodes.text, fin: false }, { opcode: opcodes.text }]
    ],
    ["a frame came after the Close frame", [{ opcode: opcodes.close }, { opcode: opcodes.text }]]
  ]
  it.each(wrong)("says so when %s", (what, frames) => {
    expect(brought(...frames).at(-1)).toEqual({ _tag: "Breach", reason: what })
  })
})

describe("--ws", () => {
  it("takes a URL, with the port that is given or one to be chosen", async () => {
    const parsed = (url: string) => Effect.runPromise(parseWebSocket(url))
    const at = { host: "localhost", port: 7_332 }
    expect(await parsed("ws://localhost:7332/ws")).toEqual({ path: "/ws", address: { ...at, ws: "/ws" } })
    expect(await parsed("ws://localhost:7332")).toEqual({ path: "/", address: { ...at, ws: "/" } })
    expect(await parsed("ws://[::1]:1/a?b=c")).toMatchObject({ path: "/a?b=c", address: { host: "::1", port: 1 } })
    expect(await parsed("ws://127.0.0.1:{port}/ws")).toEqual({ path: "/ws", address: undefined })
  })

  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
  const run = (...args: ReadonlyArray<string>) =>
    new Promise<{ readonly code: number | null; readonly err: string }>((resolve) => {
      const child = spawn(process.execPath, [main, "--lang", "en", "--quiet", ...args], {
        stdio: ["ignore", "ignore", "pipe"]
      })
      let err = ""
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        err += text
      })
      child.on("close", (code) => resolve({ code, err }))
    })

  const faults: ReadonlyArray<readonly [args: ReadonlyArray<string>, says: RegExp]> = [
    [["--ws", "localhost:7332"], /^conformance: --ws localhost:7332: write ws:\/\/host:port\/path/u],
    [["--ws", "https://localhost:7332/ws"], /: write ws:\/\/host:port\/path/u],
    [
      ["--ws", "ws://localhost:7332/ws", "--target", "localhost:7331"],
      /--ws says where the server is, as --target does/u
    ],
    [["--ws", "ws://localhost:7332/ws", "--client", "./chat"], /--ws judges a server and --client a client/u],
    [
      ["--ws", "ws://localhost:7332/ws", "--start", "./server"],
      /with --start, write \{port\} there and in the command/u
    ]
  ]
  it.each(faults)("%j is one line on standard error, and exit 2", { timeout: 30_000 }, async (args, says) => {
    const { code, err } = await run(...args)
    expect(err).toMatch(says)
    expect([code, err.match(/\n/gu)?.length]).toEqual([2, 1])
  })

  it("says what was answered where no WebSocket is", { timeout: 30_000 }, async () => {
    const server = net.createServer((socket) => socket.end("HTTP/1.1 404 Not Found\r\n\r\n"))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as net.AddressInfo
    const { code, err } = await run("--ws", `ws://127.0.0.1:${port}/ws`)
    server.close()
    expect(err).toBe(`conformance: no WebSocket at ws://127.0.0.1:${port}/ws: the handshake is answered by 404\n`)
    expect(code).toBe(2)
  })
})
