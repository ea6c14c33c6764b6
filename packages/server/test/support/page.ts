/**
 * What a browser does with the web port: opens WebSockets, and asks for files.
 */
import * as Http from "node:http"
import * as Net from "node:net"
import { type ClientOptions, WebSocket } from "ws"
import type { Json } from "./house.ts"

/** How a handshake went: by its status, and with the WebSocket when that is 101. */
export interface Shaken {
  readonly status: number
  readonly page: Page
}

export interface Page {
  readonly webSocket: WebSocket
  readonly say: (object: Json) => void
  /** All objects that came, and the close code: once the connection has ended. */
  readonly rest: Promise<{ readonly objects: ReadonlyArray<Json>; readonly code: number }>
  /** The next object. */
  readonly next: () => Promise<Json>
}

export const openPage = (port: number, options: ClientOptions = {}): Promise<Shaken> =>
  new Promise((resolve) => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws`, "tertulia.v1", options)
    const objects: Array<Json> = []
    let taken = 0
    let wake = () => {}
    webSocket.on("message", (data) => {
      objects.push(JSON.parse(String(data)))
      wake()
    })
    webSocket.on("error", () => {})
    const rest = new Promise<{ objects: Array<Json>; code: number }>((ended) => {
      webSocket.on("close", (code) => ended({ objects, code }))
    })
    const next = async (): Promise<Json> => {
      while (objects.length === taken) {
        await new Promise<void>((come) => {
          wake = come
        })
      }
      return objects[taken++]!
    }
    const page: Page = { webSocket, say: (object) => webSocket.send(JSON.stringify(object)), rest, next }
    webSocket.on("open", () => resolve({ status: 101, page }))
    webSocket.on("unexpected-response", (_, response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, page })
    })
  })

/** What the server answers to a request for a file; a character of the body is a byte. */
export const ask = (
  port: number,
  path: string,
  { headers = {}, method = "GET" }: { readonly method?: string; readonly headers?: Http.OutgoingHttpHeaders } = {}
): Promise<{ readonly status: number; readonly headers: Http.IncomingHttpHeaders; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const request = Http.request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let body = ""
      response.setEncoding("latin1").on("data", (text: string) => {
        body += text
      })
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on("error", reject).end()
  })

/** Sends this over a bare connection, if anything, and gives what came until the server ended it. */
export const untilEnd = (port: number, said = ""): Promise<string> =>
  new Promise((resolve) => {
    const socket = Net.connect({ port, host: "127.0.0.1" })
    let came = ""
    socket.on("data", (chunk) => {
      came += String(chunk)
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(came))
    if (said !== "") socket.write(said)
  })
