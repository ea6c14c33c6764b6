/**
 * How fast one connection is read: a bucket of `limits.burst` tokens, filled by `limits.rate` a second (SEND-6).
 *
 * @module
 */

import type { Limits } from "@tertulia/protocol"

/** Blank lines that cost as much as a request: ten thousand are still no reason to wait for anybody with a small burst, a flood is. */
const blanksPerRequest = 1_000

export class Rate {
  private readonly limits: Pick<Limits, "burst" | "rate">
  private readonly now: () => number
  private tokens: number
  private filledAt: number

  /** @param now monotonic milliseconds */
  constructor(limits: Pick<Limits, "burst" | "rate">, now: () => number) {
    this.limits = limits
    this.now = now
    this.tokens = limits.burst
    this.filledAt = now()
  }

  /** Puts in what has come since; cheap enough to call for every chunk. */
  refill(): void {
    const { burst, rate } = this.limits
    const time = this.now()
    this.tokens = Math.min(burst, this.tokens + ((time - this.filledAt) * rate) / 1_000)
    this.filledAt = time
  }

  /** Takes one token and gives 0, or gives the milliseconds until there is one. */
  take(): number {
    const millis = this.wait(1)
    if (millis > 0) return millis
    this.tokens -= 1
    return 0
  }

  /** Takes what blank lines cost, and gives the milliseconds until that is paid; 0 when it is. */
  charge(blanks: number): number {
    this.tokens -= blanks / blanksPerRequest
    return this.wait(0)
  }

  private wait(wanted: number): number {
    if (this.tokens < wanted) this.refill()
    return this.tokens < wanted ? Math.ceil(((wanted - this.tokens) * 1_000) / this.limits.rate) : 0
  }
}
