/**
 * Asks a server that runs, over its admin socket.
 *
 * @module
 */
import * as Http from "node:http"
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import { oneLine } from "../settings.ts"
import { UsageFault } from "../usage.ts"
import type { Answers, Order, Verb } from "./orders.ts"

/** Asks the server whose socket this is. */
export const ask = <V extends Verb>(
  socketPath: string,
  verb: V,
  order: Order<V>
): Effect.Effect<Answers[V], UsageFault> =>
  Effect.callback((resume) => {
    const fault = (message: string) => resume(Effect.fail(new UsageFault({ message })))
    const request = Http.request({ socketPath, path: `/${verb}`, method: "POST", agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part
      })
      response.on("end", () => {
        const body = JSON.parse(text)
        if (response.statusCode === 200) resume(Effect.succeed(body))
        else fault(String(body.error))
      })
    })
    request.on("error", (error: NodeJS.ErrnoException) => fault(`${why(error.code)}: ${oneLine(socketPath)}`))
    request.end(JSON.stringify(order))
    return Effect.sync(() => request.destroy())
  })

/** Whether a server answers at this socket. */
export const isAnswered = (path: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const socket = Net.connect({ path })
    const say = (is: boolean) => {
      socket.destroy()
      resume(Effect.succeed(is))
    }
    socket.once("connect", () => say(true)).once("error", () => say(false))
  })

const why = (code: string | undefined): string => {
  switch (code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return "no server that runs has this admin socket; say which data file it uses (--data), or --admin-socket"
    case "EACCES":
    case "EPERM":
      return "only root and the user who runs the server may ask it"
    default:
      return `can't ask the server (${code ?? "it has said nothing"})`
  }
}
