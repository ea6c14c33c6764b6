/**
 * The log of a room as NDJSON: a line that says what it is, then a line per entry, from `first` to `head`.
 *
 * @module
 */
import { Cursor, Epoch, isTooLong, Key, Nick, RoomName, Seq, Text, Time, visibleJson } from "@tertulia/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Entry } from "../room-log.ts"
import type { LogHead } from "../sqlite/snapshot.ts"

/** What the first line names, and the version that is written. */
const format = "tertulia-log"
const version = 1

const Header = Schema.Struct({
  format: Schema.Literal(format),
  version: Schema.Literal(version),
  room: RoomName,
  epoch: Epoch,
  first: Seq,
  head: Cursor
})

const Line = Schema.Struct({ seq: Seq, from: Nick, text: Text, at: Time, key: Schema.optionalKey(Key) })

export const headerLine = (log: LogHead): string => {
  const { epoch, first, head, room } = log
  return `${visibleJson(JSON.stringify({ format, version, room, epoch, first, head }))}\n`
}

export const entryLine = ({ at, from, key, seq, text }: Entry): string =>
  `${visibleJson(JSON.stringify({ seq, from, text, at, ...(key === undefined ? {} : { key }) }))}\n`

/** Reads the first line, or says what is wrong with it. */
export const readHeader = (line: string): Result.Result<LogHead, string> =>
  Result.flatMap(parse(line), (value) => {
    if (!isOfFormat(value))
      return Result.fail(`this is no log of a room: the first line of one has "format":"${format}"`)
    if (value.version !== version) {
      return Result.fail(`version ${JSON.stringify(value.version)} of the format, and this server knows ${version}`)
    }
    return Result.flatMap(decoded(Header, value), (header) =>
      header.first > header.head + 1
        ? Result.fail(`first is ${header.first}: it must be head + 1, which is ${header.head + 1}, at the most`)
        : Result.succeed(header)
    )
  })

/** Reads the line of the entry `seq`, or says what is wrong with it. */
export const readEntry = (line: string, seq: number, textLimit: number): Result.Result<Entry, string> =>
  Result.flatMap(parse(line), (value) =>
    Result.flatMap(decoded(Line, value), (entry) => {
      if (entry.seq !== seq) return Result.fail(`seq is ${entry.seq}: it must be ${seq}, since a log has no holes`)
      if (!isOfCalendar(entry.at)) return Result.fail(`at is ${entry.at}: no calendar has that day`)
      if (isTooLong(entry.text, textLimit)) {
        return Result.fail(
          `text: longer than limits.text, ${textLimit} bytes: set it to what it was where this was written`
        )
      }
      return Result.succeed(entry)
    })
  )

const parse = (line: string): Result.Result<unknown, string> => {
  try {
    return Result.succeed(JSON.parse(line))
  } catch {
    return Result.fail("this is not JSON")
  }
}

const isOfFormat = (value: unknown): value is { readonly version?: unknown } =>
  typeof value === "object" && value !== null && "format" in value && value.format === format

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const decoded = <A>(schema: Schema.ConstraintCodec<A, unknown>, value: unknown): Result.Result<A, string> =>
  Result.mapError(Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(value), ({ issue }) => {
    const { message, path = [] } = formatIssue(issue).issues[0]!
    return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`
  })

/** The pattern of a time allows the 31st of February, and the clock makes another day of it. */
const isOfCalendar = (at: string): boolean => {
  const millis = Date.parse(at)
  return !Number.isNaN(millis) && new Date(millis).toISOString() === at
}
