/**
 * Times, and what is told of many.
 *
 * @module
 */

/** What so many of ascending values are below: a share of them, from 0 to 1. */
export const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.floor(share * (sorted.length - 1))]!

export const median = (values: ReadonlyArray<number>): number =>
  quantile(
    values.toSorted((one, other) => one - other),
    0.5
  )

/** Prints the median of some milliseconds, what nearly all are below, and the longest. */
export const report = (what: string, times: ReadonlyArray<number>): void => {
  const sorted = times.toSorted((one, other) => one - other)
  const [middle, most, longest] = [0.5, 0.95, 1].map((share) => quantile(sorted, share).toFixed(1))
  console.log(`${what.padEnd(58)} median ${middle} ms, 95 % below ${most} ms, longest ${longest} ms`)
}
