/**
 * What a message may say (spec/wire.md, TEXT-*): any Unicode text without the controls that could attack a terminal.
 *
 * @module
 */
import * as Schema from "effect/Schema"
import { refusedAs } from "./refusal.ts"
import { wordCharacter } from "./words.ts"

// C0 but TAB and LF, DEL, and C1: ESC and CSI are among them.
const allowed = /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]+$/u
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u

/** No lone surrogates (JSON-4). */
export const wellFormed = Schema.makeFilter(
  (text: string) => text.isWellFormed() || "no lone surrogates",
  refusedAs("bad-json")
)

/** Any string that the JSON profile allows: well-formed, without U+0000 (JSON-4, JSON-9). */
export const JsonString = Schema.String.check(
  wellFormed,
  Schema.isPattern(/^[^\u0000]*$/u, { ...refusedAs("bad-json"), message: "no U+0000" })
)

/**
 * A message's text: not empty, well-formed, no control characters but LF and TAB (TEXT-1, TEXT-2). Its length is a limit,
 * not a type. The pattern comes last, because that is where the annotations go, and JSON Schema can say nothing of the other.
 */
export const Text = Schema.String.check(
  wellFormed,
  Schema.isPattern(allowed, {
    ...refusedAs("bad-text"),
    message: "not empty, and no control characters but LF and TAB"
  })
).annotate({
  identifier: "Text",
  title: "Text",
  description: "1 to limits.text bytes of UTF-8, no control characters but LF and TAB",
  examples: ["hola", "¡hola!"]
})

/** What is searched for: a text with a word in it at least (SEARCH-11). */
export const SearchText = Schema.String.check(
  wellFormed,
  Schema.makeFilter((text: string) => wordCharacter.test(text) || "no word", {
    ...refusedAs("bad-text"),
    message: "a word to search for, of letters or digits",
    // Both patterns: only one of them is ever written down of its own accord.
    toJsonSchema: () => ({ allOf: [{ pattern: wordCharacter.source }, { pattern: allowed.source }] })
  }),
  Schema.isPattern(allowed, {
    ...refusedAs("bad-text"),
    message: "not empty, and no control characters but LF and TAB"
  })
).annotate({
  identifier: "SearchText",
  title: "Text to search for",
  description:
    "1 to limits.text bytes of UTF-8 with a letter or digit among them, no control characters but LF and TAB",
  examples: ["canción", "at eight"]
})

/** A text of one line: not empty, well-formed, no control characters at all. */
export const OneLine = Schema.String.check(
  wellFormed,
  Schema.isPattern(/^[^\u0000-\u001f\u007f-\u009f]+$/u, {
    ...refusedAs("bad-text"),
    message: "not empty, and no control characters"
  })
)

/** What a room is about: a text of one line, or "" for nothing. */
export const TopicText = Schema.String.check(
  wellFormed,
  Schema.isPattern(/^[^\u0000-\u001f\u007f-\u009f]*$/u, { ...refusedAs("bad-text"), message: "no control characters" })
).annotate({
  identifier: "TopicText",
  title: "Topic",
  description: "0 to 256 bytes of UTF-8 without control characters",
  examples: ["the party on Friday", ""]
})

/** Whether a string is a text, but for its length (TEXT-1, TEXT-2). */
export const isText = (text: string): boolean => allowed.test(text) && text.isWellFormed()

/** The most bytes of UTF-8 that a reaction may have (REACT-1). */
export const reactionBytes = 64

/** The most bytes of UTF-8 that a topic may have (TOPIC-1). */
export const topicBytes = 256

/** Whether a text holds a control character that no text may hold. */
export const hasControls = (text: string): boolean => controls.test(text)

/** The length of a well-formed text in bytes of UTF-8: what `limits.text` counts. */
export const utf8Length = (text: string): number => {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // A pair of surrogates is two units and four bytes, so each adds one.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

/** Whether a text has more bytes of UTF-8 than a limit (TEXT-3). Most are so short that nothing needs counting. */
export const isTooLong = (text: string, limit: number): boolean =>
  // No unit of UTF-16 makes more than three bytes.
  3 * text.length > limit && utf8Length(text) > limit
