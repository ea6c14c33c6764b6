/**
 * The handshake of a WebSocket (RFC 6455, section 4), as a client makes it: over HTTP/1.1, field by field as a test wants it.
 *
 * @module
 */
import { createHash } from "node:crypto"
import type * as net from "node:net"
import { subprotocol } from "@tertulia/protocol"
import * as Effect from "effect/Effect"

/** What a server answered to a handshake. */
export interface Answer {
  readonly status: number
  /** By their names in small letters. */
  readonly fields: Readonly<Record<string, string>>
}

/** The fields of a request; `undefined` leaves one out. */
export type Fields = Readonly<Record<string, string | undefined>>

// A client is to choose it by chance; here it need not be hard to guess, and the same run sends the same bytes.
const key = "dGVydHVsaWEgdjEga2V5IQ=="

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
const accepted = createHash("sha1").update(`${key}${guid}`).digest("base64")

/** The longest answer that is read, in bytes. */
const longest = 16_384

/** Where a WebSocket is to be had. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly path: string
}

/** The request that asks for a WebSocket. */
export const requestOf = ({ host, path, port }: Endpoint, fields: Fields = {}): string => {
  const all: Fields = {
    Host: host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": key,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": subprotocol,
    ...fields
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]))
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`
}

/** Asks for a WebSocket over a fresh connection, and reads the answer's head: what follows it stays to be read. */
export const shakeHands = (
  socket: net.Socket,
  endpoint: Endpoint,
  fields: Fields = {}
): Effect.Effect<Answer | string> =>
  Effect.callback<Answer | string>((resume) => {
    let head = Buffer.alloc(0)
    const finish = (outcome: Answer | string) => {
      socket.off("data", onData).off("error", onError).off("end", onEnd)
      resume(Effect.succeed(outcome))
    }
    const onError = (error: Error) => finish(error.message)
    const onEnd = () => finish("the connection ended in the handshake")
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf("\r\n\r\n")
      if (end === -1 && head.length <= longest) return
      socket.pause()
      if (end === -1) return finish(`no end of the answer's head within ${longest} bytes`)
      if (head.length > end + 4) socket.unshift(head.subarray(end + 4))
      finish(answerIn(head.subarray(0, end).toString("latin1")))
    }
    socket.on("data", onData).once("error", onError).once("end", onEnd).resume()
    socket.write(requestOf(endpoint, fields))
    return Effect.sync(() => socket.destroy())
  })

const answerIn = (head: string): Answer | string => {
  const [first = "", ...lines] = head.split("\r\n")
  const status = Number(/^HTTP\/1\.1 (\d{3})\b/u.exec(first)?.[1])
  if (Number.isNaN(status)) return `the answer is no HTTP/1.1: ${first.slice(0, 80)}`
  const fields = lines.map((line) => {
    const at = line.indexOf(":")
    return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()] as const
  })
  return { status, fields: Object.fromEntries(fields) }
}

/** Why an answer opens no WebSocket that speaks Tertulia; `undefined` when it does. */
export const faultOf = (answer: Answer | string): string | undefined => {
  if (typeof answer === "string") return answer
  const { fields, status } = answer
  if (status !== 101) return `the handshake is answered by ${status}`
  if (fields["sec-websocket-accept"] !== accepted) return "Sec-WebSocket-Accept is not of our key"
  return fields["sec-websocket-protocol"] === subprotocol ? undefined : `the server doesn't choose ${subprotocol}`
}
