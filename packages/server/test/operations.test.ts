import { createServer } from "node:net"
import { describe, expect, test } from "vitest"
import { openClient } from "./support/house.ts"
import { type As, linesOf, openFolder } from "./support/process.ts"

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

/** A server with an operators' port. */
const openServer = async (...given: ReadonlyArray<string | As>) => {
  const args = given.filter((one) => typeof one === "string")
  const as = given.find((one) => typeof one === "object")
  const folder = await openFolder()
  const opsPort = await freePort()
  const { child, exit } = folder.start(["--port", "0", "--ops-port", String(opsPort), ...args], {}, as)
  const lines = linesOf(child)
  await lines.saying("operators: http://127.0.0.1:")
  const port = Number((await lines.saying("listening on"))["port"])
  const get = (path: string, method = "GET") => fetch(`http://127.0.0.1:${opsPort}${path}`, { method })
  /** The values of a metric, by its labels. */
  const metric = async (name: string): Promise<Readonly<Record<string, number>>> => {
    const page = await (await get("/metrics")).text()
    const samples = page.split("\n").map((line) => /^(\w+)(?:\{(.*)\})? (\S+)$/u.exec(line))
    return Object.fromEntries(
      samples.flatMap((found) => (found?.[1] === name ? [[found[2] ?? "", Number(found[3])]] : []))
    )
  }
  return { child, exit, lines, port, get, metric, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

describe("the operators' port", () => {
  test("says that the server lives and is ready, and knows nothing else", async () => {
    await using server = await openServer()
    for (const path of ["/healthz", "/readyz"]) expect((await server.get(path)).status).toBe(200)
    expect((await server.get("/")).status).toBe(404)
    expect((await server.get("/metrics", "POST")).status).toBe(405)
    const { headers } = await server.get("/metrics")
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8")
    expect(headers.get("access-control-allow-origin")).toBeNull()
  })

  test("counts what is read for pages, searches and lists of conversations", async () => {
    await using server = await openServer()
    const [ana, leo] = [await openClient(server.port), await openClient(server.port)]
    await ana.ask({ type: "login", nick: "ana" })
    await leo.ask({ type: "login", nick: "leo" })
    await ana.ask({ type: "join", room: "#cafe" })
    for (const room of ["#cafe", "#cafe", "@leo"]) await ana.ask({ type: "send", room, text: "tea" })
    const read = async (request: Readonly<Record<string, unknown>>) => {
      const before = (await server.metric("tertulia_catch_up_entries_total"))[""] ?? 0
      await ana.ask(request)
      return (await server.metric("tertulia_catch_up_entries_total"))[""]! - before
    }
    expect(await read({ type: "history", room: "#cafe" })).toBe(2)
    expect(await read({ type: "search", text: "tea" })).toBe(2)
    expect(await read({ type: "search", text: "coffee" })).toBe(0)
    expect(await read({ type: "conversations" })).toBe(1)
    for (const client of [ana, leo]) client.socket.destroy()
  })

  test("counts connections, entries, fan-out, commits and refusals by code", async () => {
    await using server = await openServer()
    const people = await Promise.all(["ana", "leo", "eva"].map(() => openClient(server.port)))
    const [ana, leo] = people
    for (const [nth, nick] of ["ana", "leo", "eva"].entries()) {
      await people[nth]!.ask({ type: "login", nick })
      await people[nth]!.ask({ type: "join", room: "#cafe" })
    }
    await ana!.ask({ type: "send", room: "#cafe", text: "one" })
    await ana!.ask({ type: "send", room: "#cafe", text: "two" })
    await ana!.ask({ type: "send", room: "#nowhere", text: "three" })
    await ana!.ask({ type: "join", room: "#cafe" })
    await leo!.ask({ type: "bye" })
    expect(await server.metric("tertulia_connections")).toEqual({ "": 2 })
    expect(await server.metric("tertulia_people")).toEqual({ "": 2 })
    expect(await server.metric("tertulia_rooms")).toEqual({ "": 1 })
    expect(await server.metric("tertulia_kept_rooms")).toEqual({ "": 1 })
    expect(await server.metric("tertulia_queue_bytes")).toEqual({ "": 0 })
    expect(await server.metric("tertulia_connections_opened_total")).toEqual({ "": 3 })
    expect(await server.metric("tertulia_connections_ended_total")).toEqual({ 'how="goodbye"': 1 })
    expect(await server.metric("tertulia_entries_total")).toEqual({ "": 2 })
    expect(await server.metric("tertulia_deliveries_total")).toEqual({ "": 6 })
    expect(await server.metric("tertulia_refusals_total")).toEqual({
      'code="already-joined"': 1,
      'code="not-joined"': 1
    })
    expect((await server.metric("tertulia_commit_seconds_count"))[""]).toBeGreaterThanOrEqual(2)
    for (const client of people) client.socket.destroy()
  })

  test("isn't ready any more once the server is to stop, and lives until it has", async () => {
    await using server = await openServer("--data", ":memory:", "--burst", "100000")
    // Somebody who doesn't read what they are owed makes the stop last.
    const frozen = await openClient(server.port)
    await frozen.ask({ type: "login", nick: "frozen" })
    await frozen.ask({ type: "join", room: "#cafe" })
    frozen.socket.pause()
    const long = { type: "send", room: "#cafe", text: "x".repeat(4_000) }
    while (!((await server.metric("tertulia_queue_bytes"))[""]! > 0)) {
      frozen.say(...Array.from({ length: 200 }, (_, id) => ({ ...long, id: id + 1 })))
    }
    server.child.kill("SIGTERM")
    await server.lines.saying("stopping")
    const ready = await server.get("/readyz")
    expect(ready.status).toBe(503)
    expect(await ready.text()).toBe("the server is stopping\n")
    expect((await server.get("/healthz")).status).toBe(200)
    frozen.socket.destroy()
    expect((await server.exit).code).toBe(0)
  })
})

test("a server whose disk is full isn't ready, and lives", async () => {
  await using server = await openServer("--rate", "1000", "--burst", "1000", { fileBlocks: 400 })
  const ana = await openClient(server.port)
  await ana.ask({ type: "login", nick: "ana" })
  await ana.ask({ type: "join", room: "#cafe" })
  const text = "x".repeat(4_000)
  while ((await ana.ask({ type: "send", room: "#cafe", text }))["code"] !== "unavailable");
  const ready = await server.get("/readyz")
  expect(ready.status).toBe(503)
  expect(await ready.text()).toBe("nothing can be stored\n")
  expect((await server.get("/healthz")).status).toBe(200)
  expect((await server.metric("tertulia_commit_failures_total"))[""]).toBeGreaterThan(0)
  ana.socket.destroy()
})

describe("the log", () => {
  test("names each connection, in JSON when that is asked for and as text when that is", async () => {
    await using server = await openServer("--data", ":memory:", "--log-format", "json", "--log-level", "debug")
    const client = await openClient(server.port)
    const begins = await server.lines.saying("a connection begins")
    expect(begins).toMatchObject({ level: "debug", connection: "c1", peer: "127.0.0.1" })
    await client.ask({ type: "login", nick: "ana" })
    await client.ask({ type: "bye" })
    const ends = await server.lines.saying("a connection ends")
    expect(ends).toMatchObject({ connection: "c1", nick: "ana", ending: "goodbye" })
    client.socket.destroy()

    await using folder = await openFolder()
    const { child } = folder.start(["--port", "0", "--data", ":memory:", "--log-format", "text"])
    const first = await new Promise<string>((resolve) => child.stdout.once("data", (text) => resolve(String(text))))
    expect(first).toMatch(/^\d\d:\d\d:\d\d listening on 127\.0\.0\.1:\d+; try: nc/u)
  })
})
