/**
 * For tests of the proxy and of replays: servers right and wrong, a proxy before them, people who talk, and the command line.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import * as net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { connect } from "@tertulia/client"
import { tcp } from "@tertulia/client/tcp"
import { defaultLimits, type JsonObject } from "@tertulia/protocol"
import { MemoryRoomLogs, SqliteRoomLogs, serve, tcp as serverTcp } from "@tertulia/server"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { catalogue } from "../mutants/catalogue.ts"
import { startProxy } from "../mutants/proxy.ts"
import type { Happening } from "../src/proxy/happening.ts"
import { relay } from "../src/proxy/relay.ts"
import { judgeTraffic, type Summary } from "../src/proxy/traffic.ts"
import { readRequirements } from "../src/spec/requirements.ts"
import type { Address } from "../src/wire/connection.ts"

export const host = "127.0.0.1"
const requirements = readRequirements()

/** Where to reach the server on a port, or the mutant that then stands before it. */
export const behind = Effect.fnUntraced(function* (
  port: number,
  mutant?: string
): Effect.fn.Return<Address, never, Scope.Scope> {
  if (mutant === undefined) return { host, port }
  const { tap } = catalogue.find(({ name }) => name === mutant)!
  const proxy = yield* Effect.acquireRelease(
    Effect.promise(() => startProxy(port, tap())),
    ({ close }) => Effect.promise(close)
  )
  return { host, port: proxy.port }
})

/** The reference server, or a mutant of it. */
export const server = Effect.fnUntraced(function* (mutant?: string): Effect.fn.Return<Address, never, Scope.Scope> {
  const options = { limits: defaultLimits, heartbeat: 2 }
  const { port } = yield* serve(serverTcp({ host, port: 0 }), options).pipe(
    Effect.provide(MemoryRoomLogs.layer({ entries: 1_000, bytes: 1_000_000 })),
    Effect.orDie
  )
  return yield* behind(port, mutant)
})

/** The reference server, which keeps its logs, or a mutant of it. */
export const durableServer = Effect.fnUntraced(function* (mutant?: string) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
  const logs = yield* Effect.orDie(Layer.build(SqliteRoomLogs.layer({ file: join(folder, "tertulia.db") })))
  const { port } = yield* serve(serverTcp({ host, port: 0 }), { limits: defaultLimits, heartbeat: 2 }).pipe(
    Effect.provide(logs),
    Effect.orDie
  )
  return yield* behind(port, mutant)
})

/** A proxy before a target, with all that it has told. */
export const proxyTo = Effect.fnUntraced(function* (target: Address) {
  const happenings: Array<Happening> = []
  const judge = judgeTraffic(requirements)
  const told = yield* Queue.unbounded<Happening>()
  const { port } = yield* relay({ host, port: 0 }, target, (happening) => {
    happenings.push(happening)
    judge.take(happening)
    Queue.offerUnsafe(told, happening)
  })
  const until = (event: Happening["event"]) =>
    Effect.gen(function* () {
      while ((yield* Queue.take(told)).event !== event) {}
    })
  const count = (event: Happening["event"]) => happenings.filter((happening) => happening.event === event).length
  const allClosed = Effect.gen(function* () {
    while (count("opened") === 0 || count("opened") > count("closed")) yield* Queue.take(told)
  })
  return { address: { host, port }, happenings, judge, until, allClosed }
})

/** What was broken: who, and what. */
export const accusations = ({ found }: Summary) => found.map(({ id, side }) => `${side} ${id}`).toSorted()

export const person = Effect.fnUntraced(function* (address: Address, nick: string) {
  const connection = yield* connect(tcp(address))
  yield* connection.login(nick)
  return connection
})

/** Two people who meet, talk, and go. */
export const conversation = Effect.fnUntraced(function* (address: Address) {
  const [ana, leo] = [yield* person(address, "ana"), yield* person(address, "leo")]
  const [anas, leos] = [yield* ana.join("#cafe"), yield* leo.join("#cafe")]
  yield* ana.sync
  yield* Effect.all([anas.send("hola"), leos.send("qué tal"), anas.send("bien")], { concurrency: "unbounded" })
  yield* leo.sync
  yield* leos.leave
  yield* anas.send("adiós")
  yield* Effect.all([ana.sync, leo.rooms])
  yield* ana.bye
}, Effect.scoped)

/** A connection that says lines and hears objects. */
const rawly = Effect.fnUntraced(function* (address: Address) {
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => net.connect({ ...address, noDelay: true }).on("error", () => {})),
    (open) => Effect.sync(() => open.destroy())
  )
  const heard = yield* Queue.unbounded<JsonObject>()
  createInterface({ input: socket }).on("line", (line) => void Queue.offerUnsafe(heard, JSON.parse(line) as JsonObject))
  const find = (wanted: JsonObject): Effect.Effect<JsonObject> =>
    Effect.flatMap(Queue.take(heard), (object) =>
      Object.entries(wanted).every(([field, value]) => object[field] === value) ? Effect.succeed(object) : find(wanted)
    )
  const say = (...objects: ReadonlyArray<JsonObject>) =>
    Effect.sync(() => void socket.write(objects.map((object) => `${JSON.stringify(object)}\n`).join("")))
  yield* find({ type: "hello" })
  return { say, find, close: Effect.sync(() => void socket.resetAndDestroy()) }
})

/** Ana has a session, says something and is cut off; she goes on elsewhere, says it again by its key, and takes that over as well. */
export const resumption = Effect.fnUntraced(function* (address: Address) {
  const leo = yield* person(address, "leo")
  const leos = yield* leo.join("#cafe")
  const hola = { type: "send", room: "#cafe", text: "hola", key: "k1" }
  const first = yield* rawly(address)
  yield* first.say({ type: "login", id: 1, nick: "ana", resume: true }, { type: "join", id: 2, room: "#cafe" })
  const { session } = yield* first.find({ type: "welcome" })
  yield* first.say({ ...hola, id: 3 })
  yield* first.find({ type: "sent" })
  yield* first.close
  yield* leos.send("ana?")
  const second = yield* rawly(address)
  yield* second.say({ type: "login", id: 1, nick: "ana", session: session! }, { ...hola, id: 2 })
  yield* second.find({ type: "sent" })
  yield* second.say({ type: "join", id: 3, room: "#cafe" }, { ...hola, id: 4 }, { ...hola, id: 5, text: "adiós" })
  yield* second.find({ type: "error", code: "key-reused" })
  const third = yield* rawly(address)
  yield* third.say({ type: "login", id: 1, nick: "ana", session: session! }, { type: "join", id: 2, room: "#cafe" })
  yield* third.find({ type: "joined" })
  yield* second.find({ type: "bye", code: "replaced" })
  yield* third.say({ ...hola, id: 3 }, { ...hola, id: 4, key: "k2" }, { type: "bye", id: 5 })
  yield* third.find({ type: "bye" })
  yield* leo.sync
  yield* leo.bye
}, Effect.scoped)

/** Somebody says the same three times, and finds it page by page. */
export const searching = Effect.fnUntraced(function* (address: Address) {
  const ana = yield* rawly(address)
  yield* ana.say({ type: "login", id: 1, nick: "ana" }, { type: "join", id: 2, room: "#cafe" })
  yield* ana.find({ type: "joined" })
  for (const id of [3, 4, 5]) yield* ana.say({ type: "send", id, room: "#cafe", text: `tea ${id}` })
  const ask = { type: "search", room: "#cafe", text: "tea", from: "ana", limit: 1 }
  let next: JsonObject[string] | undefined
  for (let id = 6; id === 6 || next !== undefined; id++) {
    yield* ana.say({ ...ask, id, ...(next === undefined ? {} : { before: next }) })
    next = (yield* ana.find({ type: "search", re: id }))["next"]
  }
  yield* ana.say({ type: "bye", id: 100 })
  yield* ana.find({ type: "bye" })
}, Effect.scoped)

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
/** Starts a command; kills it with the scope, if it still runs. */
export const conformance = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const said = { out: "", err: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text
  })
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  return { child, said, first: Effect.promise(() => once(child.stdout, "data")), code: Effect.promise(() => ended) }
})
