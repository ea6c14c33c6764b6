/**
 * A map that costs next to nothing while it is empty, for what each connection or person may have, and most have not.
 *
 * @module
 */

export class LazyMap<Key, Value> {
  private entries: Map<Key, Value> | undefined

  constructor(entries: ReadonlyArray<readonly [Key, Value]> = []) {
    this.entries = entries.length === 0 ? undefined : new Map(entries)
  }

  get size(): number {
    return this.entries?.size ?? 0
  }

  has(key: Key): boolean {
    return this.entries?.has(key) === true
  }

  get(key: Key): Value | undefined {
    return this.entries?.get(key)
  }

  set(key: Key, value: Value): void {
    this.entries ??= new Map()
    this.entries.set(key, value)
  }

  delete(key: Key): void {
    this.entries?.delete(key)
    if (this.entries?.size === 0) this.entries = undefined
  }

  clear(): void {
    this.entries = undefined
  }

  values(): Iterable<Value> {
    return this.entries?.values() ?? []
  }

  [Symbol.iterator](): Iterator<[Key, Value]> {
    return (this.entries ?? [])[Symbol.iterator]()
  }
}
