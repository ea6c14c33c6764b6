/**
 * What something is made of, in a few letters: what was built stays good for as long as they stay the same.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The digest of all files below a folder that one of the patterns names: of their paths, and of what is in them. */
export const fingerprint = (folder: string, patterns: ReadonlyArray<string>): string => {
  const hash = createHash("sha256")
  for (const file of globSync(patterns, { cwd: folder }).sort())
    hash.update(file).update(readFileSync(join(folder, file)))
  return hash.digest("hex")
}
