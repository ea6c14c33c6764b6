import { fc, test } from "@fast-check/vitest"
import { describe, expect, it } from "vitest"
import { hostileLine } from "../src/arbitraries.ts"
import { type Line, makeLineDecoder, notUtf8, parseJson } from "../src/index.ts"

const nested = (levels: number, open = "[", close = "]") =>
  `{"x":${open.repeat(levels - 1)}${close.repeat(levels - 1)}}`
const isFault = (line: Line) => typeof parseJson(line) === "string"

describe("The JSON profile accepts", () => {
  it.each([
    ["an empty object", "{}", {}],
    ["white space around and between", ' \t{ "a" :\r 1 } ', { a: 1 }],
    ["8 levels", nested(8), { x: [[[[[[[]]]]]]] }],
    ["8 levels of objects", nested(8, '{"x":', "}").replace("}", "0}"), expect.anything()],
    [
      "8 levels again and again",
      `{"a":${"[".repeat(7)}${"]".repeat(7)},"b":[[],[],[],[],[],[],[],[],[],[]]}`,
      expect.anything()
    ],
    ["brackets inside strings, however many", `{"x":"${"[{".repeat(1_000)}"}`, { x: "[{".repeat(1_000) }],
    ["brackets after an escaped quote", `{"x":"\\"${"[".repeat(9)}"}`, { x: `"${"[".repeat(9)}` }],
    ["brackets after an escaped backslash", `{"x":"\\\\","y":"${"[".repeat(9)}"}`, { x: "\\", y: "[".repeat(9) }],
    ["the last of two fields", '{"a":1,"a":2}', { a: 2 }],
    ["escaped pairs of surrogates", '{"x":"\\ud83d\\ude00"}', { x: "😀" }],
    ["an escaped backslash before u", '{"x":"\\\\u0000 \\\\ud800"}', { x: "\\u0000 \\ud800" }],
    ["a field's name that is escaped", '{"\\u0074ype":"ping"}', { type: "ping" }],
    ["noncharacters", '{"x":"\\uffff\uffff"}', { x: "\uffff\uffff" }]
  ])("%s", (_, line, value) => {
    expect(parseJson(line)).toEqual(value)
  })

  it("a field called __proto__, which is a field and nothing else", () => {
    const object = parseJson('{"__proto__":{"id":1},"constructor":{"prototype":{"type":"ping"}}}')
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
    expect((object as Record<string, unknown>)["id"]).toBeUndefined()
    expect(({} as Record<string, unknown>)["id"]).toBeUndefined()
  })
})

describe("The JSON profile refuses", () => {
  it.each<[string, Line]>([
    ["what is not UTF-8", notUtf8],
    ["9 levels", nested(9)],
    ["9 levels of objects", nested(9, '{"x":', "}").replace("}", "0}")],
    ["9 levels after a string that ends in an escaped backslash", `{"s":"\\\\","x":${"[".repeat(8)}${"]".repeat(8)}}`],
    ["9 levels of both kinds", `{"x":${'[{"x":'.repeat(4)}0${"}]".repeat(4)}}`],
    ["100,000 levels", nested(100_000)],
    ["100,000 levels that never close", `{"x":${"[".repeat(100_000)}`],
    ["closing before opening", `${"]".repeat(100_000)}${"[".repeat(100_000)}`],
    ["a number", "42"],
    ["a string", '"hola"'],
    ["null", "null"],
    ["true", "true"],
    ["an array", '[{"type":"ping","id":1}]'],
    ["a byte order mark", '\ufeff{"type":"ping","id":1}'],
    ["two objects", '{"type":"ping","id":1}{"type":"ping","id":2}'],
    ["something after the object", "{} x"],
    ["no end", '{"type":"ping","id":1'],
    ["a string without its end", '{"type":"ping'],
    ["single quotes", "{'type':'ping'}"],
    ["a name without quotes", "{type:1}"],
    ["a trailing comma", '{"a":1,}'],
    ["a trailing comma in a list", '{"a":[1,]}'],
    ["a comment", "{} // x"],
    ["NaN", '{"a":NaN}'],
    ["Infinity", '{"a":Infinity}'],
    ["-Infinity", '{"a":-Infinity}'],
    ["undefined", '{"a":undefined}'],
    ["a number with a zero before", '{"a":01}'],
    ["a number with a plus", '{"a":+1}'],
    ["a number that ends in a point", '{"a":1.}'],
    ["a number that begins with a point", '{"a":.5}'],
    ["a hexadecimal number", '{"a":0x10}'],
    ["a raw NUL in a string", '{"a":"\0"}'],
    ["a raw NUL anywhere", '{"a":1}\0'],
    ["a raw TAB in a string", '{"a":"\t"}'],
    ["a raw CR in a string", '{"a":"\r"}'],
    ["white space that isn't JSON's", '{"a":\u00a01}'],
    ["a bad escape", '{"a":"\\x41"}'],
    ["a short escape", '{"a":"\\u12"}'],
    ["U+0000", '{"a":"\\u0000"}'],
    ["U+0000 in a name", '{"a\\u0000":1}'],
    ["a lone surrogate that leads", '{"a":"\\ud800"}'],
    ["a lone surrogate that trails", '{"a":"\\udfff"}'],
    ["surrogates in the wrong order", '{"a":"\\ude00\\ud83d"}'],
    ["a lone surrogate deep inside", '{"a":[{"b":["\\uD800"]}]}'],
    ["a lone surrogate in a name", '{"\\ud800":1}']
  ])("%s", (_, line) => {
    expect(isFault(line)).toBe(true)
  })
})

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

describe("The JSON profile", () => {
  test.prop([fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 12, stringUnit: "grapheme" }))])(
    "accepts any object of at most 8 levels, and refuses any other",
    (object) => {
      const line = JSON.stringify(object)
      expect(isFault(line)).toBe(depthOf(object) > 8)
    }
  )

  test.prop([hostileLine])("never throws, and what it accepts is an object of at most 8 levels", (line) => {
    const [decoded] = makeLineDecoder(65_536).push(Uint8Array.from([...line, 0x0a])).lines
    fc.pre(decoded !== undefined)
    const value = parseJson(decoded)
    if (typeof value !== "string") expect(depthOf(value)).toBeLessThanOrEqual(8)
  })
})
