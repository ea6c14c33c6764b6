/**
 * Transcripts: files of JSON Lines that hold what went over a proxy.
 *
 * @module
 */
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { makeFormatterStandardSchemaV1 } from "effect/SchemaIssue"
import type * as Scope from "effect/Scope"
import { CannotJudge } from "../run/options.ts"
import { format, type Happening, type Opening, TranscriptLine } from "./happening.ts"

/** A whole transcript. */
export interface Transcript {
  readonly opening: Opening
  readonly happenings: ReadonlyArray<Happening>
}

/** Writes a transcript. */
export interface Recorder {
  readonly note: (happening: Happening) => void
}

/**
 * Begins a transcript in a file, which is given up with the scope. Each line is in the hands of the system when `note` returns, so that
 * whoever kills the proxy loses none.
 *
 * @param complain is told once when nothing more can be written
 */
export const recordTo = (
  file: string,
  opening: Omit<Opening, "format">,
  complain: (reason: string) => void
): Effect.Effect<Recorder, CannotJudge, Scope.Scope> =>
  Effect.gen(function* () {
    const fd = yield* Effect.acquireRelease(
      Effect.try({
        try: () => openSync(file, "w"),
        catch: (error) => new CannotJudge({ reason: `--out ${file}: ${(error as Error).message}` })
      }),
      (fd) => Effect.sync(() => closeSync(fd))
    )
    let isFull = false
    const put = (line: object) => {
      if (isFull) return
      try {
        writeFileSync(fd, `${JSON.stringify(line)}\n`)
      } catch (error) {
        isFull = true
        complain((error as Error).message)
      }
    }
    put({ format, ...opening })
    return { note: put }
  })

const decode = Schema.decodeUnknownResult(TranscriptLine)
const explain = makeFormatterStandardSchemaV1()

/** Reads a transcript; the last line may be cut, as that of a proxy that was killed. */
export const readTranscript = (file: string): Effect.Effect<Transcript, CannotJudge> =>
  Effect.gen(function* () {
    const refuse = (reason: string) => new CannotJudge({ reason: `${file}: ${reason}` })
    const text = yield* Effect.try({
      try: () => readFileSync(file, "utf8"),
      catch: (error) => refuse((error as Error).message)
    })
    const whole = text.split("\n").slice(0, -1)
    const lines = yield* Effect.forEach(whole, (line, index) => {
      const read = readLine(line)
      return typeof read === "string" ? Effect.fail(refuse(`line ${index + 1}: ${read}`)) : Effect.succeed(read)
    })
    const [opening, ...happenings] = lines
    if (opening === undefined || !("format" in opening)) {
      return yield* refuse(`it is no transcript: its first line has no "format":"${format}"`)
    }
    const isHappening = (line: Opening | Happening): line is Happening => "event" in line
    return { opening, happenings: happenings.filter(isHappening) }
  })

const readLine = (line: string): Opening | Happening | string => {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return "it is not JSON"
  }
  const decoded = decode(value)
  if (Result.isSuccess(decoded)) return decoded.success
  const [issue] = explain(decoded.failure.issue).issues
  return `${(issue?.path ?? []).map(String).join(".")} ${issue?.message ?? ""}`.trim()
}
