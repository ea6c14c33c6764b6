/**
 * A client in a few lines, for the suite's own tests: it comes back by itself, and can be told to break.
 * `node tiny-client.ts steady host:port`, or a defect in the place of `steady`.
 *
 * @module
 */
import * as net from "node:net"
import { createInterface } from "node:readline"

/** Defects that a test can ask for. */
export type Defect =
  | "dies-on-unknown-events"
  | "dies-on-unknown-fields"
  | "never-answers-ping"
  | "never-doubts-the-server"
  | "shows-duplicates"
  | "forgets-its-cursor"
  | "sends-any-length"
  | "hoards-bytes"
  | "comes-back-at-once"
  | "writes-odd-integers"
  | "writes-two-lines"
  | "writes-no-lf"

type Fields = Readonly<Record<string, unknown>>

const [defect = "steady", address = "127.0.0.1:7331"] = process.argv.slice(2)
const is = (name: Defect) => defect === name
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
  if (is("comes-back-at-once")) return 0
  if (bye?.["code"] === "line-too-long" || bye?.["code"] === "not-tertulia") return undefined
  if (bye?.["code"] === "idle" || bye?.["code"] === "slow-consumer") return 0
  if (bye?.["code"] === "shutting-down") return Number(bye["reconnectAfter"] ?? backoff())
  return backoff()
}

/** How many fields each object that it knows has at most. */
const known: Readonly<Record<string, number>> = {
  hello: 7,
  welcome: 3,
  joined: 8,
  sent: 5,
  message: 6,
  member: 4,
  ping: 1,
  pong: 2,
  bye: 4
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
    const text = JSON.stringify({ type, id: ++lastId, ...fields })
    const odd = is("writes-odd-integers") ? text.replace(`"id":${lastId}`, `"id":${lastId}.0`) : text
    const end = is("writes-no-lf") ? "" : "\n"
    socket.write(`${is("writes-two-lines") ? odd.replace(",", ",\n") : odd}${end}`)
  }

  const doubt = () => {
    clearTimeout(silent)
    if (is("never-doubts-the-server")) return
    silent = setTimeout(() => {
      ask("ping")
      silent = setTimeout(() => socket.destroy(), heartbeat * 1_000)
    }, heartbeat * 1_000)
  }

  const show = ({ seq, text }: Fields) => {
    if (!is("shows-duplicates") && cursor !== undefined && Number(seq) <= cursor.last) return
    cursor = { epoch: cursor?.epoch ?? "", last: Number(seq) }
    process.stdout.write(`${String(text)}\n`)
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
        if (cursor?.epoch !== epoch || is("forgets-its-cursor")) {
          const last = is("forgets-its-cursor") ? 0 : Number(head)
          cursor = { epoch: String(epoch), last }
        }
        say = (text) => {
          if (is("sends-any-length") || Buffer.byteLength(text) <= limits.text) return ask("send", { room, text })
          process.stderr.write("not said: it is too long\n")
        }
        return unsent.splice(0).forEach(say)
      }
      case "message":
        return show(object)
      case "ping":
        return is("never-answers-ping") ? undefined : ask("ping")
      case "bye":
        bye = object
    }
  }

  socket.on("data", (chunk) => {
    doubt()
    buffer = Buffer.concat([buffer, chunk])
    for (let end = buffer.indexOf(10); end !== -1; end = buffer.indexOf(10)) {
      const object = JSON.parse(buffer.subarray(0, end).toString()) as Fields
      buffer = buffer.subarray(end + 1)
      const type = String(object["type"])
      if (is("dies-on-unknown-events") && !Object.hasOwn(known, type)) throw new Error(`what is ${type}?`)
      if (is("dies-on-unknown-fields") && Object.keys(object).length > (known[type] ?? 99)) {
        throw new Error(`what a ${type}!`)
      }
      hear(object)
    }
    if (!is("hoards-bytes") && buffer.length >= limits.line) socket.destroy()
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
