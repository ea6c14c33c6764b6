/**
 * Lists that never change and are cheap to append to: the versions of one share an array, of which each knows how much is its own. So a
 * room in which much is said costs no copy per message, but one per look.
 *
 * @module
 */

/** A version of a list. */
export interface Rows<Row> {
  readonly shared: Array<Row>
  readonly length: number
  /** The list to look at, once somebody has. */
  whole: ReadonlyArray<Row> | undefined
}

export const rowsOf = <Row>(rows: ReadonlyArray<Row>): Rows<Row> => ({
  shared: [...rows],
  length: rows.length,
  whole: undefined
})

/** With one more at the end. */
export const append = <Row>(rows: Rows<Row>, row: Row): Rows<Row> => {
  // Only the longest version may add to the shared array; a branch from an older one has an array of its own.
  const shared = rows.shared.length === rows.length ? rows.shared : rows.shared.slice(0, rows.length)
  shared.push(row)
  return { shared, length: rows.length + 1, whole: undefined }
}

/** With another in place of one. */
export const replace = <Row>(rows: Rows<Row>, index: number, row: Row): Rows<Row> =>
  rowsOf(listOf(rows).with(index, row))

export const rowAt = <Row>(rows: Rows<Row>, index: number): Row | undefined =>
  index < rows.length ? rows.shared[index] : undefined

/** The list itself: the same array for the same version. */
export const listOf = <Row>(rows: Rows<Row>): ReadonlyArray<Row> => {
  rows.whole ??= rows.shared.slice(0, rows.length)
  return rows.whole
}
