/**
 * TCP over node:net: half-open connections, no Nagle, backpressure in both directions.
 *
 * @module
 */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { NoHeader, takeHeader } from "./proxy-header.ts"
import {
  type Address,
  type Connection,
  ListenFailed,
  type Read,
  type Reader,
  type Transport,
  type Writer
} from "./transport.ts"

/** Listens on TCP; port 0 takes any free port. */
export const tcp = (options: TcpOptions): Transport => ({
  listen: (accept) => listening(options, plainFlags, (socket, peer) => accept(connectionOver(socket, peer)))
})

export interface TcpOptions extends Address {
  readonly proxies?: Proxies
}

/** Proxies before the server, which say for whom they connect. */
export interface Proxies {
  readonly isTrusted: (peer: string) => boolean
  /** Seconds in which they have to say it. */
  readonly seconds: number
  /** Is told when one hasn't: which, and why its connection is closed. */
  readonly onFailure: (peer: string, why: string) => void
}

/** The flags that say where to listen, for whoever has chosen badly. */
export interface ListenFlags {
  readonly host: string
  readonly port: string
}

const plainFlags: ListenFlags = { host: "--host", port: "--port" }

/** Accepts sockets until the scope closes, each with the address of its client. */
export const listening = Effect.fnUntraced(function* (
  options: TcpOptions,
  flags: ListenFlags,
  onSocket: (socket: Net.Socket, peer: string) => void
): Effect.fn.Return<Address, ListenFailed, Scope.Scope> {
  const { proxies } = options
  const run = yield* FiberSet.makeRuntime()
  return yield* accepting(options, flags, (socket) => {
    const peer = peerOf(socket)
    if (proxies?.isTrusted(peer) === true) run(acceptFor(socket, peer, proxies, onSocket))
    else onSocket(socket, peer)
  })
})

/** Accepts a socket for whom its proxy says. */
export const acceptFor = (
  socket: Net.Socket,
  proxy: string,
  { onFailure, seconds }: Proxies,
  onSocket: (socket: Net.Socket, peer: string) => void
): Effect.Effect<void> =>
  takeHeader(socket).pipe(
    Effect.timeoutOrElse({
      duration: 1_000 * seconds,
      orElse: () => Effect.fail(new NoHeader({ why: `no header came within ${seconds} s` }))
    }),
    Effect.matchEager({
      onFailure: ({ why }) => {
        socket.on("error", () => {}).destroy()
        onFailure(proxy, why)
      },
      onSuccess: (peer) => onSocket(socket, peer ?? proxy)
    })
  )

const accepting = (
  options: Address,
  flags: ListenFlags,
  onSocket: (socket: Net.Socket) => void
): Effect.Effect<Address, ListenFailed, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Net.Server, ListenFailed>((resume) => {
      const server = Net.createServer({ allowHalfOpen: true, noDelay: true }, onSocket)
      // Also what goes wrong later, with one connection that couldn't be accepted, mustn't end the others.
      server.on("error", (error) => resume(Effect.fail(listenFailed(options, flags, error))))
      server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ).pipe(Effect.map(addressOf))

/** Where a server that listens can be reached. */
export const addressOf = (server: Net.Server): Address => {
  const { address, port } = server.address() as Net.AddressInfo
  return { host: address, port }
}

export const listenFailed = (
  { host, port }: Address,
  flags: ListenFlags,
  error: NodeJS.ErrnoException
): ListenFailed => {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is in use: stop the other program, or choose another port with ${flags.port}`,
    EACCES: `port ${port} on ${host} needs rights that this user doesn't have: choose one above 1023 with ${flags.port}`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: choose another with ${flags.host}`,
    ENOTFOUND: `there is no host ${host}: choose an address of this machine with ${flags.host}`
  }
  return new ListenFailed({
    message: reasons[error.code ?? ""] ?? `can't listen on ${host}:${port}: ${error.message}`
  })
}

/** IPv4 clients of a socket that listens on IPv6 are known by their IPv4 address. */
export const peerOf = (socket: Net.Socket): string => (socket.remoteAddress ?? "unknown").replace(/^::ffff:/u, "")

/** Stands behind what waits to be written, to say when that is done. */
const nothing = Buffer.alloc(0)

/** What a connection over TCP has beside what its socket gives. */
export interface Carried extends Pick<Connection, "isEncrypted" | "opening"> {
  /** A socket that carries the other one, and is to be destroyed with it. */
  readonly beneath?: Net.Socket
}

/** A connection over a socket whose other end may be closed first. */
export const connectionOver = (socket: Net.Socket, peer: string, carried: Carried = plain): Connection =>
  new TcpConnection(socket, peer, carried)

const plain: Carried = {}

// There are many, and most of them do nothing: what they do is on their prototype, and the socket's listeners find them by the socket.
class TcpConnection implements Connection {
  readonly peer: string
  private readonly socket: Net.Socket
  private readonly carried: Carried
  private reader: Reader | undefined = undefined
  private writer: Writer | undefined = undefined
  private isFinished = false
  private isGone = false
  private whenGone: (() => void) | undefined = undefined

  constructor(socket: Net.Socket, peer: string, carried: Carried) {
    this.peer = peer
    this.socket = socket
    this.carried = carried
    ;(socket as Carrying)[carrying] = this
    socket.on("readable", offer).on("end", finished).on("error", ignore).on("close", gone)
  }

  get isEncrypted(): boolean {
    return this.carried.isEncrypted === true
  }

  get opening(): Effect.Effect<void, "gone"> | undefined {
    return this.carried.opening
  }

  read(reader: Reader): Read | undefined {
    const read = this.next()
    if (read === undefined) this.reader = reader
    return read
  }

  cancelRead(): void {
    this.reader = undefined
  }

  write(bytes: Uint8Array, writer: Writer): boolean {
    const { socket } = this
    // A socket that has failed says so later.
    if (this.isGone || socket.destroyed) return false
    // Without a callback: Node would call it later in any case, at half the cost of the write.
    socket.write(bytes)
    if (socket.writableLength === 0) return true
    this.writer = writer
    socket.write(nothing, () => this.written())
    return false
  }

  finish(): void {
    this.socket.end()
  }

  destroy(): void {
    this.socket.destroy()
    this.carried.beneath?.destroy()
  }

  onGone(callback: () => void): void {
    this.whenGone = callback
    if (this.isGone) callback()
  }

  // The only place where a waiting reader is called, so that bytes have one taker.
  offer(): void {
    const { reader } = this
    if (reader === undefined) return
    const read = this.next()
    if (read === undefined) return
    this.reader = undefined
    reader.onRead(read)
  }

  finished(): void {
    this.isFinished = true
    this.offer()
  }

  gone(): void {
    this.isGone = true
    this.offer()
    this.whenGone?.()
  }

  private next(): Read | undefined {
    const bytes: Buffer | null = this.isGone ? null : this.socket.read()
    if (bytes !== null) return bytes
    if (this.isGone) return "gone"
    return this.isFinished ? "fin" : undefined
  }

  // Node calls back for an earlier write late, so whether this one was accepted is read from what is left.
  private written(): void {
    const { writer } = this
    if (writer === undefined || this.socket.writableLength > 0) return
    this.writer = undefined
    writer.onAccepted()
  }
}

const carrying = Symbol("the connection that a socket carries")

interface Carrying extends Net.Socket {
  [carrying]?: TcpConnection
}

function offer(this: Carrying): void {
  this[carrying]!.offer()
}

function finished(this: Carrying): void {
  this[carrying]!.finished()
}

function gone(this: Carrying): void {
  this[carrying]!.gone()
}

/** A reset says the same twice; "close" follows every error. */
const ignore = () => {}
