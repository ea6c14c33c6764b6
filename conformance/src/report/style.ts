/**
 * Colour and width of a terminal, and text that fits it.
 *
 * @module
 */

import { english } from "../lang/en.ts"
import type { Words } from "../lang/words.ts"

/** How a report is written: how wide, in which colours, in whose words. */
export interface Style {
  readonly width: number
  readonly words: Words
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

const same = (text: string) => text
const colour = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`

/** Plain English text without a width. */
export const plainStyle: Style = {
  width: Infinity,
  words: english,
  red: same,
  green: same,
  yellow: same,
  dim: same,
  bold: same
}

/** The style that fits where the output goes: colours on a terminal, unless NO_COLOR is set; FORCE_COLOR always. */
export const styleOf = (
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: Readonly<Record<string, string | undefined>>,
  words: Words = english
): Style => {
  const width = stream.isTTY === true ? Math.max(40, stream.columns ?? 80) : Infinity
  const no = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== ""
  const forced = env["FORCE_COLOR"] !== undefined && env["FORCE_COLOR"] !== "0"
  if (no || !(forced || stream.isTTY === true)) return { ...plainStyle, width, words }
  return { width, words, red: colour(31), green: colour(32), yellow: colour(33), dim: colour(2), bold: colour(1) }
}

/** A label and a text that continues under itself: `label     text ...`. */
export const labelled = (style: Style, label: string, text: string, column = 12): string => {
  const head = `${label} `.padEnd(column - 2)
  return wrap(text, style.width - Math.max(column, head.length + 2))
    .map((line, index) => `${index === 0 ? `  ${head}` : " ".repeat(column)}${line}`)
    .join("\n")
}

/** Lines of at most `width` characters, broken at spaces where there are any. */
export const wrap = (text: string, width: number): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => {
    const lines: Array<string> = []
    let rest = line
    while (rest.length > width) {
      const space = rest.lastIndexOf(" ", width)
      const at = space > width / 2 ? space : width
      lines.push(rest.slice(0, at))
      rest = rest.slice(at).trimStart()
    }
    return [...lines, rest]
  })
