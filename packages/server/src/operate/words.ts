/**
 * Numbers as people read them.
 *
 * @module
 */

/** 12,034 */
export const number = (count: number): string => count.toLocaleString("en")

/** 1 room, 3 rooms */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`

/** 1 entry, 3 entries */
export const entries = (count: number): string => counted(count, "entry", "entries")
