import { deepStrictEqual } from "node:assert/strict"
import v8 from "node:v8"
import vm from "node:vm"
import { fc, test } from "@fast-check/vitest"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { directSpelling, hostileLine, request, requests, roomSpelling } from "../src/arbitraries.ts"
import {
  decodeEnvelope,
  decodeRequest,
  defaultLimits,
  type JsonObject,
  makeLineDecoder,
  type RequestContext,
  Send,
  unclaimedBy
} from "../src/index.ts"
import { readPlainSend } from "../src/plain-send.ts"
import { bytesOf, hostile, jsonProfile, messages, precedence, session, texts } from "../src/vectors.ts"

const decode = (line: string, context: RequestContext, limits = defaultLimits) =>
  Result.flatMap(decodeEnvelope(line), (envelope) => decodeRequest(envelope, limits, context))

/** What a line means, to servers of different kinds; JSON lets a space stand before it, and no plain form begins so. */
const meanings = (line: string) => [
  Result.map(decodeEnvelope(line), ({ id, object, type }) => ({ id, object, type })),
  decode(line, {}),
  decode(line, { unclaimed: unclaimedBy([]), nick: "ana" }),
  decode(line, { unclaimed: unclaimedBy(["resume/1", "direct/1"]), nick: "leo" }, { ...defaultLimits, text: 20 })
]
const expectSameAsTheLongWay = (line: string) => {
  expect(readPlainSend(` ${line}`)).toBeUndefined()
  // To vitest two objects differ as soon as they hold a `constructor`, which a line may.
  deepStrictEqual(meanings(line), meanings(` ${line}`))
}

// ---------------------------------------------------------------------------------------------------------------------
// Lines
// ---------------------------------------------------------------------------------------------------------------------

type Encode = (value: unknown) => string

const json: Encode = JSON.stringify
/** As Python does it. */
const ascii: Encode = (value) =>
  json(value).replace(/[\u007f-\uffff]/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
/** As PHP does it. */
const slashes: Encode = (value) => json(value).replaceAll("/", "\\/")

const encode = fc.constantFrom(json, ascii, slashes)

const written = (entries: ReadonlyArray<readonly [string, unknown]>, encode: Encode, space: string) =>
  `{${entries.map(([name, value]) => `"${name}":${space}${encode(value)}`).join(`,${space}`)}}`

/** A `send` whose numbers are none of the largest. */
const send = fc
  .tuple(requests.send, fc.oneof(roomSpelling, directSpelling))
  .map(([{ id, replyTo, ...said }, room]) => ({
    ...said,
    room,
    id: (id % 999_999_999) + 1,
    ...(replyTo === undefined ? {} : { replyTo: (replyTo % 999_999_999_999_999) + 1 })
  }))
const order = ["type", "id", "room", "text", "replyTo", "key", "epoch"]
const inOrder = (object: object) =>
  Object.entries(object).sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))

/** A `send` as encoders write it that keep the specification's order. */
const plain = fc
  .tuple(send, encode, fc.constantFrom("", " "))
  .map(([object, encode, space]) => ({ object, line: written(inOrder(object), encode, space) }))

/** Fields whose value is at the edge of what it may be, or beyond. */
const odd = fc.oneof(
  fc.tuple(
    fc.constant("id"),
    fc.constantFrom(0, -1, 0.5, 999_999_999, 1_000_000_000, 2_147_483_647, 2_147_483_648, "1")
  ),
  fc.tuple(
    fc.constant("room"),
    fc.constantFrom("cafe", "#", "#_", `#${"a".repeat(32)}`, `@${"A".repeat(33)}`, "!cafe")
  ),
  fc.tuple(
    fc.constant("text"),
    fc.constantFrom("", "\u001b[2J", "\u0000", "\u009b", "\ud83d", "\b", "a".repeat(5_000))
  ),
  fc.tuple(fc.constant("replyTo"), fc.constantFrom(0, 999_999_999_999_999, 2 ** 53 - 1, 2 ** 53, 1.5, null)),
  fc.tuple(fc.constantFrom("key", "epoch"), fc.constantFrom("", "a".repeat(64), "a".repeat(65), "¡otra!", null)),
  fc.constantFrom<readonly [string, unknown]>(["type", "ping"], ["from", "leo"], ["__proto__", { type: "send" }])
)

/** A request of any kind, with more than it should have or with fields twice, often in disorder. */
const spelled = fc
  .tuple(fc.oneof(send, request), fc.array(odd, { maxLength: 1 }))
  .map(([object, more]) => [...inOrder(object), ...more])
  .chain((entries) =>
    fc.tuple(
      fc.oneof(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
      encode,
      fc.constantFrom("", " ", "\t", "  ")
    )
  )
  .map(([entries, encode, space]) => written(entries, encode, space))

/** What makes another line of a line: in the middle of a text, of a number, between two fields. */
const pieces = [
  ...'"\\{}[]:,/#@-_.+0179AEeé \t\r\0\u001b\u007f\u009b\u00a0\u2028\ufeff😀',
  ...String.raw`[[[[[[[[[ 9999999 -0 1.0 1e3 true null \\ \/ \n \t \b \f \r \x \u \u0000 \u001b \u009F \u0061 \ud83d \uDE00`.split(
    " "
  ),
  ...'"id":7;,"id":7;, "text": "x";,"key":"a";,"replyTo":1;,"from":"leo";\ud83d;\ude00'.split(";")
]
const edit = fc.record({
  at: fc.nat(),
  cut: fc.nat({ max: 3 }),
  put: fc.constantFrom("", ...pieces)
})
const edits = fc.array(edit, { maxLength: 2 })
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never

const edited = (line: string, edits: ReadonlyArray<Edit>) =>
  edits.reduce((text, { at, cut, put }) => {
    const from = at % (text.length + 1)
    return text.slice(0, from) + put + text.slice(from + cut)
  }, line)

const any = fc.oneof(
  fc.tuple(plain, edits).map(([{ line }, edits]) => edited(line, edits)),
  fc
    .tuple(send, odd, encode, fc.constantFrom("", " "))
    .map(([object, [name, value], encode, space]) => written(inOrder({ ...object, [name]: value }), encode, space)),
  fc.tuple(spelled, edits).map(([line, edits]) => edited(line, edits))
)

// ---------------------------------------------------------------------------------------------------------------------
// Tests
// ---------------------------------------------------------------------------------------------------------------------

describe("A plain send is read at once:", () => {
  it.each(Send.ast.annotations!["examples"] as ReadonlyArray<JsonObject>)(
    "as the specification has it: %j",
    (object) => {
      expect(readPlainSend(JSON.stringify(object))).toStrictEqual(object)
    }
  )

  it.each([
    ["with spaces", '{"type": "send", "id": 1, "room": "#cafe", "text": "hola"}', "hola"],
    ["with a space here and there", '{"type":"send", "id":1,"room": "#cafe","text":"hola"}', "hola"],
    ["of what isn't ASCII", '{"type":"send","id":1,"room":"#cafe","text":"¡hola, 漢字! 😀"}', "¡hola, 漢字! 😀"],
    ["of brackets", `{"type":"send","id":1,"room":"#cafe","text":"${"[{".repeat(9)}"}`, "[{".repeat(9)],
    ["of quotes and lines", '{"type":"send","id":1,"room":"#cafe","text":"\\"a\\"\\n\\tb\\\\"}', '"a"\n\tb\\'],
    [
      "of what a cautious encoder escapes",
      '{"type":"send","id":1,"room":"#cafe","text":"\\u00a1hola\\u0021 \\uD83d\\ude00\\/"}',
      "¡hola! 😀/"
    ],
    [
      "of the longest line",
      `{"type":"send","id":1,"room":"#cafe","text":"${"\\n".repeat(32_000)}"}`,
      "\n".repeat(32_000)
    ]
  ])("%s", (_, line, text) => {
    expect(readPlainSend(line)).toStrictEqual({ type: "send", id: 1, room: "#cafe", text })
    expectSameAsTheLongWay(line)
  })

  test.prop([plain], { numRuns: 1_000 })("whatever it says", ({ line, object }) => {
    expect(readPlainSend(line)).toStrictEqual(object)
  })
})

describe("What isn't plain goes the long way:", () => {
  const withId = (id: string) => `{"type":"send","id":${id},"room":"#cafe","text":"hola"}`
  const withText = (text: string) => `{"type":"send","id":1,"room":"#cafe","text":"${text}"}`

  it.each([
    ...["0", "-0", "-1", "01", "1.0", "1e3", "1000000000", "2147483648", '"1"', "null"].map(withId),
    ...["", "\t", "\r", "\0", "\u001b", "\u007f", "\u009b", "\\", "\\b", "\\f", "\\r", "\\x41", "\\u12", "\\U0061"].map(
      withText
    ),
    ...["\\u0000", "\\u001b", "\\u009b", "\\ud83d", "\\ude00\\ud83d", "\ud83d", "\ude00 \ud83d"].map(withText),
    '{"id":1,"type":"send","room":"#cafe","text":"hola"}',
    '{"type":"send","id":1,"room":"#cafe","text":"hola","from":"leo"}',
    '{"type":"send","id":1,"room":"#cafe","text":"hola","text":"adiós"}',
    '{"type":"send","id":1,"id":2,"room":"#cafe","text":"hola"}',
    '{"type":"send","id":1,"room":"#cafe","text":"hola","key":"a1","key":""}',
    '{"type":"send","id":1,"room":"#cafe","text":"hola","key":"a1","replyTo":1}',
    '{"type":"send","id":1,"room":"#cafe","text":"hola","replyTo":9007199254740992}',
    '{"type":"send","id":1,"room":"#cafe","text":"hola","key":null}',
    '{"type":"send","id":1,"room":"#cafe","text":"hola","epoch":""}',
    '{"type":"send","id":1,"room":"cafe","text":"hola"}',
    `{"type":"send","id":1,"room":"#${"a".repeat(33)}","text":"hola"}`,
    '{"type":"send","id":1,"room":"#\\u0061","text":"hola"}',
    '{"type":"edit","id":1,"room":"#cafe","text":"hola"}',
    `${withText("hola")} `,
    `${withText("hola")},`,
    `${withText("hola")}\n`,
    `${withText("hola")}${withText("hola")}`,
    `\ufeff${withText("hola")}`
  ])("%j", (line) => {
    expect(readPlainSend(line)).toBeUndefined()
    expectSameAsTheLongWay(line)
  })

  it("also to a server that knows no send", () => {
    const unsupported = { failure: { code: "unsupported", field: "type", re: 1 } }
    expect(decodeEnvelope(withText("hola"), new Set(["ping"]))).toMatchObject(unsupported)
  })
})

describe("Either way gives the same", () => {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

  test.prop([any], { numRuns: 5_000 })("of any line", expectSameAsTheLongWay)

  test.prop([hostileLine], { numRuns: 1_000 })("of rubbish", (bytes) => {
    for (const line of makeLineDecoder(65_536).push(Uint8Array.from([...bytes, 0x0a])).lines) {
      if (typeof line === "string") expectSameAsTheLongWay(line)
    }
  })

  it("of every line of the vectors", () => {
    const limits = { ...defaultLimits, text: 1_000 }
    const bytes = Buffer.concat(
      [
        ...jsonProfile.vectors.map(({ line }) => bytesOf(line, limits)),
        ...[...precedence.vectors, ...hostile.vectors].map(({ send }) => bytesOf(send, limits)),
        ...texts.vectors.map(({ text }) =>
          Buffer.from(json({ type: "send", id: 1, room: "#cafe", text: utf8.decode(bytesOf(text, limits)) }))
        ),
        ...messages.vectors.map(({ object }) => Buffer.from(json(object))),
        ...session.map((object) => Buffer.from(json(object)))
      ].flatMap((line) => [line, Buffer.from("\n")])
    )
    const lines = makeLineDecoder(2 ** 30)
      .push(bytes)
      .lines.filter((line) => typeof line === "string")
    lines.forEach(expectSameAsTheLongWay)
    expect(lines.filter((line) => readPlainSend(line) !== undefined).length).toBeGreaterThan(20)
  })
})

describe("What is kept of a send", () => {
  v8.setFlagsFromString("--expose-gc")
  const collect = vm.runInNewContext("gc") as () => void
  const bytesHeldBy = (make: () => unknown): number => {
    collect()
    const before = v8.getHeapStatistics().used_heap_size
    const kept = Array.from({ length: 500 }, make)
    collect()
    return (v8.getHeapStatistics().used_heap_size - before) / kept.length
  }
  const said = { type: "send", id: 1, room: `#${"a".repeat(32)}`, text: "t".repeat(64), key: "k".repeat(64) }
  const line = json({ ...said, epoch: "e".repeat(32) })
  const chunk = Buffer.from(`${line}\n`.repeat(60))
  const readOne = () => {
    const [first] = makeLineDecoder(defaultLimits.line).push(chunk).lines
    return readPlainSend(first as string)!
  }

  it.each(["room", "text", "key", "epoch"] as const)("its %s doesn't hold on to what came with it", (field) => {
    expect(chunk.length).toBeGreaterThan(14_000)
    expect(bytesHeldBy(() => readOne()[field])).toBeLessThan(1_000)
  })
})
