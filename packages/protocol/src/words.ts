/**
 * How a text is split into words, as `search` compares them (spec/search.md, SEARCH-2). Pure, and small enough to be written again in
 * any language; spec/vectors/search.json says whether that was done right.
 *
 * @module
 */

// The diacritics of the alphabets; not the vowel signs of other scripts, without which words would be other words.
const diacritics = /[\u0300-\u036f]/gu

// Scripts that write without spaces: each of their letters is a word. Hiragana, katakana, and the ideographs, in NFD.
const alone = "(?=\\p{L})[\\u3041-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\u{20000}-\\u{3ffff}]"
const word = new RegExp(`${alone}\\p{M}*|(?!${alone})[\\p{L}\\p{N}](?:(?!${alone})[\\p{L}\\p{N}\\p{M}])*`, "gu")

/** A text as words are compared: NFD, without diacritics, in small letters; a final sigma is a sigma. */
const folded = (text: string): string =>
  text.normalize("NFD").replace(diacritics, "").toLowerCase().replaceAll("ς", "σ")

/** The different words of a text, folded, in the order in which they first appear. */
export const wordsOf = (text: string): ReadonlyArray<string> => [...new Set(folded(text).match(word) ?? [])]

/** Whether a text holds all of these words, which are folded. */
export const holds = (text: string, words: ReadonlyArray<string>): boolean => {
  const held = new Set(wordsOf(text))
  return words.every((wanted) => held.has(wanted))
}

/** What every word has, and what is in no text without words. */
export const wordCharacter = /[\p{L}\p{N}]/u

/** Whether there is a word in a text at all. */
export const hasWords = (text: string): boolean => wordCharacter.test(text)
