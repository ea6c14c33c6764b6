/**
 * TLS before a server that speaks TCP, kept as spec/tls.md has it: but for what a mutant breaks of it.
 *
 * @module
 */
import type * as net from "node:net"
import * as tls from "node:tls"
import type { Through } from "../src/wire/pairs.ts"
import type { TlsTap } from "./mutant.ts"

/** A certificate and its key, in PEM. */
export interface Pem {
  readonly cert: string
  readonly key: string
}

// Whoever is silent before the handshake isn't to be sent away for that by the server behind.
const signOfLifeMillis = 500
const lastWordsMillis = 500

const obsolete: ReadonlySet<string | null> = new Set(["TLSv1", "TLSv1.1"])

/** Puts TLS between a client and the server behind, which is connected to, and so counts, as soon as the client is there. */
export const throughTls = ({ cert, key }: Pem, tap: TlsTap, hit: () => void): Through => {
  const versions = tap.versions ?? { minVersion: "TLSv1.2" }
  const secureContext = tls.createSecureContext({ cert, key, ...versions })

  const wrap = (raw: net.Socket, pair: (client: net.Socket) => net.Socket) => {
    const socket = new tls.TLSSocket(raw, { isServer: true, secureContext })
    let isOpen = false
    socket.once("secure", () => {
      isOpen = true
      if (obsolete.has(socket.getProtocol())) hit()
    })
    socket.once("error", () => (tap.versions === undefined || isOpen ? undefined : hit()))
    socket.once("end", () => (isOpen ? undefined : raw.destroy()))
    socket.resetAndDestroy = () => {
      raw.resetAndDestroy()
      return socket
    }
    const end = socket.end.bind(socket)
    const endOpen = () => {
      if (tap.cutsOff !== true) return end()
      hit()
      socket.write("", () => raw.end())
    }
    // The server behind has ended: it is its clock that bounds handshakes here. One that is nearly done gets the last words.
    const endOpening = () => {
      if (tap.waitsForEver === true) return hit()
      setTimeout(() => (isOpen ? endOpen() : raw.destroy()), lastWordsMillis)
    }
    socket.end = (() => {
      if (isOpen) endOpen()
      else endOpening()
      return socket
    }) as typeof socket.end
    const upstream = pair(socket)
    const living = setInterval(() => (isOpen ? clearInterval(living) : upstream.write("\n")), signOfLifeMillis)
    for (const event of ["end", "close"]) upstream.once(event, () => clearInterval(living))
  }

  return (raw, pair) => {
    if (tap.takesPlain === true) return sniff(raw, hit, (isTls) => (isTls ? wrap(raw, pair) : void pair(raw)))
    if (tap.countsLate !== true) return wrap(raw, pair)
    hit()
    const socket = new tls.TLSSocket(raw, { isServer: true, secureContext })
    socket.on("error", () => {})
    socket.once("secure", () => void pair(socket))
  }
}

/** Looks at the first byte, and leaves it where it is. */
const sniff = (raw: net.Socket, hit: () => void, go: (isTls: boolean) => void) => {
  raw.once("readable", () => {
    const chunk: Buffer | null = raw.read()
    if (chunk === null) return raw.destroy()
    raw.unshift(chunk)
    const isTls = chunk[0] === 0x16
    if (!isTls) hit()
    go(isTls)
  })
}
