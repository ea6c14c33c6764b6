/**
 * The first line of a connection: `hello`, or a good reason why not (spec/session.md, The greeting).
 *
 * @module
 */
import { type ByeEvent, decodeServerMessage, type Hello, type Line, protocolVersion } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { ConnectionLost, NotTertulia } from "./errors.ts"
import type { Transport } from "./transport.ts"

const patience = "10 seconds"

/** Waits for `hello`, for ten seconds at the most; `onLine` sees the line before it is judged. */
export const greeting = Effect.fnUntraced(function* (
  transport: Transport,
  onLine: (line: Line) => Effect.Effect<void>
): Effect.fn.Return<Hello, NotTertulia | ConnectionLost> {
  const { address } = transport
  const not = (why: string) => new NotTertulia({ address, why, saidNothing: false })
  const saidBye = (bye: ByeEvent) => new ConnectionLost({ address, loss: { _tag: "Bye", bye }, outcome: "none" })
  const nothing = (why: string) => new NotTertulia({ address, why, saidNothing: true })
  const line = yield* firstLine(transport).pipe(
    Effect.catchTag("TransportEnded", ({ bye, why }) =>
      Effect.fail(bye === undefined ? nothing(`no greeting came: ${why}`) : saidBye(bye))
    ),
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.fail(nothing(`no greeting came within ${patience}`))
    })
  )
  yield* onLine(line)
  const received = decodeServerMessage(line)
  if (Result.isFailure(received)) return yield* not(`it began with ${excerpt(line)}, and ${received.failure.reason}`)
  if (received.success._tag === "Unknown") return yield* not(`it began with ${excerpt(line)}, not with hello`)
  const { message } = received.success
  if (message.type === "bye" && !("re" in message)) {
    return yield* saidBye(message)
  }
  if (message.type !== "hello") return yield* not(`it began with ${message.type}, not with hello`)
  if (message.protocol !== protocolVersion) return yield* not(`it speaks version ${message.protocol}`)
  return message
})

const firstLine = Effect.fnUntraced(function* (transport: Transport) {
  while (true) {
    const [line] = yield* transport.pull
    if (line !== undefined) return line
  }
})

const excerpt = (line: Line): string =>
  typeof line === "string" ? JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}...` : line) : "bytes"
