/**
 * A map by name that can be walked in the names' order: members of a room, rooms of the server (LIST-1).
 *
 * @module
 */

// A person has one for conversations, which few have had: what it does is on its prototype, and what it holds comes when it is needed.
export class OrderedMap<Value> {
  private named: Map<string, Value> | undefined = undefined
  private readonly sorted: Array<string> = []

  /** The names, ascending by their bytes: names are ASCII. */
  get names(): ReadonlyArray<string> {
    return this.sorted
  }

  size(): number {
    return this.sorted.length
  }

  get(name: string): Value | undefined {
    return this.named?.get(name)
  }

  set(name: string, value: Value): void {
    this.named ??= new Map()
    if (!this.named.has(name)) this.sorted.splice(this.countBefore(name, false), 0, name)
    this.named.set(name, value)
  }

  delete(name: string): boolean {
    if (this.named?.delete(name) !== true) return false
    this.sorted.splice(this.countBefore(name, false), 1)
    return true
  }

  /** The values, in no order. */
  values(): Iterable<Value> {
    return this.named?.values() ?? []
  }

  /** The place of the first name above `after`; of the first of all without it. */
  placeAfter(after: string | undefined): number {
    return after === undefined ? 0 : this.countBefore(after, true)
  }

  /** How many names come before `name`, itself counted when `inclusive`. */
  private countBefore(name: string, inclusive: boolean): number {
    let low = 0
    let high = this.sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const before = inclusive ? this.sorted[middle]! <= name : this.sorted[middle]! < name
      if (before) low = middle + 1
      else high = middle
    }
    return low
  }
}
