/** The web port, where the suite can't judge it: it doesn't know who else is connected, and asks for no files. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { isAllowed, originsFault, parseOrigins } from "../src/origins.ts"
import { openHouse } from "./support/house.ts"
import { ask, openPage, untilEnd } from "./support/page.ts"
import { connectTo } from "./support/process.ts"

test("who is on the web and who is on TCP are in the same rooms", async () => {
  await using house = await openHouse({ web: {} })
  const ana = await house.person("ana", "#cafe")
  const { page } = await openPage(house.webPort)
  page.say({ type: "login", id: 1, nick: "leo" })
  page.say({ type: "join", id: 2, room: "#cafe" })
  page.say({ type: "send", id: 3, room: "#cafe", text: "hola\nsalud" })
  await ana.expect({ type: "member", nick: "leo", change: "joined" })
  await ana.expect({ type: "message", from: "leo", text: "hola\nsalud" })
  page.say({ type: "bye", id: 4 })
  const { code, objects } = await page.rest
  expect(objects.map(({ type }) => type)).toEqual(["hello", "welcome", "joined", "message", "sent", "bye"])
  expect(code).toBe(1_000)
})

test("connections from one address are counted together, whatever they come over", async () => {
  await using house = await openHouse({ web: {}, limits: { connections: 2 } })
  await house.greeted()
  const { page: second } = await openPage(house.webPort)
  await second.next()
  const { page: third } = await openPage(house.webPort)
  const { code, objects } = await third.rest
  expect(objects).toMatchObject([{ type: "bye", code: "too-many-connections" }])
  expect(code).toBe(1_013)
  const fourth = await house.connect()
  await fourth.expect({ type: "bye", code: "too-many-connections" })
  second.webSocket.terminate()
})

test("so many connections from one address may ask for files at once, beside its WebSockets", async () => {
  await using house = await openHouse({ web: {}, limits: { connections: 2 } })
  const pages = [await openPage(house.webPort), await openPage(house.webPort)]
  const idle = [await connectTo(house.webPort), await connectTo(house.webPort)]
  expect(await untilEnd(house.webPort, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).toBe("")
  idle[0]!.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  expect(String(await new Promise((resolve) => idle[0]!.once("data", resolve)))).toMatch(/^HTTP\/1\.1 404 /u)
  for (const socket of idle) socket.destroy()
  // Their places are free as soon as the server knows.
  const answers = Array.from({ length: 3 }, () => untilAnswered(house.webPort))
  expect(await Promise.all(answers)).toEqual([404, 404, 404])
  for (const { page } of pages) page.webSocket.terminate()
})

test("what is no WebSocket yet counts among all connections", async () => {
  await using house = await openHouse({ web: {}, bounds: { connections: 3 } })
  const idle = [await connectTo(house.webPort), await connectTo(house.webPort)]
  for (const socket of idle) {
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await new Promise((resolve) => socket.once("data", resolve))
  }
  const ana = await house.greeted()
  const late = await house.connect()
  await late.expect({ type: "bye", code: "too-many-connections" })
  // The web port has no place left, either.
  expect(await untilEnd(house.webPort, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).toBe("")
  await ana.ask({ type: "bye" })
  await house.greeted()
  for (const socket of idle) socket.destroy()
})

const untilAnswered = async (port: number): Promise<number> => {
  while (true) {
    const status = await ask(port, "/").then(
      (answer) => answer.status,
      () => undefined
    )
    if (status !== undefined) return status
  }
}

test("whoever takes too long to ask for something is sent away", async () => {
  await using house = await openHouse({ web: {}, limits: { loginSeconds: 1 } })
  const slow = ["", "GET / HT", "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"]
  const answers = await Promise.all(slow.map((said) => untilEnd(house.webPort, said)))
  for (const answer of answers) expect(answer === "" || answer.startsWith("HTTP/1.1 408")).toBe(true)
})

test("a head without end is refused", async () => {
  await using house = await openHouse({ web: {} })
  const answer = await untilEnd(house.webPort, `GET /ws HTTP/1.1\r\nCookie: ${"x".repeat(20_000)}\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 431 /u)
})

test("a server that stops waits for no browser that keeps a connection open", async () => {
  await using house = await openHouse({ web: {} })
  const idle = await connectTo(house.webPort)
  idle.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  await new Promise((resolve) => idle.once("data", resolve))
  const { page } = await openPage(house.webPort)
  const ended = new Promise((resolve) => idle.once("close", resolve))
  await house.stop()
  await ended
  const { code, objects } = await page.rest
  expect(objects.at(-1)).toMatchObject({ type: "bye", code: "shutting-down" })
  expect(code).toBe(1_001)
})

// ---------------------------------------------------------------------------------------------------------------------
// Origins
// ---------------------------------------------------------------------------------------------------------------------

const visitors: ReadonlyArray<readonly [isAllowed: boolean, origin: string | undefined, host: string | undefined]> = [
  [true, undefined, "chat.example.org"],
  [true, "http://127.0.0.1:7332", "127.0.0.1:7332"],
  [true, "http://localhost:7332", "localhost:7332"],
  [true, "http://localhost", "localhost:80"],
  [true, "http://[::1]:7332", "[::1]:7332"],
  [true, "http://192.168.1.5:7332", "192.168.1.5:7332"],
  [true, "https://chat.example.org", "chat.example.org"],
  [true, "https://chat.example.org", "localhost:7332"],
  [false, "http://localhost:3000", "localhost:7332"],
  [false, "http://chat.example.org", "chat.example.org"],
  [false, "https://chat.example.org:8443", "chat.example.org:8443"],
  [false, "https://evil.example", "localhost:7332"],
  // A name that its owner has made point here.
  [false, "http://evil.example:7332", "evil.example:7332"],
  [false, "http://localhost.evil.example", "localhost.evil.example"],
  [false, "null", "localhost:7332"],
  [false, "null", undefined],
  [false, "http://localhost:7332", undefined],
  [false, "http://localhost:7332/", "localhost:7332"],
  [false, "file://localhost", "localhost"],
  [false, "", "localhost:7332"]
]
test.for(visitors)("%s: a page of %s, for the host %s", ([expected, origin, host]) => {
  expect(isAllowed(origin, host, parseOrigins(" https://chat.example.org , https://other.example"))).toBe(expected)
})

test("an origin that isn't one is refused in a sentence", () => {
  expect(originsFault("https://chat.example.org,https://x.example:8443")).toBeUndefined()
  for (const bad of ["chat.example.org", "https://chat.example.org/", "ftp://x.example", "*", "null"]) {
    expect(originsFault(`https://a.example, ${bad}`)).toBe(
      `${bad} is no origin; one is written as https://chat.example.org, without a path`
    )
  }
})

test("a page of a stranger gets no WebSocket, and one that was allowed does", async () => {
  await using house = await openHouse({ web: { origins: "https://chat.example.org" } })
  expect((await openPage(house.webPort, { origin: "https://evil.example" })).status).toBe(403)
  const headers = { Host: `evil.example:${house.webPort}` }
  expect((await openPage(house.webPort, { origin: `http://${headers.Host}`, headers })).status).toBe(403)
  for (const origin of ["https://chat.example.org", `http://127.0.0.1:${house.webPort}`]) {
    const { page, status } = await openPage(house.webPort, { origin })
    expect(status).toBe(101)
    page.webSocket.terminate()
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// Files
// ---------------------------------------------------------------------------------------------------------------------

const script = "let page;\n".repeat(1_000)

/** A folder as a build of a page leaves it. */
const openSite = async () => {
  const folder = await mkdtemp(join(tmpdir(), "tertulia-"))
  await mkdir(join(folder, "site", "assets"), { recursive: true })
  await writeFile(join(folder, "secret.txt"), "secret")
  await writeFile(join(folder, "site", "index.html"), "<!doctype html><title>page</title>")
  await writeFile(join(folder, "site", "icon.svg"), "<svg/>")
  await writeFile(join(folder, "site", "assets", "index-B3x9aQ2z.js"), script)
  return {
    files: join(folder, "site"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true })
  }
}

test("files have their types, and the page its views", async () => {
  await using site = await openSite()
  await using house = await openHouse({ web: { files: site.files } })
  const html = { headers: { accept: "text/html" } }
  const found = [
    ["/", "text/html; charset=utf-8", "no-cache"],
    ["/index.html", "text/html; charset=utf-8", "no-cache"],
    ["/rooms/cafe?seq=5", "text/html; charset=utf-8", "no-cache"],
    ["/icon.svg", "image/svg+xml; charset=utf-8", "no-cache"],
    ["/assets/index-B3x9aQ2z.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"]
  ] as const
  for (const [path, type, cache] of found) {
    const { headers, status } = await ask(house.webPort, path, html)
    expect([path, status, headers["content-type"], headers["cache-control"]]).toEqual([path, 200, type, cache])
  }
  for (const path of [
    "/none.js",
    "/assets/index-00000000.js",
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/%00",
    "/%ff"
  ]) {
    const { body, headers, status } = await ask(house.webPort, path, { headers: { accept: "*/*" } })
    expect([path, status, headers["cache-control"]]).toEqual([path, 404, undefined])
    expect(body).not.toContain("secret")
  }
})

test("what a browser has it isn't sent again", async () => {
  await using site = await openSite()
  await using house = await openHouse({ web: { files: site.files } })
  const { headers } = await ask(house.webPort, "/")
  expect(headers.etag).toBeDefined()
  const again = await ask(house.webPort, "/", { headers: { "if-none-match": headers.etag } })
  expect([again.status, again.body]).toEqual([304, ""])
})

test("what is long is sent compressed to whoever can read it", async () => {
  await using site = await openSite()
  await using house = await openHouse({ web: { files: site.files } })
  const path = "/assets/index-B3x9aQ2z.js"
  const { body, headers } = await ask(house.webPort, path, { headers: { "accept-encoding": "gzip" } })
  expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" })
  expect(gunzipSync(Buffer.from(body, "latin1")).toString()).toBe(script)
  expect(await ask(house.webPort, path)).toMatchObject({ body: script })
})

test("no page of ours runs a script that isn't its own", async () => {
  await using site = await openSite()
  await using house = await openHouse({ web: { files: site.files } })
  await using unbuilt = await openHouse({ web: {} })
  for (const [port, path] of [
    [house.webPort, "/"],
    [house.webPort, "/icon.svg"],
    [house.webPort, "/none.js"],
    [unbuilt.webPort, "/"]
  ] as const) {
    const { headers } = await ask(port, path)
    const policy = headers["content-security-policy"]
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain("unsafe")
    expect(headers["x-content-type-options"]).toBe("nosniff")
  }
})

test("files are read, and nothing else", async () => {
  await using site = await openSite()
  await using house = await openHouse({ web: { files: site.files } })
  expect(await ask(house.webPort, "/", { method: "HEAD" })).toMatchObject({ status: 200, body: "" })
  expect(await ask(house.webPort, "/", { method: "POST" })).toMatchObject({
    status: 405,
    headers: { allow: "GET, HEAD" }
  })
  expect(await ask(house.webPort, "/", { method: "DELETE" })).toMatchObject({ status: 405 })
})

test("where no page was built, one says so, until it is", async () => {
  await using site = await openSite()
  const files = `${site.files}-later`
  await using house = await openHouse({ web: { files } })
  const before = await ask(house.webPort, "/")
  expect(before).toMatchObject({ status: 404, headers: { "content-type": "text/html; charset=utf-8" } })
  expect(before.body).toContain("it was not built")
  await mkdir(files)
  await writeFile(join(files, "index.html"), "<!doctype html>")
  expect(await ask(house.webPort, "/")).toMatchObject({ status: 200 })
})
