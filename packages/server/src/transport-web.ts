/**
 * The web port: one HTTP server for the page's files and for the WebSocket handshake (spec/websocket.md).
 *
 * @module
 */
import * as Http from "node:http"
import type * as Net from "node:net"
import { isIP } from "node:net"
import type { Duplex } from "node:stream"
import * as Tls from "node:tls"
import { type Limits, subprotocol } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { WebSocketServer } from "ws"
import type { Certificate } from "./certificate.ts"
import { isAllowed, type Origins, originsFault } from "./origins.ts"
import { type Address, type Crowd, type ListenFailed, makeCrowd, type Transport } from "./transport.ts"
import { acceptFor, addressOf, type ListenFlags, listenFailed, type Proxies, peerOf } from "./transport-tcp.ts"
import { makeFiles } from "./web-files.ts"
import { connect, PatientWebSocket } from "./websocket.ts"

/** Where a web server listens, what it serves, and whom it lets in. */
export interface WebOptions extends Address {
  readonly limits: Limits
  /** Whose pages may open a WebSocket, beside the server's own. */
  readonly origins: Origins
  /** The folder of the page. */
  readonly files: string
  /** All connections of the server; those that are no WebSocket yet are counted here. */
  readonly crowd?: Crowd
  /** Proxies that say by a header of the PROXY protocol for whom they connect. */
  readonly proxies?: Proxies
  /** Whether a proxy of HTTP at this address says by `X-Forwarded-For` whose a WebSocket is. */
  readonly isForwarding?: (peer: string) => boolean
  /** What is shown to whoever connects, where it is all over TLS (`https:`, `wss:`). */
  readonly certificate?: Certificate
  /** The flags that say where to listen. */
  readonly flags?: ListenFlags
}

/** The path of the WebSocket endpoint. */
export const path = "/ws"

/** The longest pong frame, in bytes. */
const pongBytes = 127

/** The longest header of a request, in bytes. */
const headerBytes = 16_384

/** Serves a page over HTTP, and listens for WebSockets beside it. */
export const web = (options: WebOptions): Transport => ({
  listen: Effect.fnUntraced(function* (accept) {
    const files = yield* makeFiles(options.files)
    const patience = 1_000 * options.limits.loginSeconds
    // How long a client may take until it has asked for something is what it has to log in elsewhere.
    const server = Http.createServer(
      {
        maxHeaderSize: headerBytes,
        headersTimeout: patience,
        requestTimeout: patience,
        connectionsCheckingInterval: 1_000,
        noDelay: true
      },
      files
    )
    const webSockets = new WebSocketServer(webSocketOptions(options.limits))
    const { isForwarding = () => false, proxies } = options
    const crowd = options.crowd ?? makeCrowd(Number.POSITIVE_INFINITY)
    const { admit, release } = makeLobby(options.limits.connections, crowd, isForwarding)
    const tell = yield* makeTeller
    const run = yield* FiberSet.makeRuntime()
    // For whom each socket is, where a proxy has said so.
    const peers = new WeakMap<Net.Socket, string>()
    const beneath = new WeakMap<Net.Socket, Net.Socket>()
    const peerFor = (socket: Net.Socket) => peers.get(socket) ?? peerOf(socket)
    // The server's own listener reads what comes as HTTP: the header of a proxy is taken off before.
    const [begin] = server.listeners("connection")
    server.removeAllListeners("connection").on("connection", (socket: Net.Socket) => {
      const proxy = peerOf(socket)
      const onSocket = (accepted: Net.Socket, peer: string) => {
        peers.set(accepted, peer)
        if (!admit(accepted, peer)) return
        if (options.certificate === undefined) return begin!.call(server, accepted)
        secure(accepted, options.certificate, patience, (socket) => {
          peers.set(socket, peer)
          beneath.set(socket, accepted)
          begin!.call(server, socket)
        })
      }
      if (proxies?.isTrusted(proxy) === true) run(acceptFor(socket, proxy, proxies, onSocket))
      else onSocket(socket, proxy)
    })
    server.on("upgrade", (request: Http.IncomingMessage, socket: Net.Socket, head) => {
      // A connection that breaks off in the handshake breaks nothing else.
      socket.on("error", () => {})
      const refusal = refusalOf(request, options.origins)
      if (refusal?.status === 403) tell(request.headers.origin ?? "")
      if (refusal !== undefined) return refuse(socket, refusal)
      const peer = isForwarding(peerFor(socket)) ? forwardedFor(request) : peerFor(socket)
      if (peer === undefined) return refuse(socket, unknownClient)
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        release(beneath.get(socket) ?? socket)
        accept(connect(webSocket, socket, peer, options.certificate !== undefined))
      })
    })
    return yield* Effect.acquireRelease(listen(server, options), () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
    )
  })
})

/** Speaks TLS over a socket, and hands on what carries it once the handshake is done, which may take so many milliseconds. */
const secure = (
  raw: Net.Socket,
  certificate: Certificate,
  patience: number,
  onSecure: (socket: Net.Socket) => void
): void => {
  const socket = new Tls.TLSSocket(raw, { isServer: true, secureContext: certificate.context() })
  const end = () => void raw.destroy()
  const timer = setTimeout(end, patience)
  socket.once("secure", () => {
    clearTimeout(timer)
    onSecure(socket)
  })
  socket.on("error", end).once("close", end)
  raw.on("error", () => {}).once("close", () => clearTimeout(timer))
}

const webSocketOptions = ({ backlog, line }: Limits) => ({
  noServer: true,
  clientTracking: false,
  WebSocket: PatientWebSocket,
  maxPayload: line - 1,
  // Whoever asks for pong frames and doesn't read them is bounded like any other reader (FLOW-3).
  maxPendingAutoPongs: Math.floor(backlog / pongBytes),
  // It has been offered, or the handshake was refused.
  handleProtocols: () => subprotocol
})

const listen = (server: Http.Server, options: WebOptions): Effect.Effect<Address, ListenFailed> =>
  Effect.callback((resume) => {
    // Also what goes wrong later, with one connection that couldn't be accepted, mustn't end the others.
    server.on("error", (error) =>
      resume(Effect.fail(listenFailed(options, options.flags ?? { host: "--host", port: "--web-port" }, error)))
    )
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () =>
      resume(Effect.succeed(addressOf(server)))
    )
  })

/**
 * The connections that are no WebSocket yet, or never will be: so many from one address, but for proxies that stand for many. Those that
 * are, the door counts.
 *
 * @param limit connections from one address: `limits.connections`
 */
const makeLobby = (limit: number, crowd: Crowd, isForwarding: (peer: string) => boolean) => {
  const counts = new Map<string, number>()
  const inside = new Map<Net.Socket, string>()
  const count = (peer: string) => counts.get(peer) ?? 0
  const release = (socket: Net.Socket) => {
    const peer = inside.get(socket)
    if (peer === undefined) return
    inside.delete(socket)
    crowd.leave()
    if (count(peer) === 1) counts.delete(peer)
    else counts.set(peer, count(peer) - 1)
  }
  /** Lets a socket in, or ends it; gives which. */
  const admit = (socket: Net.Socket, peer: string): boolean => {
    if (crowd.isFull() || (count(peer) >= limit && !isForwarding(peer))) {
      socket.on("error", () => {}).destroy()
      return false
    }
    crowd.enter()
    inside.set(socket, peer)
    counts.set(peer, count(peer) + 1)
    socket.once("close", () => release(socket))
    return true
  }
  return { admit, release }
}

/** Whom a proxy of HTTP stands for: the last address of `X-Forwarded-For` is the one that it has added itself. */
const forwardedFor = ({ headers }: Http.IncomingMessage): string | undefined => {
  const last = [headers["x-forwarded-for"] ?? ""].flat().join(",").split(",").at(-1)!.trim()
  return isIP(last) === 0 ? undefined : last.replace(/^::ffff:(?=[0-9.]+$)/u, "")
}

/** How many origins are told of: whoever makes them up shall not fill the log. */
const mostTold = 50

/** Tells the operator whose pages were refused, once each: the page itself is told nothing that it could show. */
const makeTeller = Effect.gen(function* () {
  const run = yield* FiberSet.makeRuntime()
  const told = new Set<string>()
  return (origin: string) => {
    if (told.has(origin) || told.size >= mostTold) return
    told.add(origin)
    const hint = originsFault(origin) === undefined ? `; --origins ${origin} would let them in` : ""
    run(Effect.logInfo(`pages of ${JSON.stringify(origin)} are refused${hint}`))
  }
})

// ---------------------------------------------------------------------------------------------------------------------
// The handshake
// ---------------------------------------------------------------------------------------------------------------------

/** Why a handshake is refused: the status, and a sentence that says what would be right. */
interface Refusal {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A proxy that stands for everybody would have all of them counted as one. */
const unknownClient: Refusal = { status: 400, message: "the proxy has to say in X-Forwarded-For for whom it asks" }

const refusalOf = ({ headers, url }: Http.IncomingMessage, origins: Origins): Refusal | undefined => {
  if (url?.split("?")[0] !== path) return { status: 404, message: `WebSockets are at ${path}` }
  if (headers["sec-websocket-version"] !== "13") {
    const message = "the version of WebSocket must be 13"
    return { status: 426, message, headers: { "Sec-WebSocket-Version": "13" } }
  }
  if (!isAllowed(headers.origin, headers.host, origins)) {
    return { status: 403, message: "pages of this origin may not connect; the server's --origins says which may" }
  }
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim())
  if (!offered.includes(subprotocol)) return { status: 400, message: `offer the subprotocol ${subprotocol}` }
  return undefined
}

const refuse = (socket: Duplex, { headers, message, status }: Refusal): void => {
  const body = `${message}\n`
  const fields = {
    Connection: "close",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
    ...headers
  }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.once("finish", () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${Http.STATUS_CODES[status]}\r\n${head.join("")}\r\n${body}`)
}
