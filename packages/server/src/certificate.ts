/**
 * The certificate of a server and its key, as PEM files: read anew when they change, while connections go on.
 *
 * @module
 */
import { constants, createPrivateKey, X509Certificate } from "node:crypto"
import { readFile } from "node:fs/promises"
import * as Tls from "node:tls"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { readFault } from "./operate/disk.ts"
import { oneLine } from "./settings.ts"
import { UsageFault } from "./usage.ts"

/** Where a certificate and its key are. */
export interface CertificateFiles {
  /** The certificate, and those between it and its root. */
  readonly cert: string
  readonly key: string
}

export interface Certificate {
  /** What connections that come now are shown. */
  readonly context: () => Tls.SecureContext
  /** Reads the files, and takes what is in them if it is new and good. Whatever is wrong is logged, and the one before stays. */
  readonly refresh: Effect.Effect<void>
}

interface Loaded {
  readonly pem: string
  readonly context: Tls.SecureContext
  /** For whom it is and until when, in words. */
  readonly about: string
  /** The end of its time, in milliseconds since 1970. */
  readonly until: number
}

/** Reads a certificate, which must be good enough to begin with. */
export const openCertificate = Effect.fnUntraced(function* (
  files: CertificateFiles
): Effect.fn.Return<Certificate, UsageFault> {
  let loaded = yield* load(files, yield* read(files))
  // What has been complained of once is known.
  let refused = ""
  yield* Effect.logInfo(`the certificate is ${loaded.about}`)
  yield* warnOfEnd(loaded)

  const refresh = Effect.gen(function* () {
    const pem = yield* read(files)
    if (pem.all === loaded.pem || pem.all === refused) return
    refused = pem.all
    loaded = yield* load(files, pem)
    refused = ""
    yield* Effect.logInfo(`the certificate was renewed: it is ${loaded.about}`)
    yield* warnOfEnd(loaded)
  }).pipe(Effect.catch(({ message }) => Effect.logError(`the certificate stays the one before: ${message}`)))

  return { context: () => loaded.context, refresh }
})

/** Refreshes a certificate again and again, and whenever it is asked to. */
export const keepFresh = (
  certificate: Certificate,
  asked: Effect.Effect<void>,
  every: Duration.Input = "1 minute"
): Effect.Effect<never> =>
  Effect.forever(Effect.andThen(Effect.raceFirst(Effect.sleep(every), asked), certificate.refresh))

/** Waits for SIGHUP. */
export const hangUpSignal: Effect.Effect<void> = Effect.callback((resume) => {
  const heard = () => resume(Effect.void)
  process.once("SIGHUP", heard)
  return Effect.sync(() => process.off("SIGHUP", heard))
})

interface Pem {
  readonly cert: string
  readonly key: string
  readonly all: string
}

const read = Effect.fnUntraced(function* ({ cert, key }: CertificateFiles): Effect.fn.Return<Pem, UsageFault> {
  const textOf = (path: string) =>
    Effect.tryPromise({ try: () => readFile(path, "utf8"), catch: (error) => readFault(path, error) })
  const pem = { cert: yield* textOf(cert), key: yield* textOf(key) }
  return { ...pem, all: `${pem.cert}\n${pem.key}` }
})

const load = (files: CertificateFiles, { all, cert, key }: Pem): Effect.Effect<Loaded, UsageFault> =>
  Effect.gen(function* () {
    const [certName, keyName] = [oneLine(files.cert), oneLine(files.key)]
    const parsed = yield* trying(() => new X509Certificate(cert), `${certName} holds no certificate in PEM`)
    const secret = yield* trying(
      () => createPrivateKey(key),
      `${keyName} holds no private key in PEM, or one that is encrypted`
    )
    if (!parsed.checkPrivateKey(secret)) {
      return yield* new UsageFault({ message: `the key in ${keyName} isn't that of the certificate in ${certName}` })
    }
    const context = yield* trying(
      () =>
        Tls.createSecureContext({ cert, key, minVersion: "TLSv1.2", secureOptions: constants.SSL_OP_NO_RENEGOTIATION }),
      `${certName} can't be used`
    )
    const names = oneLine((parsed.subjectAltName ?? parsed.subject).replaceAll(/DNS:|IP Address:/gu, ""))
    const until = Date.parse(parsed.validTo)
    return { pem: all, context, until, about: `for ${names}, good until ${new Date(until).toISOString().slice(0, 10)}` }
  })

const trying = <A>(attempt: () => A, message: string): Effect.Effect<A, UsageFault> =>
  Effect.try({
    try: attempt,
    catch: (error) =>
      new UsageFault({ message: `${message}: ${oneLine(error instanceof Error ? error.message : String(error))}` })
  })

/** Time before the end of a certificate in which its operator is told. */
const noticeMillis = 14 * 86_400_000

const warnOfEnd = ({ about, until }: Loaded): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    until - now < noticeMillis
      ? Effect.logWarning(`the certificate ends soon, or has ended: it is ${about}`)
      : Effect.void
  )
