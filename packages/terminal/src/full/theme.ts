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

type Colours = Readonly<Record<Exclude<Look, `nick:${number}`>, string>>

const ansi: Colours = {
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
const plain: Colours = { ...ansi, bad: "1", good: "", warn: "1", accent: "", mention: "1;7" }

interface Palette {
  readonly colours: Colours
  readonly nicks: ReadonlyArray<string>
}

const palettes = {
  ansi: { colours: ansi, nicks: nickColours.map((code) => `1;${code}`) },
  // Of 256 colours, those that are soft on black or on white.
  dark: {
    colours: {
      ...ansi,
      dim: "38;5;245",
      bad: "38;5;210",
      good: "38;5;114",
      warn: "38;5;179",
      accent: "38;5;216",
      mention: "1;38;5;235;48;5;216",
      bar: "38;5;223;48;5;237"
    },
    nicks: [117, 151, 180, 216, 183, 152, 222, 146, 115, 175, 109].map((code) => `1;38;5;${code}`)
  },
  light: {
    colours: {
      ...ansi,
      dim: "38;5;242",
      bad: "38;5;124",
      good: "38;5;28",
      warn: "38;5;94",
      accent: "38;5;130",
      mention: "1;38;5;255;48;5;130",
      bar: "38;5;52;48;5;224"
    },
    nicks: [25, 28, 94, 130, 90, 30, 124, 54, 23, 125, 58].map((code) => `1;38;5;${code}`)
  },
  // Nothing is faint, and nothing told by a colour alone.
  contrast: {
    colours: { ...ansi, dim: "", bad: "1;4", good: "1", warn: "1;4", accent: "1", mention: "1;7" },
    nicks: nickColours.map(() => "1")
  }
} as const satisfies Record<string, Palette>

export type ThemeName = keyof typeof palettes

/** The themes that there are. */
export const themeNames = Object.keys(palettes) as ReadonlyArray<ThemeName>

const sgr = (code: string, text: string) => (code === "" || text === "" ? text : `\u001b[${code}m${text}\u001b[0m`)

/** @param hasColour whether the terminal has colours, and its person wants them */
export const themeOf = (name: ThemeName, hasColour: boolean): Theme => {
  const { colours, nicks } = palettes[name]
  const codes = hasColour ? colours : plain
  const codeOf = (look: Look): string => {
    if (!look.startsWith("nick:")) return codes[look as keyof Colours]
    return hasColour ? nicks[Number(look.slice(5)) % nickLooks]! : "1"
  }
  const paintSpan = ({ link, look, text }: Span) =>
    link === undefined ? sgr(codeOf(look), text) : `\u001b]8;;${link}\u0007${sgr(codeOf(look), text)}\u001b]8;;\u0007`
  return { paint: (row) => row.map(paintSpan).join("") }
}
