/**
 * What no client may put on a line: the requirements on each line that a client sends (spec/wire.md).
 *
 * @module
 */
import { decodeEnvelope, decodeRequest, type Limits, type Line, parseJson, utf8Length } from "@tertulia/protocol"
import * as Result from "effect/Result"
import type { RequirementId } from "../generated/requirement-id.ts"
import { type Evidence, show } from "../verdict.ts"

/** A requirement that something on a connection has broken. */
export interface Breach {
  readonly id: RequirementId
  readonly evidence: Evidence
}

/**
 * What is wrong with a line, or nothing. Names and texts may be bad: a person has typed them, and a server refuses them.
 *
 * @param limits those of the greeting
 */
export const breachOf = (line: Line, limits: Limits): Breach | undefined => {
  const { line: limit } = limits
  if (typeof line !== "string") return { id: "FRAME-1", evidence: { expected: "a line in UTF-8", got: "other bytes" } }
  const bytes = utf8Length(line) + 1
  if (bytes > limit) {
    const expected = `lines of at most ${limit} bytes, as limits.line says`
    return { id: "FRAME-10", evidence: { expected, got: `one of ${bytes} bytes: ${show(excerpt(line))}` } }
  }
  const object = parseJson(line)
  const isObject = typeof object !== "string" || !object.startsWith("the line is not")
  if (!isObject || (typeof object !== "string" && typeof object["type"] !== "string")) {
    const expected = "one JSON object with a string `type` on each line"
    return { id: "FRAME-1", evidence: { expected, got: show(excerpt(line)) } }
  }
  const odd = oddSpelling(line)
  if (odd !== undefined) {
    const expected = "integers written as -?(0|[1-9][0-9]*), and names of fields without escapes"
    return { id: "JSON-10", evidence: { expected, got: `${odd} in ${show(excerpt(line))}` } }
  }
  const refusal = Result.flatMap(decodeEnvelope(line), (envelope) => decodeRequest(envelope, limits))
  if (Result.isSuccess(refusal) || !malformed.includes(refusal.failure.code)) return undefined
  const expected = "requests that no server has to refuse by bad-json or bad-request"
  return { id: "REPLY-11", evidence: { expected, got: `${refusal.failure.message}: ${show(excerpt(line))}` } }
}

const malformed = ["bad-json", "bad-request"]

const excerpt = (line: string): string => (line.length > 120 ? `${line.slice(0, 100)} ... ${line.slice(-10)}` : line)

// A string with the colon that makes it a field's name, or a number.
const token = /(?<quoted>"(?:[^"\\]|\\.)*")(?<colon>\s*:)?|(?<number>-?[0-9][0-9.eE+-]*)/gu
const plainInteger = /^-?(?:0|[1-9][0-9]*)$/u

/** The first integer or field name of a JSON text that is spelled in another way than clients may. */
export const oddSpelling = (json: string): string | undefined => {
  for (const { groups = {} } of json.matchAll(token)) {
    const { colon, number, quoted } = groups
    if (quoted !== undefined && colon !== undefined && quoted.includes("\\")) return quoted
    if (number !== undefined && Number.isInteger(Number(number)) && !plainInteger.test(number)) return number
  }
  return undefined
}
