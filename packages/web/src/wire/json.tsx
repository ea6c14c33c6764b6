/**
 * A line of JSON in colours.
 *
 * @module
 */
import type { ReactNode } from "react"

const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/gu

/** So much of a line is shown while it is folded. */
const folded = 280

export const colouredJson = (line: string, isWhole: boolean): ReactNode => {
  const text = isWhole || line.length <= folded ? line : line.slice(0, folded)
  const nodes: Array<ReactNode> = []
  let from = 0
  for (const match of text.matchAll(token)) {
    const [whole, string, colon, literal] = match
    nodes.push(text.slice(from, match.index))
    const kind = literal !== undefined ? "literal" : colon === undefined ? "string" : "field"
    nodes.push(
      <span key={match.index} className={`json-${kind}`}>
        {string ?? literal}
      </span>
    )
    nodes.push(colon ?? "")
    from = match.index + whole.length
  }
  nodes.push(text.slice(from))
  if (text !== line) nodes.push(" …")
  return nodes
}
