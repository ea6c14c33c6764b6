/**
 * A map by name that can be walked in the names' order: members of a room, rooms of the server (LIST-1).
 *
 * @module
 */

export interface OrderedMap<Value> {
  readonly size: () => number
  readonly get: (name: string) => Value | undefined
  readonly set: (name: string, value: Value) => void
  readonly delete: (name: string) => boolean
  /** The values, in no order. */
  readonly values: () => Iterable<Value>
  /** The names, ascending by their bytes: names are ASCII. */
  readonly names: ReadonlyArray<string>
  /** The place of the first name above `after`; of the first of all without it. */
  readonly placeAfter: (after: string | undefined) => number
}

export const makeOrderedMap = <Value>(): OrderedMap<Value> => {
  const values = new Map<string, Value>()
  const names: Array<string> = []

  /** How many names come before `name`, itself counted when `inclusive`. */
  const countBefore = (name: string, inclusive: boolean): number => {
    let low = 0
    let high = names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const before = inclusive ? names[middle]! <= name : names[middle]! < name
      if (before) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    size: () => names.length,
    get: (name) => values.get(name),
    set: (name, value) => {
      if (!values.has(name)) names.splice(countBefore(name, false), 0, name)
      values.set(name, value)
    },
    delete: (name) => {
      if (!values.delete(name)) return false
      names.splice(countBefore(name, false), 1)
      return true
    },
    values: () => values.values(),
    names,
    placeAfter: (after) => (after === undefined ? 0 : countBefore(after, true))
  }
}
