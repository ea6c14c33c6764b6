/**
 * The seam between the server and whatever carries its bytes: TCP, TLS, WebSocket, memory in tests.
 *
 * @module
 */
import type { ByeCode } from "@tertulia/protocol"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** The client broke the rules of what carries its lines, so that nothing more can be read. */
export class Breach extends Data.TaggedError("Breach")<{ readonly code: ByeCode; readonly message: string }> {}

/**
 * Why a read gave no bytes: the client has ended its side (FIN, or a Close frame); the connection is gone (reset, or destroyed); or the
 * client broke the transport's rules.
 */
export type NoBytes = "fin" | "gone" | Breach

/** What a read gave. */
export type Read = Uint8Array | NoBytes

/** Whoever waits for what is read. */
export interface Reader {
  readonly onRead: (read: Read) => void
}

/** Whoever waits until what was written is accepted. */
export interface Writer {
  readonly onAccepted: () => void
}

/** One connection, as bytes. It belongs to one session. */
export interface Connection {
  /** The client's address, without its port: what `limits.connections` counts by. */
  readonly peer: string
  /** Waits until bytes may go both ways, as after the handshake of TLS; absent where they may at once. Nothing else is done before. */
  readonly opening?: Effect.Effect<void, "gone"> | undefined
  /** Whether nobody but the two ends can read the bytes, as with TLS. */
  readonly isEncrypted?: boolean
  /**
   * The next bytes; none when something came that is no part of a line, but a sign of life. Nothing when nothing is there: then the reader
   * is called, later and once. While nobody reads, little is taken from the network, so that the client is held up. One at a time.
   */
  readonly read: (reader: Reader) => Read | undefined
  /** Has the reader that waits, if one does, not called any more. */
  readonly cancelRead: () => void
  /**
   * Hands the bytes of whole lines over, one write at a time: true when they were accepted at once; else the writer is called when they
   * are, and there must be no other write until then.
   */
  readonly write: (bytes: Uint8Array, writer: Writer) => boolean
  /** Is told the code of the `bye` that comes last, where the end of the connection can say it, too (WS-13). */
  readonly because?: (code: ByeCode) => void
  /** Ends this side after what was written, by FIN or a Close frame. Reading goes on. */
  readonly finish: () => void
  /** Frees the connection at once, whatever waits. */
  readonly destroy: () => void
  /** Calls back once, when the connection is gone; at once if it is already. */
  readonly onGone: (callback: () => void) => void
}

/** The next bytes of a connection, once they are there. */
export const nextBytes = (connection: Connection): Effect.Effect<Uint8Array, NoBytes> =>
  Effect.callback((resume) => {
    const onRead = (read: Read) => resume(read instanceof Uint8Array ? Effect.succeed(read) : Effect.fail(read))
    const read = connection.read({ onRead })
    if (read !== undefined) return onRead(read)
    return Effect.sync(() => connection.cancelRead())
  })

/** Whoever doesn't look whether what was written is accepted. */
export const carefree: Writer = { onAccepted: () => {} }

/** Whether no third party can read what goes over a connection: TLS carries it, or it doesn't leave the machine. */
export const isPrivate = ({ isEncrypted = false, peer }: Connection): boolean =>
  isEncrypted || peer === "::1" || /^127\.[0-9.]+$/u.test(peer)

/** All connections of a server, whatever they come over: so many there may be (HELLO-6). */
export interface Crowd {
  readonly isFull: () => boolean
  readonly enter: () => void
  readonly leave: () => void
}

export const makeCrowd = (limit: number): Crowd => {
  let there = 0
  return {
    isFull: () => there >= limit,
    enter: () => void there++,
    leave: () => void there--
  }
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

/** A transport that says where it listens, once it does. */
export const told = ({ listen }: Transport, say: (at: Address) => Effect.Effect<void>): Transport => ({
  listen: (accept) => Effect.tap(listen(accept), say)
})
