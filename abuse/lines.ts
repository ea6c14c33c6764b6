/**
 * A connection over TCP that sends objects and reads lines, from an address of the loopback of its own.
 *
 * @module
 */
import * as net from "node:net"

export type Json = Readonly<Record<string, unknown>>

export interface Lines {
  readonly socket: net.Socket
  readonly tell: (...objects: ReadonlyArray<Json>) => void
  /** Sends bytes as they are. */
  readonly write: (bytes: string | Buffer) => boolean
}

/** Where a server is. */
export interface Target {
  readonly host: string
  readonly port: number
}

/**
 * @param from the address to come from: any of 127.0.0.0/8
 * @param onLine is told each object; nothing is parsed when absent
 */
export const connect = (target: Target, from: string, onLine?: (object: Json) => void): Lines => {
  const socket = net.connect({ ...target, localAddress: from, noDelay: true })
  socket.on("error", () => {})
  if (onLine === undefined) socket.resume()
  else {
    let rest = ""
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop()!
      for (const line of lines) onLine(JSON.parse(line))
    })
  }
  const write = (bytes: string | Buffer) => socket.writable && socket.write(bytes)
  return {
    socket,
    write,
    tell: (...objects) => void write(objects.map((object) => `${JSON.stringify(object)}\n`).join(""))
  }
}
