import { fc, test } from "@fast-check/vitest"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { badText, longText, text } from "../src/arbitraries.ts"
import { hasControls, isTooLong, Text, utf8Length } from "../src/index.ts"

const isText = Schema.is(Text)
const encoder = new TextEncoder()

describe("A text", () => {
  it("may hold any character but the controls, LF and TAB excepted", () => {
    const refused = Array.from({ length: 0x300 }, (_, code) => code).filter(
      (code) => !isText(String.fromCharCode(code))
    )
    const controls = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, at) => 0x7f + at)]
    expect(refused).toEqual(controls.filter((code) => code !== 0x09 && code !== 0x0a))
  })

  it("is refused for one control anywhere", () => {
    expect(isText(`${"a".repeat(4_000)}\u001b`)).toBe(false)
    expect(isText("\u009b2J")).toBe(false)
    expect(isText("one\r\ntwo")).toBe(false)
  })

  it("is not empty, and not torn", () => {
    expect(isText("")).toBe(false)
    expect(isText("\ud800")).toBe(false)
    expect(isText("a\udc00")).toBe(false)
    expect(isText(" ")).toBe(true)
  })

  test.prop([text])("of any script is accepted", (drawn) => {
    expect(isText(drawn)).toBe(true)
    expect(hasControls(drawn)).toBe(false)
  })

  test.prop([badText])("with a control, or empty, is refused", (drawn) => {
    expect(isText(drawn)).toBe(false)
    expect(hasControls(drawn)).toBe(drawn !== "")
  })
})

describe("The length of a text", () => {
  test.prop([fc.string({ unit: "binary" })])("is that of its UTF-8", (any) => {
    expect(utf8Length(any)).toBe(encoder.encode(any).length)
  })

  test.prop([fc.string({ unit: "binary" }), fc.nat({ max: 60 })])("is compared with a limit exactly", (any, limit) => {
    expect(isTooLong(any, limit)).toBe(encoder.encode(any).length > limit)
  })

  it("is right at each step of UTF-8", () => {
    expect(
      ["\0", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\u{10000}"].map(utf8Length)
    ).toEqual([1, 1, 2, 2, 3, 3, 3, 3, 4])
  })

  test.prop([fc.integer({ min: 8, max: 5_000 }).chain((limit) => fc.tuple(fc.constant(limit), longText(limit)))])(
    "is above the limit in every text that is to be too long",
    ([limit, long]) => {
      expect(utf8Length(long)).toBeGreaterThan(limit)
    }
  )
})
