/**
 * Whether a disk is fast enough for the event loop to wait for it.
 *
 * @module
 */

/** Milliseconds of a commit from which on it was slow: a heartbeat or a reader can bear that now and then. */
const slow = 10

/**
 * Milliseconds that the slow commits of a second take together from which on the disk is slow. Some more than 10 ms come of other work on
 * the disk; and the way to the thread and back takes a turn of the loop, which on a busy server isn't less.
 */
export const tooSlow = 100

/** Milliseconds for which a disk has to be fast before the loop waits for it again: at least, and at most. */
const probation = { least: 10_000, most: 3_600_000 }

export interface Pace {
  readonly isFast: () => boolean
  /** Notes how many milliseconds a commit took. */
  readonly took: (milliseconds: number) => void
  /** Notes that the disk isn't to be waited for, whatever it took. */
  readonly stop: () => void
}

/**
 * A disk is slow until it was fast for ten seconds. One that is slow again as soon after that is so for twice as long as before.
 *
 * @param now the time in milliseconds, since whenever
 */
export const makePace = (now: () => number): Pace => {
  let fastFrom = Number.NEGATIVE_INFINITY
  let lasts = probation.least
  let slowOnes: ReadonlyArray<{ readonly at: number; readonly took: number }> = []

  const stop = () => {
    const at = now()
    const isRelapse = at >= fastFrom && at - fastFrom < lasts
    if (isRelapse) lasts = Math.min(2 * lasts, probation.most)
    else if (at >= fastFrom) lasts = probation.least
    fastFrom = at + lasts
    slowOnes = []
  }

  return {
    isFast: () => now() >= fastFrom,
    took: (milliseconds) => {
      if (milliseconds < slow) return
      const at = now()
      slowOnes = [...slowOnes.filter((one) => one.at > at - 1_000), { at, took: milliseconds }]
      if (slowOnes.reduce((sum, { took }) => sum + took, 0) >= tooSlow) stop()
    },
    stop
  }
}
