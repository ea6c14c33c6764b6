/**
 * Chance that can be had again: numbers that follow from a seed (SplitMix32).
 *
 * @module
 */

export interface Random {
  /** An integer from 0 to `below` - 1. */
  readonly below: (below: number) => number
  /** True so many times in a hundred. */
  readonly percent: (percent: number) => boolean
  readonly pick: <A>(items: ReadonlyArray<A>) => A
}

/** @param parts what the numbers follow from, such as a seed and a place in a run */
export const makeRandom = (...parts: ReadonlyArray<number>): Random => {
  let state = 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  for (const part of parts) {
    state ^= part
    state = next()
  }
  const below = (bound: number) => Math.floor((next() / 4_294_967_296) * bound)
  return {
    below,
    percent: (percent) => below(100) < percent,
    pick: (items) => items[below(items.length)]!
  }
}
