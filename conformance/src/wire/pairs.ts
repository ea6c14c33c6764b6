/**
 * Listens, and pairs every connection that comes with one of its own to a target: what every proxy begins with.
 *
 * @module
 */
import * as net from "node:net"
import type { Address } from "./connection.ts"

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

/** Listens (port 0: a free one) until it is closed. Fails when it can't listen there. */
export const pairUp = (listen: Address, target: Address, onPair: OnPair): Promise<Pairs> => {
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = net.connect({ ...target, allowHalfOpen: true, noDelay: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
    }
    onPair(client, upstream)
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
