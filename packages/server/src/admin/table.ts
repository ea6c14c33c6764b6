/**
 * Answers of a server as tables for people.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"

/** A column: its title, and what stands in it. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => string | number | undefined]

/** Lines with columns: texts to the left, numbers to the right, and a dash where there is nothing. */
export const table = <Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  hasColour: boolean
): ReadonlyArray<string> => {
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)))
  const texts = cells.map((row) => row.map((cell) => (cell === undefined ? "-" : visible(String(cell)))))
  const isNumeric = columns.map((_, at) => cells.some((row) => typeof row[at] === "number"))
  const titles = columns.map(([title]) => title)
  const widths = titles.map((title, at) => Math.max(title.length, ...texts.map((row) => row[at]!.length)))
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((text, at) => (isNumeric[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join("  ")
      .trimEnd()
  const head = line(titles)
  return [hasColour ? `\u001b[1m${head}\u001b[0m` : head, ...texts.map(line)]
}
