/**
 * What goes wrong with a data file, in words, and whether it leaves a write undone for certain.
 *
 * @module
 */

/** SQLite's result codes that are told apart here. */
const codes = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  misuse: 21,
  range: 25,
  notADatabase: 26,
  ioErrorWrite: 778
} as const

/** The extended result code of an error of SQLite; undefined for any other error. */
const codeOf = (error: unknown): number | undefined => {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined
  return typeof code === "number" ? code : undefined
}

const primaryOf = (error: unknown): number => (codeOf(error) ?? 0) & 0xff

const words: Readonly<Record<number, string>> = {
  [codes.busy]: "another program has locked it",
  [codes.readOnly]: "it can't be written: look at its permissions, and at those of its folder",
  [codes.ioError]: "the disk fails, or is full",
  [codes.corrupt]: "it is corrupt: restore a backup",
  [codes.full]: "the disk is full",
  [codes.cantOpen]: "it can't be opened: look at its permissions, and at those of its folder",
  [codes.notADatabase]: "it is no database, or corrupt"
}

/** What an error of SQLite means for the file, as a part of a sentence. */
export const inWords = (error: unknown): string =>
  words[primaryOf(error)] ?? (error instanceof Error ? error.message : String(error))

/** Whether an error says that the file is damaged. */
export const isCorrupt = (error: unknown): boolean => primaryOf(error) === codes.corrupt

/** Whether an error is one that a server can outlive: nothing was written, and it may pass. */
export const mayPass = (error: unknown): boolean =>
  [codes.busy, codes.readOnly, codes.ioError, codes.full, codes.cantOpen].some((code) => code === primaryOf(error))

/**
 * Whether a COMMIT that failed has left nothing behind for certain. A transaction counts from its last page on, which is
 * written last: where a write was refused, that page isn't there. Where the disk has failed to say that all of it is stored
 * (IOERR_FSYNC), it may be there all the same after a restart.
 */
export const isUndone = (error: unknown): boolean =>
  primaryOf(error) === codes.full || primaryOf(error) === codes.busy || codeOf(error) === codes.ioErrorWrite

/**
 * Whether an error says that what was to be written is wrong, and nothing of the file or its disk: a defect of the program. A table that
 * isn't there is a fault of the file.
 */
export const isDefect = (error: unknown): boolean =>
  codeOf(error) === undefined ||
  [codes.tooBig, codes.constraint, codes.mismatch, codes.misuse, codes.range].some((code) => code === primaryOf(error))
