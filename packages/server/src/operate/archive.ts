/**
 * The log of a room as NDJSON: a line that says what it is, then a line per entry, from `first` to `head`.
 *
 * @module
 */
import {
  Cursor,
  Epoch,
  givenRoles,
  isTooLong,
  Key,
  Nick,
  Reaction,
  RoomName,
  reactionBytes,
  roomKinds,
  Seq,
  slowest,
  Text,
  Time,
  TopicText,
  topicBytes,
  visibleJson
} from "@tertulia/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Entry } from "../room-log.ts"
import type { LogHead } from "../sqlite/snapshot.ts"

/** What the first line names, and the version that is written. Version 1 knew of messages only. */
const format = "tertulia-log"
const version = 2

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

const isTopic = (value: unknown): boolean => Schema.is(TopicText)(value) && !isTooLong(value, topicBytes)

const headerFields: Readonly<Record<string, Field>> = {
  format: { is: (value) => value === format, meaning: `"${format}"` },
  version: { is: (value) => value === 1 || value === version, meaning: `1 or ${version}` },
  room: { is: Schema.is(RoomName), meaning: `"#" and ${name}` },
  epoch: { is: Schema.is(Epoch), meaning: "1 to 32 of A-Z, a-z, 0-9, _ and -" },
  first: { is: Schema.is(Seq), meaning: "an integer from 1" },
  head: { is: Schema.is(Cursor), meaning: "an integer from 0" },
  topic: { is: isTopic, meaning: "a text of one line of at most 256 bytes", isOptional: true }
}

const text = { is: Schema.is(Text), meaning: "a text that isn't empty, without control characters but LF and TAB" }
const place = { is: Schema.is(Seq), meaning: "an integer from 1" }
const on = { is: (value: unknown) => typeof value === "boolean", meaning: "true or false" }
const oneOf = (values: ReadonlyArray<string>): Field => ({
  is: (value) => values.some((one) => one === value),
  meaning: values.join(", ")
})
const maybe = (field: Field): Field => ({ ...field, isOptional: true })

const nick = { is: Schema.is(Nick), meaning: name }

const commonFields: Readonly<Record<string, Field>> = {
  seq: place,
  from: nick,
  at: { is: isTime, meaning: "a time like 2026-11-20T20:08:00.000Z" },
  key: maybe({ is: Schema.is(Key), meaning: "1 to 64 of A-Z, a-z, 0-9, _ and -" })
}

/**
 * What an entry has besides, by its type; without a type it is a message. Who is mentioned, and how many reactions there are, follows
 * from the other entries.
 */
const fieldsByType: { readonly [Type in Entry["type"]]: Readonly<Record<string, Field>> } = {
  message: { text, edited: maybe(place), replyTo: maybe(place) },
  erased: { deleted: place, replyTo: maybe(place) },
  edit: { target: place, text: maybe(text) },
  delete: { target: place },
  react: {
    target: place,
    reaction: {
      is: (value) => Schema.is(Reaction)(value) && !isTooLong(value, reactionBytes),
      meaning: "1 to 64 bytes without control characters"
    },
    on
  },
  topic: { text: { is: isTopic, meaning: "a text of one line of at most 256 bytes" } },
  role: { nick, role: oneOf(givenRoles) },
  kind: { kind: oneOf(roomKinds) },
  invite: { nick, on },
  kick: { nick },
  ban: { nick, on },
  mute: { nick, on },
  slow: {
    seconds: {
      is: (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= slowest,
      meaning: `an integer from 0 to ${slowest}`
    }
  }
}

export const headerLine = (log: LogHead): string => {
  const { epoch, first, head, room, topic } = log
  const header = { format, version, room, epoch, first, head, ...(topic === "" ? {} : { topic }) }
  return `${visibleJson(JSON.stringify(header))}\n`
}

export const entryLine = (entry: Entry): string => {
  const { at, from, key, seq, type } = entry
  const own = Object.keys(fieldsByType[type])
    .map((field) => [field, Reflect.get(entry, field)] as const)
    .filter(([, value]) => value !== undefined)
  const line = { seq, ...(type === "message" ? {} : { type }), from, ...Object.fromEntries(own), at }
  return `${visibleJson(JSON.stringify(key === undefined ? line : { ...line, key }))}\n`
}

/** Reads the first line, or says what is wrong with it. */
export const readHeader = (line: string): Result.Result<LogHead, string> =>
  Result.flatMap(readObject(line), (object) => {
    if (object["format"] !== format) {
      return Result.fail(`this is no log of a room: the first line of one has "format":"${format}"`)
    }
    const fault = faultOf(object, headerFields)
    if (fault !== undefined) return Result.fail(fault)
    const { epoch, first, head, room, topic = "" } = object as unknown as LogHead
    if (first > head + 1) return Result.fail(`first is ${first}: it must be at most head + 1, which is ${head + 1}`)
    return Result.succeed({ room, epoch, first, head, topic })
  })

/** Reads the line of the entry `seq`, or says what is wrong with it. */
export const readEntry = (line: string, seq: number, textLimit: number): Result.Result<Entry, string> =>
  Result.flatMap(readObject(line), (object) => {
    const { type = "message" } = object
    if (typeof type !== "string" || !Object.hasOwn(fieldsByType, type)) {
      return Result.fail(`type must be one of ${Object.keys(fieldsByType).join(", ")}`)
    }
    const own = { type: known, ...commonFields, ...fieldsByType[type as Entry["type"]] }
    const fault = faultOf(object, own)
    if (fault !== undefined) return Result.fail(fault)
    const entry = { ...object, type } as unknown as Entry
    if (entry.seq !== seq) return Result.fail(`seq is ${entry.seq}: it must be ${seq}, since a log has no holes`)
    const about = "target" in entry ? entry.target : "replyTo" in entry ? entry.replyTo : undefined
    if (about !== undefined && about >= seq) return Result.fail(`it is about entry ${about}, which comes after it`)
    if ("text" in entry && entry.text !== undefined && isTooLong(entry.text, textLimit)) {
      return Result.fail(
        `text is longer than limits.text, ${textLimit} bytes: set that to what it was where this was written`
      )
    }
    return Result.succeed(entry)
  })

const known: Field = { is: () => true, meaning: "known", isOptional: true }

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
