/**
 * Whole lists out of slices (spec/rooms.md, Lists).
 *
 * @module
 */
import * as Effect from "effect/Effect"

/** One slice of a list: some items, and whether others follow. */
export interface Slice<Item> {
  readonly items: ReadonlyArray<Item>
  readonly more: boolean
}

/**
 * Asks for slice after slice, each after the last name of the one before, until none follows.
 *
 * @param nameOf an item's name, by which the list ascends
 * @param after the name after which to begin
 */
export const allSlices = Effect.fnUntraced(function* <Item, E>(
  ask: (after: string | undefined) => Effect.Effect<Slice<Item>, E>,
  nameOf: (item: Item) => string,
  after?: string
): Effect.fn.Return<ReadonlyArray<Item>, E> {
  const all: Array<Item> = []
  let from = after
  while (true) {
    const { items, more } = yield* ask(from)
    all.push(...items)
    const last = items.at(-1)
    // A list that doesn't ascend would never end.
    if (!more || last === undefined || (from !== undefined && nameOf(last) <= from)) return all
    from = nameOf(last)
  }
})
