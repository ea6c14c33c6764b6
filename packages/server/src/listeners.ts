/**
 * The ways into a server that its settings ask for. Each says in the log where it listens.
 *
 * @module
 */
import { fileURLToPath } from "node:url"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { hangUpSignal, keepFresh, openCertificate } from "./certificate.ts"
import { parseOrigins } from "./origins.ts"
import { trustedIn } from "./proxy-header.ts"
import type { Settings } from "./settings.ts"
import { type Address, type Crowd, type Transport, together, told } from "./transport.ts"
import { type Proxies, tcp } from "./transport-tcp.ts"
import { tls } from "./transport-tls.ts"
import type { WebOptions } from "./transport-web.ts"
import type { UsageFault } from "./usage.ts"

/** TCP, and TLS where there is a certificate, which is kept fresh for as long as the scope lives. */
export const listenersOf = Effect.fnUntraced(function* (
  settings: Settings,
  crowd: Crowd
): Effect.fn.Return<Transport, UsageFault, Scope.Scope> {
  const { data, host, port, tlsHost, tlsPort } = settings
  const onFailure = yield* failureLog
  const trusted = settings.proxyProtocol === "" ? undefined : trustedIn(settings.proxyProtocol)
  const proxies =
    typeof trusted !== "function"
      ? {}
      : {
          proxies: {
            isTrusted: trusted,
            seconds: settings.limits.loginSeconds,
            onFailure: (peer: string, why: string) =>
              onFailure(peer, `a connection of the proxy ${peer} was closed`, why)
          }
        }
  const plain = told(tcp({ host, port, ...proxies }), (at) => {
    const tryIt = `try: nc ${reachable(at.host)} ${at.port}`
    return Effect.annotateLogs(Effect.logInfo(`listening on ${inWords(at)}; ${tryIt}`), { ...at, data })
  })
  const pages = settings.webPort === -1 ? [] : [pagesOf(settings, crowd, proxies)]
  if (settings.tlsCert === "") return together(plain, ...pages)
  const certificate = yield* openCertificate({ cert: settings.tlsCert, key: settings.tlsKey })
  yield* Effect.forkScoped(keepFresh(certificate, hangUpSignal))
  const options = {
    host: tlsHost === "" ? host : tlsHost,
    port: tlsPort,
    ...proxies,
    certificate,
    onFailure: (peer: string, why: string) => onFailure(peer, `a TLS handshake with ${peer} failed`, why)
  }
  const securePages =
    settings.webTlsPort === -1
      ? []
      : [
          pagesOf({ ...settings, host: options.host, webPort: settings.webTlsPort }, crowd, proxies, {
            certificate,
            flags: { host: "--tls-host", port: "--web-tls-port" }
          })
        ]
  const secure = told(tls(options), (at) =>
    Effect.annotateLogs(Effect.logInfo(`listening on ${inWords(at)} for TLS`), { ...at, tls: true })
  )
  return together(plain, secure, ...pages, ...securePages)
})

/** The folder of the web client, once it is built. */
const findFiles = () => fileURLToPath(new URL("dist", import.meta.resolve("@tertulia/web/package.json")))

const pagesOf = (
  { forwardedFrom, host, limits, origins, webPort }: Settings,
  crowd: Crowd,
  proxies: { readonly proxies?: Proxies },
  overTls?: Required<Pick<WebOptions, "certificate" | "flags">>
): Transport => {
  const isForwarding = forwardedFrom === "" ? undefined : trustedIn(forwardedFrom)
  const options = {
    ...{ host, port: webPort, limits, origins: parseOrigins(origins), files: findFiles(), crowd },
    ...proxies,
    ...overTls,
    ...(typeof isForwarding === "function" ? { isForwarding } : {})
  }
  const pages: Transport = {
    listen: (accept) =>
      // What only few need takes a while to load, and memory.
      Effect.flatMap(
        Effect.promise(() => import("./transport-web.ts")),
        ({ web }) => web(options).listen(accept)
      )
  }
  return told(pages, (at) =>
    Effect.logInfo(
      `in a browser: ${overTls === undefined ? "http" : "https"}://${inWords({ ...at, host: reachable(at.host) })}`
    ).pipe(Effect.annotateLogs({ host: at.host, webPort: at.port }))
  )
}

/** Where a server is, as people write it. */
export const inWords = ({ host, port }: Address): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/** A name for a server on this machine: a wildcard isn't one. */
const reachable = (host: string): string => (host === "0.0.0.0" || host === "::" ? "localhost" : host)

/** Whoever comes may fail as often as they like: the log gets one line in so many milliseconds. */
const quietMillis = 10_000

type LogFailure = (peer: string, what: string, why: string) => void

/** Logs what was wrong with somebody's connection before it was one, or how often that was so since the line before. */
const failureLog: Effect.Effect<LogFailure, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const run = yield* FiberSet.makeRuntime()
  let quietUntil = Number.NEGATIVE_INFINITY
  let untold = 0
  return (peer, what, why) => {
    const now = clock.currentTimeMillisUnsafe()
    if (now < quietUntil) {
      untold++
      return
    }
    const others = untold === 0 ? "" : `; ${untold} more since the last line like this`
    quietUntil = now + quietMillis
    untold = 0
    run(Effect.annotateLogs(Effect.logWarning(`${what}: ${why}${others}`), { peer }))
  }
})
