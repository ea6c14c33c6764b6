/**
 * Colours, or none: whoever sets NO_COLOR or pipes the output gets plain text.
 *
 * @module
 */

/** How words are painted. */
export interface Style {
  readonly nick: (nick: string) => string
  readonly own: (nick: string) => string
  readonly dim: (text: string) => string
  readonly bad: (text: string) => string
}

const sgr = (code: string) => (text: string) => `\u001b[${code}m${text}\u001b[0m`

// Those that can be read on black and on white.
const colours = ["31", "32", "33", "34", "35", "36", "91", "94", "95", "96"]

/** The same colour for the same nick, in every terminal. */
const colourOf = (nick: string): string => {
  let sum = 7
  for (const letter of nick) sum = (sum * 31 + letter.charCodeAt(0)) % 1_000_003
  return colours[sum % colours.length]!
}

const coloured: Style = {
  nick: (nick) => sgr(colourOf(nick))(nick),
  own: (nick) => sgr(`1;${colourOf(nick)}`)(nick),
  dim: sgr("2"),
  bad: sgr("31")
}

const same = (text: string) => text
const plain: Style = { nick: same, own: same, dim: same, bad: same }

/** @param colour whether the output shows colours */
export const style = (colour: boolean): Style => (colour ? coloured : plain)
