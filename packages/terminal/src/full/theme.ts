/**
 * How looks become colours: sixteen of them, so that every terminal shows its own, or none.
 *
 * @module
 */
import type { Look, Row, Span } from "./text.ts"

/** Paints rows for a terminal. */
export interface Theme {
  readonly paint: (row: Row) => string
}

// Those that can be read on black and on white.
const nickColours = [31, 32, 33, 34, 35, 36, 91, 92, 94, 95, 96]

/** How many colours nicks have. */
export const nickLooks = nickColours.length

/** The same look for the same nick, in every terminal. */
export const lookOfNick = (nick: string): Look => {
  let sum = 7
  for (const letter of nick) sum = (sum * 31 + letter.charCodeAt(0)) % 1_000_003
  return `nick:${sum % nickLooks}`
}

const colours: Record<Exclude<Look, `nick:${number}`>, string> = {
  plain: "",
  dim: "2",
  bold: "1",
  bad: "31",
  good: "32",
  warn: "33",
  accent: "36",
  mention: "1;30;43",
  bar: "7",
  selected: "7"
}

/** Without colours there are still weight and reverse. */
const plain: typeof colours = { ...colours, bad: "1", good: "", warn: "1", accent: "", mention: "1;7" }

const sgr = (code: string, text: string) => (code === "" || text === "" ? text : `\u001b[${code}m${text}\u001b[0m`)

/** @param hasColour whether the terminal has colours, and its person wants them */
export const themeOf = (hasColour: boolean): Theme => {
  const codes = hasColour ? colours : plain
  const codeOf = (look: Look): string => {
    if (!look.startsWith("nick:")) return codes[look as keyof typeof colours]
    return hasColour ? `1;${nickColours[Number(look.slice(5)) % nickLooks]}` : "1"
  }
  const paintSpan = ({ link, look, text }: Span) =>
    link === undefined ? sgr(codeOf(look), text) : `\u001b]8;;${link}\u0007${sgr(codeOf(look), text)}\u001b]8;;\u0007`
  return { paint: (row) => row.map(paintSpan).join("") }
}
