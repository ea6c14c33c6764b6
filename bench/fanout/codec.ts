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
  /** Nanoseconds for one line. */
  readonly parse: number
  readonly decode: number
}

const line = JSON.stringify({ type: "send", id: 12, room: "#cafe", text: "x".repeat(100) })
const context = { nick: "ana" }

const decodeOne = (): unknown => {
  const envelope = decodeEnvelope(line)
  return Result.isSuccess(envelope) ? decodeRequest(envelope.success, defaultLimits, context) : envelope
}

const parseOne = (): unknown => JSON.parse(line)

const times = 20_000
let kept: unknown

const nanos = (deed: () => unknown): number => {
  const began = process.hrtime.bigint()
  for (let time = 0; time < times; time++) kept = deed()
  return Number(process.hrtime.bigint() - began) / times
}

/** Medians of rounds in turn, so that whatever slows the machine slows both. */
export const measureCodec = (): Codec => {
  const parse: Array<number> = []
  const decode: Array<number> = []
  for (let round = 0; round < 51; round++) {
    parse.push(nanos(parseOne))
    decode.push(nanos(decodeOne))
  }
  if (kept === undefined) throw new Error("nothing was read")
  return { parse: median(parse), decode: median(decode) }
}
