import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Tls from "node:tls"
import { subprotocol } from "@tertulia/protocol"
import { describe, expect, test } from "vitest"
import { readHeader, trustedIn } from "../src/proxy-header.ts"
import { connectTo, linesOf, openFolder } from "./support/process.ts"

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

const headerOf = (command: number, family: number, rest: ReadonlyArray<number>) =>
  Buffer.from([...signature, 0x20 | command, family, rest.length >> 8, rest.length & 0xff, ...rest])

const ports = [0x1f, 0x90, 0x1c, 0xa3]
const from4 = (...address: ReadonlyArray<number>) => headerOf(1, 0x11, [...address, 127, 0, 0, 1, ...ports])
const from6 = (...address: ReadonlyArray<number>) =>
  headerOf(1, 0x21, [
    ...Array.from({ length: 16 }, (_, nth) => address[nth] ?? 0),
    ...Array<number>(16).fill(0),
    ...ports
  ])

describe("a header", () => {
  test("gives the client's address, as sockets do", () => {
    expect(readHeader(from4(192, 0, 2, 7))).toEqual({ peer: "192.0.2.7", length: 28 })
    expect(readHeader(from6(0x20, 0x01, 0x0d, 0xb8))).toEqual({ peer: "2001:db8::", length: 52 })
    expect(readHeader(from6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7))).toMatchObject({
      peer: "192.0.2.7"
    })
  })

  test("may have more in it, which is skipped, and may speak for the proxy itself", () => {
    const more = headerOf(1, 0x11, [192, 0, 2, 7, 127, 0, 0, 1, ...ports, 0x04, 0x00, 0x01, 0x00])
    expect(readHeader(Buffer.concat([more, Buffer.from("{}")]))).toEqual({ peer: "192.0.2.7", length: 32 })
    expect(readHeader(headerOf(0, 0, []))).toEqual({ peer: undefined, length: 16 })
  })

  test("is waited for, byte by byte, and told from anything else at the first byte that differs", () => {
    const whole = from4(192, 0, 2, 7)
    for (let length = 0; length < whole.length; length++)
      expect(readHeader(whole.subarray(0, length))).toBe("incomplete")
    const wrong: ReadonlyArray<Buffer> = [
      Buffer.from('{"type":"ping"'),
      Buffer.from("PROXY TCP4 192.0.2.7 127.0.0.1 8080 7331\r\n"),
      Buffer.from([...signature, 0x11, 0x11, 0, 12]),
      Buffer.from([...signature, 0x22, 0x11, 0, 12]),
      Buffer.from([...signature, 0x21, 0x11, 0xff, 0xff]),
      headerOf(1, 0x11, [192, 0, 2, 7]),
      headerOf(1, 0x31, Array<number>(216).fill(0))
    ]
    for (const bytes of wrong) expect(readHeader(bytes), bytes.toString("latin1")).toBe("invalid")
  })
})

test("proxies are trusted by address and by range", () => {
  const isTrusted = trustedIn("127.0.0.1, 10.0.0.0/8,2001:db8::/32")
  if (typeof isTrusted === "string") throw new Error(isTrusted)
  const peers = ["127.0.0.1", "10.1.2.3", "2001:db8::7", "127.0.0.2", "11.0.0.1", "2001:db9::", "unknown"]
  expect(peers.map(isTrusted)).toEqual([true, true, true, false, false, false, false])
  for (const list of ["", "localhost", "10.0.0.0/33", "10.0.0.0/8/8", "::/129", "10.0.0.0/x"]) {
    expect(trustedIn(list)).toMatch(/is no address/u)
  }
})

describe("a server behind a proxy", () => {
  test("counts connections by the address that the proxy names, over TCP and TLS", async () => {
    await using folder = await openFolder()
    await folder.start(["dev-cert"]).exit
    const ca = await readFile(join(folder.path, "cert.pem"))
    const free = [
      "--port",
      "0",
      "--tls-port",
      "0",
      "--data",
      ":memory:",
      "--tls-cert",
      "cert.pem",
      "--tls-key",
      "key.pem"
    ]
    const { child } = folder.start([...free, "--connections", "16", "--proxy-protocol", "127.0.0.1"])
    const { saying } = linesOf(child)
    const port = Number((await saying("listening on"))["port"])
    const tlsPort = Number((await saying("for TLS"))["port"])

    const firstOver = async (header: Buffer, isSecure = false) => {
      const raw = await connectTo(isSecure ? tlsPort : port)
      raw.write(header)
      const socket = isSecure ? Tls.connect({ socket: raw, host: "localhost", ca }) : raw
      return await new Promise<string>((resolve, reject) => {
        socket.once("data", (chunk: Buffer) => resolve(JSON.parse(chunk.toString().split("\n")[0]!).type))
        socket.once("error", reject).once("close", () => resolve("closed"))
      })
    }
    for (let nth = 0; nth < 16; nth++) expect(await firstOver(from4(192, 0, 2, 7), nth % 2 === 1)).toBe("hello")
    for (const isSecure of [false, true]) {
      expect(await firstOver(from4(192, 0, 2, 7), isSecure)).toBe("bye")
      expect(await firstOver(from4(192, 0, 2, 8), isSecure)).toBe("hello")
    }
    expect(await firstOver(Buffer.from('{"type":"ping","id":1}\n'))).toBe("closed")
    expect(await saying("of the proxy 127.0.0.1 was closed")).toMatchObject({ level: "warn", peer: "127.0.0.1" })
  })

  test("bans the address that the proxy names, over TCP, TLS and WebSocket", async () => {
    await using folder = await openFolder()
    await folder.start(["dev-cert"]).exit
    const free = ["--port", "0", "--tls-port", "0", "--web-port", "0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    const lines = linesOf(folder.start([...free, "--proxy-protocol", "127.0.0.1"]).child)
    const port = Number((await lines.saying("listening on"))["port"])
    const tlsPort = Number((await lines.saying("for TLS"))["port"])
    const webPort = await webPortOf(lines)
    const firstOver = async (header: Buffer) => {
      const raw = await connectTo(tlsPort)
      raw.write(header)
      const socket = Tls.connect({ socket: raw, rejectUnauthorized: false })
      return String(await new Promise<Buffer>((resolve) => socket.once("data", resolve)))
    }
    const first = async (header: Buffer) => {
      const socket = await connectTo(port)
      socket.write(header)
      return String(await new Promise<Buffer>((resolve) => socket.once("data", resolve)))
    }
    // One whose handshake isn't over when the ban comes.
    const opening = await connectTo(tlsPort)
    opening.write(from4(192, 0, 2, 9))
    const here = await connectTo(port)
    here.write(from4(192, 0, 2, 8))
    let heard = ""
    here.on("data", (chunk) => (heard += String(chunk)))
    expect(await first(from4(192, 0, 2, 7))).toMatch(/^\{"type":"hello"/u)
    const ended = new Promise((resolve) => here.once("end", resolve))
    expect(await folder.start(["admin", "ban", "192.0.2.0/24"]).exit).toMatchObject({ code: 0 })
    await ended
    expect(JSON.parse(heard.trimEnd().split("\n").at(-1)!)).toMatchObject({ type: "bye", code: "banned" })
    const banned = /^\{"type":"bye","code":"banned"/u
    expect(await first(from4(192, 0, 2, 7))).toMatch(banned)
    expect(await firstOver(from4(192, 0, 2, 7))).toMatch(banned)
    expect(await firstOnWeb(webPort, from4(192, 0, 2, 7))).toBe("bye")
    const late = Tls.connect({ socket: opening, rejectUnauthorized: false })
    expect(String(await new Promise<Buffer>((resolve) => late.once("data", resolve)))).toMatch(banned)
    expect(await first(from4(192, 0, 3, 7))).toMatch(/^\{"type":"hello"/u)
    expect(await first(from6(0x20, 0x01, 0x0d, 0xb8))).toMatch(/^\{"type":"hello"/u)
    for (const socket of [here, late]) socket.destroy()
  })

  /** The type of the first object that somebody gets over WebSocket; or the status, where the handshake is refused. */
  const firstOnWeb = async (port: number, before: Buffer, ...fields: ReadonlyArray<string>): Promise<string> => {
    const socket = await connectTo(port)
    const head = [
      "GET /ws HTTP/1.1",
      "Host: localhost",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      `Sec-WebSocket-Protocol: ${subprotocol}`,
      ...fields
    ]
    socket.write(Buffer.concat([before, Buffer.from(`${head.join("\r\n")}\r\n\r\n`)]))
    return await new Promise<string>((resolve) => {
      let text = ""
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1")
        const found = /"type":"([a-z]+)"/u.exec(text) ?? /^HTTP\/1\.1 ([45]\d\d) /u.exec(text)
        if (found !== null) resolve(found[1]!)
      })
      socket.once("close", () => resolve("closed"))
    })
  }
  const webPortOf = async ({ saying }: ReturnType<typeof linesOf>) => Number((await saying("in a browser"))["webPort"])
  const onWeb = ["--port", "0", "--web-port", "0", "--data", ":memory:", "--connections", "16"]

  test("counts connections by the address that the proxy names, on the web, too", async () => {
    await using folder = await openFolder()
    const lines = linesOf(folder.start([...onWeb, "--proxy-protocol", "127.0.0.1"]).child)
    const port = await webPortOf(lines)
    for (let nth = 0; nth < 16; nth++) expect(await firstOnWeb(port, from4(192, 0, 2, 7))).toBe("hello")
    expect(await firstOnWeb(port, from4(192, 0, 2, 7))).toBe("bye")
    expect(await firstOnWeb(port, from4(192, 0, 2, 8))).toBe("hello")
    expect(await firstOnWeb(port, Buffer.alloc(0))).toBe("closed")
    expect(await lines.saying("of the proxy 127.0.0.1 was closed")).toMatchObject({ level: "warn" })
  })

  test("counts by the last address of X-Forwarded-For, where a proxy of HTTP is named", async () => {
    await using folder = await openFolder()
    const none = Buffer.alloc(0)
    const port = await webPortOf(linesOf(folder.start([...onWeb, "--forwarded-from", "127.0.0.1"]).child))
    const from = (peer: string) => firstOnWeb(port, none, `X-Forwarded-For: 198.51.100.${peer.length}, ${peer}`)
    for (let nth = 0; nth < 16; nth++) expect(await from("192.0.2.7")).toBe("hello")
    expect(await from("192.0.2.7")).toBe("bye")
    expect(await from("2001:db8::1")).toBe("hello")
    expect(await firstOnWeb(port, none)).toBe("400")
    expect(await from("somebody")).toBe("400")

    const other = await webPortOf(linesOf(folder.start([...onWeb, "--forwarded-from", "10.0.0.0/8"]).child))
    for (let nth = 0; nth < 16; nth++)
      expect(await firstOnWeb(other, none, `X-Forwarded-For: 192.0.2.${nth}`)).toBe("hello")
    expect(await firstOnWeb(other, none, "X-Forwarded-For: 192.0.2.99")).toBe("bye")
  })

  test("takes no header from anybody else", async () => {
    await using folder = await openFolder()
    const { child } = folder.start(["--port", "0", "--data", ":memory:", "--proxy-protocol", "10.0.0.0/8"])
    const port = Number((await linesOf(child).saying("listening on"))["port"])
    const socket = await connectTo(port)
    socket.write(Buffer.concat([from4(192, 0, 2, 7), Buffer.from("\n")]))
    const said = await new Promise<string>((resolve) => {
      let text = ""
      socket.on("data", (chunk) => (text += String(chunk))).once("end", () => resolve(text))
    })
    expect(
      said
        .split("\n")
        .slice(0, 2)
        .map((line) => JSON.parse(line))
    ).toMatchObject([{ type: "hello" }, { type: "bye", code: "not-tertulia" }])
    socket.destroy()
  })
})
