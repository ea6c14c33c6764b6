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
  let body = head
  let bodyWithMore = head
  let bytes = Buffer.byteLength(head)
  for (let place = cut.from; place < last; place++) {
    const next = place === cut.from ? item(place) : `,${item(place)}`
    bytes += Buffer.byteLength(next)
    if (bytes + end.length > cut.line) return bodyWithMore + endWithMore
    body += next
    if (bytes + endWithMore.length <= cut.line) bodyWithMore = body
  }
  return last < cut.length ? bodyWithMore + endWithMore : body + end
}
