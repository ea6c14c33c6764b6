/**
 * The transport over TLS (spec/tls.md).
 *
 * @module
 */
import { isIP } from "node:net"
import * as Tls from "node:tls"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Unreachable } from "./errors.ts"
import type { Transport } from "./transport.ts"
import { connecting, type TcpAddress } from "./transport-tcp.ts"

/** Where a server listens, and by whom its certificate may be signed. */
export interface TlsAddress extends TcpAddress {
  /** Certificates in PEM, trusted in place of those that this machine trusts: an authority's, or the server's own. */
  readonly ca?: string
}

/**
 * Connects over TLS 1.2 or later; closed with the scope. Fails with `Unreachable` when nobody answers within ten seconds, and unless the
 * certificate is signed by somebody who is trusted, good now, and for this very host.
 */
export const tls = ({ ca, host, port }: TlsAddress): Effect.Effect<Transport, Unreachable, Scope.Scope> =>
  connecting({ host, port }, "secureConnect", () => {
    // An address is no server's name, but is looked for in the certificate all the same.
    const name = isIP(host) === 0 ? { servername: host } : {}
    const socket = Tls.connect({ host, port, minVersion: "TLSv1.2", ...name, ...(ca === undefined ? {} : { ca }) })
    return socket.setNoDelay(true)
  })
