/**
 * The proxy between the suite and the reference server. With an empty tap it changes nothing that the suite could see:
 * bytes, FIN, RST and the pace of either side go through as they are.
 *
 * @module
 */
import type * as net from "node:net"
import { type JsonObject, limitRegistry } from "@tertulia/protocol"
import { type OnPair, type Pairs, pairUp } from "../src/wire/pairs.ts"
import type { Answered, Passed, Tap, Wire } from "./mutant.ts"
import { type Pem, throughTls } from "./secure.ts"

/** A running proxy. */
export interface Proxy extends Pairs {
  /** How often the mutation was exercised. */
  readonly hits: () => number
}

const longest = 1_048_576
const lineFeed = Buffer.from("\n")
const blankLimits: JsonObject = {}

/**
 * Listens on a free port of loopback and hands every connection to the server on `port`, through the tap.
 *
 * @param onHit is told of each time that the mutation is exercised
 * @param certificate what clients are shown, where TLS is spoken with them
 */
export const startProxy = async (port: number, tap: Tap, onHit = () => {}, certificate?: Pem): Promise<Proxy> => {
  const wires = new Set<Wire>()
  let hits = 0
  let nth = 0
  const hit = () => {
    hits += 1
    onHit()
  }
  const host = "127.0.0.1"
  const onPair: OnPair = (client, upstream) => {
    nth += 1
    join(nth, client, upstream, tap, wires, hit)
  }
  const through = certificate === undefined ? undefined : throughTls(certificate, tap.tls ?? {}, hit)
  const pairs = await pairUp({ host, port: 0 }, { host, port }, onPair, through)
  return { ...pairs, hits: () => hits }
}

const asObject = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

const asLine = (line: string | JsonObject): string => `${typeof line === "string" ? line : JSON.stringify(line)}\n`

const join = (
  nth: number,
  client: net.Socket,
  upstream: net.Socket,
  tap: Tap,
  wires: Set<Wire>,
  hit: () => void
): void => {
  const asked: Array<JsonObject | undefined> = []
  const rooms = new Set<string>()
  let nick: string | undefined
  let limits = blankLimits
  let held = false

  const write = (socket: net.Socket, data: string | Buffer, source: net.Socket) => {
    if (socket.destroyed || socket.writableEnded || data.length === 0) return
    // The slower side sets the pace.
    if (!socket.write(data) && !source.isPaused()) {
      source.pause()
      socket.once("drain", () => {
        if (!(source === client && held)) source.resume()
      })
    }
  }
  const wire: Wire = {
    nth,
    nick: () => nick,
    rooms,
    limit: (name) => Number(limits[name] ?? limitRegistry[name as keyof typeof limitRegistry].default),
    toClient: (line) => write(client, asLine(line), upstream),
    toServer: (line) => write(upstream, asLine(line), client),
    endClient: () => client.end(),
    resetClient: () => client.resetAndDestroy(),
    endServer: () => upstream.end(),
    unsent: () => (client.destroyed ? 0 : client.writableLength),
    stopReading: () => {
      held = true
      client.pause()
    },
    resume: () => {
      held = false
      client.resume()
    },
    all: () => [...wires],
    hit
  }
  wires.add(wire)
  tap.opened?.(wire)

  const note = ({ object, to, type }: Answered) => {
    if (type === "hello") limits = (object["limits"] as JsonObject | undefined) ?? blankLimits
    if (type === "welcome") nick = String(object["nick"])
    if (type === "joined") rooms.add(String(object["room"]))
    if (type === "left" && to !== undefined) rooms.delete(String(object["room"]))
  }
  const pass = (passed: Passed, unchanged: Buffer, to: net.Socket, from: net.Socket) => {
    if (passed === undefined) write(to, Buffer.concat([unchanged, lineFeed]), from)
    else for (const line of passed) write(to, asLine(line), from)
  }

  const requests = makeCutter((line) => {
    const text = line.toString()
    const object = asObject(text)
    if (text.trim() !== "") asked.push(object)
    if (tap.request !== undefined) pass(tap.request({ text, object }, wire), line, upstream, client)
  })
  const replies = makeCutter((line) => {
    const text = line.toString()
    const object = asObject(text)
    const type = String(object?.["type"])
    const isReply = object !== undefined && ("re" in object || type === "error")
    const answered: Answered = { text, object: object ?? {}, type, to: isReply ? asked.shift() : undefined }
    note(answered)
    if (tap.reply !== undefined) pass(tap.reply(answered, wire), line, client, upstream)
  })

  // Where no hook asks for lines, bytes go through as they come, and the lines are only noted.
  client.on("data", (chunk: Buffer) => {
    for (const piece of tap.bytes?.(chunk, wire) ?? [chunk]) {
      if (tap.request === undefined) write(upstream, piece, client)
      requests.push(piece)
    }
  })
  upstream.on("data", (chunk: Buffer) => {
    if (tap.reply === undefined)
      for (const piece of tap.replyBytes?.(chunk, wire) ?? [chunk]) write(client, piece, upstream)
    replies.push(chunk)
  })
  client.on("end", () => {
    if (tap.request !== undefined) write(upstream, requests.rest(), client)
    if (tap.clientEnded?.(wire) ?? true) upstream.end()
  })
  upstream.on("end", () => {
    if (tap.reply !== undefined) write(client, replies.rest(), upstream)
    if (tap.serverEnded?.(wire) ?? true) client.end()
  })
  client.on("error", () => {
    if ((tap.clientGone?.(wire) ?? true) && !upstream.destroyed) upstream.resetAndDestroy()
  })
  upstream.on("error", () => {
    if (!client.destroyed) client.resetAndDestroy()
  })
  client.on("close", () => {
    wires.delete(wire)
    if ((tap.clientGone?.(wire) ?? true) && !upstream.destroyed) upstream.end()
  })
}

interface Cutter {
  readonly push: (chunk: Buffer) => void
  /** What has come since the last LF. */
  readonly rest: () => Buffer
}

/** Cuts bytes into lines without their LF; a line longer than any test needs is forgotten. */
const makeCutter = (onLine: (line: Buffer) => void): Cutter => {
  let held: Buffer = Buffer.alloc(0)
  const push = (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    for (let end = held.indexOf(0x0a); end !== -1; end = held.indexOf(0x0a)) {
      const line = held.subarray(0, end)
      held = held.subarray(end + 1)
      onLine(line)
    }
    if (held.length > longest) held = Buffer.alloc(0)
  }
  return { push, rest: () => held }
}
