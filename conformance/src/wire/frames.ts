/**
 * The frames of a WebSocket (RFC 6455, section 5), written and read one by one: whoever judges them can't leave them to a library,
 * which would refuse to send a wrong one.
 *
 * @module
 */

/** What a frame is. */
export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const

/** One frame. */
export interface Frame {
  /** Whether the message ends with it. */
  readonly fin: boolean
  /** The three reserved bits, 0 to 7. */
  readonly reserved: number
  readonly opcode: number
  readonly masked: boolean
  /** Unmasked. */
  readonly payload: Uint8Array
}

/** A frame to be written: a client's last one of a message, unless it says otherwise. */
export type FrameLike = Pick<Frame, "opcode"> &
  Partial<Omit<Frame, "payload">> & { readonly payload?: Uint8Array | string }

const key = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d)

/** The bytes of a frame. */
export const encodeFrame = ({
  fin = true,
  masked = true,
  opcode,
  payload = "",
  reserved = 0
}: FrameLike): Uint8Array => {
  const body = typeof payload === "string" ? new TextEncoder().encode(payload) : payload
  const length = lengthOf(body.length)
  const head = Uint8Array.of(
    (fin ? 0x80 : 0) | (reserved << 4) | opcode,
    (masked ? 0x80 : 0) | length[0]!,
    ...length.slice(1),
    ...(masked ? key : [])
  )
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(masked ? maskedBy(key, body) : body, head.length)
  return bytes
}

const lengthOf = (length: number): ReadonlyArray<number> => {
  if (length < 126) return [length]
  const [marker, count] = length < 65_536 ? [126, 2] : [127, 8]
  return [marker, ...Array.from({ length: count }, (_, at) => Math.floor(length / 256 ** (count - 1 - at)) % 256)]
}

const maskedBy = (mask: Uint8Array, bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => byte ^ mask[at % 4]!)

/** The payload of a Close frame. */
export const closing = (code: number, reason = ""): Uint8Array =>
  Uint8Array.of(code >> 8, code & 0xff, ...new TextEncoder().encode(reason))

/** The code of a Close frame; 1005 stands for none (RFC 6455, section 7.1.5). */
export const closeCodeIn = (payload: Uint8Array): number =>
  payload.length < 2 ? 1005 : payload[0]! * 256 + payload[1]!

/** Takes bytes as they come and gives frames as they end. */
export interface FrameDecoder {
  readonly push: (chunk: Uint8Array) => ReadonlyArray<Frame>
  /** The bytes of a frame that has not ended. */
  readonly rest: () => Uint8Array
}

export const makeFrameDecoder = (): FrameDecoder => {
  let held: Uint8Array = new Uint8Array(0)
  return {
    push: (chunk) => {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      const frames: Array<Frame> = []
      let from = 0
      for (let found = frameIn(bytes, from); found !== undefined; found = frameIn(bytes, from)) {
        frames.push(found.frame)
        from = found.end
      }
      held = bytes.subarray(from)
      return frames
    },
    rest: () => held
  }
}

const frameIn = (bytes: Uint8Array, from: number): { readonly frame: Frame; readonly end: number } | undefined => {
  const [first, second] = [bytes[from], bytes[from + 1]]
  if (first === undefined || second === undefined) return undefined
  const masked = (second & 0x80) !== 0
  const short = second & 0x7f
  const count = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = from + 2 + count
  const body = start + (masked ? 4 : 0)
  if (bytes.length < body) return undefined
  const length = count === 0 ? short : bytes.subarray(from + 2, start).reduce((sum, byte) => sum * 256 + byte, 0)
  const end = body + length
  if (bytes.length < end) return undefined
  const payload = bytes.subarray(body, end)
  const frame: Frame = {
    fin: (first & 0x80) !== 0,
    reserved: (first >> 4) & 0x7,
    opcode: first & 0xf,
    masked,
    payload: masked ? maskedBy(bytes.subarray(start, body), payload) : payload
  }
  return { frame, end }
}
