import { test } from "@fast-check/vitest"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { faulty, hostileLine, longText } from "../src/arbitraries.ts"
import {
  decodeEnvelope,
  decodeRequest,
  defaultLimits,
  errorCodes,
  type Line,
  makeLineDecoder,
  requestsOf
} from "../src/index.ts"

/** What a connection that is logged in gets for one line: a request, or `code field re`. */
const decode = (line: Line) =>
  Result.flatMap(decodeEnvelope(line), (envelope) => decodeRequest(envelope, defaultLimits))
const refusal = (line: Line) => {
  const decoded = decode(line)
  return Result.isSuccess(decoded) ? "accepted" : decoded.failure
}
const answer = (object: unknown) => {
  const refused = refusal(JSON.stringify(object))
  return refused === "accepted" ? refused : `${refused.code} ${refused.field ?? "-"} ${refused.re ?? "-"}`
}

describe("Of several faults the first is answered:", () => {
  it.each([
    // The envelope: JSON, id, type, whether it is known.
    ["bad-json before all", '{"type":5,"id":"x"', "bad-json"],
    ["a bad id before a bad type", { type: 5, id: "x" }, "bad-request id -"],
    ["a bad id before an unknown type", { type: "fly", id: 0 }, "bad-request id -"],
    ["a bad id before bad fields", { type: "send", id: 1.5, room: 5 }, "bad-request id -"],
    ["a bad type before bad fields", { type: null, id: 1, room: 5 }, "bad-request type 1"],
    ["an unknown type before bad fields", { type: "fly", id: 1, room: 5 }, "unsupported type 1"],
    // The fields: by code, whatever their order.
    ["a wrong type before a bad name", { type: "send", id: 1, room: "the cafe", text: 5 }, "bad-request text 1"],
    ["a missing field before a bad name", { type: "send", id: 1, room: "the cafe" }, "bad-request text 1"],
    ["a wrong type before a bad text", { type: "send", id: 1, room: 5, text: "" }, "bad-request room 1"],
    ["a bad name before a bad text", { type: "send", id: 1, room: "cafe", text: "" }, "bad-name room 1"],
    ["a bad name before a long text", { type: "send", id: 1, room: "", text: "a".repeat(4_097) }, "bad-name room 1"],
    [
      "a bad text before a long text",
      { type: "send", id: 1, room: "#a", text: "\u0007".repeat(4_097) },
      "bad-text text 1"
    ],
    ["a missing epoch before a bad name", { type: "join", id: 1, room: "cafe", after: 5 }, "bad-request epoch 1"],
    [
      "a wrong type before a bad name of a list",
      { type: "members", id: 1, room: "cafe", after: 5 },
      "bad-request after 1"
    ],
    ["a limit out of range before a bad name", { type: "rooms", id: 1, after: "cafe", limit: 0 }, "bad-request limit 1"]
  ])("%s", (_, sent, expected) => {
    if (typeof sent === "string") expect(refusal(sent)).toMatchObject({ code: expected })
    else expect(answer(sent)).toBe(expected)
  })

  test.prop([faulty], { numRuns: 1_000 })("whatever the faults", ({ object, code, fields, re }) => {
    const refused = refusal(JSON.stringify(object))
    expect(refused).toMatchObject({ code, ...(re === undefined ? {} : { re }) })
    if (refused === "accepted") return
    expect(fields).toContain(refused.field)
    expect(refused.re).toBe(re)
  })
})

describe("An id", () => {
  it.each([1, 42, 2_147_483_647])("may be %d", (id) => {
    expect(decode(`{"type":"ping","id":${id}}`)).toEqual(Result.succeed({ type: "ping", id }))
  })

  it.each([
    "0",
    "-1",
    "-0",
    "1.5",
    "2147483648",
    "1152921504606846976",
    "1e400",
    "1e-400",
    '"1"',
    "null",
    "true",
    "[1]"
  ])("can't be %s", (id) => {
    expect(refusal(`{"type":"ping","id":${id}}`)).toMatchObject({ code: "bad-request", field: "id" })
    expect(refusal(`{"type":"ping","id":${id}}`)).not.toHaveProperty("re")
  })

  it.each(["1.0", "1e0", "1E+0", "10e-1"])("may be spelled %s, since a server may read it so", (id) => {
    expect(decode(`{"type":"ping","id":${id}}`)).toEqual(Result.succeed({ type: "ping", id: 1 }))
  })

  it("is the last one, when there are two", () => {
    expect(decode('{"type":"ping","id":"x","id":7}')).toEqual(Result.succeed({ type: "ping", id: 7 }))
  })

  it("is not inherited", () => {
    expect(refusal('{"__proto__":{"type":"ping","id":1}}')).toMatchObject({ code: "bad-request", field: "id" })
  })
})

describe("A type", () => {
  it.each(["fly", "", "Ping", "toString", "constructor", "__proto__", "hasOwnProperty", "welcome", "x-suite/fly"])(
    "%s is unsupported",
    (type) => {
      expect(answer({ type, id: 1 })).toBe("unsupported type 1")
    }
  )

  it("of a profile that the server doesn't claim is unsupported, whatever its fields", () => {
    const line = JSON.stringify({ type: "history", id: 1 })
    const refusal = (features: ReadonlyArray<string>) => decodeEnvelope(line, requestsOf(features))
    expect(refusal([])).toMatchObject({ _tag: "Failure", failure: { code: "unsupported", field: "type", re: 1 } })
    expect(refusal(["history/1"])).toMatchObject({ _tag: "Success" })
  })
})

describe("A field", () => {
  it.each([2 ** 53, 2 ** 60, 1.5, -1, 1e300])("after can't be %d", (after) => {
    expect(answer({ type: "join", id: 1, room: "#a", after, epoch: "k3" })).toBe("bad-request after 1")
  })

  it.each([0, -0, 2 ** 53 - 1])("after may be %d", (after) => {
    expect(answer({ type: "join", id: 1, room: "#a", after, epoch: "k3" })).toBe("accepted")
  })

  it("epoch may be any string, since a client may hold any, and alone it means nothing", () => {
    expect(answer({ type: "join", id: 1, room: "#a", after: 1, epoch: "" })).toBe("accepted")
    expect(answer({ type: "join", id: 1, room: "#a", epoch: "¡otra!" })).toBe("accepted")
  })

  it("is missing when it is null", () => {
    expect(answer({ type: "join", id: 1, room: "#a", create: null })).toBe("bad-request create 1")
  })

  it("text is counted in bytes, after unescaping", () => {
    const escaped = `{"type":"send","id":1,"room":"#a","text":"${"\\u0061".repeat(4_096)}"}`
    expect(Result.isSuccess(decode(escaped))).toBe(true)
    expect(answer({ type: "send", id: 1, room: "#a", text: `${"a".repeat(4_095)}ñ` })).toBe("too-long text 1")
  })

  test.prop([longText(1_000)])("text is too long by the server's limit, not by the default", (text) => {
    const envelope = Result.getOrThrow(decodeEnvelope(JSON.stringify({ type: "send", id: 1, room: "#a", text })))
    expect(decodeRequest(envelope, { ...defaultLimits, text: 1_000 })).toMatchObject({ failure: { code: "too-long" } })
    expect(Result.isSuccess(decodeRequest(envelope, defaultLimits))).toBe(true)
  })
})

describe("A refusal", () => {
  test.prop([hostileLine])("is a value with a registered code and a sentence, never an exception", (bytes) => {
    for (const line of makeLineDecoder(65_536).push(Uint8Array.from([...bytes, 0x0a])).lines) {
      const refused = refusal(line)
      if (refused === "accepted") continue
      expect(errorCodes).toContain(refused.code)
      expect(refused.message).not.toBe("")
      if (refused.code === "bad-json") expect(refused.re).toBeUndefined()
    }
  })

  it("says what was wrong and what would be right", () => {
    const sentence = (object: unknown) => {
      const refused = refusal(JSON.stringify(object))
      return refused === "accepted" ? refused : refused.message
    }
    expect(sentence({ type: "login", id: 1, nick: 5 })).toBe("nick has the wrong type")
    expect(sentence({ type: "login", id: 1 })).toBe("nick is missing")
    expect(sentence({ type: "login", id: 1, nick: "../ana" })).toBe(
      "nick: 1 to 32 of a-z, 0-9, _ and -, the first a letter or a digit"
    )
    expect(sentence({ type: "rooms", id: 1, limit: 0 })).toBe("limit: a value greater than or equal to 1")
    expect(sentence({ type: "rooms", id: 1, limit: 1.5 })).toBe("limit: an integer")
    expect(sentence({ type: "join", id: 1, room: "#a", after: -1, epoch: "k3" })).toContain("after: ")
  })
})
