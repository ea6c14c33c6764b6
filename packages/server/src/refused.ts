/**
 * Why a request is refused: a value of the error channel, answered as an `error` in one place (session.ts).
 *
 * @module
 */
import type { Refusal } from "@tertulia/protocol"
import * as Effect from "effect/Effect"

/** A refusal, before it is known which request it answers. */
export type Refused = Omit<Refusal, "re">

/** Refuses: nothing has happened, and nothing will (ERROR-1). */
export const refuse = (code: Refused["code"], field: string, message: string): Effect.Effect<never, Refused> =>
  Effect.fail({ code, field, message })
