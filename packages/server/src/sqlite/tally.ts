/**
 * What is wrong in a room, counted: a file in which everything is wrong must not make a list as long as itself.
 *
 * @module
 */

/** Counts what is wrong, by what it is. */
export interface Tally {
  /** Something is wrong with `count` entries, of which `seq` is the first. */
  readonly add: (what: string, seq: number, count?: number) => void
  /** One sentence for each. */
  readonly findings: () => ReadonlyArray<string>
}

export const makeTally = (): Tally => {
  const found = new Map<string, { readonly seq: number; count: number }>()
  return {
    add: (what, seq, count = 1) => {
      const known = found.get(what)
      if (known === undefined) found.set(what, { seq, count })
      else known.count += count
    },
    findings: () => Array.from(found, ([what, { count, seq }]) => `${what}: entry ${seq}${more(count - 1)}`)
  }
}

const more = (count: number): string => (count === 0 ? "" : ` and ${count.toLocaleString("en")} more`)
