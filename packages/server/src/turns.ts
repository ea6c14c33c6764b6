/**
 * Whose turn it is when there is more to do than time to do it: every address gets the same (deficit round robin), so that nobody
 * waits for long behind the requests of others, however many those send, over however many connections (SEND-6, FLOW-8).
 *
 * What is asked for costs a share of the processor, by an estimate: to measure it would cost as much again. An address has so much in
 * each round, and acts at once while it has some left; who has none left acts at once while the server has nothing else to do, and else
 * waits, in a queue that takes one request of each address at a time, and little in each turn of the event loop. So a busy server
 * still looks at what comes every few milliseconds, and what comes from those who ask for little is done first.
 *
 * @module
 */
import * as Effect from "effect/Effect"

/** What things cost, in microseconds of the processor, roughly. */
export const costs = {
  /** A connection that begins, or ends. */
  connection: 150,
  /** One request, its reply included. */
  request: 25,
  /** A byte of it, to read and check. */
  byte: 0.02,
  /** A character of a page of entries, to read and write. */
  page: 0.02,
  /** One line to one of the others who get it. */
  delivery: 8
} as const

/** What an address may use in a round, and all who wait together in one turn of the event loop. */
const perRound = 200
const perTurn = 500

/** What one address may do; its connections have it together. */
export interface Share {
  /** Whether a request of it may be executed at once. */
  readonly isFree: () => boolean
  /** Waits until it may. */
  readonly turn: Effect.Effect<void>
  /** Notes what something costs. */
  readonly charge: (cost: number) => void
}

export interface Turns {
  /** The share of an address, of which one more connection has come. */
  readonly enter: (peer: string) => Share
  /** One connection of it has gone. */
  readonly leave: (peer: string) => void
}

interface Account extends Share {
  connections: number
  /** What is left of it, as of a round; less than nothing, where a request has cost more than there was. */
  credit: number
  round: number
  readonly waiting: Set<() => void>
}

/** @param later runs something in the next turn of the event loop, after what has come in until then */
export const makeTurns = (later: (next: () => void) => void = setImmediate): Turns => {
  const accounts = new Map<string, Account>()
  // Those of whom a request waits, in their order.
  const queue = new Set<Account>()
  let round = 0
  let spent = 0
  let isTurning = false
  // How many addresses make it worth looking for those that have gone and owe nothing.
  let worthLooking = 1_024

  const turnSoon = () => {
    if (isTurning) return
    isTurning = true
    later(turn)
  }

  /** What an address has in this round: what it owes from earlier ones is taken off, and what it has not used is gone. */
  const creditOf = (account: Account): number => {
    if (account.round !== round) {
      account.credit = Math.min(perRound, account.credit + (round - account.round) * perRound)
      account.round = round
    }
    return account.credit
  }

  const turn = () => {
    isTurning = false
    spent = 0
    let passed = 0
    while (queue.size > 0 && spent < perTurn) {
      // All of them have used what they had.
      if (passed === queue.size) {
        round++
        passed = 0
      }
      const account = queue.values().next().value!
      queue.delete(account)
      if (creditOf(account) > 0) {
        const next = account.waiting.values().next().value!
        account.waiting.delete(next)
        // Whatever is done at once is charged when this returns.
        next()
        passed = 0
      } else passed++
      if (account.waiting.size > 0) queue.add(account)
    }
    if (queue.size > 0) return turnSoon()
    round++
  }

  const charge = (account: Account, cost: number) => {
    creditOf(account)
    account.credit -= cost
    spent += cost
    turnSoon()
  }

  const make = (): Account => {
    const waiting = new Set<() => void>()
    const account: Account = {
      connections: 0,
      credit: perRound,
      round,
      waiting,
      isFree: () => accounts.size === 1 || creditOf(account) > 0 || (queue.size === 0 && spent < perTurn),
      turn: Effect.callback<void>((resume) => {
        const next = () => resume(Effect.void)
        waiting.add(next)
        queue.add(account)
        turnSoon()
        return Effect.sync(() => {
          waiting.delete(next)
          if (waiting.size === 0) queue.delete(account)
        })
      }),
      charge: (cost) => charge(account, cost)
    }
    return account
  }

  /** Those who have gone are kept until they owe nothing: else they would come back as somebody new. */
  const forget = () => {
    if (accounts.size < worthLooking) return
    for (const [peer, account] of accounts) {
      if (account.connections === 0 && creditOf(account) >= perRound) accounts.delete(peer)
    }
    worthLooking = Math.max(1_024, 2 * accounts.size)
  }
  return {
    enter: (peer) => {
      forget()
      const account = accounts.get(peer) ?? make()
      accounts.set(peer, account)
      account.connections++
      return account
    },
    leave: (peer) => {
      const account = accounts.get(peer)!
      account.connections--
      if (account.connections === 0 && creditOf(account) >= perRound) accounts.delete(peer)
    }
  }
}
