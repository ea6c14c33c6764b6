/**
 * Text as a terminal has it: graphemes, the cells that they take, and rows that are filled with them.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"
import stringWidth from "string-width"

/** How a piece of text looks, whatever the theme. */
export type Look =
  | "plain"
  | "dim"
  | "bold"
  | "bad"
  | "good"
  | "warn"
  | "accent"
  | "mention"
  | "bar"
  | "selected"
  | `nick:${number}`

/** A piece of text that looks the same all over. */
export interface Span {
  readonly text: string
  readonly look: Look
  /** Where it leads to. */
  readonly link?: string
}

/** What fits on one row of the screen. */
export type Row = ReadonlyArray<Span>

export const span = (text: string, look: Look = "plain"): Span => ({ text, look })

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** Of the marks that are heaped on one letter, no more are shown; and of a letter, no more code points. */
const [mostMarks, mostPoints] = [4, 16]

/** The letters of a text as people count them. */
export const graphemesOf = (text: string): ReadonlyArray<string> =>
  /^[\x20-\x7e]*$/u.test(text) ? [...text] : Array.from(segmenter.segment(text), ({ segment }) => segment)

/** How many cells a letter or a text takes. */
export const widthOf = (text: string): number => (/^[\x20-\x7e]*$/u.test(text) ? text.length : stringWidth(text))

/** The letters of a text from the network, none of which does anything to the terminal or reaches over other lines. */
export const safeGraphemes = (text: string): ReadonlyArray<string> =>
  graphemesOf(visible(text).replaceAll("\t", "    ")).map((letter) => {
    if (letter.length <= mostMarks) return letter
    let marks = 0
    return [...letter]
      .filter((point) => !/^\p{Mn}$/u.test(point) || ++marks <= mostMarks)
      .slice(0, mostPoints)
      .join("")
  })

/** The text on one row, and safe. */
export const oneRow = (text: string): string => safeGraphemes(text.replace(/[\t\r\n]+/gu, " ")).join("")

/** As much of a text as fits, with a sign when that isn't all. */
export const fit = (text: string, width: number): string => {
  if (width <= 0) return ""
  if (widthOf(text) <= width) return text
  let taken = ""
  let used = 0
  for (const letter of graphemesOf(text)) {
    const cells = widthOf(letter)
    if (used + cells > width - 1) break
    taken += letter
    used += cells
  }
  return `${taken}…`
}

/** The text in a column of its own. */
export const pad = (text: string, width: number, side: "left" | "right" = "left"): string => {
  const fitting = fit(text, width)
  const rest = " ".repeat(Math.max(0, width - widthOf(fitting)))
  return side === "left" ? fitting + rest : rest + fitting
}

/** How many cells a row takes. */
export const rowWidth = (row: Row): number => row.reduce((sum, { text }) => sum + widthOf(text), 0)

/** The row cut to a width, and filled up to it. */
export const fill = (row: Row, width: number, look: Look = "plain"): Row => {
  const spans: Array<Span> = []
  let left = width
  for (const each of row) {
    if (left <= 0) break
    const fitting = fit(each.text, left)
    spans.push({ ...each, text: fitting })
    left -= widthOf(fitting)
  }
  return left > 0 ? [...spans, span(" ".repeat(left), look)] : spans
}

/** What is right to left stays within its line. */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u

/** Fills rows with spans: breaks at spaces where it can, and at the line feeds of the text. */
export const wrap = (spans: ReadonlyArray<Span>, width: number): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  let row: Array<Span & { readonly cells: number }> = []
  let used = 0
  // Where the row may be broken: behind its last space.
  let breakAt = -1
  const flush = () => {
    rows.push(merged(row))
    row = []
    used = 0
    breakAt = -1
  }
  for (const { text, ...how } of spans) {
    for (const letter of safeGraphemes(text)) {
      if (letter === "\n" || letter === "\r\n") {
        flush()
        continue
      }
      const cells = widthOf(letter)
      if (used + cells > width && used > 0) {
        if (letter === " ") {
          flush()
          continue
        }
        const rest = breakAt > 0 ? row.splice(breakAt) : []
        flush()
        row = rest
        used = rest.reduce((sum, piece) => sum + piece.cells, 0)
      }
      row.push({ text: letter, ...how, cells })
      used += cells
      if (letter === " ") breakAt = row.length
    }
  }
  flush()
  return rows
}

const merged = (pieces: ReadonlyArray<Span & { readonly cells: number }>): Row => {
  const spans: Array<Span> = []
  for (const { cells: _, text, ...how } of pieces) {
    const last = spans.at(-1)
    if (last?.look === how.look && last.link === how.link) spans[spans.length - 1] = { ...last, text: last.text + text }
    else spans.push({ text, ...how })
  }
  return spans.map((each) => (rightToLeft.test(each.text) ? { ...each, text: `\u2068${each.text}\u2069` } : each))
}
