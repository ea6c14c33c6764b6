/**
 * Times, in one line.
 *
 * @module
 */
const quantile = (sorted: ReadonlyArray<number>, share: number) => sorted[Math.floor(share * (sorted.length - 1))]!

/** Prints the median of some milliseconds, what nearly all are below, and the longest. */
export const report = (what: string, times: ReadonlyArray<number>): void => {
  const sorted = times.toSorted((one, other) => one - other)
  const [median, most, longest] = [0.5, 0.95, 1].map((share) => quantile(sorted, share).toFixed(1))
  console.log(`${what.padEnd(58)} median ${median} ms, 95 % below ${most} ms, longest ${longest} ms`)
}
