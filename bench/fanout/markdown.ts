/**
 * Figures and tables as they stand in the reports.
 *
 * @module
 */

/** A rate, or a number of things. */
export const millions = (value: number): string =>
  value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : `${(value / 1e3).toFixed(1)} k`

/** Microseconds, in words. */
export const micro = (value: number): string =>
  value >= 10_000 ? `${(value / 1e3).toFixed(1)} ms` : `${value.toFixed(0)} us`

/** A table whose first column is of words, and the others of figures. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n")
