/**
 * The PROXY protocol, version 2: a proxy says for whom it connects, before anything else, so that limits count by the client's own address.
 *
 * @module
 */
import * as Net from "node:net"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { type AddressRange, isWithin, parseAddress, parseRange } from "./addresses.ts"

/** What the first bytes of a connection say. */
export type Header =
  /** More bytes are needed to tell. */
  | "incomplete"
  /** They are no header of version 2, or one that nobody may send. */
  | "invalid"
  | {
      /** The client's address; undefined where the proxy speaks for itself, as when it looks whether the server lives. */
      readonly peer: string | undefined
      /** Bytes that belong to the header. */
      readonly length: number
    }

const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1")
const fixedLength = 16

/** The longest header that is read: addresses of 36 bytes, and what proxies add of their own. */
export const longestHeader = 4_096

/** Reads the header that a connection begins with. */
export const readHeader = (bytes: Buffer): Header => {
  const known = Math.min(bytes.length, signature.length)
  if (bytes.compare(signature, 0, known, 0, known) !== 0) return "invalid"
  if (bytes.length < fixedLength) return "incomplete"
  const [version, command] = [bytes[12]! >> 4, bytes[12]! & 0x0f]
  const length = fixedLength + bytes.readUInt16BE(14)
  if (version !== 2 || command > 1 || length > longestHeader) return "invalid"
  if (bytes.length < length) return "incomplete"
  if (command === local) return { peer: undefined, length }
  const addresses = bytes.subarray(fixedLength, length)
  const peer = peerIn(bytes[13]!, addresses)
  return peer === undefined ? "invalid" : { peer, length }
}

const local = 0
const tcpOver4 = 0x11
const tcpOver6 = 0x21

const peerIn = (family: number, addresses: Buffer): string | undefined => {
  if (family === tcpOver4 && addresses.length >= 12) return addresses.subarray(0, 4).join(".")
  if (family !== tcpOver6 || addresses.length < 36) return undefined
  const groups = Array.from({ length: 8 }, (_, nth) => addresses.readUInt16BE(2 * nth).toString(16))
  return new Net.SocketAddress({ address: groups.join(":"), family: "ipv6" }).address.replace(
    /^::ffff:(?=[0-9.]+$)/u,
    ""
  )
}

/** Why a connection that should begin with a header is closed. */
export class NoHeader extends Data.TaggedError("NoHeader")<{ readonly why: string }> {}

/** Takes the header off a connection, and gives whom it is for; what follows it is left to be read. */
export const takeHeader = (socket: Net.Socket): Effect.Effect<string | undefined, NoHeader> =>
  Effect.callback((resume) => {
    let bytes = Buffer.alloc(0)
    const stop = () => void socket.off("readable", look).off("end", ended).off("error", ended).off("close", ended)
    const fail = (why: string) => {
      stop()
      resume(Effect.fail(new NoHeader({ why })))
    }
    const look = () => {
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return
      bytes = Buffer.concat([bytes, chunk])
      const header = readHeader(bytes)
      if (header === "incomplete") return
      if (header === "invalid") return fail("it doesn't begin with a header of the PROXY protocol, version 2")
      stop()
      if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length))
      resume(Effect.succeed(header.peer))
    }
    const ended = () => fail("it ended before its header had come")
    socket.on("readable", look).once("end", ended).once("error", ended).once("close", ended)
    return Effect.sync(stop)
  })

/** Which addresses are trusted, by a list such as `127.0.0.1,10.0.0.0/8`; or what is wrong with it. */
export const trustedIn = (list: string): ((peer: string) => boolean) | string => {
  const ranges: Array<AddressRange> = []
  for (const item of list.split(",").map((text) => text.trim())) {
    const range = parseRange(item)
    if (range === undefined) return `${JSON.stringify(item)} is no address, and no range of them`
    ranges.push(range)
  }
  const isTrusted = isWithin(ranges)
  return (peer) => {
    const address = parseAddress(peer)
    return address !== undefined && isTrusted(address)
  }
}
