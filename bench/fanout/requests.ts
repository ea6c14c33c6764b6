/**
 * What single requests take on a durable server whose room has a history: from the request to the last byte of what it brings.
 *
 * @module
 */
import { once } from "node:events"
import * as net from "node:net"
import { quantile } from "../times.ts"
import { named, withServer } from "./servers.ts"

/** One kind of request. Latencies in microseconds. */
export interface RequestRow {
  readonly name: string
  readonly p50: number
  readonly p99: number
  readonly times: number
}

const entries = 20_000
const times = 300
const words = ["anchovy", "barley", "cinnamon", "dill", "endive", "fennel", "garlic", "hyssop", "juniper", "kale"]

type Message = Readonly<Record<string, unknown>>

/** A client that asks one thing at a time. */
const connect = async (port: number) => {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true })
  await once(socket, "connect")
  let rest = ""
  let onLine: (message: Message) => void = () => {}
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = `${rest}${chunk}`.split("\n")
    rest = lines.pop()!
    for (const line of lines) onLine(JSON.parse(line) as Message)
  })
  /** Writes requests, and waits for a message. */
  const until = (isLast: (message: Message) => boolean, ...requests: ReadonlyArray<Message>): Promise<Message> =>
    new Promise((resolve) => {
      onLine = (message) => {
        if (message["type"] === "error") throw new Error(JSON.stringify(message))
        if (isLast(message)) resolve(message)
      }
      socket.write(requests.map((request) => `${JSON.stringify(request)}\n`).join(""))
    })
  const ask = (request: Message) => until(({ re }) => re === request["id"], request)
  return { until, ask, close: () => socket.destroy() }
}

const measured = async (name: string, deed: (time: number) => Promise<unknown>): Promise<RequestRow> => {
  const found: Array<number> = []
  for (let time = 0; time < times; time++) {
    const began = performance.now()
    await deed(time)
    found.push(1_000 * (performance.now() - began))
  }
  found.sort((one, other) => one - other)
  return { name, p50: quantile(found, 0.5), p99: quantile(found, 0.99), times }
}

/** Measures them all, on a server of its own. */
export const measureRequests = (): Promise<ReadonlyArray<RequestRow>> =>
  withServer(named("Tertulia, durable"), async (server) => {
    const ana = await connect(server.port)
    const room = "#cafe"
    let id = 0
    await ana.ask({ type: "login", id: ++id, nick: "ana" })
    const { epoch } = await ana.ask({ type: "join", id: ++id, room })
    const text = (place: number) =>
      Array.from({ length: 12 }, (_, word) => words[(place * 7 + word * place) % words.length]).join(" ")
    for (let sent = 0; sent < entries; sent += 500) {
      const sends = Array.from({ length: 500 }, (_, index) => ({
        type: "send",
        id: ++id,
        room,
        text: text(sent + index)
      }))
      await ana.until(({ re }) => re === id, ...sends)
    }
    const rows = [
      await measured("ping, for comparison", () => ana.ask({ type: "ping", id: ++id })),
      await measured("a message that is on the disk: its `sent`", () =>
        ana.ask({ type: "send", id: ++id, room, text: text(id) })
      ),
      await measured("a page of 200 entries, anywhere in 20,000", (time) =>
        ana.ask({ type: "history", id: ++id, room, after: (time * 61) % (entries - 200), limit: 200 })
      ),
      await measured("a search for a word that every entry may have, newest 20", (time) =>
        ana.ask({ type: "search", id: ++id, room, text: words[time % words.length], limit: 20 })
      )
    ]
    const head = entries + times
    const leo = await connect(server.port)
    await leo.ask({ type: "login", id: 1, nick: "leo" })
    const replayed = await measured("a join with a replay of 1,000 entries", async (time) => {
      const join = { type: "join", id: 2 + 2 * time, room, epoch, after: head - 1_000 }
      await leo.until(({ seq, type }) => type === "message" && seq === head, join)
      await leo.ask({ type: "leave", id: 3 + 2 * time, room })
    })
    ana.close()
    leo.close()
    return [...rows, replayed]
  })
