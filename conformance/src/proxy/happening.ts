/**
 * What happens on the connections of a proxy, as a transcript has it: one JSON object for each chunk, opening and end.
 * `transcript.schema.json` says the same.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** Whose doing something is. */
export const Side = Schema.Literals(["client", "server"])
export type Side = typeof Side.Type

export const format = "tertulia-transcript/1"

/** The first line of a transcript. */
export const Opening = Schema.Struct({
  format: Schema.Literal(format),
  began: Schema.String.annotate({ description: "When the recording began: RFC 3339, UTC" }),
  listen: Schema.String.annotate({ description: "Where the proxy listened, as host:port" }),
  target: Schema.String.annotate({ description: "Where it handed the connections on to, as host:port" })
}).annotate({ identifier: "Opening", description: "The first line" })
export type Opening = typeof Opening.Type

const place = {
  at: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)).annotate({
    description: "Milliseconds since the recording began"
  }),
  connection: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
    description: "1, 2, 3, ... in the order of connecting"
  })
}
const from = Side.annotate({ description: "Whose bytes, or whose doing" })

/** One thing that happened on a connection. */
export const Happening = Schema.Union(
  [
    Schema.Struct({
      ...place,
      event: Schema.Literal("opened"),
      peer: Schema.String.annotate({ description: "The client's own address" })
    }).annotate({ description: "A client has connected" }),
    Schema.Struct({
      ...place,
      event: Schema.Literal("unreachable"),
      reason: Schema.String
    }).annotate({ description: "The target could not be reached: the client was closed" }),
    Schema.Struct({
      ...place,
      event: Schema.Literal("chunk"),
      from,
      text: Schema.optionalKey(Schema.String.annotate({ description: "The bytes, when they are UTF-8" })),
      base64: Schema.optionalKey(
        Schema.String.check(Schema.isPattern(/^[A-Za-z0-9+/]*={0,2}$/u)).annotate({
          description: "The bytes, when they are not UTF-8"
        })
      )
    }).annotate({ description: "Bytes that were read at once: `text` or `base64`" }),
    Schema.Struct({ ...place, event: Schema.Literal("ended"), from }).annotate({ description: "FIN" }),
    Schema.Struct({ ...place, event: Schema.Literal("reset"), from }).annotate({ description: "RST" }),
    Schema.Struct({ ...place, event: Schema.Literal("closed") }).annotate({ description: "Both sides are gone" })
  ],
  { mode: "oneOf" }
).annotate({ identifier: "Happening" })
export type Happening = typeof Happening.Type

/** One line of a transcript. */
export const TranscriptLine = Schema.Union([Opening, Happening], { mode: "oneOf" })

/** What `transcript.schema.json` holds: each line of a transcript as JSON Schema. */
export const transcriptSchema = (): object => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(TranscriptLine, { onExcessProperty: "error" })
  const title = `One line of ${format}`
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title, ...schema, $defs: definitions }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Bytes as a line of a transcript has them. */
export const chunkOf = (bytes: Uint8Array): { readonly text: string } | { readonly base64: string } => {
  try {
    return { text: utf8.decode(bytes) }
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") }
  }
}

/** The bytes of a line of a transcript. */
export const bytesOf = ({ base64, text }: { readonly text?: string; readonly base64?: string }): Uint8Array =>
  base64 === undefined ? Buffer.from(text ?? "") : Buffer.from(base64, "base64")
