/**
 * How test vectors are written down: bytes as pieces, so that a line of a megabyte takes one line of the file.
 *
 * @module
 */
import type { ErrorCode } from "../codes.ts"
import type { Limits } from "../limits.ts"

/** How often a piece is repeated: once, `times`, or as often as a limit says, less `less`. */
interface Repeat {
  readonly times?: number
  readonly limit?: "line" | "text"
  readonly less?: number
}

/** Bytes: a text in UTF-8, or hexadecimal digits; repeated. */
export type Piece = ({ readonly text: string } | { readonly hex: string }) & Repeat

/** A text, `times` times. */
export const text = (repeated: string, times?: number): Piece => ({
  text: repeated,
  ...(times === undefined ? {} : { times })
})

/** Bytes, `times` times. */
export const hex = (digits: string, times?: number): Piece => ({
  hex: digits,
  ...(times === undefined ? {} : { times })
})

/** A text of one byte, repeated so often that it has as many bytes as the limit says, less `less`. */
export const fill = (letter: string, limit: "line" | "text", less: number): Piece => ({ text: letter, limit, less })

/** The bytes of some pieces on a server with these limits. */
export const bytesOf = (pieces: ReadonlyArray<Piece>, limits: Limits): Uint8Array =>
  Buffer.concat(pieces.map((piece) => repeated(piece, timesOf(piece, limits))))

const timesOf = ({ less = 0, limit, times = 1 }: Repeat, limits: Limits): number =>
  limit === undefined ? times : limits[limit] - less

const repeated = (piece: Piece, times: number): Uint8Array => {
  const once = "text" in piece ? Buffer.from(piece.text, "utf8") : Buffer.from(piece.hex, "hex")
  return Buffer.alloc(once.length * times, once)
}

/** What every vector has. */
export interface Vector {
  /** What the vector is about; no two of a file share one, and it stays when others come. */
  readonly name: string
  /** The requirements that it exercises. */
  readonly requirements: ReadonlyArray<string>
}

/** Pieces explained, for the `description` of each file that holds some. */
export const piecesExplained =
  "Bytes are lists of pieces, put together without anything between: {text} is a text in UTF-8, {hex} is bytes in hexadecimal; with {times} it is repeated so often, with {limit, less} so often as hello.limits (line or text) says, less `less`."

/** One file of spec/vectors/. */
export interface VectorFile<V extends Vector = Vector> {
  readonly title: string
  readonly description: ReadonlyArray<string>
  /** The version of the protocol that the vectors are about. */
  readonly protocol: 1
  readonly vectors: ReadonlyArray<V>
}

/** What becomes of a line or an object: it is a request, or it is refused with this code. */
export type Outcome = "accepted" | ErrorCode
