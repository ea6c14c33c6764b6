/**
 * A server in this process, on a free port, and people who talk to it over real sockets.
 */
import * as Net from "node:net"
import { defaultLimits, type Limits } from "@tertulia/protocol"
import { Cause, Effect, Exit, Layer, Logger, References, Scope } from "effect"
import type { AccountStore } from "../../src/account-store.ts"
import { type Bounds, unbounded } from "../../src/bounds.ts"
import type { Claims } from "../../src/claims.ts"
import { parseOrigins } from "../../src/origins.ts"
import type { RoomLogs } from "../../src/room-log.ts"
import * as MemoryRoomLogs from "../../src/room-log-memory.ts"
import { type ServerOptions, serve } from "../../src/server.ts"
import type { StorageFault } from "../../src/sqlite/thread.ts"
import { makeCrowd, type Transport, together, told } from "../../src/transport.ts"
import { tcp } from "../../src/transport-tcp.ts"
import { web } from "../../src/transport-web.ts"

export type Json = Readonly<Record<string, unknown>>

export interface Options {
  readonly limits?: Partial<Limits>
  readonly heartbeat?: number
  readonly bounds?: Partial<Bounds>
  /** The address from which everybody seems to come, over TCP. */
  readonly peer?: string
  /** What is set about accounts. */
  readonly accounts?: Pick<ServerOptions, "register" | "invitation" | "iterations" | "operator">
  readonly logs?: Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault>
  /** Whether it has a web port, with which origins, and which folder of files. */
  readonly web?: { readonly origins?: string; readonly files?: string }
  /** Whether clients note `presence` events, which come beside much else: only for tests that are about them. */
  readonly hearsPresence?: boolean
  /** Whether the test provokes defects; in all other tests, one that is logged fails the test. */
  readonly hasDefects?: boolean
}

/** A transport whose clients seem to come from this address. */
const from = ({ listen }: Transport, peer: string | undefined): Transport =>
  peer === undefined
    ? { listen }
    : { listen: (accept) => listen((connection) => accept(Object.defineProperty(connection, "peer", { value: peer }))) }

/** Opens a server; `await using` closes it, and every client with it. */
export const openHouse = async (options: Options = {}) => {
  const limits = { ...defaultLimits, ...options.limits }
  const scope = Scope.makeUnsafe()
  const defects: Array<unknown> = []
  const logger = Logger.layer([Logger.make(({ cause, message }) => void defects.push([message, Cause.pretty(cause)]))])
  const logs = options.logs ?? MemoryRoomLogs.layer({ entries: limits.replay, bytes: 1e8 })
  const context = await Effect.runPromise(Layer.buildWithScope(Layer.merge(logs, logger), scope))
  const free = { host: "127.0.0.1", port: 0 }
  const { files = "/nowhere", origins = "" } = options.web ?? {}
  const bounds = { ...unbounded, ...options.bounds }
  const crowd = makeCrowd(bounds.connections)
  const page = web({ ...free, limits, origins: parseOrigins(origins), files, crowd })
  let webPort = Number.NaN
  const onWeb = told(page, (at) =>
    Effect.sync(() => {
      webPort = at.port
    })
  )
  const overTcp = from(tcp(free), options.peer)
  const transport = options.web === undefined ? overTcp : together(overTcp, onWeb)
  const address = await serve(transport, {
    limits,
    heartbeat: options.heartbeat ?? 30,
    iterations: 4_096,
    ...options.accounts,
    bounds,
    crowd
  }).pipe(
    Effect.provide(context),
    Effect.provideService(References.MinimumLogLevel, "Warn"),
    Scope.provide(scope),
    Effect.runPromise
  )
  const clients: Array<Client> = []
  const close = async () => {
    const closed = Effect.runPromise(Scope.close(scope, Exit.void))
    for (const client of clients) client.socket.destroy()
    await closed
    if (defects.length > 0 && options.hasDefects !== true) throw new Error(`logged: ${JSON.stringify(defects)}`)
  }
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))

  /** A connection that has had nothing yet. */
  const connect = async (): Promise<Client> => {
    const client = await openClient(address.port, options.hearsPresence)
    clients.push(client)
    return client
  }
  /** A connection that was greeted. */
  const greeted = async (): Promise<Client> => {
    const client = await connect()
    await client.expect({ type: "hello" })
    return client
  }
  /** Somebody who is logged in, and in the rooms that are named. */
  const person = async (nick: string, ...rooms: ReadonlyArray<string>): Promise<Client> => {
    const client = await greeted()
    await client.ask({ type: "login", nick })
    for (const room of rooms) await client.ask({ type: "join", room })
    return client
  }
  return { port: address.port, webPort, limits, connect, greeted, person, stop, [Symbol.asyncDispose]: close }
}

export type House = Awaited<ReturnType<typeof openHouse>>

export interface Client {
  readonly socket: Net.Socket
  /** Sends objects, or texts as they are, in one write. */
  readonly say: (...lines: ReadonlyArray<Json | string>) => void
  /** The next object. */
  readonly next: () => Promise<Json>
  /** The next object, which must have these fields. */
  readonly expect: (fields: Json) => Promise<Json>
  /** Asks for something, and gives the reply; what comes before it is given too. */
  readonly ask: (request: Json) => Promise<Json>
  readonly before: () => ReadonlyArray<Json>
  /** All objects that come before the server's FIN. */
  readonly rest: () => Promise<ReadonlyArray<Json>>
  /** Waits until the connection is closed, and says how: "fin" or "reset". */
  readonly closed: Promise<"fin" | "reset">
}

const patience = 10_000

export const openClient = async (port: number, hearsPresence = false): Promise<Client> => {
  const socket = Net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
  const lines: Array<Json> = []
  let text = ""
  let over = false
  let id = 1_000_000
  let before: ReadonlyArray<Json> = []
  let wake = () => {}
  socket.setEncoding("utf8")
  socket.on("data", (chunk: string) => {
    const parts = (text + chunk).split("\n")
    text = parts.pop()!
    const objects = parts.map((line) => JSON.parse(line) as Json)
    lines.push(...objects.filter(({ type }) => hearsPresence || type !== "presence"))
    wake()
  })
  const closed = new Promise<"fin" | "reset">((resolve) => {
    socket.on("end", () => resolve("fin"))
    socket.on("error", () => resolve("reset"))
    socket.on("close", () => resolve("reset"))
  }).then((how) => {
    over = true
    wake()
    return how
  })
  await new Promise((resolve) => socket.once("connect", resolve))

  const come = async (what: string) => {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), patience)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
  const next = async (what = "an object"): Promise<Json> => {
    while (lines.length === 0) {
      if (over) throw new Error(`the connection ended before ${what}`)
      await come(what)
    }
    return lines.shift()!
  }
  const say = (...said: ReadonlyArray<Json | string>) => {
    socket.write(said.map((line) => (typeof line === "string" ? line : `${JSON.stringify(line)}\n`)).join(""))
  }
  return {
    socket,
    say,
    next,
    closed,
    before: () => before,
    expect: async (fields) => {
      const object = await next(JSON.stringify(fields))
      for (const [name, value] of Object.entries(fields)) {
        if (JSON.stringify(object[name]) === JSON.stringify(value)) continue
        throw new Error(`expected ${JSON.stringify(fields)}, got ${JSON.stringify(object)}`)
      }
      return object
    },
    ask: async (request) => {
      const re = ++id
      const passed: Array<Json> = []
      say({ ...request, id: re })
      while (true) {
        const object = await next(`the reply to ${JSON.stringify(request)}`)
        if (object["re"] === re) {
          before = passed
          return object
        }
        passed.push(object)
      }
    },
    rest: async () => {
      while (!over) await come("the end of the connection")
      return lines.splice(0)
    }
  }
}
