/**
 * The lines of a file or of standard input, as they come: what is in memory doesn't grow with what is read.
 *
 * @module
 */
import { createReadStream } from "node:fs"

/** Lines that have come together, and how many bytes were read up to here. */
export interface Lines {
  readonly lines: ReadonlyArray<Buffer>
  readonly bytes: number
}

/** Bytes of the longest line that is read: more than any text that a server takes. A longer one is given cut, and is the last. */
export const longestLine = 16_777_216

const lineFeed = 0x0a

/** Gives the lines of a file, or of standard input, without their line feeds; the last needs none. */
export const linesOf = async function* (path: string | undefined): AsyncGenerator<Lines, void> {
  const input: AsyncIterable<Buffer> = path === undefined ? process.stdin : createReadStream(path)
  let parts: Array<Buffer> = []
  let length = 0
  let bytes = 0
  for await (const chunk of input) {
    const lines: Array<Buffer> = []
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      lines.push(Buffer.concat([...parts, chunk.subarray(start, end)]))
      parts = []
      length = 0
      start = end + 1
    }
    parts.push(chunk.subarray(start))
    length += chunk.length - start
    bytes += chunk.length
    if (length > longestLine) return yield { lines: [...lines, Buffer.concat(parts)], bytes }
    yield { lines, bytes }
  }
  if (length > 0) yield { lines: [Buffer.concat(parts)], bytes }
}
