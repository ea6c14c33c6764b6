/**
 * The other side of a client, played by a test line by line over a real socket: it says what a script tells it to, right
 * or wrong.
 *
 * @module
 */

import type * as Net from "node:net"
import { createServer } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { type Hello, makeLineDecoder, type Request, type ServerMessage } from "@tertulia/protocol"
import { Deferred, Effect, Exit, Queue, type Scope } from "effect"

/** One connection, as the server's end of it sees it. */
export interface Peer {
  /** The next request, which must be of this type; fails the test after ten seconds. */
  readonly hears: <Type extends Request["type"]>(type: Type) => Effect.Effect<Extract<Request, { readonly type: Type }>>
  /** Sends objects, in one write. */
  readonly says: (...objects: ReadonlyArray<ServerMessage | object>) => Effect.Effect<void>
  /** Sends bytes as they are. */
  readonly writes: (bytes: string | Uint8Array) => Effect.Effect<void>
  /** FIN. */
  readonly hangsUp: Effect.Effect<void>
  /** RST. */
  readonly resets: Effect.Effect<void>
  /** Waits for the client's end. */
  readonly isLeft: Effect.Effect<void>
}

export const hello: Hello = {
  type: "hello",
  protocol: 1,
  server: "scripted",
  features: [],
  auth: ["guest"],
  limits: {},
  heartbeat: 30
}

/** The greeting of a server that keeps its log and its people. */
export const lastingHello: Hello = { ...hello, features: ["history/1", "resume/1"] }

export const at = "2026-11-20T20:08:00.000Z"

/** Where a test's server listens, and its connections as they come. */
export interface Listening {
  readonly host: string
  readonly port: number
  readonly accepts: Effect.Effect<Peer>
}

/** A listening server on a free port. */
export const listening: Effect.Effect<Listening, never, Scope.Scope> = Effect.suspend(() =>
  listeningBy((take) => createServer({ noDelay: true, allowHalfOpen: true }, take))
)

/** One that speaks TLS, with this certificate. */
export const listeningSecurely = (certificate: { readonly cert: string; readonly key: string }) =>
  listeningBy((take) => createTlsServer({ ...certificate, noDelay: true, allowHalfOpen: true }, take))

const listeningBy = Effect.fnUntraced(function* (
  create: (take: (socket: Net.Socket) => void) => Net.Server
): Effect.fn.Return<Listening, never, Scope.Scope> {
  const peers = yield* Queue.unbounded<Peer>()
  const sockets = new Set<Net.Socket>()
  const server = create((socket) => void Queue.offerUnsafe(peers, peerOver(socket)))
  // Also those whose handshake fails.
  server.on("connection", (socket) => sockets.add(socket))
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.callback<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resume(Effect.void))
      })
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return { host: "127.0.0.1", port, accepts: within(Queue.take(peers), "a connection") }
})

const peerOver = (socket: Net.Socket): Peer => {
  const requests = Effect.runSync(Queue.unbounded<Request>())
  const left = Deferred.makeUnsafe<void>()
  const decoder = makeLineDecoder(1_000_000)
  socket.on("data", (bytes) => {
    for (const line of decoder.push(bytes).lines) Queue.offerUnsafe(requests, JSON.parse(String(line)))
  })
  socket.on("error", () => {})
  socket.on("end", () => Deferred.doneUnsafe(left, Exit.void))
  socket.on("close", () => Deferred.doneUnsafe(left, Exit.void))
  const writes = (bytes: string | Uint8Array) =>
    Effect.callback<void>((resume) => void socket.write(bytes, () => resume(Effect.void)))
  return {
    hears: <Type extends Request["type"]>(type: Type) =>
      within(Queue.take(requests), type).pipe(
        Effect.flatMap((request) =>
          request.type === type
            ? Effect.succeed(request as Extract<Request, { readonly type: Type }>)
            : Effect.die(new Error(`expected ${type}, heard ${JSON.stringify(request)}`))
        )
      ),
    says: (...objects) => writes(objects.map((object) => `${JSON.stringify(object)}\n`).join("")),
    writes,
    hangsUp: Effect.sync(() => void socket.end()),
    resets: Effect.sync(() => void socket.resetAndDestroy()),
    isLeft: within(Deferred.await(left), "the client's end")
  }
}

const within = <A>(effect: Effect.Effect<A>, what: string): Effect.Effect<A> =>
  Effect.timeoutOrElse(effect, { duration: "10 seconds", orElse: () => Effect.die(new Error(`${what} never came`)) })
