import { hex, type Piece, piecesExplained, text, type Vector, type VectorFile } from "./notation.ts"

/** Chunks of bytes, and the lines that they make. */
export interface FramingVector extends Vector {
  /** The longest line in bytes, its LF included. */
  readonly limit: number
  readonly chunks: ReadonlyArray<ReadonlyArray<Piece>>
  /** The lines without LF and CR, blank ones left out; `null` is a line that is not UTF-8. */
  readonly lines: ReadonlyArray<string | null>
  /** Whether `limit` bytes came without an LF. */
  readonly tooLong: boolean
}

const vector = (
  name: string,
  requirements: ReadonlyArray<string>,
  chunks: ReadonlyArray<ReadonlyArray<Piece>>,
  lines: ReadonlyArray<string | null>,
  { limit = 64, tooLong = false }: { readonly limit?: number; readonly tooLong?: boolean } = {}
): FramingVector => ({ name, requirements, limit, chunks, lines, tooLong })

const broken = (name: string, digits: string): FramingVector =>
  vector(
    `not UTF-8: ${name}`,
    ["FRAME-1", "FRAME-7", "JSON-1"],
    [[text('{"x":"'), hex(digits), text('"}\n{}\n')]],
    [null, "{}"]
  )

/** Bytes to lines. */
export const framing: VectorFile<FramingVector> = {
  title: "Framing",
  description: [
    "Give the chunks, one after the other, to whatever makes lines of bytes, with {limit} for the longest line in bytes (LF included): it has to make {lines}.",
    "A line is given without its LF and the CR before it; blank lines are left out; null stands for a line that is not UTF-8.",
    "{tooLong} says whether {limit} bytes came without an LF: then nothing after {lines} is read.",
    piecesExplained
  ],
  protocol: 1,
  vectors: [
    vector("one line", ["FRAME-1"], [[text("{}\n")]], ["{}"]),
    vector("two lines in one chunk", ["FRAME-4"], [[text('{"a":1}\n{"b":2}\n')]], ['{"a":1}', '{"b":2}']),
    vector("one line in two chunks", ["FRAME-4"], [[text('{"a"')], [text(":1}\n")]], ['{"a":1}']),
    vector(
      "one byte at a time",
      ["FRAME-4"],
      [..."{}\n{}\n"].map((byte) => [text(byte)]),
      ["{}", "{}"]
    ),
    vector(
      "a line and a half, then the other half",
      ["FRAME-4"],
      [[text('{}\n{"a"')], [text(":1}\n")]],
      ["{}", '{"a":1}']
    ),
    vector("a last line without LF is not a line yet", ["FRAME-1"], [[text("{}\n{}")]], ["{}"]),
    vector("nothing", ["FRAME-1"], [], []),
    vector("CR LF ends a line", ["FRAME-2"], [[text("{}\r\n{}\r\n")]], ["{}", "{}"]),
    vector("CR and LF in two chunks", ["FRAME-2", "FRAME-4"], [[text("{}\r")], [text("\n{}\n")]], ["{}", "{}"]),
    vector("a CR alone ends nothing", ["FRAME-2"], [[text("{}\r{}\n")]], ["{}\r{}"]),
    vector("only the last CR is dropped", ["FRAME-2"], [[text("{}\r\r\n")]], ["{}\r"]),
    vector("blank lines are nothing", ["FRAME-3"], [[text("\n\r\n  \n\t\n \t\r\n\r\r\n{}\n\n")]], ["{}"]),
    vector("other white space is not blank", ["FRAME-3"], [[text("\u00a0\n\u2028\n\f\n")]], ["\u00a0", "\u2028", "\f"]),
    vector(
      "a byte order mark stays, and makes it no JSON",
      ["FRAME-1", "JSON-1"],
      [[hex("efbbbf"), text("{}\n")]],
      ["\ufeff{}"]
    ),
    vector("a NUL is a byte like others", ["FRAME-1"], [[hex("7b007d0a")]], ["{\0}"]),
    vector("a character of 2 bytes in two chunks", ["FRAME-4"], [[hex("c3")], [hex("b10a")]], ["ñ"]),
    vector("a character of 3 bytes in three chunks", ["FRAME-4"], [[hex("e6")], [hex("bc")], [hex("a20a")]], ["漢"]),
    vector(
      "a character of 4 bytes, byte by byte",
      ["FRAME-4"],
      [[hex("f0")], [hex("9f")], [hex("98")], [hex("80")], [hex("0a")]],
      ["😀"]
    ),
    vector(
      "the ends of UTF-8",
      ["FRAME-1"],
      [[hex("7fc280dfbfe0a080ed9fbfee8080efbfbff0908080f48fbfbf0a")]],
      ["\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}"]
    ),
    broken("a continuation without a start", "80"),
    broken("a start without its continuation", "c3"),
    broken("a start of three without its last", "e282"),
    broken("a start of four without its last", "f09f98"),
    broken("a start after a start", "c3c3b1"),
    broken("NUL in two bytes", "c080"),
    broken("a slash in two bytes", "c0af"),
    broken("the last overlong form of two bytes", "c1bf"),
    broken("the first overlong form of three bytes", "e08080"),
    broken("the last overlong form of three bytes", "e09fbf"),
    broken("the first overlong form of four bytes", "f0808080"),
    broken("the last overlong form of four bytes", "f08fbfbf"),
    broken("the first surrogate", "eda080"),
    broken("the last surrogate", "edbfbf"),
    broken("a pair of surrogates", "eda0bdedb880"),
    broken("the first code point too high", "f4908080"),
    broken("a start of four that is too high", "f5808080"),
    broken("a start of five", "f888808080"),
    broken("FE", "fe"),
    broken("FF", "ff"),
    vector("not UTF-8: cut by the end of the line", ["JSON-1", "FRAME-7"], [[hex("c30a"), text("{}\n")]], [null, "{}"]),
    vector(
      "not UTF-8: cut by a chunk, too",
      ["JSON-1", "FRAME-4"],
      [[hex("e2")], [hex("82")], [hex("0a")], [text("{}\n")]],
      [null, "{}"]
    ),
    vector("exactly the limit", ["FRAME-5"], [[text("x", 15), text("\n")]], ["x".repeat(15)], { limit: 16 }),
    vector("exactly the limit, CR counted", ["FRAME-5"], [[text("x", 14), text("\r\n")]], ["x".repeat(14)], {
      limit: 16
    }),
    vector("one byte less than the limit, LF still to come", ["FRAME-5"], [[text("x", 15)]], [], { limit: 16 }),
    vector("one byte more than the limit", ["FRAME-6"], [[text("x", 16), text("\n{}\n")]], [], {
      limit: 16,
      tooLong: true
    }),
    vector("one byte more than the limit, for its CR", ["FRAME-6"], [[text("x", 15), text("\r\n")]], [], {
      limit: 16,
      tooLong: true
    }),
    vector("so many bytes as the limit without LF", ["FRAME-6"], [[text("x", 16)]], [], { limit: 16, tooLong: true }),
    vector("so many bytes as the limit without LF, in two chunks", ["FRAME-6"], [[text("x", 15)], [text("x")]], [], {
      limit: 16,
      tooLong: true
    }),
    vector("spaces without end", ["FRAME-6"], [[text(" ", 100)]], [], { limit: 16, tooLong: true }),
    vector("the lines before one that is too long", ["FRAME-6"], [[text("{}\n[]\n"), text("x", 40)]], ["{}", "[]"], {
      limit: 16,
      tooLong: true
    }),
    vector(
      "nothing after one that is too long",
      ["FRAME-6"],
      [[text("{}\n"), text("x", 40)], [text("\n{}\n")]],
      ["{}"],
      {
        limit: 16,
        tooLong: true
      }
    ),
    vector("characters are counted in bytes", ["FRAME-6"], [[text("ñ", 8), text("\n")]], [], {
      limit: 16,
      tooLong: true
    })
  ]
}
