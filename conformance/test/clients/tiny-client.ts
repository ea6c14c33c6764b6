/**
 * A client in a few lines, for the suite's own tests: it comes back by itself. `node tiny-client.ts steady host:port`; with
 * `writes-no-lf` in the place of `steady` its lines have no end.
 *
 * @module
 */
import * as net from "node:net"
import { createInterface } from "node:readline"

type Fields = Readonly<Record<string, unknown>>

const [manner = "steady", address = "127.0.0.1:7331"] = process.argv.slice(2)
const end = manner === "writes-no-lf" ? "" : "\n"
const [host = "", port = ""] = address.split(":")
const room = "#cafe"

// What the client holds from connection to connection: its cursor, and how often it has failed to come back.
let cursor: { readonly epoch: string; readonly last: number } | undefined
let failures = 0
let inputEnded = false
const unsent: Array<string> = []
let say: ((text: string) => void) | undefined
let leave = (): void => process.exit(0)

const backoff = () => Math.random() * Math.min(30_000, 500 * 2 ** failures++)

/** Milliseconds until the next connection; undefined to stay away. */
const pauseAfter = (bye: Fields | undefined): number | undefined => {
  if (["line-too-long", "not-tertulia", "replaced"].includes(String(bye?.["code"]))) return undefined
  if (bye?.["code"] === "idle" || bye?.["code"] === "slow-consumer") return 0
  if (bye?.["code"] === "shutting-down") return Number(bye["reconnectAfter"] ?? backoff())
  return backoff()
}

const connect = () => {
  const socket = net.connect({ host, port: Number(port), noDelay: true })
  let limits = { line: 65_536, text: 4_096 }
  let buffer = Buffer.alloc(0)
  let bye: Fields | undefined
  let heartbeat = 30
  let lastId = 0
  let silent: NodeJS.Timeout | undefined

  const ask = (type: string, fields: Fields = {}) => {
    socket.write(`${JSON.stringify({ type, id: ++lastId, ...fields })}${end}`)
  }

  const doubt = () => {
    clearTimeout(silent)
    silent = setTimeout(() => {
      ask("ping")
      silent = setTimeout(() => socket.destroy(), heartbeat * 1_000)
    }, heartbeat * 1_000)
  }

  const count = (seq: unknown): boolean => {
    if (cursor !== undefined && Number(seq) <= cursor.last) return false
    cursor = { epoch: cursor?.epoch ?? "", last: Number(seq) }
    return true
  }
  const isHere = (name: unknown): boolean => String(name).toLowerCase() === room
  const show = ({ room: of, seq, text }: Fields) => {
    if (isHere(of) && count(seq)) process.stdout.write(`${String(text)}\n`)
  }

  const hear = (object: Fields) => {
    switch (object["type"]) {
      case "hello":
        limits = { ...limits, ...(object["limits"] as object) }
        heartbeat = Number(object["heartbeat"])
        return ask("login", { nick: "tiny" })
      case "welcome":
        return ask("join", { room, ...(cursor && { after: cursor.last, epoch: cursor.epoch }) })
      case "joined": {
        failures = 0
        const { epoch, head } = object
        if (cursor?.epoch !== epoch) cursor = { epoch: String(epoch), last: Number(head) }
        say = (text) => {
          if (Buffer.byteLength(text) <= limits.text) return ask("send", { room, text })
          process.stderr.write("not said: it is too long\n")
        }
        return unsent.splice(0).forEach(say)
      }
      case "message":
        return show(object)
      case "ping":
        return ask("ping")
      case "bye":
        bye = object
        return
      default:
        // An entry of another kind has its place all the same.
        if (isHere(object["room"]) && object["re"] === undefined && "seq" in object) count(object["seq"])
    }
  }

  socket.on("data", (chunk) => {
    doubt()
    buffer = Buffer.concat([buffer, chunk])
    for (let at = buffer.indexOf(10); at !== -1; at = buffer.indexOf(10)) {
      const object = JSON.parse(buffer.subarray(0, at).toString()) as Fields
      buffer = buffer.subarray(at + 1)
      hear(object)
    }
    if (buffer.length >= limits.line) socket.destroy()
  })
  socket.on("error", () => {})
  socket.on("close", () => {
    clearTimeout(silent)
    say = undefined
    const pause = pauseAfter(bye)
    if (inputEnded || pause === undefined) process.exit(0)
    leave = () => process.exit(0)
    setTimeout(connect, pause)
  })
  leave = () => ask("bye")
}

connect()
createInterface({ input: process.stdin })
  .on("line", (text) => (say === undefined ? unsent.push(text) : say(text)))
  .on("close", () => {
    inputEnded = true
    leave()
  })
