import { fill, type Outcome, type Piece, piecesExplained, text, type Vector, type VectorFile } from "./notation.ts"

/** A text, and whether somebody may send it. */
export interface TextVector extends Vector {
  readonly text: ReadonlyArray<Piece>
  readonly outcome: Outcome
}

const accepted = (name: string, ...pieces: ReadonlyArray<Piece | string>): TextVector => ({
  name,
  requirements: ["TEXT-1"],
  text: pieces.map(asPiece),
  outcome: "accepted"
})

const badText = (name: string, said: string): TextVector => ({
  name,
  requirements: ["TEXT-2", "ERROR-2"],
  text: said === "" ? [] : [text(said)],
  outcome: "bad-text"
})

const tooLong = (name: string, ...pieces: ReadonlyArray<Piece | string>): TextVector => ({
  name,
  requirements: ["TEXT-3", "ERROR-2"],
  text: pieces.map(asPiece),
  outcome: "too-long"
})

const asPiece = (piece: Piece | string) => (typeof piece === "string" ? text(piece) : piece)

const codePoint = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
const between = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at)
const controls = [...between(0x01, 0x08), ...between(0x0b, 0x1f), ...between(0x7f, 0x9f)]

/** Which texts may be sent. */
export const texts: VectorFile<TextVector> = {
  title: "Texts",
  description: [
    "Send {text} as the text of a `send`, spelled in JSON as you like: a server has to relay exactly the same text if {outcome} is accepted, or else answer {outcome} with the field text.",
    piecesExplained
  ],
  protocol: 1,
  vectors: [
    accepted("one letter", "a"),
    accepted("one space", " "),
    accepted("one LF", "\n"),
    accepted("one TAB", "\t"),
    accepted("two lines", "one\ntwo"),
    accepted("spaces at both ends, which stay", "  hola  "),
    accepted("letters with accents", "¡hola! ¿qué tal? año"),
    accepted("an accent that stands alone, and stays so", "e\u0301"),
    accepted("the same letter in one code point, and it stays so", "\u00e9"),
    accepted("a no-break space", "\u00a0"),
    accepted("a soft hyphen", "\u00ad"),
    accepted("Hebrew and Arabic", "שלום مرحبا"),
    accepted("a text that turns around", "\u202eabc\u202c"),
    accepted("Chinese, Japanese, Korean", "漢字 かな 한글"),
    accepted("a picture of four bytes", "😀"),
    accepted("a family, joined by U+200D", "👩\u200d👩\u200d👧"),
    accepted("a flag", "🇪🇸"),
    accepted("the line separator, which is no LF", "\u2028"),
    accepted("the paragraph separator", "\u2029"),
    accepted("a byte order mark inside", "a\ufeffb"),
    accepted("U+FFFD", "\ufffd"),
    accepted("noncharacters", "\ufffe\uffff\u{1fffe}"),
    accepted("private use", "\ue000\u{10fffd}"),
    accepted("the last code point", "\u{10ffff}"),
    accepted("quotes and backslashes", "\"'\\/`\\u0041\\n"),
    accepted("what looks like a request", '{"type":"bye","id":1}'),
    accepted("what looks like HTML", "<script>alert(1)</script>&amp;"),
    accepted("what looks like a format", "%s%n$HOME`id`"),
    badText("nothing", ""),
    ...controls.map((code) => badText(codePoint(code), `a${String.fromCodePoint(code)}b`)),
    badText("CR LF", "one\r\ntwo"),
    badText("a sequence that clears a terminal", "\u001b[2J"),
    badText("the same, from one character", "\u009b2J"),
    badText("a sequence that sets a title", "\u001b]0;pwned\u0007"),
    badText("a control character alone", "\u0007"),
    accepted("limits.text letters", fill("a", "text", 0)),
    tooLong("limits.text + 1 letters", fill("a", "text", -1)),
    accepted("limits.text bytes, the last two of them one letter", fill("a", "text", 2), "ñ"),
    tooLong("limits.text + 1 bytes, the last two of them one letter", fill("a", "text", 1), "ñ"),
    tooLong("limits.text characters of two bytes", fill("ñ", "text", 0)),
    accepted("limits.text bytes, the last four of them one picture", fill("a", "text", 4), "😀"),
    tooLong("limits.text + 1 bytes, the last four of them one picture", fill("a", "text", 3), "😀"),
    accepted("limits.text LFs, each of which JSON spells in two bytes", fill("\n", "text", 0))
  ]
}
