import { it as effectIt } from "@effect/vitest"
import { fc, test } from "@fast-check/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { event, reply, request, serverMessage, unknownFields } from "../src/arbitraries.ts"
import {
  decodeEnvelope,
  decodeRequest,
  decodeServerMessage,
  defaultLimits,
  Event,
  encodeLine,
  foldName,
  makeLineDecoder,
  Reply,
  Request,
  replyTypes,
  requestSchemas
} from "../src/index.ts"

interface Annotated {
  readonly title: string
  readonly description: string
  readonly examples: ReadonlyArray<{ readonly type: string }>
}

const schemas = [...Object.values(Request.cases), ...Object.values(Reply.cases), ...Object.values(Event.cases)].map(
  (schema) => ({ schema, ...(Schema.resolveAnnotations(schema) as unknown as Annotated) })
)

const asLine = (message: { readonly type: string }) => {
  const [line] = makeLineDecoder(1 << 20).push(new TextEncoder().encode(encodeLine(message))).lines
  return line!
}

const asRequest = (message: { readonly type: string }) =>
  Result.flatMap(decodeEnvelope(asLine(message)), (envelope) => decodeRequest(envelope, defaultLimits))

const folded = (sent: Request) =>
  Object.fromEntries(
    Object.entries(sent).map(([field, value]) =>
      typeof value === "string" &&
      ["nick", "room", "after", ...(sent.type === "search" ? ["from"] : [])].includes(field)
        ? [field, foldName(value)]
        : [field, value]
    )
  )

describe("Every message", () => {
  it.each(schemas)(
    "$title says what it is, by examples that its schema accepts",
    ({ schema, title, description, examples }) => {
      expect(description).not.toBe("")
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) {
        expect(example.type).toBe(title)
        expect(Schema.is(schema)(example)).toBe(true)
      }
    }
  )
})

describe("A request", () => {
  it("has a reply of its own", () => {
    expect(Object.keys(replyTypes)).toEqual(Object.keys(requestSchemas))
    expect(Object.values(replyTypes).every((type) => Object.hasOwn(Reply.cases, type))).toBe(true)
  })

  test.prop([request])("is the same after encoding and decoding, but for its names, which are folded", (sent) => {
    expect(asRequest(sent)).toEqual(Result.succeed(folded(sent)))
  })

  test.prop([request, unknownFields])("loses the fields that nobody knows", (sent, extra) => {
    expect(asRequest({ ...extra, ...sent })).toEqual(Result.succeed(folded(sent)))
  })

  effectIt.prop("drawn from its schema is accepted, or refused for the length of its text", [Request], ([sent]) => {
    const decoded = asRequest(sent)
    return Result.isSuccess(decoded) || decoded.failure.code === "too-long"
  })
})

describe("What a server says", () => {
  test.prop([serverMessage])("is the same after encoding and decoding", (message) => {
    expect(decodeServerMessage(asLine(message))).toEqual(Result.succeed({ _tag: "Known", message }))
  })

  test.prop([serverMessage, unknownFields])("loses the fields that nobody knows", (message, extra) => {
    expect(decodeServerMessage(asLine({ ...extra, ...message }))).toEqual(Result.succeed({ _tag: "Known", message }))
  })

  test.prop([reply, event])("is a reply or an event, never both", (answer, news) => {
    expect([Schema.is(Reply)(answer), Schema.is(Event)(answer)]).toEqual([true, false])
    expect([Schema.is(Reply)(news), Schema.is(Event)(news)]).toEqual([false, true])
  })

  effectIt.prop("drawn from its schema is accepted", [Schema.Union([Reply, Event])], ([message]) =>
    Result.isSuccess(decodeServerMessage(asLine(message)))
  )

  test.prop([fc.string(), unknownFields])("is ignored as a whole when its type is unknown", (type, extra) => {
    fc.pre(!Object.hasOwn(Event.cases, type) && type !== "error")
    const line = JSON.stringify({ ...extra, type })
    expect(decodeServerMessage(line)).toEqual(Result.succeed({ _tag: "Unknown", type, object: JSON.parse(line) }))
  })
})
