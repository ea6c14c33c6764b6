/**
 * How a connection ends: why, with which last object, and so that no reset takes back what was said.
 *
 * @module
 */
import { type ByeCode, type ByeReply, encodeLine } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { byeLine } from "./encode.ts"
import { type Connection, nextBytes } from "./transport.ts"

/** Why a connection ends. */
export type Ending =
  /** The server says why, after all that it has said before. */
  | { readonly _tag: "Bye"; readonly code: ByeCode; readonly message: string; readonly reconnectAfter?: number }
  /** The client's own `bye` is answered. */
  | { readonly _tag: "Goodbye"; readonly re: number }
  /** The client has ended its side, and has had all of its replies. */
  | { readonly _tag: "Answered" }
  /** There is nobody left to say anything to. */
  | { readonly _tag: "Gone" }

/** An ending that the server declares. */
export const bye = (code: ByeCode, message: string): Ending => ({ _tag: "Bye", code, message })

/** Those who are sent away come back spread over some seconds. */
export const shuttingDown: Effect.Effect<Ending> = Effect.map(Random.nextIntBetween(500, 5_000), (reconnectAfter) => ({
  _tag: "Bye",
  code: "shutting-down",
  message: "the server is stopping",
  reconnectAfter
}))

/** The last object of a connection, if there is one. */
export const lastLine = (ending: Ending): string | undefined => {
  if (ending._tag === "Bye") return byeLine(ending.code, ending.message, ending.reconnectAfter)
  if (ending._tag !== "Goodbye") return undefined
  const reply: ByeReply = { type: "bye", re: ending.re }
  return encodeLine(reply)
}

/** What is read and thrown away after the last object, at the most. */
const lingerBytes = 1_048_576

/** Sends FIN, then reads and throws away until the client's FIN, for one second, or 1 MiB (END-3, END-4); to be destroyed then. */
export const hangUp = (connection: Connection): Effect.Effect<void> =>
  Effect.gen(function* () {
    connection.finish()
    for (let bytes = 0; bytes < lingerBytes; ) bytes += (yield* nextBytes(connection)).length
  }).pipe(Effect.ignore, Effect.timeoutOption("1 second"), Effect.ensuring(Effect.sync(() => connection.destroy())))
