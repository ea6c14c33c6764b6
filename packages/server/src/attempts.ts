/**
 * How many logins may fail for one nick, and from one address, before the next has to wait (ATTEMPT-1, ATTEMPT-3).
 *
 * @module
 */

/** Attempts of something, by a name. */
export interface Attempts {
  /** Milliseconds until one more may be made; 0 when it may be now. */
  readonly wait: (name: string) => number
  /** Counts an attempt, before it is known whether it fails: many may be made at once. */
  readonly begin: (name: string) => void
  /** Takes back one that hasn't failed. */
  readonly succeed: (name: string) => void
}

/** How many names are remembered before those are looked for whose attempts are long past. */
const manyNames = 10_000

/**
 * @param most attempts in a row
 * @param seconds after which as many may be made again, little by little
 * @param now monotonic milliseconds
 */
export const makeAttempts = (most: number, seconds: number, now: () => number): Attempts => {
  const each = (1_000 * seconds) / most
  // When all attempts of a name will be past: what stands before now counts no more.
  const pastAt = new Map<string, number>()
  const past = (name: string): number => Math.max(pastAt.get(name) ?? 0, now())

  const tidy = () => {
    if (pastAt.size < manyNames) return
    const time = now()
    for (const [name, at] of pastAt) if (at <= time) pastAt.delete(name)
  }

  return {
    wait: (name) => Math.max(0, Math.ceil(past(name) + each - now() - 1_000 * seconds)),
    begin: (name) => {
      tidy()
      pastAt.set(name, past(name) + each)
    },
    succeed: (name) => void pastAt.set(name, past(name) - each)
  }
}
