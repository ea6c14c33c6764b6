/**
 * How fast one connection is read: a bucket of `limits.burst` tokens, filled by `limits.rate` a second (SEND-6).
 *
 * @module
 */

export interface Rate {
  /** Takes one token and gives 0, or gives the milliseconds until there is one. */
  readonly take: () => number
  /** Puts in what has come since; cheap enough to call for every chunk. */
  readonly refill: () => void
}

/** @param now monotonic milliseconds */
export const makeRate = (burst: number, rate: number, now: () => number): Rate => {
  let tokens = burst
  let filledAt = now()

  const refill = () => {
    const time = now()
    tokens = Math.min(burst, tokens + ((time - filledAt) * rate) / 1_000)
    filledAt = time
  }

  return {
    refill,
    take: () => {
      if (tokens < 1) refill()
      if (tokens < 1) return Math.ceil(((1 - tokens) * 1_000) / rate)
      tokens -= 1
      return 0
    }
  }
}
