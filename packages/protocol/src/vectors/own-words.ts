import { presenceBytes } from "../presence.ts"
import { type Outcome, type Piece, piecesExplained, text, type Vector, type VectorFile } from "./notation.ts"

/** Words of a person about themselves, and whether they may be shown. */
export interface OwnWordsVector extends Vector {
  readonly field: "display" | "text"
  readonly words: ReadonlyArray<Piece>
  readonly outcome: Outcome
}

type Field = OwnWordsVector["field"]

const fields: ReadonlyArray<Field> = ["display", "text"]

const vector =
  (outcome: Outcome, ...requirements: ReadonlyArray<string>) =>
  (name: string, ...words: ReadonlyArray<Piece | string>): ReadonlyArray<OwnWordsVector> =>
    fields.map((field) => ({
      name: `${field}: ${name}`,
      requirements,
      field,
      words: words.map((word) => (typeof word === "string" ? text(word) : word)),
      outcome
    }))

const accepted = vector("accepted", "STATUS-6")
const badText = vector("bad-text", "STATUS-7", "ERROR-2")

const codePoint = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`
const within = (name: string, code: number) => badText(name, `a${String.fromCodePoint(code)}b`)
const alone = (code: number) => badText(`${codePoint(code)} alone`, String.fromCodePoint(code))

// Of each range the first, the last, and what is known for it.
const forbidden = [
  ...[0x01, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f],
  ...[0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]
]
const blank = [
  ...[0x20, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x1680, 0x17b4, 0x17b5, 0x180b, 0x180e, 0x180f, 0x2000, 0x200b],
  ...[0x200d, 0x200f, 0x202f, 0x205f, 0x2060, 0x206f, 0x2800, 0x3000, 0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0],
  ...[0xfff0, 0xfff8, 0x1bca0, 0x1bca3, 0x1d173, 0x1d17a, 0xe0000, 0xe0020, 0xe0fff]
]
// Neighbours of those that are no more forbidden than any letter.
const allowed = [0xa1, 0x2010, 0x2027, 0x202f, 0x2065, 0x206a, 0x2801, 0xfffd, 0xffff, 0x10ffff]

const bounds = (field: Field): ReadonlyArray<OwnWordsVector> => {
  const most = presenceBytes[field]
  const one = (outcome: Outcome, name: string, ...words: ReadonlyArray<Piece>): OwnWordsVector => ({
    name: `${field}: ${name}`,
    requirements: outcome === "accepted" ? ["STATUS-6"] : ["STATUS-8", "ERROR-2"],
    field,
    words,
    outcome
  })
  return [
    one("accepted", `${most} letters`, text("a", most)),
    one("too-long", `${most + 1} letters`, text("a", most + 1)),
    one("accepted", `${most / 2} letters of two bytes`, text("ñ", most / 2)),
    one("too-long", `${most / 2} letters of two bytes, and one of one`, text("ñ", most / 2), text("a")),
    one("accepted", `${most / 4} pictures of four bytes`, text("😀", most / 4)),
    one("too-long", `${most / 4} pictures of four bytes, and a letter`, text("😀", most / 4), text("a")),
    one("accepted", "one letter, and as many accents as may be", text("ae"), text("\u0301", most / 2 - 1)),
    one("too-long", "one letter, and one accent more", text("ae"), text("\u0301", most / 2)),
    one("accepted", "quotes, which JSON spells in two bytes each", text('"', most)),
    one("too-long", "a megabyte less what the rest of the line takes", text("a", 60_000))
  ]
}

/** What people may say of themselves. */
export const ownWords: VectorFile<OwnWordsVector> = {
  title: "Own words",
  description: [
    "Send {words} as the {field} of a `status`, spelled in JSON as you like: a server that claims presence has to answer with exactly the same words if {outcome} is accepted, or else answer {outcome} with that field.",
    piecesExplained
  ],
  protocol: 1,
  vectors: [
    ...accepted("one letter", "a"),
    ...accepted("spaces at both ends, which stay", "  ana  "),
    ...accepted("an accent that stands alone, and stays so", "e\u0301"),
    ...accepted("the same letter in one code point, and it stays so", "\u00e9"),
    ...accepted("an accent without a letter", "\u0301"),
    ...accepted("Hebrew and Arabic", "שלום عمر"),
    ...accepted("Hindi, with its joiners", "क्\u200dष अभि\u200cनव"),
    ...accepted("Chinese, Japanese, Korean", "漢字 かな 한글"),
    ...accepted("a family, joined by U+200D", "👩\u200d👩\u200d👧"),
    ...accepted("a picture, and how it is to be drawn", "❤\ufe0f"),
    ...accepted("the flag of a part of a country", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"),
    ...accepted("marks of direction, which end with the letter", "ana \u200f\u200e"),
    ...accepted("a blank on each side of a letter", "\u3164a\u200b"),
    ...allowed.flatMap((code) => accepted(`${codePoint(code)} between letters`, `a${String.fromCodePoint(code)}b`)),
    ...accepted("quotes and backslashes", "\"'\\/`\\u0041\\n"),
    ...accepted("what looks like HTML", "<b>ana</b>&amp;"),
    ...accepted("somebody's nick", "leo"),
    ...forbidden.flatMap((code) => within(codePoint(code), code)),
    ...badText("an override that stands first", "\u202eana"),
    ...badText("an isolate that is closed", "\u2067ana\u2069"),
    ...badText("two lines", "ana\nleo: hola"),
    ...badText("a sequence that clears a terminal", "\u001b[2J"),
    ...badText("the same, from one character", "\u009b2J"),
    ...blank.flatMap(alone),
    ...badText("blanks of several kinds", " \u00a0\u200b\u3000\u3164"),
    ...fields.flatMap(bounds)
  ]
}
