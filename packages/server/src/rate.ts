/**
 * How fast one connection is read: a bucket of `limits.burst` tokens, filled by `limits.rate` a second (SEND-6).
 *
 * @module
 */

export interface Rate {
  /** Takes one token and gives 0, or gives the milliseconds until there is one. */
  readonly take: () => number
  /** Takes what blank lines cost, and gives the milliseconds until that is paid; 0 when it is. */
  readonly charge: (blanks: number) => number
  /** Puts in what has come since; cheap enough to call for every chunk. */
  readonly refill: () => void
}

/** Blank lines that cost as much as a request: ten thousand are still no reason to wait for anybody with a small burst, a flood is. */
const blanksPerRequest = 1_000

/** @param now monotonic milliseconds */
export const makeRate = (burst: number, rate: number, now: () => number): Rate => {
  let tokens = burst
  let filledAt = now()

  const refill = () => {
    const time = now()
    tokens = Math.min(burst, tokens + ((time - filledAt) * rate) / 1_000)
    filledAt = time
  }

  const wait = (wanted: number) => {
    if (tokens < wanted) refill()
    return tokens < wanted ? Math.ceil(((wanted - tokens) * 1_000) / rate) : 0
  }

  return {
    refill,
    charge: (blanks) => {
      tokens -= blanks / blanksPerRequest
      return wait(0)
    },
    take: () => {
      const millis = wait(1)
      if (millis > 0) return millis
      tokens -= 1
      return 0
    }
  }
}
