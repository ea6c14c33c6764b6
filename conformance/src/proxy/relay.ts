/**
 * Forwards two connections to one another, byte by byte: in order, at the pace of the slower side, with FIN as FIN and RST as RST.
 *
 * @module
 */
import type * as net from "node:net"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address } from "../wire/connection.ts"
import { pairUp } from "../wire/pairs.ts"
import { chunkOf, type Happening, type Side } from "./happening.ts"

/** It can't listen there, with what the system says. */
export class CannotListen extends Data.TaggedError("CannotListen")<{ readonly reason: string }> {}

/** A relay that listens. */
export interface Relay {
  readonly port: number
}

/**
 * Listens, and relays every connection to the target until the scope closes. What happens is told before it is handed on, in the
 * order in which it happens.
 *
 * @param tell must not throw: nothing that is told may change what is handed on
 */
export const relay = Effect.fnUntraced(function* (
  listen: Address,
  target: Address,
  tell: (happening: Happening) => void
): Effect.fn.Return<Relay, CannotListen, Scope.Scope> {
  const clock = yield* Clock.Clock
  const began = clock.currentTimeMillisUnsafe()
  let connections = 0
  const start = pairUp(listen, target, (client, upstream) => {
    connections += 1
    const own = { connection: connections }
    join(client, upstream, (what) => tell({ at: clock.currentTimeMillisUnsafe() - began, ...own, ...what }))
  })
  const { port } = yield* Effect.acquireRelease(
    Effect.tryPromise({ try: () => start, catch: (error) => new CannotListen({ reason: (error as Error).message }) }),
    ({ close }) => Effect.promise(close)
  )
  return { port }
})

type WithoutPlace<H> = H extends Happening ? Omit<H, "at" | "connection"> : never
type What = WithoutPlace<Happening>

const join = (client: net.Socket, upstream: net.Socket, tell: (what: What) => void): void => {
  // Nothing is taken from the client before the target is there to take it.
  client.pause()
  tell({ event: "opened", peer: `${client.remoteAddress}:${client.remotePort}` })
  let isOpen = false
  let open = 2

  const close = () => {
    open -= 1
    if (open === 0) tell({ event: "closed" })
  }
  const forward = (side: Side, from: net.Socket, to: net.Socket) => {
    from.on("data", (bytes: Buffer) => {
      tell({ event: "chunk", from: side, ...chunkOf(bytes) })
      if (to.destroyed || to.writableEnded || to.write(bytes)) return
      from.pause()
      to.once("drain", () => from.resume())
    })
    from.on("end", () => {
      tell({ event: "ended", from: side })
      to.end()
    })
    from.on("error", () => {
      if (!isOpen) return
      // What one side does to the other comes back as an error of this one: only the first is anybody's doing.
      if (!to.destroyed) tell({ event: "reset", from: side })
      to.resetAndDestroy()
    })
    from.on("close", close)
  }
  upstream.once("connect", () => {
    isOpen = true
    if (client.destroyed) upstream.destroy()
    client.resume()
  })
  upstream.once("error", (error) => {
    if (isOpen) return
    tell({ event: "unreachable", reason: error.message })
    client.destroy()
  })
  forward("client", client, upstream)
  forward("server", upstream, client)
}
