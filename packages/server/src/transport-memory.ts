/**
 * Connections in memory, for a server in simulated time: no sockets, nothing happens by itself.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Connection, Read, Reader, Transport, Writer } from "./transport.ts"

/** The client's end of a connection in memory. */
export interface MemoryClient {
  /** Sends bytes, or a text as UTF-8. */
  readonly send: (bytes: Uint8Array | string) => void
  /** Sends FIN. */
  readonly finish: () => void
  /** Breaks the connection. */
  readonly reset: () => void
  /** Takes nothing until `resume`: the server's writes wait. */
  readonly pause: () => void
  readonly resume: () => void
  /** What came since the last call, as text. */
  readonly take: () => string
  /** Whether the server's FIN has come. */
  readonly isFinished: () => boolean
  /** Whether the connection is gone. */
  readonly isGone: () => boolean
}

/** A transport whose connections are made by `connect`. */
export interface MemoryTransport extends Transport {
  readonly connect: (peer?: string) => MemoryClient
}

export const makeMemoryTransport = (): MemoryTransport => {
  let accept: ((connection: Connection) => void) | undefined
  return {
    listen: (callback) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          accept = callback
          return { host: "memory", port: 0 }
        }),
        () =>
          Effect.sync(() => {
            accept = undefined
          })
      ),
    connect: (peer = "127.0.0.1") => {
      const { client, connection } = makePair(peer)
      if (accept === undefined) client.reset()
      else accept(connection)
      return client
    }
  }
}

const makePair = (peer: string): { readonly client: MemoryClient; readonly connection: Connection } => {
  const toServer: Array<Uint8Array> = []
  let toClient = ""
  let reader: Reader | undefined
  let paused: { readonly bytes: Uint8Array; readonly writer: Writer } | undefined
  let isPaused = false
  let isClientFinished = false
  let isServerFinished = false
  let isGone = false
  let onGone: (() => void) | undefined
  const utf8 = new TextDecoder()

  const deliver = (bytes: Uint8Array) => {
    toClient += utf8.decode(bytes, { stream: true })
  }

  const next = (): Read | undefined => {
    if (isGone) return "gone"
    const bytes = toServer.shift()
    if (bytes !== undefined) return bytes
    return isClientFinished ? "fin" : undefined
  }

  const offer = () => {
    const taker = reader
    const read = taker === undefined ? undefined : next()
    if (taker === undefined || read === undefined) return
    reader = undefined
    taker.onRead(read)
  }

  const vanish = () => {
    if (isGone) return
    isGone = true
    paused = undefined
    offer()
    onGone?.()
  }

  const connection: Connection = {
    peer,
    read: (taker) => {
      const read = next()
      if (read === undefined) reader = taker
      return read
    },
    cancelRead: () => {
      reader = undefined
    },
    write: (bytes, writer) => {
      if (isGone) return false
      if (isPaused) {
        paused = { bytes, writer }
        return false
      }
      deliver(bytes)
      return true
    },
    finish: () => {
      isServerFinished = true
    },
    destroy: vanish,
    onGone: (callback) => {
      onGone = callback
      if (isGone) callback()
    }
  }

  const client: MemoryClient = {
    send: (bytes) => {
      toServer.push(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes)
      offer()
    },
    finish: () => {
      isClientFinished = true
      offer()
    },
    reset: vanish,
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
      const write = paused
      paused = undefined
      if (write === undefined) return
      deliver(write.bytes)
      write.writer.onAccepted()
    },
    take: () => {
      const text = toClient
      toClient = ""
      return text
    },
    isFinished: () => isServerFinished,
    isGone: () => isGone
  }

  return { client, connection }
}
