/**
 * Listens, and pairs every connection that comes with one of its own to a target: what every proxy begins with.
 *
 * @module
 */
import * as net from "node:net"
import { type Address, dialBeneath } from "./dial.ts"

/** A listener that pairs connections. */
export interface Pairs {
  readonly port: number
  /** Listens no more, and cuts every connection. */
  readonly close: () => Promise<void>
  /** Lets the process end while it still listens. */
  readonly unref: () => void
}

/** Takes a client, and the connection to the target that is being made for it. Nothing has been read of either. */
export type OnPair = (client: net.Socket, upstream: net.Socket) => void

/** What stands between a client's TCP connection and the pair: `pair` makes the connection to the target, and gives it. */
export type Through = (raw: net.Socket, pair: (client: net.Socket) => net.Socket) => void

const straight: Through = (raw, pair) => void pair(raw)

/** Listens (port 0: a free one) until it is closed. Fails when it can't listen there. */
export const pairUp = (listen: Address, target: Address, onPair: OnPair, through = straight): Promise<Pairs> => {
  const sockets = new Set<net.Socket>()
  const hold = (socket: net.Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  }
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (raw) => {
    hold(raw)
    through(raw, (client) => {
      const upstream = dialBeneath(target)
      hold(upstream)
      onPair(client, upstream)
      return upstream
    })
  })
  const close = () =>
    new Promise<void>((closed) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => closed())
    })
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen({ ...listen, backlog: 1_024 }, () => {
      const { port } = server.address() as net.AddressInfo
      resolve({ port, close, unref: () => server.unref() })
    })
  })
}
