/**
 * The lone examples of the spec: every object of a `json` block is a message that the schemas accept.
 *
 * @module
 */
import {
  checkServerObject,
  decodeEnvelope,
  decodeRequest,
  defaultLimits,
  type JsonObject,
  parseJson
} from "@tertulia/protocol"
import * as Result from "effect/Result"
import { type Block, blocksOf, type Dialogue } from "./dialogues.ts"
import type { Chapter, SpecFault } from "./requirements.ts"

/** What is wrong with the lone examples, in reading order. */
export const exampleFaults = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<SpecFault> =>
  chapters.flatMap((chapter) =>
    blocksOf(chapter)
      .filter(({ info }) => info === "json" || info.startsWith("json "))
      .flatMap((block) => blockFaults(chapter, block))
  )

interface Example {
  readonly text: string
  readonly number: number
}

const blockFaults = (chapter: Chapter, block: Block): ReadonlyArray<SpecFault> => {
  const at = (number: number) => `${chapter.file}:${number}`
  if (block.info !== "json" && block.info !== "json invalid") {
    return [{ at: at(block.from - 1), message: `"${block.info}" is unknown: write \`json\` or \`json invalid\`` }]
  }
  const examples = examplesOf(block)
  const faults = examples.map(({ number, text }) => ({ number, text, fault: faultOf(text) }))
  return block.info === "json"
    ? faults.flatMap(({ fault, number, text }) =>
        fault === undefined ? [] : [{ at: at(number), message: `no message of the schemas: ${fault}: ${text}` }]
      )
    : faults
        .filter(({ fault }) => fault === undefined)
        .map(({ number, text }) => ({ at: at(number), message: `said to be invalid, and is not: ${text}` }))
}

/** One object per line, or the whole block as one object. */
const examplesOf = ({ from, lines }: Block): ReadonlyArray<Example> => {
  const whole = lines.join(" ").trim()
  if (typeof parseJson(whole) !== "string") return [{ text: whole, number: from }]
  return lines.map((line, index) => ({ text: line.trim(), number: from + index })).filter(({ text }) => text !== "")
}

/** Why a text is neither a request nor something that a server says; `undefined` when it is one of them. */
const faultOf = (text: string): string | undefined => {
  const object = parseJson(text)
  if (typeof object === "string") return object
  return Object.hasOwn(object, "id") ? requestFault(text) : serverFault(object)
}

const requestFault = (text: string): string | undefined => {
  const envelope = decodeEnvelope(text)
  if (Result.isFailure(envelope)) return envelope.failure.message
  const request = decodeRequest(envelope.success, defaultLimits)
  return Result.isFailure(request) ? request.failure.message : undefined
}

const serverFault = (object: JsonObject): string | undefined => {
  const checked = checkServerObject(object)
  if (Result.isFailure(checked)) return checked.failure.reason
  return checked.success._tag === "Unknown" ? `nobody sends ${JSON.stringify(checked.success.type)}` : undefined
}

/** What a dialogue's server says must be valid as it is written; a client may err, for that is often the point. */
export const dialogueFaults = (dialogues: ReadonlyArray<Dialogue>): ReadonlyArray<SpecFault> =>
  dialogues.flatMap(({ steps }) =>
    steps.flatMap((step) => {
      const fault = step._tag === "Hears" ? serverFault(step.object) : undefined
      return fault === undefined ? [] : [{ at: step.at, message: `no server says this: ${fault}` }]
    })
  )
