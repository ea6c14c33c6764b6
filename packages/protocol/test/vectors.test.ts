import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import {
  decodeEnvelope,
  decodeRequest,
  decodeServerMessage,
  defaultLimits,
  effectiveLimits,
  encodeLine,
  type Line,
  makeLineDecoder,
  notUtf8
} from "../src/index.ts"
import {
  bytesOf,
  type ExchangeVector,
  framing,
  hostile,
  type JsonVector,
  jsonProfile,
  type MessageVector,
  messages,
  names,
  ownWords,
  type Piece,
  precedence,
  session,
  sessionReplies,
  texts,
  vectorFiles
} from "../src/vectors.ts"
import { answersTo } from "./model.ts"

const decode = (line: Line) =>
  Result.flatMap(decodeEnvelope(line), (envelope) => decodeRequest(envelope, defaultLimits))
const decodeObject = (object: unknown) => decode(JSON.stringify(object))

const lineOf = (pieces: ReadonlyArray<Piece>): Line => {
  const line = bytesOf(pieces, defaultLimits)
  return makeLineDecoder(defaultLimits.line).push(Uint8Array.from([...line, 0x0a])).lines[0]!
}

/** What is comparable between a vector and what the decoders say. */
const outcomeOf = (decoded: ReturnType<typeof decode>) =>
  Result.isSuccess(decoded)
    ? { outcome: "accepted", re: decoded.success.id }
    : {
        outcome: decoded.failure.code,
        ...(decoded.failure.re === undefined ? {} : { re: decoded.failure.re }),
        ...(decoded.failure.field === undefined ? {} : { field: decoded.failure.field })
      }

describe.each(Object.entries(vectorFiles))("spec/vectors/%s", (_, file) => {
  it("gives each vector a name of its own, and the requirements that it exercises", () => {
    const called = file.vectors.map(({ name }) => name)
    expect(called.filter((name, at) => called.indexOf(name) !== at)).toEqual([])
    expect(file.vectors.filter(({ requirements }) => requirements.length === 0)).toEqual([])
  })

  it("is the same after a trip through JSON", () => {
    expect(JSON.parse(JSON.stringify(file))).toEqual(file)
  })
})

it.each(framing.vectors)("framing: $name", ({ limit, chunks, lines, tooLong }) => {
  const decoder = makeLineDecoder(limit)
  const decoded = chunks.map((chunk) => decoder.push(bytesOf(chunk, defaultLimits)))
  expect(decoded.flatMap((each) => each.lines).map((line) => (line === notUtf8 ? null : line))).toEqual(lines)
  expect(decoded.at(-1)?.tooLong ?? false).toBe(tooLong)
})

it.each(jsonProfile.vectors)("the JSON profile: $name", ({ line, outcome, re, field, or }: JsonVector) => {
  const decoded = outcomeOf(decode(lineOf(line)))
  if (or !== undefined && decoded.outcome === or) return
  expect(decoded).toEqual({ outcome, ...(re === undefined ? {} : { re }), ...(field === undefined ? {} : { field }) })
})

it.each(names.vectors)("names: $name", ({ kind, spelling, folded }) => {
  const asked = { nick: { type: "login", id: 1, nick: spelling }, room: { type: "leave", id: 1, room: spelling } }[kind]
  const listed = {
    nick: { type: "members", id: 1, room: "#cafe", after: spelling },
    room: { type: "rooms", id: 1, after: spelling }
  }[kind]
  if (folded === null) {
    expect(outcomeOf(decodeObject(asked))).toEqual({ outcome: "bad-name", re: 1, field: kind })
    expect(outcomeOf(decodeObject(listed))).toEqual({ outcome: "bad-name", re: 1, field: "after" })
  } else {
    expect(Result.getOrThrow(decodeObject(asked))).toMatchObject({ [kind]: folded })
    expect(Result.getOrThrow(decodeObject(listed))).toMatchObject({ after: folded })
  }
})

it.each(texts.vectors)("texts: $name", ({ text, outcome }) => {
  for (const limits of [defaultLimits, effectiveLimits({ text: 1_000 })]) {
    const said = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(text, limits))
    const line = encodeLine({ type: "send", ...{ id: 1, room: "#cafe", text: said } }).trimEnd()
    const decoded = Result.flatMap(decodeEnvelope(line), (envelope) => decodeRequest(envelope, limits))
    if (outcome === "accepted") expect(decoded).toMatchObject({ success: { text: said } })
    else expect(outcomeOf(decoded)).toEqual({ outcome, re: 1, field: "text" })
  }
})

it.each(ownWords.vectors)("own words: $name", ({ field, outcome, words }) => {
  const said = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(words, defaultLimits))
  const decoded = decodeObject({ type: "status", id: 1, [field]: said })
  if (outcome === "accepted") expect(decoded).toMatchObject({ success: { [field]: said } })
  else expect(outcomeOf(decoded)).toEqual({ outcome, re: 1, field })
})

it.each(messages.vectors)("messages: $name", ({ from, object, outcome, field }: MessageVector) => {
  if (from === "client") {
    const decoded = outcomeOf(decodeObject(object))
    expect(decoded).toMatchObject({ outcome, ...(field === undefined ? {} : { field }) })
    return
  }
  const decoded = decodeServerMessage(JSON.stringify(object))
  expect(Result.isSuccess(decoded) && decoded.success._tag === "Known").toBe(outcome === "accepted")
})

it.each([...precedence.vectors, ...hostile.vectors])(
  "exchanges: $name",
  ({ state, send, answers, or, end }: ExchangeVector) => {
    if (end === "reset") return
    for (const limits of [defaultLimits, effectiveLimits({ line: 8_192, text: 1_000 })]) {
      const said = answersTo(state, bytesOf(send, limits), limits)
      const named = new Set([...answers, ...(or ?? [])].map(({ type }) => type))
      const compared = said.filter(({ type }) => type !== "message" || named.has("message"))
      const expected = or !== undefined && compared[0]?.["type"] === or[0]?.type ? or : answers
      expect(compared.length).toBe(expected.length)
      expected.forEach((answer, at) => {
        expect(compared[at]).toMatchObject(answer)
        if (answer.type === "error") expect("re" in compared[at]!).toBe("re" in answer)
      })
    }
  }
)

it("the script of a session gets all of its replies", () => {
  const bytes = Buffer.from(session.map(encodeLine).join(""))
  const said = answersTo("opened", bytes, defaultLimits).filter(({ type }) => type !== "message")
  expect(said.map(({ type }) => type)).toEqual(sessionReplies)
  expect(said.map(({ re }) => re)).toEqual(session.map(({ id }) => id))
})
