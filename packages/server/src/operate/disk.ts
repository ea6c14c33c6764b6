/**
 * What goes wrong with files that aren't data files, in words.
 *
 * @module
 */
import { oneLine } from "../settings.ts"
import { UsageFault } from "../usage.ts"

export const writeFault = (path: string, error: unknown): UsageFault =>
  new UsageFault({ message: `can't write ${oneLine(path)}: ${reasonOf(error, writing)}` })

export const readFault = (path: string, error: unknown): UsageFault =>
  new UsageFault({ message: `can't read ${oneLine(path)}: ${reasonOf(error, reading)}` })

/** The code that the system gives an error. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined

type Reasons = Readonly<Record<string, string>>

const reading: Reasons = {
  EACCES: "you may not, by its permissions or its folder's",
  EISDIR: "it is a folder",
  ENOENT: "it doesn't exist",
  ENOTDIR: "it doesn't exist"
}

const writing: Reasons = {
  EACCES: "look at the permissions of its folder",
  EDQUOT: "the disk is full",
  EEXIST: "it exists",
  EFBIG: "it is larger than a file may be here",
  EISDIR: "it is a folder",
  ENOENT: "there is no such folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "there is no such folder",
  EROFS: "nothing can be written there"
}

const reasonOf = (error: unknown, reasons: Reasons): string => {
  const code = codeOf(error)
  return reasons[code ?? ""] ?? code ?? oneLine(String(error))
}
