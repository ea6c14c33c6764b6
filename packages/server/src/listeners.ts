/**
 * The ways into a server that its settings ask for. Each says in the log where it listens.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { hangUpSignal, keepFresh, openCertificate } from "./certificate.ts"
import type { Settings } from "./settings.ts"
import { type Address, type Transport, together } from "./transport.ts"
import { tcp } from "./transport-tcp.ts"
import { tls } from "./transport-tls.ts"
import type { UsageFault } from "./usage.ts"

/** TCP, and TLS where there is a certificate, which is kept fresh for as long as the scope lives. */
export const listenersOf = Effect.fnUntraced(function* (
  settings: Settings
): Effect.fn.Return<Transport, UsageFault, Scope.Scope> {
  const { data, host, port, tlsHost, tlsPort } = settings
  const plain = told(tcp({ host, port }), (at) => {
    const tryIt = `try: nc ${isWildcard(at.host) ? "localhost" : at.host} ${at.port}`
    return Effect.annotateLogs(Effect.logInfo(`listening on ${inWords(at)}; ${tryIt}`), { ...at, data })
  })
  if (settings.tlsCert === "") return plain
  const certificate = yield* openCertificate({ cert: settings.tlsCert, key: settings.tlsKey })
  yield* Effect.forkScoped(keepFresh(certificate, hangUpSignal))
  const onFailure = yield* failureLog
  const options = { host: tlsHost === "" ? host : tlsHost, port: tlsPort, certificate, onFailure }
  const secure = told(tls(options), (at) =>
    Effect.annotateLogs(Effect.logInfo(`listening on ${inWords(at)} for TLS`), { ...at, tls: true })
  )
  return together(plain, secure)
})

const told = ({ listen }: Transport, say: (at: Address) => Effect.Effect<void>): Transport => ({
  listen: (accept) => Effect.tap(listen(accept), say)
})

const inWords = ({ host, port }: Address): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`)

const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::"

/** Whoever comes may let handshakes fail as often as they like: the log gets one line in so many milliseconds. */
const quietMillis = 10_000

/** Logs a handshake that failed, or how many did since the line before. */
const failureLog: Effect.Effect<(peer: string, why: string) => void, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const run = yield* FiberSet.makeRuntime()
  let quietUntil = Number.NEGATIVE_INFINITY
  let untold = 0
  return (peer, why) => {
    const now = clock.currentTimeMillisUnsafe()
    if (now < quietUntil) {
      untold++
      return
    }
    const others = untold === 0 ? "" : `; ${untold} more since the last line like this`
    quietUntil = now + quietMillis
    untold = 0
    run(Effect.annotateLogs(Effect.logWarning(`a TLS handshake with ${peer} failed: ${why}${others}`), { peer }))
  }
})
