/**
 * Bytes to lines and back (spec/wire.md, FRAME-*): incremental, bounded, exact to the byte.
 *
 * @module
 */

/** Stands for a line whose bytes are not UTF-8. */
export const notUtf8: unique symbol = Symbol.for("@tertulia/protocol/notUtf8")

/** One line without its LF and CR, or the mark that it isn't UTF-8. */
export type Line = string | typeof notUtf8

/** What a chunk of bytes completed. */
export interface Decoded {
  /** The lines that ended, in order, without the blank ones. */
  readonly lines: ReadonlyArray<Line>
  /** How many blank ones ended beside them: nobody answers those, but they take time. */
  readonly blanks: number
  /** `limit` bytes came without an LF: nothing after `lines` can be read any more. */
  readonly tooLong: boolean
}

/** Takes bytes as they come and gives lines as they end. */
export interface LineDecoder {
  /** Takes one chunk. After `tooLong`, everything is thrown away. */
  readonly push: (chunk: Uint8Array) => Decoded
  /** How many bytes of an unfinished line are held: always below the limit. */
  readonly pending: () => number
}

const LF = 0x0a
const CR = 0x0d
/** With it begins every line of the protocol. */
const BRACE = 0x7b
const blank = /^[ \t\r]*$/u
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * Makes a decoder that holds fewer than `limit` bytes, whatever comes (FRAME-1 to FRAME-6).
 *
 * @param limit the longest line in bytes, its LF included: `limits.line`
 */
export const makeLineDecoder = (limit: number): LineDecoder => {
  // The start of a line whose LF hasn't come: the first `held` bytes of `store`, which grows by doubling.
  let store = new Uint8Array(0)
  let held = 0
  let dead = false

  const hold = (bytes: Uint8Array) => {
    if (held + bytes.length > store.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(2 * store.length, held + bytes.length)))
      larger.set(store.subarray(0, held))
      store = larger
    }
    store.set(bytes, held)
    held += bytes.length
  }

  const drop = () => {
    store = new Uint8Array(0)
    held = 0
  }

  const take = (rest: Uint8Array): Uint8Array => {
    if (held === 0) return rest
    hold(rest)
    const whole = store.subarray(0, held)
    drop()
    return whole
  }

  const push = (chunk: Uint8Array): Decoded => {
    const begun = held > 0 ? chunk.indexOf(LF) + 1 : 0
    if (begun === 0) return pushWhole(chunk)
    const before = pushOneByOne(chunk.subarray(0, begun))
    if (begun === chunk.length || dead) return before
    const { blanks, lines, tooLong } = pushWhole(chunk.subarray(begun))
    return { lines: [...before.lines, ...lines], blanks: before.blanks + blanks, tooLong }
  }

  const pushWhole = (chunk: Uint8Array): Decoded => {
    // Nothing in it can be too long: then what is whole is decoded at once, which costs a third of line by line.
    const whole =
      held === 0 && !dead && chunk.length < limit ? textOf(chunk.subarray(0, chunk.lastIndexOf(LF) + 1)) : undefined
    if (whole === undefined) return pushOneByOne(chunk)
    hold(chunk.subarray(chunk.lastIndexOf(LF) + 1))
    return { ...linesOf(whole), tooLong: false }
  }

  const pushOneByOne = (chunk: Uint8Array): Decoded => {
    const lines: Array<Line> = []
    let blanks = 0
    let from = 0
    while (!dead) {
      const end = chunk.indexOf(LF, from)
      // An LF that is still to come counts, so `limit` bytes without one are over the limit (FRAME-5, FRAME-6).
      const length = held + (end === -1 ? chunk.length : end) - from + 1
      if (length > limit) {
        dead = true
        drop()
      } else if (end === -1) {
        hold(chunk.subarray(from))
        break
      } else {
        const line = decodeLine(take(chunk.subarray(from, end)))
        if (line === undefined) blanks++
        else lines.push(line)
        from = end + 1
      }
    }
    return { lines, blanks, tooLong: dead }
  }

  return { push, pending: () => held }
}

/** Bytes as text; undefined when they aren't UTF-8. */
const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** The lines of a text that ends with an LF, or is empty; blank ones are only counted. */
const linesOf = (text: string): Pick<Decoded, "lines" | "blanks"> => {
  const lines: Array<Line> = []
  let blanks = 0
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from)
    const line = text.slice(from, text.charCodeAt(end - 1) === CR && end > from ? end - 1 : end)
    if (isBlank(line)) blanks++
    else lines.push(line)
    from = end + 1
  }
  return { lines, blanks }
}

const isBlank = (line: string): boolean => line.charCodeAt(0) !== BRACE && blank.test(line)

/** One line's bytes, without LF, as text: `undefined` when it is blank (FRAME-2, FRAME-3). */
const decodeLine = (bytes: Uint8Array): Line | undefined => {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length
  const text = textOf(end === bytes.length ? bytes : bytes.subarray(0, end))
  if (text === undefined) return notUtf8
  return isBlank(text) ? undefined : text
}

/** One message as a line. JSON.stringify never writes a raw LF, so the framing holds (FRAME-1). */
export const encodeLine = (message: { readonly type: string }): string => `${JSON.stringify(message)}\n`
