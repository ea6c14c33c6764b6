/**
 * The seam between the server and whatever carries its bytes: TCP, TLS, WebSocket later, memory in tests.
 *
 * @module
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Why a read gave no bytes: the client's FIN came; the connection is gone (reset, or destroyed); or `wake` was called.
 */
export type NoBytes = "fin" | "gone" | "woken"

/** One connection, as bytes. It belongs to one session. */
export interface Connection {
  /** The client's address, without its port: what `limits.connections` counts by. */
  readonly peer: string
  /** Waits until bytes may go both ways, as after the handshake of TLS; absent where they may at once. Nothing else is done before. */
  readonly opening?: Effect.Effect<void, "gone">
  /** The next bytes. While nobody reads, little is taken from the network, so that the client is held up. One at a time. */
  readonly read: Effect.Effect<Uint8Array, NoBytes>
  /** Makes the read that is waiting, if one is, fail with `woken`. */
  readonly wake: () => void
  /**
   * Hands bytes over, one write at a time: true when they were accepted at once; else `accepted` is called when they
   * are, and there must be no other write until then.
   */
  readonly write: (bytes: Uint8Array, accepted: () => void) => boolean
  /** Sends FIN after what was written. Reading goes on. */
  readonly finish: () => void
  /** Frees the connection at once, whatever waits. */
  readonly destroy: () => void
  /** Calls back once, when the connection is gone; at once if it is already. */
  readonly onGone: (callback: () => void) => void
}

/** Where a server can be reached. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The server couldn't listen; the message is a sentence that says why and what to do. */
export class ListenFailed extends Data.TaggedError("ListenFailed")<{ readonly message: string }> {}

/** Something that accepts connections until its scope closes; those that it has accepted live on. */
export interface Transport {
  readonly listen: (accept: (connection: Connection) => void) => Effect.Effect<Address, ListenFailed, Scope.Scope>
}

/** Several ways in, as one; its address is that of the first. */
export const together = (first: Transport, ...others: ReadonlyArray<Transport>): Transport => ({
  listen: (accept) =>
    Effect.gen(function* () {
      const address = yield* first.listen(accept)
      for (const other of others) yield* other.listen(accept)
      return address
    })
})
