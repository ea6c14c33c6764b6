/**
 * The web port: one HTTP server for the page's files and for the WebSocket handshake (spec/websocket.md).
 *
 * @module
 */
import * as Http from "node:http"
import type * as Net from "node:net"
import type { Duplex } from "node:stream"
import { type Limits, subprotocol } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import { WebSocketServer } from "ws"
import { isAllowed, type Origins, originsFault } from "./origins.ts"
import type { Address, ListenFailed, Transport } from "./transport.ts"
import { addressOf, listenFailed, peerOf } from "./transport-tcp.ts"
import { makeFiles } from "./web-files.ts"
import { connect, PatientWebSocket } from "./websocket.ts"

/** Where a web server listens, what it serves, and whom it lets in. */
export interface WebOptions extends Address {
  readonly limits: Limits
  /** Whose pages may open a WebSocket, beside the server's own. */
  readonly origins: Origins
  /** The folder of the page. */
  readonly files: string
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
    const { admit, release } = makeLobby(options.limits.connections)
    const tell = yield* makeTeller
    server.on("connection", admit)
    server.on("upgrade", (request: Http.IncomingMessage, socket: Net.Socket, head) => {
      // A connection that breaks off in the handshake breaks nothing else.
      socket.on("error", () => {})
      const refusal = refusalOf(request, options.origins)
      if (refusal?.status === 403) tell(request.headers.origin ?? "")
      if (refusal !== undefined) return refuse(socket, refusal)
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        release(socket)
        accept(connect(webSocket, socket, peerOf(socket)))
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

const listen = (server: Http.Server, options: Address): Effect.Effect<Address, ListenFailed> =>
  Effect.callback((resume) => {
    // Also what goes wrong later, with one connection that couldn't be accepted, mustn't end the others.
    server.on("error", (error) =>
      resume(Effect.fail(listenFailed(options, { host: "--host", port: "--web-port" }, error)))
    )
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () =>
      resume(Effect.succeed(addressOf(server)))
    )
  })

/**
 * The connections that are no WebSocket yet, or never will be: so many from one address. Those that are, the door counts.
 *
 * @param limit connections from one address: `limits.connections`
 */
const makeLobby = (limit: number) => {
  const waiting = new Map<string, Set<Net.Socket>>()
  const release = (socket: Net.Socket) => {
    const peer = peerOf(socket)
    const those = waiting.get(peer)
    those?.delete(socket)
    if (those?.size === 0) waiting.delete(peer)
  }
  const admit = (socket: Net.Socket) => {
    const peer = peerOf(socket)
    const those = waiting.get(peer) ?? new Set()
    if (those.size >= limit) return void socket.destroy()
    waiting.set(peer, those.add(socket))
    socket.once("close", () => release(socket))
  }
  return { admit, release }
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
