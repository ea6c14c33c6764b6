/**
 * What goes on beneath a connection over TLS: TCP without a handshake, handshakes of one version, and the records that come.
 *
 * @module
 */
import type * as net from "node:net"
import { Duplex } from "node:stream"
import * as tls from "node:tls"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Address, dial, dialBeneath } from "./dial.ts"

/** Nothing came of it within the time that was given. */
export class Waited extends Data.TaggedError("Waited")<{ readonly millis: number }> {}

const within = <A, E, R>(effect: Effect.Effect<A, E, R>, millis: number): Effect.Effect<A, E | Waited, R> =>
  Effect.timeoutOrElse(effect, { duration: millis, orElse: () => Effect.fail(new Waited({ millis })) })

/** A TCP connection on which no handshake is made. */
export interface Beneath {
  readonly write: (bytes: Uint8Array | string) => Effect.Effect<void>
  /** Waits for the target's end, and gives what came before it. */
  readonly ended: (millis: number) => Effect.Effect<Buffer, Waited>
}

/** Opens one; closed with the scope. */
export const beneath = (address: Address, millis: number): Effect.Effect<Beneath, Waited, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => dialBeneath(address)),
    (socket) => Effect.sync(() => socket.destroy())
  ).pipe(
    Effect.flatMap((socket) => {
      const chunks: Array<Buffer> = []
      let isOver = false
      const over = () => {
        isOver = true
      }
      socket.on("data", (chunk) => chunks.push(chunk)).on("error", over)
      socket.once("end", over).once("close", over)
      const open = Effect.callback<void>((resume) => {
        socket.once("connect", () => resume(Effect.void))
      })
      const ended = Effect.callback<Buffer>((resume) => {
        const give = () => resume(Effect.succeed(Buffer.concat(chunks)))
        if (isOver) return give()
        socket.once("end", give).once("close", give)
      })
      return Effect.as(within(open, millis), {
        write: (bytes) => Effect.sync(() => (socket.destroyed ? undefined : void socket.write(bytes))),
        ended: (patience) => within(ended, patience)
      } satisfies Beneath)
    })
  )

/** Writes a byte now and then, for as long as the scope lives. */
export const trickle = ({ write }: Beneath, everyMillis: number): Effect.Effect<unknown, never, Scope.Scope> =>
  Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(everyMillis), write(Uint8Array.of(0)))))

/** A version of TLS, as Node names them. */
export type Version = tls.SecureVersion

/** Whether a handshake of one of these versions comes to its end. Fails when it comes to none. */
export const shakesHands = (
  address: Address,
  [least, most]: readonly [least: Version, most: Version],
  millis: number
): Effect.Effect<boolean, Waited> => {
  // What is obsolete isn't offered by OpenSSL unless one insists.
  const versions = { minVersion: least, maxVersion: most, ciphers: "DEFAULT@SECLEVEL=0" }
  const shaken = Effect.callback<boolean>((resume) => {
    const { opens, raw, socket } = dial({ ...address, tls: { insecure: true } }, versions)
    const say = (answer: boolean) => {
      socket.destroy()
      raw.destroy()
      resume(Effect.succeed(answer))
    }
    socket
      .once(opens, () => say(true))
      .once("error", () => say(false))
      .once("close", () => say(false))
    return Effect.sync(() => raw.destroy())
  })
  return within(shaken, millis)
}

/** The kinds of records that TLS knows, by their first byte. */
export const alert = 0x15

/**
 * Says something over TLS 1.2, where kinds of records can be told from outside, and gives the kinds of all records that came before the
 * target's FIN.
 */
export const kindsOfRecords = (
  address: Address,
  text: string,
  millis: number
): Effect.Effect<ReadonlyArray<number>, Waited> => {
  const told = Effect.callback<ReadonlyArray<number>>((resume) => {
    const raw = dialBeneath(address)
    const kinds = recordReader()
    const through = passThrough(raw, kinds.push)
    const socket = tls.connect({ socket: through, maxVersion: "TLSv1.2", rejectUnauthorized: false })
    socket.on("error", () => {}).resume()
    socket.once("secureConnect", () => socket.write(text))
    raw.on("error", () => {})
    raw.once("end", () => {
      resume(Effect.succeed(kinds.all))
      raw.destroy()
    })
    raw.once("close", () => resume(Effect.succeed(kinds.all)))
    return Effect.sync(() => raw.destroy())
  })
  return within(told, millis)
}

/** A stream that is a socket, of which somebody else sees what comes. */
const passThrough = (raw: net.Socket, see: (chunk: Buffer) => void): Duplex => {
  const through = new Duplex({
    read: () => raw.resume(),
    write: (chunk, _encoding, done) => void raw.write(chunk, () => done()),
    final: (done) => {
      raw.end()
      done()
    }
  })
  raw.on("data", (chunk: Buffer) => {
    see(chunk)
    if (!through.push(chunk)) raw.pause()
  })
  raw.on("end", () => through.push(null))
  return through
}

/** Reads the kinds of records: each begins with its kind, two bytes of version, and two of length. */
const recordReader = () => {
  const all: Array<number> = []
  let rest = Buffer.alloc(0)
  const push = (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
      all.push(rest[0]!)
      rest = rest.subarray(5 + rest.readUInt16BE(3))
    }
  }
  return { all, push }
}
