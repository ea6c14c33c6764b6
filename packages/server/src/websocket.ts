/**
 * A WebSocket as a connection (spec/websocket.md): a line is a text message without its LF, backpressure works in both directions.
 *
 * @module
 */
import type * as Net from "node:net"
import { type ByeCode, byeRegistry } from "@tertulia/protocol"
import { WebSocket } from "ws"
import { Breach, type Connection, type Read, type Reader, type Writer } from "./transport.ts"

/**
 * A WebSocket that doesn't close by itself. The library would do that at once, when a Close frame comes or the client breaks the
 * rules, and would take with it the replies that are owed, and the `bye`.
 */
export class PatientWebSocket extends WebSocket {
  /** Called when nothing more will be read: with the code that the library would close with. */
  onEnd: (code: number | undefined) => void = () => {}

  override close(code?: number): void {
    // Our own Close frame was sent before: now that the client's has come, too, the library ends the connection.
    if (this.readyState === WebSocket.CLOSING) super.close()
    this.onEnd(code)
  }

  /** Sends the Close frame. */
  closeWith(code: number): void {
    super.close(code)
  }
}

const LF = 0x0a
const CR = 0x0d
const none = new Uint8Array(0)

/** The close code of a connection that ended without a `bye` of the server's own (WS-CLOSE-1). */
const normal = 1000

/** Makes a connection of a WebSocket that has just been opened. */
export const connect = (
  webSocket: PatientWebSocket,
  socket: Net.Socket,
  peer: string,
  isEncrypted = false
): Connection => {
  let reader: Reader | undefined
  // Frames that were handed over and not accepted, and what is to be told when there are none.
  let sending = 0
  let writer: Writer | undefined
  let came: Array<Uint8Array> = []
  let why: ByeCode | undefined
  // Why nothing more can be read, and the close code that this calls for in place of the one of the `bye`.
  let breach: Breach | undefined
  let fault: number | undefined
  let isBroken = false
  let ended = false
  let leaving = false
  let gone = false
  let onGone: (() => void) | undefined

  const next = (): Read | undefined => {
    if (gone) return "gone"
    if (came.length > 0) {
      const bytes = Buffer.concat(came)
      came = []
      return bytes
    }
    if (breach !== undefined && !leaving) return breach
    return ended ? "fin" : undefined
  }

  // The only place where a waiting reader is called, so that bytes have one taker.
  const offer = (read = reader === undefined ? undefined : next()) => {
    const taker = reader
    if (taker === undefined || read === undefined) return
    reader = undefined
    taker.onRead(read)
  }

  const refuse = (code: number) => {
    fault = code
    breach = breachOf(code)
  }

  webSocket.on("message", (data: Buffer, isBinary) => {
    if (leaving || breach !== undefined) return
    if (isBinary) return refuse(1003)
    came.push(lineOf(data))
    if (reader === undefined) webSocket.pause()
  })
  // The library's listener was first, so the messages of this chunk are here. Whatever came is a sign of life (HEART-1).
  socket.on("data", (chunk: Buffer) => {
    if (leaving) came.push(chunk)
    if (reader !== undefined) offer(next() ?? none)
  })
  // A fault is told of by an error that follows in the same turn; without one, it was the client's Close frame.
  webSocket.on("error", () => {
    isBroken = true
  })
  webSocket.onEnd = (code) =>
    queueMicrotask(() => {
      if (isBroken && code !== undefined) refuse(code)
      else ended = true
      offer()
    })
  socket.on("end", () => {
    ended = true
    offer()
  })
  socket.on("close", () => {
    gone = true
    offer()
    onGone?.()
  })

  // Counted, and not read from what is left: a pong frame may stand behind what is ours.
  const written = () => {
    sending -= 1
    if (sending > 0 || writer === undefined) return
    const waiting = writer
    writer = undefined
    waiting.onAccepted()
  }

  return {
    peer,
    isEncrypted,
    read: (taker) => {
      const read = next()
      if (read !== undefined) return read
      reader = taker
      webSocket.resume()
      return undefined
    },
    cancelRead: () => {
      reader = undefined
    },
    write: (bytes, taker) => {
      if (gone || webSocket.readyState !== WebSocket.OPEN) return false
      socket.cork()
      for (const line of linesOf(bytes)) {
        sending += 1
        webSocket.send(line, { binary: false }, written)
      }
      socket.uncork()
      if (socket.writableLength === 0) return true
      writer = taker
      return false
    },
    because: (code) => {
      why = code
    },
    finish: () => {
      leaving = true
      webSocket.closeWith(fault ?? closeCodeOf(why))
      webSocket.resume()
    },
    destroy: () => webSocket.terminate(),
    onGone: (callback) => {
      onGone = callback
      if (gone) callback()
    }
  }
}

/** A message as a line. An LF in it becomes CR: whitespace between tokens as before, and forbidden in a string as before. */
const lineOf = (message: Buffer): Buffer => {
  for (let at = message.indexOf(LF); at !== -1; at = message.indexOf(LF, at + 1)) message[at] = CR
  return Buffer.concat([message, Buffer.of(LF)])
}

/** Each line without its LF. */
const linesOf = function* (bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0, end = bytes.indexOf(LF); end !== -1; from = end + 1, end = bytes.indexOf(LF, from)) {
    yield bytes.subarray(from, end)
  }
}

const closeCodeOf = (why: ByeCode | undefined): number => (why === undefined ? normal : byeRegistry[why].close)

const breachOf = (code: number): Breach =>
  code === byeRegistry["line-too-long"].close
    ? new Breach({ code: "line-too-long", message: "a message is longer than limits.line - 1 bytes" })
    : new Breach({ code: "not-tertulia", message: breaches[code] ?? "the client broke the WebSocket protocol" })

/** What a client has done that is answered by a close code. */
const breaches: Readonly<Record<number, string>> = {
  1003: "a message is binary: each is one JSON object as text",
  1007: "a message is not UTF-8",
  1008: "a message has too many frames"
}
