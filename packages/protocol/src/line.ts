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
export const makeLineDecoder = (limit: number): LineDecoder => new Decoder(limit)

const nothing = new Uint8Array(0)

// A server has one for each connection, most of which hold nothing.
class Decoder implements LineDecoder {
  private readonly limit: number
  // The start of a line whose LF hasn't come: the first `held` bytes of `store`, which grows by doubling.
  private store = nothing
  private held = 0
  private dead = false

  constructor(limit: number) {
    this.limit = limit
  }

  push(chunk: Uint8Array): Decoded {
    const begun = this.held > 0 ? chunk.indexOf(LF) + 1 : 0
    if (begun === 0) return this.pushWhole(chunk)
    const before = this.pushOneByOne(chunk.subarray(0, begun))
    if (begun === chunk.length || this.dead) return before
    const { blanks, lines, tooLong } = this.pushWhole(chunk.subarray(begun))
    return { lines: [...before.lines, ...lines], blanks: before.blanks + blanks, tooLong }
  }

  pending(): number {
    return this.held
  }

  private pushWhole(chunk: Uint8Array): Decoded {
    // Nothing in it can be too long: then what is whole is decoded at once, which costs a third of line by line.
    const whole =
      this.held === 0 && !this.dead && chunk.length < this.limit
        ? textOf(chunk.subarray(0, chunk.lastIndexOf(LF) + 1))
        : undefined
    if (whole === undefined) return this.pushOneByOne(chunk)
    this.hold(chunk.subarray(chunk.lastIndexOf(LF) + 1))
    return { ...linesOf(whole), tooLong: false }
  }

  private pushOneByOne(chunk: Uint8Array): Decoded {
    const lines: Array<Line> = []
    let blanks = 0
    let from = 0
    while (!this.dead) {
      const end = chunk.indexOf(LF, from)
      // An LF that is still to come counts, so `limit` bytes without one are over the limit (FRAME-5, FRAME-6).
      const length = this.held + (end === -1 ? chunk.length : end) - from + 1
      if (length > this.limit) {
        this.dead = true
        this.drop()
      } else if (end === -1) {
        this.hold(chunk.subarray(from))
        break
      } else {
        const line = decodeLine(this.take(chunk.subarray(from, end)))
        if (line === undefined) blanks++
        else lines.push(line)
        from = end + 1
      }
    }
    return { lines, blanks, tooLong: this.dead }
  }

  private hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const length = this.held + bytes.length
    if (length > this.store.length) {
      const larger = new Uint8Array(Math.min(this.limit, Math.max(2 * this.store.length, length)))
      larger.set(this.store.subarray(0, this.held))
      this.store = larger
    }
    this.store.set(bytes, this.held)
    this.held = length
  }

  private take(rest: Uint8Array): Uint8Array {
    if (this.held === 0) return rest
    this.hold(rest)
    const whole = this.store.subarray(0, this.held)
    this.drop()
    return whole
  }

  private drop(): void {
    this.store = nothing
    this.held = 0
  }
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
