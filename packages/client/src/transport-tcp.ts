/**
 * The transport over TCP (spec/wire.md).
 *
 * @module
 */

import * as Net from "node:net"
import { helloBytes, type Line, makeLineDecoder } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Unreachable } from "./errors.ts"
import { type Transport, TransportEnded } from "./transport.ts"

/** Where a server listens. */
export interface TcpAddress {
  readonly host: string
  readonly port: number
}

/** Where a server is, as people write it. */
export const addressOf = ({ host, port }: TcpAddress): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

/**
 * Connects over TCP; closed with the scope. Fails with `Unreachable` when nobody answers within ten seconds.
 */
export const tcp = ({ host, port }: TcpAddress): Effect.Effect<Transport, Unreachable, Scope.Scope> =>
  connecting({ host, port }, "connect", () => Net.connect({ host, port, noDelay: true }))

/** Waits until a socket is open for use, which an event tells; closed with the scope. */
export const connecting = Effect.fnUntraced(function* (
  at: TcpAddress,
  opens: "connect" | "secureConnect",
  connect: () => Net.Socket
): Effect.fn.Return<Transport, Unreachable, Scope.Scope> {
  const address = addressOf(at)
  const socket = yield* Effect.acquireRelease(open(connect, opens, address), (socket) =>
    Effect.sync(() => socket.destroy())
  )
  return over(socket, address)
})

const open = (
  connect: () => Net.Socket,
  opens: "connect" | "secureConnect",
  address: string
): Effect.Effect<Net.Socket, Unreachable> =>
  Effect.callback<Net.Socket, Unreachable>((resume) => {
    const socket = connect()
    const refuse = (cause: Error) => resume(Effect.fail(new Unreachable({ address, why: inWords(cause) })))
    socket.once("error", refuse)
    socket.once(opens, () => {
      socket.off("error", refuse)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: "10 seconds",
      orElse: () => Effect.fail(new Unreachable({ address, why: "no answer within 10 s" }))
    })
  )

const over = (socket: Net.Socket, address: string): Transport => {
  // Why the socket has ended, once it has; and who waits to be told of anything that happens to it.
  let ended: TransportEnded | undefined
  let wake = () => {}
  const end = (why: string) => {
    ended ??= new TransportEnded({ why })
    wake()
  }
  socket.on("readable", () => wake())
  socket.on("end", () => end("the server closed it without a bye"))
  socket.on("error", (cause) => end(inWords(cause)))
  socket.on("close", () => end("it was closed"))

  const read: Effect.Effect<Uint8Array, TransportEnded> = Effect.callback((resume) => {
    const attempt = () => {
      const bytes: Buffer | null = socket.read()
      if (bytes === null && ended === undefined) return
      wake = () => {}
      resume(bytes === null ? Effect.fail(ended!) : Effect.succeed(bytes))
    }
    wake = attempt
    attempt()
    return Effect.sync(() => {
      wake = () => {}
    })
  })

  const lines = makeLines()
  return {
    address,
    pull: Effect.suspend(() => (lines.waiting() ? Effect.succeed(new Uint8Array(0)) : read)).pipe(
      Effect.flatMap((bytes) => lines.take(bytes))
    ),
    limitLines: lines.limit,
    send: (objects) =>
      Effect.callback((resume) => {
        socket.write(objects.map((object) => `${object}\n`).join(""), (fault) =>
          resume(fault ? Effect.fail(new TransportEnded({ why: inWords(fault) })) : Effect.void)
        )
      }),
    close: Effect.callback<void>((resume) => {
      if (socket.destroyed) return resume(Effect.void)
      socket.end(() => resume(Effect.void))
    }).pipe(Effect.timeoutOption("1 second"), Effect.andThen(Effect.sync(() => socket.destroy())))
  }
}

/** Bytes to lines: the first alone and under the limit of `hello`, the others under the limit that it announces. */
const makeLines = () => {
  let announced = false
  let decoder = makeLineDecoder(helloBytes)
  // What came behind the first line, before the limit was known.
  let rest = new Uint8Array(0)
  let overrun = false

  const decode = (bytes: Uint8Array): Effect.Effect<ReadonlyArray<Line>, TransportEnded> => {
    const { lines, tooLong } = decoder.push(bytes)
    overrun = tooLong
    // The lines before the endless one are sound, and come first.
    return tooLong && lines.length === 0
      ? Effect.fail(new TransportEnded({ why: "the server sent a line that is too long" }))
      : Effect.succeed(lines)
  }
  const take = (bytes: Uint8Array): Effect.Effect<ReadonlyArray<Line>, TransportEnded> => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    const firstEnds = all.indexOf(0x0a) + 1
    const now = announced || firstEnds === 0 ? all : all.subarray(0, firstEnds)
    rest = Uint8Array.from(all.subarray(now.length))
    return decode(now)
  }
  return {
    take,
    /** Whether `take` has something to look at without new bytes. */
    waiting: () => overrun || rest.length > 0,
    limit: (bytes: number) => {
      announced = true
      decoder = makeLineDecoder(bytes)
    }
  }
}

const unknownAuthority = "nobody who is trusted here has signed its certificate: name who has by --ca"

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (connection refused)",
  ECONNRESET: "the server reset it",
  EPIPE: "the server closed it without a bye",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no such host",
  EHOSTUNREACH: "no way to that host",
  ENETUNREACH: "no way to that network",
  ETIMEDOUT: "no answer",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by nobody but itself: name it by --ca if you know it",
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate isn't valid yet: look at the clocks of both machines",
  CERT_REVOKED: "its certificate was revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
  ERR_SSL_WRONG_VERSION_NUMBER: "it doesn't speak TLS on that port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it doesn't speak TLS on that port",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "it speaks no version of TLS that is known here"
}

const inWords = (cause: Error): string => {
  // Node tries every address of a name, and then reports all failures as one.
  const [first] = cause instanceof AggregateError ? cause.errors : [cause]
  const code = first instanceof Error && "code" in first ? String(first.code) : ""
  return reasons[code] ?? (first instanceof Error ? first.message : String(first))
}
