/**
 * Exchanges: what a client sends on a connection in some state, and what has to come back.
 *
 * @module
 */
import type { ByeCode, ErrorCode } from "../codes.ts"
import type { Reply } from "../messages.ts"
import { type Piece, piecesExplained, text, type Vector } from "./notation.ts"

/** Where a connection is before the exchange. */
export type State = "opened" | "greeted" | "ready" | "joined"

/** Some fields of an object that the server has to send. */
export type Answer =
  | { readonly type: "error"; readonly re?: number; readonly code: ErrorCode; readonly field?: string }
  | { readonly type: "bye"; readonly code: ByeCode }
  | { readonly type: Reply["type"]; readonly re: number; readonly room?: string }
  | { readonly type: "message"; readonly room: string; readonly from: string; readonly text: string }

/** What is sent, and what comes back. */
export interface ExchangeVector extends Vector {
  readonly state: State
  readonly send: ReadonlyArray<Piece>
  /** How the client's side ends after that: not at all, by FIN, or by RST. */
  readonly end?: "fin" | "reset"
  /** What the server sends, in this order: nothing, if this is empty. */
  readonly answers: ReadonlyArray<Answer>
  /** Other answers that the specification allows. */
  readonly or?: ReadonlyArray<Answer>
}

/** How to run an exchange, for the `description` of each file that holds some. */
export const exchangesExplained: ReadonlyArray<string> = [
  "Bring a connection into {state}, send the bytes {send}, and compare what comes with {answers}, in order; {or}, where it is given, is as good.",
  "{state}: opened, it has had `hello` and has sent nothing; greeted, it has had the reply to a good `ping`, too; ready, it is logged in as ana; joined, it is ready, alone in #cafe and in no other room. The room #nowhere does not exist.",
  "On a server with people on it, put fresh names for ana, #cafe and #nowhere, in what is sent and in what is compared.",
  "An answer is some fields of an object: others may come, too, but an `error` has `re` only where one is given. Where nothing has to come, send a `ping` after: its `pong` is the first to come.",
  "After a `bye`, and after {end} is fin, the server ends the connection when all answers have been sent. {end}: the client ends its side after sending (fin), or resets the connection (reset).",
  "Events may stand between the answers, unless the answers name some.",
  piecesExplained
]

/** An exchange of lines, each sent with its LF. */
export const exchange = (
  name: string,
  requirements: ReadonlyArray<string>,
  state: State,
  lines: ReadonlyArray<string>,
  answers: ReadonlyArray<Answer>
): ExchangeVector => ({ name, requirements, state, send: lines.map((line) => text(`${line}\n`)), answers })

/** The refusal of a request with a usable id. */
export const refused = (re: number, code: ErrorCode, field?: string): Answer => ({
  type: "error",
  re,
  code,
  ...(field === undefined ? {} : { field })
})

/** The refusal of a line that nobody can refer to. */
export const refusedLine = (code: "bad-json" | "bad-request", field?: string): Answer => ({
  type: "error",
  code,
  ...(field === undefined ? {} : { field })
})

/** The reply to a `ping`. */
export const pong = (re: number): Answer => ({ type: "pong", re })

/** The end that the server makes. */
export const bye = (code: ByeCode): Answer => ({ type: "bye", code })
