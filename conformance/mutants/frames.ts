/**
 * Taps on a WebSocket: on the heads of its handshake, and on its frames.
 *
 * @module
 */
import { encodeFrame, type Frame, type FrameLike, makeFrameDecoder } from "../src/wire/frames.ts"
import type { Tap, Wire } from "./mutant.ts"

/** What a mutant does on its way from the client and to it. What gives `undefined` passes as it is. */
export interface WebTap {
  /** The head of the client's request. */
  readonly asking?: (head: string, wire: Wire) => string | undefined
  /** The head of the server's answer, and that of the request. */
  readonly answering?: (head: string, asked: string, wire: Wire) => string | undefined
  /** A frame of the client; `amid` says that it comes between the frames of a message. */
  readonly fromClient?: (frame: Frame, amid: boolean, wire: Wire) => ReadonlyArray<FrameLike> | undefined
  /** A frame of the server. */
  readonly fromServer?: (frame: Frame, wire: Wire) => ReadonlyArray<FrameLike> | undefined
}

/** A tap made of these; what they change counts as a hit. */
export const webTap =
  ({ answering, asking, fromClient, fromServer }: WebTap) =>
  (): Tap => {
    const connections = new WeakMap<Wire, ReturnType<typeof makeConnection>>()
    const of = (wire: Wire) => {
      const connection = connections.get(wire) ?? makeConnection()
      connections.set(wire, connection)
      return connection
    }
    const noted = <A>(changed: A | undefined, wire: Wire): A | undefined => {
      if (changed !== undefined) wire.hit()
      return changed
    }
    return {
      bytes: (chunk, wire) => {
        const { client } = of(wire)
        return client.push(
          chunk,
          (head) => noted(asking?.(head, wire), wire),
          (frame, amid) => noted(fromClient?.(frame, amid, wire), wire)
        )
      },
      replyBytes: (chunk, wire) => {
        const { client, server } = of(wire)
        return server.push(
          chunk,
          (head) => noted(answering?.(head, client.head(), wire), wire),
          (frame) => noted(fromServer?.(frame, wire), wire)
        )
      }
    }
  }

const makeConnection = () => ({ client: makeSide(), server: makeSide() })

/** One side of a connection: its head, then its frames. */
const makeSide = () => {
  const decoder = makeFrameDecoder()
  let held = Buffer.alloc(0)
  let head: string | undefined
  let amid = false

  const push = (
    chunk: Buffer,
    onHead: (head: string) => string | undefined,
    onFrame: (frame: Frame, amid: boolean) => ReadonlyArray<FrameLike> | undefined
  ): ReadonlyArray<Buffer> => {
    const passed: Array<Uint8Array> = []
    let bytes = chunk
    if (head === undefined) {
      held = Buffer.concat([held, chunk])
      const end = held.indexOf("\r\n\r\n")
      if (end === -1) return []
      head = held.subarray(0, end + 4).toString("latin1")
      passed.push(Buffer.from(onHead(head) ?? head, "latin1"))
      bytes = held.subarray(end + 4)
    }
    for (const frame of decoder.push(bytes)) {
      for (const each of onFrame(frame, amid) ?? [frame]) passed.push(encodeFrame(each))
      if (frame.opcode < 0x8) amid = !frame.fin
    }
    return passed.length === 0 ? [] : [Buffer.concat(passed)]
  }
  return { push, head: () => head ?? "" }
}
