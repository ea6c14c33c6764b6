import { once } from "node:events"
import { readFile, stat, writeFile } from "node:fs/promises"
import type * as Net from "node:net"
import { join } from "node:path"
import * as Tls from "node:tls"
import { subprotocol } from "@tertulia/protocol"
import { Effect, Fiber, References } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { WebSocket } from "ws"
import { keepFresh, openCertificate } from "../src/certificate.ts"
import { connectTo, linesOf, openFolder } from "./support/process.ts"

type Folder = Awaited<ReturnType<typeof openFolder>>

const certified = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"]

const makeCertificate = async (folder: Folder, ...args: ReadonlyArray<string>) =>
  expect(await folder.start(["dev-cert", ...args]).exit).toMatchObject({ code: 0, err: "" })

/** A server with both ports, in a folder with a certificate. */
const openServer = async (folder: Folder, ...args: ReadonlyArray<string>) => {
  const free = ["--port", "0", "--tls-port", "0", "--data", ":memory:"]
  const { child } = folder.start([...free, ...certified, ...args])
  const { saying } = linesOf(child)
  const port = Number((await saying("listening on"))["port"])
  const tlsPort = Number((await saying("for TLS"))["port"])
  return { child, saying, port, tlsPort }
}

/** A client that trusts the certificate in the folder; fails when the handshake does. */
const secureTo = async (folder: Folder, port: number, options: Tls.ConnectionOptions = {}) => {
  const ca = await readFile(join(folder.path, "cert.pem"))
  const socket = Tls.connect({ host: "localhost", port, ca, ...options })
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject))
  return socket
}

/** The next line that comes. */
const lineOf = (socket: Net.Socket): Promise<Readonly<Record<string, unknown>>> =>
  new Promise((resolve, reject) => {
    let text = ""
    const take = (chunk: Buffer) => {
      text += chunk.toString()
      if (!text.includes("\n")) return
      socket.off("data", take)
      resolve(JSON.parse(text.split("\n")[0]!))
    }
    socket.on("data", take).once("close", () => reject(new Error(`closed after ${JSON.stringify(text)}`)))
  })

/** All bytes that come before the end. */
const restOf = async (socket: Net.Socket): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", () => {})
  await new Promise((resolve) => socket.once("close", resolve))
  return Buffer.concat(chunks)
}

describe("dev-cert", () => {
  test("makes a certificate for this machine and the hosts that are named, and a key that only its owner reads", async () => {
    await using folder = await openFolder()
    await makeCertificate(folder, "chat.example", "192.0.2.7", "--out", "new/folder")
    const read = (name: string) => readFile(join(folder.path, "new/folder", name), "utf8")
    const context = Tls.createSecureContext({ cert: await read("cert.pem"), key: await read("key.pem") })
    expect(context).toBeDefined()
    expect((await stat(join(folder.path, "new/folder/key.pem"))).mode & 0o777).toBe(0o600)
    const { X509Certificate } = await import("node:crypto")
    const certificate = new X509Certificate(await read("cert.pem"))
    for (const name of ["localhost", "chat.example"]) expect(certificate.checkHost(name)).toBe(name)
    for (const ip of ["127.0.0.1", "192.0.2.7"]) expect(certificate.checkIP(ip)).toBe(ip)
    expect(certificate.checkHost("other.example")).toBeUndefined()
  })

  test("replaces nothing unless it is told to, and takes no host that is none", async () => {
    await using folder = await openFolder()
    await makeCertificate(folder)
    const before = await readFile(join(folder.path, "cert.pem"), "utf8")
    const again = await folder.start(["dev-cert"]).exit
    expect(again).toMatchObject({ code: 2, err: "tertulia: key.pem exists: name another, or remove it\n" })
    expect(await readFile(join(folder.path, "cert.pem"), "utf8")).toBe(before)
    expect(await folder.start(["dev-cert", "a b"]).exit).toMatchObject({ code: 2, out: "" })
    await makeCertificate(folder, "--overwrite")
    expect(await readFile(join(folder.path, "cert.pem"), "utf8")).not.toBe(before)
  })
})

describe("a server with a certificate", () => {
  let folder: Folder
  beforeAll(async () => {
    folder = await openFolder()
    await makeCertificate(folder)
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  test("puts people on both ports into one room", async () => {
    const { port, tlsPort } = await openServer(folder)
    const [ana, leo] = [await secureTo(folder, tlsPort), await connectTo(port)]
    for (const socket of [ana, leo]) expect(await lineOf(socket)).toMatchObject({ type: "hello" })
    for (const [socket, nick] of [
      [ana, "ana"],
      [leo, "leo"]
    ] as const) {
      socket.write(`{"type":"login","id":1,"nick":"${nick}"}\n`)
      await lineOf(socket)
      socket.write('{"type":"join","id":2,"room":"#cafe"}\n')
      await lineOf(socket)
    }
    ana.write('{"type":"send","id":3,"room":"#cafe","text":"hola"}\n')
    let got = await lineOf(leo)
    while (got["type"] !== "message") got = await lineOf(leo)
    expect(got).toMatchObject({ from: "ana", text: "hola" })
    ana.destroy()
    leo.destroy()
  })

  test("carries the page and WebSockets over TLS on a port of its own, and takes a password there", async () => {
    const { saying } = await openServer(folder, "--web-tls-port", "0", "--login-seconds", "5")
    const said = await saying("in a browser: https://")
    const port = Number(said["webPort"])
    const ca = await readFile(join(folder.path, "cert.pem"))
    const webSocket = new WebSocket(`wss://localhost:${port}/ws`, subprotocol, { ca })
    const [hello] = await once(webSocket, "message")
    expect(JSON.parse(String(hello))).toMatchObject({ type: "hello", auth: expect.arrayContaining(["password"]) })
    webSocket.terminate()
    // What says nothing is ended, and what is no handshake is not answered.
    const [silent, plain] = [await connectTo(port), await connectTo(port)]
    plain.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    expect((await restOf(plain)).toString("latin1")).not.toContain("HTTP")
    expect(await restOf(silent)).toHaveLength(0)
  })

  test("shows another certificate after SIGHUP, cuts nobody off, and keeps it when a bad one follows", async () => {
    const { child, saying, tlsPort } = await openServer(folder)
    const ana = await secureTo(folder, tlsPort)
    await lineOf(ana)
    const before = ana.getPeerX509Certificate()!.fingerprint256
    await makeCertificate(folder, "--overwrite")
    child.kill("SIGHUP")
    await saying("the certificate was renewed")
    const leo = await secureTo(folder, tlsPort)
    const after = leo.getPeerX509Certificate()!.fingerprint256
    expect(after).not.toBe(before)

    const key = await readFile(join(folder.path, "key.pem"), "utf8")
    await writeFile(join(folder.path, "key.pem"), "no key")
    child.kill("SIGHUP")
    expect(await saying("stays the one before")).toMatchObject({ level: "error" })
    await writeFile(join(folder.path, "key.pem"), key)
    const eva = await secureTo(folder, tlsPort)
    expect(eva.getPeerX509Certificate()!.fingerprint256).toBe(after)

    ana.write('{"type":"ping","id":1}\n')
    expect(await lineOf(ana)).toEqual({ type: "pong", re: 1 })
    for (const socket of [ana, leo, eva]) socket.destroy()
  })

  test("tells its operator what was plain on its port for TLS, and answers nothing", async () => {
    const { saying, tlsPort } = await openServer(folder)
    const plain = await connectTo(tlsPort)
    plain.write('{"type":"ping","id":1}\n')
    expect((await restOf(plain)).includes("pong")).toBe(false)
    expect(await saying("is no TLS")).toMatchObject({ level: "warn", peer: "127.0.0.1" })
  })

  test("says at once on its plain port that a handshake is no line", async () => {
    const { port } = await openServer(folder)
    const secure = Tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false })
    const error = await new Promise<Error>((resolve) => secure.once("error", resolve))
    expect(error.message).toMatch(/wrong version number/u)
    const other = await connectTo(port)
    await lineOf(other)
    other.write(Buffer.of(0x16, 3, 1, 2, 0, 1))
    expect(await lineOf(other)).toMatchObject({ type: "bye", code: "not-tertulia" })
  })

  test("needs a certificate and a key that belong together, from the beginning", async () => {
    await using other = await openFolder()
    await makeCertificate(other)
    const key = join(folder.path, "key.pem")
    const start = (...args: ReadonlyArray<string>) =>
      other.start(["--port", "0", "--tls-port", "0", "--data", ":memory:", ...args]).exit
    expect(await start("--tls-cert", "cert.pem", "--tls-key", key)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^tertulia: the key in \S+ isn't that of the certificate in cert\.pem\n$/u)
    })
    expect(await start("--tls-cert", "none.pem", "--tls-key", key)).toMatchObject({
      code: 2,
      err: "tertulia: can't read none.pem: it doesn't exist\n"
    })
    expect(await start("--tls-cert", "cert.pem")).toMatchObject({ code: 2 })
  })
})

test("a certificate is read anew when its files change, without being asked", async () => {
  await using folder = await openFolder()
  await makeCertificate(folder)
  const [cert, key] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")]
  await Effect.gen(function* () {
    const certificate = yield* openCertificate({ cert, key })
    const before = certificate.context()
    const fresh = yield* Effect.forkChild(keepFresh(certificate, Effect.never, "20 millis"))
    yield* Effect.promise(() => makeCertificate(folder, "--overwrite"))
    while (certificate.context() === before) yield* Effect.sleep("5 millis")
    yield* Fiber.interrupt(fresh)
  }).pipe(Effect.provideService(References.MinimumLogLevel, "None"), Effect.runPromise)
})
