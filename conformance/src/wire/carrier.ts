/**
 * What carries lines: TCP as they are; a WebSocket as text messages. Tests write bytes of lines and get lines, whatever it is.
 *
 * Over a WebSocket a chunk without LF is a frame that doesn't end its message, so that a line in many chunks is a message in many
 * frames.
 *
 * @module
 */
import { closeCodeIn, closing, encodeFrame, type Frame, makeFrameDecoder, opcodes } from "./frames.ts"

/** What bytes of the target brought. */
export type Brought =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "Ping" | "Pong"; readonly payload: Uint8Array }
  | { readonly _tag: "Close"; readonly code: number }
  | { readonly _tag: "Breach"; readonly reason: string }

export interface Carrier {
  /** Bytes of lines, as they go on the wire. */
  readonly wrap: (chunk: Uint8Array) => Uint8Array
  /** What has come. */
  readonly unwrap: (chunk: Uint8Array) => ReadonlyArray<Brought>
  /** What says, ahead of FIN, that this side has ended; nothing where FIN says it. */
  readonly farewell: Uint8Array | undefined
}

export const tcpCarrier: Carrier = {
  wrap: (chunk) => chunk,
  unwrap: (bytes) => [{ _tag: "Bytes", bytes }],
  farewell: undefined
}

const LF = 0x0a

export const makeWebSocketCarrier = (): Carrier => {
  const decoder = makeFrameDecoder()
  let midMessage = false
  let closed = false
  let pieces: Array<Uint8Array> = []

  const wrap = (chunk: Uint8Array): Uint8Array => {
    const frames: Array<Uint8Array> = []
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(LF, from)
      const fin = end !== -1
      const payload = chunk.subarray(from, fin ? end : undefined)
      frames.push(encodeFrame({ fin, opcode: midMessage ? opcodes.continuation : opcodes.text, payload }))
      midMessage = !fin
      from = fin ? end + 1 : chunk.length
    }
    return Buffer.concat(frames)
  }

  const breach = (reason: string): Brought => ({ _tag: "Breach", reason })

  const take = (frame: Frame): ReadonlyArray<Brought> => {
    const { fin, masked, opcode, payload, reserved } = frame
    if (closed) return [breach("a frame came after the Close frame")]
    if (masked) return [breach("a frame of the server is masked")]
    if (reserved !== 0) return [breach("a reserved bit is set, and no extension was agreed on")]
    if (opcode >= opcodes.close && (!fin || payload.length > 125))
      return [breach("a control frame is cut, or too long")]
    switch (opcode) {
      case opcodes.close:
        closed = true
        return [{ _tag: "Close", code: closeCodeIn(payload) }]
      case opcodes.ping:
        return [{ _tag: "Ping", payload }]
      case opcodes.pong:
        return [{ _tag: "Pong", payload }]
      case opcodes.text:
      case opcodes.continuation:
        if ((opcode === opcodes.text) === pieces.length > 0)
          return [breach("a message begins amid another, or goes on without having begun")]
        pieces.push(payload)
        return fin ? [whole()] : []
      default:
        return [breach(opcode === opcodes.binary ? "a message is binary" : `a frame has the opcode ${opcode}`)]
    }
  }
  const whole = (): Brought => {
    const message = Buffer.concat(pieces)
    pieces = []
    return message.includes(LF)
      ? breach("a message holds an LF")
      : { _tag: "Bytes", bytes: Buffer.concat([message, Buffer.of(LF)]) }
  }
  return {
    wrap,
    unwrap: (chunk) => decoder.push(chunk).flatMap(take),
    farewell: encodeFrame({ opcode: opcodes.close, payload: closing(1000) })
  }
}
