/**
 * Text from the network, made safe for a terminal: nothing in it moves the cursor, changes what was printed, or turns
 * the order of letters around (spec/security.md).
 *
 * @module
 */

// Controls but LF and TAB, marks that turn the reading direction, and what ends a line in some terminals.
const unsafe =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Bidi_Control}\u2028\u2029\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu

/** The text with a sign in the place of each unsafe character; LF and TAB stay. */
export const visible = (text: string): string => text.replace(unsafe, "\ufffd")

/** A line of JSON that means the same, and is safe. */
export const visibleJson = (json: string): string =>
  json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
