import { fc, test } from "@fast-check/vitest"
import { describe, expect, it } from "vitest"
import { brokenUtf8, chunking, hostileLine } from "../src/arbitraries.ts"
import { encodeLine, type Line, makeLineDecoder, notUtf8 } from "../src/index.ts"

const encoder = new TextEncoder()
const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...encoder.encode(part)] : part)))

/** Everything that a decoder makes of some chunks, and whether it ever held a whole limit. */
const decode = (limit: number, chunks: ReadonlyArray<Uint8Array>) => {
  const decoder = makeLineDecoder(limit)
  const lines: Array<Line> = []
  let tooLong = false
  let most = 0
  for (const chunk of chunks) {
    const decoded = decoder.push(chunk)
    lines.push(...decoded.lines)
    tooLong = decoded.tooLong
    most = Math.max(most, decoder.pending())
  }
  return { lines, tooLong, most, pending: decoder.pending() }
}

const linesOf = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) => decode(64, [bytes(...parts)]).lines

describe("A line", () => {
  it("ends in LF, and a CR before the LF is dropped", () => {
    expect(linesOf("a\nb\r\nc")).toEqual(["a", "b"])
  })

  it("keeps every CR but the last one", () => {
    expect(linesOf("a\rb\r\r\n")).toEqual(["a\rb\r"])
  })

  it("is nothing when it is blank", () => {
    expect(linesOf("\n\r\n  \t \n \r\r\n\t\r\n{}\n")).toEqual(["{}"])
  })

  it("is not blank when it holds a space that isn't ASCII, or another control", () => {
    expect(linesOf("\u00a0\n\u2028\n\v\n\f\n\0\n")).toEqual(["\u00a0", "\u2028", "\v", "\f", "\0"])
  })

  it("keeps a byte order mark, which is no JSON", () => {
    expect(linesOf([0xef, 0xbb, 0xbf], "{}\n")).toEqual(["\ufeff{}"])
  })

  it("may be cut between CR and LF, and inside a character", () => {
    const whole = bytes("¡olé 😀!\r\n")
    for (let at = 0; at <= whole.length; at++) {
      expect(decode(64, [whole.subarray(0, at), whole.subarray(at)]).lines).toEqual(["¡olé 😀!"])
    }
  })
})

describe("The limit", () => {
  const limit = 16

  it("counts the LF: a line of exactly the limit is legal", () => {
    expect(decode(limit, [bytes("x".repeat(15), "\n")])).toMatchObject({ lines: ["x".repeat(15)], tooLong: false })
  })

  it("counts the CR", () => {
    expect(decode(limit, [bytes("x".repeat(14), "\r\n")])).toMatchObject({ lines: ["x".repeat(14)], tooLong: false })
    expect(decode(limit, [bytes("x".repeat(15), "\r\n")])).toMatchObject({ lines: [], tooLong: true })
  })

  it("is passed by a line of one byte more", () => {
    expect(decode(limit, [bytes("x".repeat(16), "\n")])).toMatchObject({ lines: [], tooLong: true })
  })

  it("is passed as soon as so many bytes hold no LF, whole or byte by byte", () => {
    expect(decode(limit, [bytes("x".repeat(15))])).toMatchObject({ tooLong: false, pending: 15 })
    expect(decode(limit, [bytes("x".repeat(16))])).toMatchObject({ tooLong: true, pending: 0 })
    const single = Array.from({ length: 16 }, () => bytes("x"))
    expect(decode(limit, single.slice(1))).toMatchObject({ tooLong: false, pending: 15 })
    expect(decode(limit, single)).toMatchObject({ tooLong: true, pending: 0 })
  })

  it("holds for blank lines, too", () => {
    expect(decode(limit, [bytes(" ".repeat(16))]).tooLong).toBe(true)
  })

  it("lets every earlier line out, and no later one", () => {
    expect(decode(limit, [bytes("a\nb\n", "x".repeat(20), "\nc\n")])).toMatchObject({
      lines: ["a", "b"],
      tooLong: true
    })
    expect(decode(limit, [bytes("a\n", "x".repeat(20)), bytes("\nc\n")])).toMatchObject({ lines: ["a"], tooLong: true })
  })

  test.prop([fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 })])(
    "is never held, whatever comes in whatever chunks",
    (chunks) => {
      expect(decode(limit, chunks).most).toBeLessThan(limit)
    }
  )
})

describe("UTF-8", () => {
  // RFC 3629, with the first and the last of what each kind of fault can be.
  const faults = {
    "a stray continuation": [[0x80], [0xbf]],
    "a sequence without its end": [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xe2, 0x82, 0x41], [0xc3, 0xc3, 0xb1]],
    "an overlong form": [
      [0xc0, 0x80],
      [0xc0, 0xaf],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0x80],
      [0xe0, 0x9f, 0xbf],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf0, 0x8f, 0xbf, 0xbf]
    ],
    "a surrogate": [
      [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
      [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]
    ],
    "a code point above U+10FFFF": [
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xf7, 0xbf, 0xbf, 0xbf]
    ],
    "a byte that never occurs": [[0xf8, 0x88, 0x80, 0x80, 0x80], [0xfe], [0xff]]
  }
  const cases = Object.entries(faults).flatMap(([kind, sequences]) => sequences.map((sequence) => ({ kind, sequence })))

  it.each(cases)("is refused with $kind: $sequence", ({ sequence }) => {
    expect(linesOf('{"x":"', sequence, '"}\n{}\n')).toEqual([notUtf8, "{}"])
    expect(linesOf(sequence, "\n")).toEqual([notUtf8])
  })

  it("is accepted up to its ends, noncharacters and U+FFFD included", () => {
    const ends = "\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff\u{10000}\u{10ffff}"
    expect(decode(64, [bytes(ends, "\n")]).lines).toEqual([ends])
  })

  test.prop([brokenUtf8])("costs one line only, wherever it is broken", (broken) => {
    const chunks = [bytes("{}\n"), broken, bytes("\n{}\n")]
    expect(decode(65_536, chunks).lines).toEqual(["{}", notUtf8, "{}"])
  })

  test.prop([fc.string({ unit: "binary" })])("agrees with the encoder of the platform", (text) => {
    const line = text.replaceAll("\n", "").replace(/\r$/u, "")
    fc.pre(!/^[ \t\r]*$/u.test(line))
    expect(decode(65_536, [bytes(line, "\n")]).lines).toEqual([line])
  })
})

describe("A stream", () => {
  const stream = fc
    .array(fc.oneof(hostileLine, fc.constantFrom(bytes("\r"), bytes(" "), bytes(""))), { maxLength: 5 })
    .map((lines) => bytes(...lines.flatMap((line) => [[...line], "\n"])))
  const cut = fc.tuple(stream, fc.integer({ min: 1, max: 300 }), fc.boolean()).chain(([whole, limit, open]) => {
    const sent = open ? whole.subarray(0, -1) : whole
    return fc.record({ sent: fc.constant(sent), limit: fc.constant(limit), chunks: chunking(sent) })
  })

  test.prop([cut])("gives the same lines however it is cut", ({ sent, limit, chunks }) => {
    const { most: _, ...whole } = decode(limit, [sent])
    expect(decode(limit, chunks)).toMatchObject(whole)
  })

  test.prop([cut])("gives what a plain split gives", ({ sent, chunks }) => {
    const parts = Buffer.from(sent).toString("latin1").split("\n").slice(0, -1)
    const notBlank = parts.filter((part) => !/^[ \t\r]*$/u.test(part))
    const decoded = decode(Number.MAX_SAFE_INTEGER, chunks)
    expect(decoded.lines.length).toBe(notBlank.length)
    expect(decoded.tooLong).toBe(false)
  })
})

describe("An encoded line", () => {
  test.prop([fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" }))])(
    "holds one LF, at its end, and is decoded to the same text",
    (fields) => {
      const line = encodeLine({ ...fields, type: "x" })
      expect(line.indexOf("\n")).toBe(line.length - 1)
      expect(decode(Number.MAX_SAFE_INTEGER, [bytes(line)]).lines).toEqual([line.slice(0, -1)])
    }
  )
})
