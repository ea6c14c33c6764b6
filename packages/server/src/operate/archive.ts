/**
 * The log of a room as NDJSON: a line that says what it is, then a line per entry, from `first` to `head`.
 *
 * @module
 */
import { Cursor, Epoch, isTooLong, Key, Nick, RoomName, Seq, Text, Time, visibleJson } from "@tertulia/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Entry } from "../room-log.ts"
import type { LogHead } from "../sqlite/snapshot.ts"

/** What the first line names, and the version that is written. */
const format = "tertulia-log"
const version = 1

/** What a field must be, in words and as a test. */
interface Field {
  readonly is: (value: unknown) => boolean
  readonly meaning: string
  readonly isOptional?: boolean
}

const name = "1 to 32 of a-z, 0-9, _ and -, the first a letter or a digit"

const looksLikeTime = Schema.is(Time)

/** The pattern of a time allows the 31st of February, of which a clock makes another day. */
const isTime = (value: unknown): boolean => {
  if (!looksLikeTime(value)) return false
  const millis = Date.parse(value)
  return !Number.isNaN(millis) && new Date(millis).toISOString() === value
}

const headerFields: Readonly<Record<string, Field>> = {
  format: { is: (value) => value === format, meaning: `"${format}"` },
  version: { is: (value) => value === version, meaning: String(version) },
  room: { is: Schema.is(RoomName), meaning: `"#" and ${name}` },
  epoch: { is: Schema.is(Epoch), meaning: "1 to 32 of A-Z, a-z, 0-9, _ and -" },
  first: { is: Schema.is(Seq), meaning: "an integer from 1" },
  head: { is: Schema.is(Cursor), meaning: "an integer from 0" }
}

const entryFields: Readonly<Record<string, Field>> = {
  seq: { is: Schema.is(Seq), meaning: "an integer from 1" },
  from: { is: Schema.is(Nick), meaning: name },
  text: { is: Schema.is(Text), meaning: "a text that isn't empty, without control characters but LF and TAB" },
  at: { is: isTime, meaning: "a time like 2026-11-20T20:08:00.000Z" },
  key: { is: Schema.is(Key), meaning: "1 to 64 of A-Z, a-z, 0-9, _ and -", isOptional: true }
}

export const headerLine = (log: LogHead): string => {
  const { epoch, first, head, room } = log
  return `${visibleJson(JSON.stringify({ format, version, room, epoch, first, head }))}\n`
}

export const entryLine = ({ at, from, key, seq, text }: Entry): string =>
  `${visibleJson(JSON.stringify({ seq, from, text, at, ...(key === undefined ? {} : { key }) }))}\n`

/** Reads the first line, or says what is wrong with it. */
export const readHeader = (line: string): Result.Result<LogHead, string> =>
  Result.flatMap(readObject(line), (object) => {
    if (object["format"] !== format) {
      return Result.fail(`this is no log of a room: the first line of one has "format":"${format}"`)
    }
    const fault = faultOf(object, headerFields)
    if (fault !== undefined) return Result.fail(fault)
    const { epoch, first, head, room } = object as unknown as LogHead
    if (first > head + 1) return Result.fail(`first is ${first}: it must be at most head + 1, which is ${head + 1}`)
    return Result.succeed({ room, epoch, first, head })
  })

/** Reads the line of the entry `seq`, or says what is wrong with it. */
export const readEntry = (line: string, seq: number, textLimit: number): Result.Result<Entry, string> =>
  Result.flatMap(readObject(line), (object) => {
    const fault = faultOf(object, entryFields)
    if (fault !== undefined) return Result.fail(fault)
    const entry = object as unknown as Entry
    if (entry.seq !== seq) return Result.fail(`seq is ${entry.seq}: it must be ${seq}, since a log has no holes`)
    if (isTooLong(entry.text, textLimit)) {
      return Result.fail(
        `text is longer than limits.text, ${textLimit} bytes: set that to what it was where this was written`
      )
    }
    return Result.succeed(entry)
  })

type Json = Readonly<Record<string, unknown>>

const readObject = (line: string): Result.Result<Json, string> => {
  try {
    const value: unknown = JSON.parse(line)
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
    return isObject ? Result.succeed(value as Json) : Result.fail("this is not a JSON object")
  } catch {
    return Result.fail("this is not a JSON object")
  }
}

/** What is wrong with an object; what isn't known would be lost, so that is wrong, too. */
const faultOf = (object: Json, fields: Readonly<Record<string, Field>>): string | undefined => {
  for (const [name, { is, isOptional = false, meaning }] of Object.entries(fields)) {
    if (!Object.hasOwn(object, name)) {
      if (isOptional) continue
      return `${name} is missing`
    }
    if (!is(object[name])) return `${name} must be ${meaning}`
  }
  const unknown = Object.keys(object).find((name) => !Object.hasOwn(fields, name))
  return unknown === undefined ? undefined : `${JSON.stringify(unknown)} means nothing in this version of the format`
}
