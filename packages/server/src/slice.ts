/**
 * One slice of a list as a line: as many whole items as the client, the page and the line allow (LIST-1 to LIST-3).
 *
 * @module
 */

/** How a slice is cut. */
export interface Cut {
  /** How many items there are. */
  readonly length: number
  /** The place of the first item of the slice. */
  readonly from: number
  /** The most items: `limit`, or `limits.page`. */
  readonly limit: number
  /** The most bytes of the line, its LF included: `limits.line`. */
  readonly line: number
}

const end = "]}\n"
const endWithMore = '],"more":true}\n'

/**
 * Fills a line that begins with `head`, which opens an array, with the items of one slice.
 *
 * @param item gives the JSON text of the item at a place
 */
export const sliceLine = (head: string, cut: Cut, item: (place: number) => string): string => {
  const last = Math.min(cut.length, cut.from + cut.limit)
  const items: Array<string> = []
  let bytes = Buffer.byteLength(head)
  // How many of them leave room for saying that there are more.
  let fitting = 0
  for (let place = cut.from; place < last; place++) {
    const text = item(place)
    bytes += Buffer.byteLength(text) + (items.length === 0 ? 0 : 1)
    if (bytes + end.length > cut.line) return head + items.slice(0, fitting).join(",") + endWithMore
    items.push(text)
    if (bytes + endWithMore.length <= cut.line) fitting = items.length
  }
  if (last === cut.length) return head + items.join(",") + end
  return head + items.slice(0, fitting).join(",") + endWithMore
}
