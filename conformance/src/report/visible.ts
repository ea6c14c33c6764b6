/**
 * What a target has sent, so that a reader sees all of it and it does nothing: neither to a terminal nor to the order of letters.
 *
 * @module
 */

// Controls but LF, lone surrogates, what has no width, and what turns the direction of writing.
const invisible = /[\p{Cs}\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu

/** A text in which nothing is invisible. */
export const visible = (text: string): string =>
  text.replace(invisible, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`)
