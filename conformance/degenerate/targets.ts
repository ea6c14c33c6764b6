/**
 * Targets that speak no Tertulia, or next to none: what passes on them says nothing about anybody.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import * as net from "node:net"
import { makeLineDecoder, parseJson } from "@tertulia/protocol"

/** What a target does with one connection. */
export type Behaviour = (socket: net.Socket) => void

/** How to stop a target that listens. */
export interface Listening {
  readonly port: number
  readonly close: () => Promise<void>
}

const greeting = {
  type: "hello",
  protocol: 1,
  server: "degenerate/1",
  features: [],
  auth: ["guest"],
  limits: { loginSeconds: 5, connections: 64 },
  heartbeat: 1
}

const say = (socket: net.Socket, object: object): void => {
  if (socket.writable) socket.write(`${JSON.stringify(object)}\n`)
}

/** Greets, and answers every line by what `answer` makes of the object on it. */
const greetsAndAnswers =
  (answer: (request: { readonly id?: unknown; readonly [field: string]: unknown }) => object): Behaviour =>
  (socket) => {
    say(socket, greeting)
    const decoder = makeLineDecoder(65_536)
    socket.on("data", (chunk) => {
      for (const line of decoder.push(chunk).lines) {
        const object = parseJson(line)
        say(socket, answer(typeof object === "string" ? {} : object))
      }
    })
  }

const at = "2026-11-20T20:08:00.000Z"

/** The reply that would be right if the request were, and nothing behind it. */
const yes = ({ id: re, nick, room, type }: { readonly [field: string]: unknown }): object => {
  switch (type) {
    case "login":
      return { type: "welcome", re, nick }
    case "join":
      return { type: "joined", re, room, epoch: "e", first: 1, head: 0, members: [] }
    case "leave":
      return { type: "left", re, room }
    case "send":
      return { type: "sent", re, room, seq: 1, at }
    case "rooms":
      return { type: "rooms", re, rooms: [] }
    case "members":
      return { type: "members", re, room, members: [] }
    case "sync":
      return { type: "synced", re }
    case "bye":
      return { type: "bye", re }
    default:
      return { type: "pong", re: re ?? 1 }
  }
}

/** Writes for as long as the other side reads. */
const writesForEver = (socket: net.Socket, chunk: () => Uint8Array): void => {
  const more = () => {
    if (socket.destroyed) return
    if (socket.write(chunk())) setImmediate(more)
    else socket.once("drain", more)
  }
  more()
}

const pings = Buffer.from(`${JSON.stringify({ type: "ping" })}\n`.repeat(1_000))

/** Every degenerate target, by its name. */
export const targets: Readonly<Record<string, Behaviour>> = {
  mute: () => {},
  "closes at once": (socket) => socket.end(),
  "resets at once": (socket) => socket.resetAndDestroy(),
  "greets, then closes": (socket) => {
    say(socket, greeting)
    socket.end()
  },
  "greets, then is mute": (socket) => say(socket, greeting),
  echo: (socket) => socket.pipe(socket),
  "greets, then echoes": (socket) => {
    say(socket, greeting)
    socket.pipe(socket)
  },
  "answers ok": greetsAndAnswers(({ id: re }) => ({ type: "ok", re })),
  "answers error": greetsAndAnswers(({ id: re }) => ({ type: "error", re, code: "bad-request", message: "no" })),
  "agrees with everything": greetsAndAnswers(yes),
  "sends random bytes": (socket) => writesForEver(socket, () => randomBytes(4_096)),
  "sends one byte a second": (socket) => {
    const bytes = Buffer.from(JSON.stringify(greeting))
    let sent = 0
    const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 1_000)
    socket.on("close", () => clearInterval(timer))
  },
  "floods with events": (socket) => {
    say(socket, greeting)
    writesForEver(socket, () => pings)
  },
  "floods without LF": (socket) => writesForEver(socket, () => Buffer.alloc(65_536, "a"))
}

/** Listens on a free port with one behaviour. */
export const listen = (behaviour: Behaviour): Promise<Listening> => {
  const open = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: false, noDelay: true }, (socket) => {
    open.add(socket)
    socket.on("close", () => open.delete(socket))
    socket.on("error", () => socket.destroy())
    socket.resume()
    behaviour(socket)
  })
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of open) socket.destroy()
      server.close(() => resolve())
    })
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ port: (server.address() as net.AddressInfo).port, close }))
  })
}
