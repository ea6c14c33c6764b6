/**
 * `tertulia dev-cert`: a certificate to try TLS with, which nobody trusts but who is given it.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { isIP } from "node:net"
import { join } from "node:path"
import { defaultTlsPort } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { writeFault } from "./operate/disk.ts"
import { newFile } from "./operate/new-file.ts"
import { selfSigned } from "./self-signed.ts"
import { oneLine } from "./settings.ts"
import { UsageFault } from "./usage.ts"

/** The names that a certificate is for when nobody says which. */
const loopback = ["localhost", "127.0.0.1", "::1"]

export const devCert = Command.make(
  "dev-cert",
  {
    hosts: Argument.String("host").pipe(
      Argument.withDescription("Names and addresses that it is for, besides localhost, 127.0.0.1 and ::1"),
      Argument.variadic()
    ),
    out: Flag.String("out").pipe(
      Flag.withMetavar("folder"),
      Flag.withDescription("Where cert.pem and key.pem are written [default .]"),
      Flag.withDefault(".")
    ),
    days: Flag.Int("days").pipe(
      Flag.withDescription("How long it is good [default 30]"),
      Flag.filter(
        (days) => days >= 1 && days <= 825,
        () => "1 to 825"
      ),
      Flag.withDefault(30)
    ),
    overwrite: Flag.Boolean("overwrite").pipe(
      Flag.withDescription("Whether files that are there are replaced"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function* ({ days, hosts, out, overwrite }) {
    const odd = hosts.find((host) => isIP(host) === 0 && !hostName.test(host))
    if (odd !== undefined)
      return yield* new UsageFault({ message: `${JSON.stringify(odd)} is no host name or address` })
    const now = yield* Clock.currentTimeMillis
    const { cert, key } = yield* Effect.promise(() =>
      selfSigned([...new Set([...loopback, ...hosts])], now, now + days * 86_400_000)
    )
    const [certFile, keyFile] = [join(out, "cert.pem"), join(out, "key.pem")]
    yield* Effect.try({ try: () => mkdirSync(out, { recursive: true }), catch: (error) => writeFault(out, error) })
    const files = [
      { file: yield* newFile(keyFile, overwrite), text: key, mode: 0o600 },
      { file: yield* newFile(certFile, overwrite), text: cert, mode: 0o644 }
    ]
    for (const { file, mode, text } of files) {
      yield* Effect.try({
        try: () => writeFileSync(file.draft, text, { mode, flag: "wx" }),
        catch: (error) => writeFault(out, error)
      })
    }
    for (const { file } of files) yield* file.publish
    yield* Console.log(
      [
        `${oneLine(certFile)} and ${oneLine(keyFile)} are good for ${days} ${days === 1 ? "day" : "days"}, to try TLS with:`,
        `  npm start -- --tls-cert ${certFile} --tls-key ${keyFile}`,
        `  npm run chat -- --tls --ca ${certFile} --nick ana localhost:${defaultTlsPort}`
      ].join("\n")
    )
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Make a self-signed certificate and its key, to try TLS with on one's own machines. Whoever connects has to be given the certificate; people at large need one of an authority."
  ),
  Command.withShortDescription("Make a self-signed certificate, to try TLS with")
)

const hostName = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/iu
