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

/** What makes a connection. */
export type Way = ReturnType<typeof tcp>

/** The way to the server: over TLS, when that is asked for, with the certificates that the file holds. */
export const transportTo = (at: TcpAddress, { ca, isSecure }: Security): Effect.Effect<Way, Failed> => {
  if (isSecure)
    return ca === undefined ? Effect.succeed(tls(at)) : Effect.map(readPem(ca), (pem) => tls({ ...at, ca: pem }))
  if (ca === undefined) return Effect.succeed(tcp(at))
  return Effect.fail(new Failed({ sentence: "--ca is for --tls: give both", code: 2 }))
}

const readPem = Effect.fnUntraced(function* (file: string) {
  const unusable = (why: string) => new Failed({ sentence: `--ca ${oneLine(file)}: ${why}`, code: 2 })
  const pem = yield* Effect.try({
    try: () => readFileSync(file, "utf8"),
    catch: (error) => unusable(`it can't be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`)
  })
  yield* Effect.try({ try: () => new X509Certificate(pem), catch: () => unusable("it holds no certificate in PEM") })
  return pem
})
