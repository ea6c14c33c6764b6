/**
 * The transport over WebSocket, by the `WebSocket` of the platform: in browsers, and in Node.
 *
 * @module
 */
import { type ByeEvent, byeCodes, byeRegistry, helloBytes, utf8Length } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Unreachable } from "./errors.ts"
import { type Transport, TransportEnded } from "./transport.ts"

/** What a client offers, and a server has to choose. */
export const subprotocol = "tertulia.v1"

/** Bytes that wait in the socket above which nothing more is put into it: it takes all it is given, and holds it. */
const mark = 262_144

/** How often one looks whether less is waiting: no event says so. */
const look = "25 millis"

/**
 * Connects to `ws://host:port/ws`, or `wss://`; closed with the scope. Fails with `Unreachable` when nobody answers within ten seconds.
 */
export const webSocket = Effect.fnUntraced(function* (
  url: string | URL
): Effect.fn.Return<Transport, Unreachable, Scope.Scope> {
  const address = String(url)
  const unreachable = (why: string) => new Unreachable({ address, why })
  const socket = yield* Effect.acquireRelease(
    Effect.try({
      try: () => new WebSocket(address, subprotocol),
      catch: () => unreachable("that is no address of a WebSocket: it begins with ws:// or wss://")
    }),
    (socket) => Effect.sync(() => socket.close())
  )
  // Listens from here on: `hello` may come at once.
  const transport = over(socket, address)
  yield* Effect.callback<void, Unreachable>((resume) => {
    socket.addEventListener("open", () => resume(Effect.void))
    // A browser tells nobody more than that.
    socket.addEventListener("close", () => resume(Effect.fail(unreachable("nothing answers there as a WebSocket"))))
  }).pipe(
    Effect.timeoutOrElse({
      duration: "10 seconds",
      orElse: () => Effect.fail(unreachable("no answer within 10 s"))
    })
  )
  if (socket.protocol !== subprotocol) return yield* unreachable(`what answers there doesn't know ${subprotocol}`)
  return transport
})

/** The `bye` that a close code stands for, if the registry has it (WS-17). */
const byeWith = (close: number): ByeEvent | undefined => {
  const code = byeCodes.find((each) => byeRegistry[each].close === close)
  return code === undefined ? undefined : { type: "bye", code, message: byeRegistry[code].meaning }
}

const over = (socket: WebSocket, address: string): Transport => {
  let came: Array<string> = []
  let limit = helloBytes
  // `hello` is given alone: what follows it is read under the limit that it announces.
  let announced = false
  let ended: TransportEnded | undefined
  let wake = () => {}
  let onClosed = () => {}

  const end = (why: string, bye?: ByeEvent) => {
    ended ??= new TransportEnded({ why, ...(bye === undefined ? {} : { bye }) })
    wake()
  }
  socket.onmessage = ({ data }: { readonly data: unknown }) => {
    if (typeof data !== "string") return end("the server sent something that is no text")
    came.push(data)
    wake()
  }
  socket.onerror = () => end("the connection broke")
  socket.onclose = ({ code, reason }) => {
    end(`the server closed it without a bye (${code}${reason === "" ? "" : `, ${reason}`})`, byeWith(code))
    onClosed()
  }

  const take = (): Effect.Effect<ReadonlyArray<string>, TransportEnded> => {
    const lines = announced ? came : came.slice(0, 1)
    // Its LF is thought of, and counts.
    const tooLong = lines.findIndex((line) => utf8Length(line) >= limit)
    if (tooLong === 0) return Effect.fail(new TransportEnded({ why: "the server sent a line that is too long" }))
    const taken = tooLong === -1 ? lines : lines.slice(0, tooLong)
    came = came.slice(taken.length)
    return Effect.succeed(taken)
  }

  return {
    address,
    pull: Effect.callback((resume) => {
      const attempt = () => {
        if (came.length === 0 && ended === undefined) return
        wake = () => {}
        resume(came.length === 0 ? Effect.fail(ended!) : take())
      }
      wake = attempt
      attempt()
      return Effect.sync(() => {
        wake = () => {}
      })
    }),
    limitLines: (bytes) => {
      announced = true
      limit = bytes
    },
    send: (objects) =>
      Effect.gen(function* () {
        for (const object of objects) {
          while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > mark) yield* Effect.sleep(look)
          if (socket.readyState !== WebSocket.OPEN) return yield* ended ?? new TransportEnded({ why: "it was closed" })
          socket.send(object)
        }
      }),
    close: Effect.callback<void>((resume) => {
      if (socket.readyState === WebSocket.CLOSED) return resume(Effect.void)
      onClosed = () => resume(Effect.void)
      socket.close(1000)
    }).pipe(Effect.timeoutOption("1 second"), Effect.asVoid)
  }
}
