import type { Vector, VectorFile } from "./notation.ts"

/** A text, and the words that a search makes of it. */
export interface SearchVector extends Vector {
  readonly text: string
  /** The different words, folded, in the order of their first appearance. */
  readonly words: ReadonlyArray<string>
}

const split = (name: string, text: string, ...words: ReadonlyArray<string>): SearchVector => ({
  name,
  requirements: ["SEARCH-2"],
  text,
  words
})

const parts = (name: string, text: string, ...words: ReadonlyArray<string>): SearchVector => ({
  name,
  requirements: ["SEARCH-2", "SEARCH-3"],
  text,
  words
})

const nothing = (name: string, text: string): SearchVector => ({
  name,
  requirements: ["SEARCH-2", "SEARCH-11"],
  text,
  words: []
})

/** Which words a text has. */
export const search: VectorFile<SearchVector> = {
  title: "Words",
  description: [
    "{words} are the different words of {text}, folded, in the order in which they first appear.",
    "An entry is found if and only if all words of the text that is searched for are among those of its own text; a text without words can't be searched for."
  ],
  protocol: 1,
  vectors: [
    split("one word", "hola", "hola"),
    split("two words", "hola mundo", "hola", "mundo"),
    split("a word twice", "que sí, que no", "que", "si", "no"),
    split("capitals", "CANCIÓN Canción", "cancion"),
    split("an accent in one code point", "canci\u00f3n", "cancion"),
    split("an accent that stands alone", "cancio\u0301n", "cancion"),
    split("several diacritics on one letter", "Vi\u1ec7t Nam", "viet", "nam"),
    split("a tilde is a diacritic", "año", "ano"),
    split("letters that have no diacritic stay", "straße øre łódź đ", "straße", "øre", "łodz", "đ"),
    split("capital sharp s", "STRA\u1e9eE", "straße"),
    split("a dotted capital I", "\u0130stanbul", "istanbul"),
    split("a dotless small i", "\u0131", "\u0131"),
    split("the sign for Kelvin", "\u212a", "k"),
    split("ligatures stay", "\ufb01n", "\ufb01n"),
    split("letters of full width stay so, but small", "ＡＢ", "ａｂ"),
    split("the final sigma", "ΣΑΣ σας", "σασ"),
    split("Greek with accents", "Ελλάδα", "ελλαδα"),
    split("Cyrillic", "Ёлка, чай", "елка", "чаи"),
    split("digits", "2026, 7 y 3.5", "2026", "7", "y", "3", "5"),
    split("letters and digits", "r2d2 x\u00b2", "r2d2", "x\u00b2"),
    split("Arabic digits stay", "\u0662\u0660", "\u0662\u0660"),
    split("Hebrew, whose points stay", "שלום שָׁלוֹם", "שלום", "שָׁלוֹם".normalize("NFD")),
    split("Hindi, whose vowel signs are part of the word", "किताब कताब", "किताब", "कताब"),
    split("the same word with a vowel sign alone", "किताब", "किताब"),
    split("and without it", "कताब", "कताब"),
    split("kana with dots alone", "が", "か\u3099"),
    split("and without them", "か", "か"),
    split("Chinese: each character", "漢字", "漢", "字"),
    split("a compatibility ideograph", "\uf900", "\u8c48"),
    split("an ideograph of plane 2", "\u{20000}a", "\u{20000}", "a"),
    split("kana, whose dots are part of the word", "かがカ", "か", "か\u3099", "カ"),
    split("Japanese among other letters", "JRの駅", "jr", "の", "駅"),
    split("Korean: words, as it writes them", "한글 사전", "한글".normalize("NFD"), "사전".normalize("NFD")),
    split("a picture between words", "té☕café😀", "te", "cafe"),
    split("a keycap is its number, with its marks", "1\ufe0f\u20e3", "1\ufe0f\u20e3"),
    parts("an underscore", "snake_case", "snake", "case"),
    parts("a hyphen", "well-known -5", "well", "known", "5"),
    parts("an apostrophe", "don't d’accord", "don", "t", "d", "accord"),
    parts("a soft hyphen", "can\u00adción", "can", "cion"),
    parts("a joiner", "a\u200db", "a", "b"),
    parts("an address", "https://example.org/a?b=c", "https", "example", "org", "a", "b", "c"),
    parts("LF and TAB", "one\ntwo\tthree", "one", "two", "three"),
    parts(
      "what looks like operators",
      'a OR "b c"* NEAR(d, 2) NOT -e ^f text:g +h',
      "a",
      "or",
      "b",
      "c",
      "near",
      "d",
      "2",
      "not",
      "e",
      "f",
      "text",
      "g",
      "h"
    ),
    parts("what looks like SQL", "'; DROP TABLE entries--", "drop", "table", "entries"),
    parts("a text that turns around", "\u202eabc\u202c", "abc"),
    nothing("spaces", " \n\t"),
    nothing("a quotation mark", '"'),
    nothing("an asterisk", "*"),
    nothing("a picture", "😀"),
    nothing("a picture and a variation selector", "❤\ufe0f"),
    nothing("a diacritic alone", "\u0301"),
    nothing("a mark alone", "\u3099"),
    nothing("punctuation of Japan", "。・「」")
  ]
}
