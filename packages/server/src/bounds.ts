/**
 * Bounds on what clients can make grow beside the limits of `hello`: nobody is promised what lies within them (HELLO-6, JOIN-9,
 * SESSION-12, DIRECT-19).
 *
 * @module
 */

/** How much of something a server takes on; infinite where nothing bounds it. */
export interface Bounds {
  /** Connections from all addresses together. */
  readonly connections: number
  /** Rooms that are created from one address in an hour. */
  readonly newRooms: number
  /** Accounts that are made from one address in an hour. */
  readonly newAccounts: number
  /** Rooms of which a log is kept, whether anybody is in them or not. */
  readonly keptRooms: number
  /** Conversations of one person in which something was said. */
  readonly conversations: number
}

/** None: what a server has that is embedded and isn't told otherwise. */
export const unbounded: Bounds = {
  connections: Number.POSITIVE_INFINITY,
  newRooms: Number.POSITIVE_INFINITY,
  newAccounts: Number.POSITIVE_INFINITY,
  keptRooms: Number.POSITIVE_INFINITY,
  conversations: Number.POSITIVE_INFINITY
}

/** How often something may be done from each address: so many times at once, and as often again in so many seconds. */
export interface Budgets {
  /** Milliseconds until it may be done again; 0 when it may be done now. */
  readonly wait: (peer: string) => number
  /** Notes that it was done, so many times; or that it wasn't, where it is less than none. */
  readonly spend: (peer: string, times?: number) => void
}

/** @param now monotonic milliseconds */
export const makeBudgets = (times: number, seconds: number, now: () => number): Budgets => {
  const millisEach = (1_000 * seconds) / times
  // When each address has its whole budget again; those that have it now are not worth remembering.
  const wholeAt = new Map<string, number>()
  let worthLooking = 1_024

  const forget = () => {
    if (wholeAt.size < worthLooking) return
    const time = now()
    for (const [peer, at] of wholeAt) if (at <= time) wholeAt.delete(peer)
    worthLooking = Math.max(1_024, 2 * wholeAt.size)
  }

  return {
    wait: (peer) => {
      if (!Number.isFinite(times)) return 0
      const owed = (wholeAt.get(peer) ?? 0) - now()
      return Math.max(0, Math.ceil(owed - (times - 1) * millisEach))
    },
    spend: (peer, many = 1) => {
      if (!Number.isFinite(times)) return
      forget()
      wholeAt.set(peer, Math.max(now(), wholeAt.get(peer) ?? 0) + many * millisEach)
    }
  }
}
