/**
 * What it costs to read one request: JSON, the profile, the schema, names and texts; against `JSON.parse` of the same line alone.
 *
 * @module
 */
import "effect/schema/SchemaJITCompiler/enable"
import { decodeEnvelope, decodeRequest, defaultLimits } from "@tertulia/protocol"
import * as Result from "effect/Result"
import { median } from "../times.ts"

export interface Codec {
  /** How the line is written. */
  readonly what: string
  /** Nanoseconds for one line. */
  readonly parse: number
  readonly decode: number
}

const send = { type: "send", id: 12, room: "#cafe", text: "x".repeat(100) }
const { id, room, text, type } = send

/** The first two are plain (plain-send.ts); the last goes the long way. */
const lines: ReadonlyArray<readonly [what: string, line: string]> = [
  ["as specified", JSON.stringify(send)],
  ["with escapes", JSON.stringify({ ...send, text: `"${text.slice(3)}"\n` })],
  ["fields in another order", JSON.stringify({ id, room, text, type })]
]

const context = { nick: "ana" }

const decode = (line: string): unknown => {
  const envelope = decodeEnvelope(line)
  return Result.isSuccess(envelope) ? decodeRequest(envelope.success, defaultLimits, context) : envelope
}

const times = 20_000
let kept: unknown

const nanos = (deed: (line: string) => unknown, line: string): number => {
  const began = process.hrtime.bigint()
  for (let time = 0; time < times; time++) kept = deed(line)
  return Number(process.hrtime.bigint() - began) / times
}

/** Medians of rounds in turn, so that whatever slows the machine slows all. */
export const measureCodec = (): ReadonlyArray<Codec> => {
  const rounds = Array.from({ length: 51 }, () =>
    lines.map(([, line]) => ({ parse: nanos(JSON.parse, line), decode: nanos(decode, line) }))
  )
  if (kept === undefined) throw new Error("nothing was read")
  return lines.map(([what], at) => ({
    what,
    parse: median(rounds.map((round) => round[at]!.parse)),
    decode: median(rounds.map((round) => round[at]!.decode))
  }))
}
