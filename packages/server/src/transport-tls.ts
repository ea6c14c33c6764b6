/**
 * TLS over node:tls (spec/tls.md): a port of its own, on which a connection counts from the moment that it is accepted, and becomes open
 * with the end of the handshake.
 *
 * @module
 */
import type * as Net from "node:net"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import type { Certificate } from "./certificate.ts"
import type { Connection, Transport } from "./transport.ts"
import { connectionOver, listening, type TcpOptions } from "./transport-tcp.ts"

export interface TlsOptions extends TcpOptions {
  readonly certificate: Certificate
  /** Is told of each handshake that failed: with whom, and why, in words. */
  readonly onFailure: (peer: string, why: string) => void
}

/** Listens on TLS; whoever connects is shown the certificate that is good at that moment. */
export const tls = (options: TlsOptions): Transport => ({
  listen: (accept) =>
    listening(options, { host: "--tls-host", port: "--tls-port" }, (raw, peer) => accept(secured(raw, peer, options)))
})

const secured = (raw: Net.Socket, peer: string, { certificate, onFailure }: TlsOptions): Connection => {
  const socket = new Tls.TLSSocket(raw, { isServer: true, secureContext: certificate.context() })
  let state: "opening" | "open" | "gone" = "opening"
  let changed = () => {}
  const become = (next: "open" | "gone") => {
    if (state !== "opening") return
    state = next
    changed()
  }
  socket.once("secure", () => become("open"))
  socket.once("error", (error) => {
    if (state === "opening") onFailure(peer, inWords(error))
  })
  // Node keeps a socket whose client has ended before the handshake was done.
  socket.once("end", () => {
    if (state === "opening") socket.destroy()
  })
  socket.once("close", () => become("gone"))
  return connectionOver(socket, peer, {
    isEncrypted: true,
    opening: Effect.callback<void, "gone">((resume) => {
      changed = () => resume(state === "open" ? Effect.void : Effect.fail("gone"))
      if (state !== "opening") changed()
    }),
    // It lives on where only the upper one is destroyed before the handshake.
    beneath: raw
  })
}

/** What OpenSSL calls bytes that begin no handshake. */
const noHandshake = /wrong version number|http request|packet length too long|unexpected message|record/u

const inWords = (error: Error & { readonly reason?: string; readonly code?: string }): string => {
  const reason = error.reason ?? /:SSL routines:[^:]*:([^:]+)/u.exec(error.message)?.[1] ?? error.code ?? "unknown"
  return noHandshake.test(reason)
    ? `what came is no TLS (${reason}): plain connections have a port of their own`
    : reason
}
