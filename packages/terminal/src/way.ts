/**
 * The way to the server.
 *
 * @module
 */
import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { type TcpAddress, tcp } from "@tertulia/client/tcp"
import { tls } from "@tertulia/client/tls"
import * as Effect from "effect/Effect"
import { Failed } from "./failed.ts"
import { oneLine } from "./visible.ts"

/** Whether TLS is spoken, and whom one trusts then. */
export interface Security {
  readonly isSecure: boolean
  /** A file with certificates in PEM. */
  readonly ca: string | undefined
}

/** The way to the server: over TLS, when that is asked for, with the certificates that the file holds. */
export const transportTo = Effect.fnUntraced(function* (at: TcpAddress, { ca: file, isSecure }: Security) {
  if (!isSecure) {
    if (file !== undefined) return yield* new Failed({ sentence: "--ca is for --tls: give both", code: 2 })
    return tcp(at)
  }
  if (file === undefined) return tls(at)
  const unusable = (why: string) => new Failed({ sentence: `--ca ${oneLine(file)}: ${why}`, code: 2 })
  const pem = yield* Effect.try({
    try: () => readFileSync(file, "utf8"),
    catch: (error) => unusable(`it can't be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`)
  })
  yield* Effect.try({ try: () => new X509Certificate(pem), catch: () => unusable("it holds no certificate in PEM") })
  return tls({ ...at, ca: pem })
})
