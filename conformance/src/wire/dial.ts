/**
 * The way to a target: a socket over TCP, or over TLS over TCP.
 *
 * @module
 */
import * as net from "node:net"
import * as tls from "node:tls"

/** By what a target's certificate is judged. Plain data: it crosses to vitest's worker. */
export interface Trust {
  /** Certificates in PEM that may have signed it, in place of those that this machine trusts. */
  readonly ca?: string
  /** Whether any certificate will do. */
  readonly insecure?: boolean
}

/** Where a target listens. */
export interface Address {
  readonly host: string
  readonly port: number
  /** Present when it speaks TLS there. */
  readonly tls?: Trust
  /** The path of a WebSocket endpoint, when the target is reached over that. */
  readonly ws?: string
}

/** A socket that is being opened. */
export interface Dialed {
  /** What is read and written. */
  readonly socket: net.Socket
  /** The TCP socket beneath, which may be the same: only it can be reset. */
  readonly raw: net.Socket
  /** The event with which it is open. */
  readonly opens: "connect" | "secureConnect"
}

/** Begins to open a socket whose sides end one by one. */
export const dial = (address: Address, options: tls.ConnectionOptions = {}): Dialed => {
  const raw = dialBeneath(address)
  if (address.tls === undefined) return { socket: raw, raw, opens: "connect" }
  return { socket: secured(raw, address, address.tls, options), raw, opens: "secureConnect" }
}

/** A TCP socket, whatever is spoken there. */
export const dialBeneath = ({ host, port }: Address): net.Socket =>
  net.connect({ host, port, allowHalfOpen: true, noDelay: true })

const secured = (raw: net.Socket, { host }: Address, { ca, insecure }: Trust, options: tls.ConnectionOptions) => {
  const socket = tls.connect({
    socket: raw,
    host,
    // An address is no server's name, but is looked for in the certificate all the same.
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    rejectUnauthorized: insecure !== true,
    allowHalfOpen: true,
    ...options
  } as tls.ConnectionOptions)
  // What goes wrong beneath before the handshake is told by the socket above.
  raw.on("error", (error) => socket.destroy(error))
  return socket
}
