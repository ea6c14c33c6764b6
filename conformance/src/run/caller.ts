/**
 * Where the user stands, who may have called the suite from another folder: `npm --prefix ../tertulia run conformance`.
 *
 * @module
 */
import { relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** Goes to the folder in which the user called npm, which itself goes to that of `package.json`: files and commands are meant from there. */
export const standWithTheCaller = (): void => {
  const { INIT_CWD: from, npm_lifecycle_event: script } = process.env
  // Of another script of npm, which calls the suite in its turn, the folder is that script's affair.
  if (from !== undefined && script === "conformance") process.chdir(from)
}

/** What calls the suite from where the user stands. */
export const call = (from: string = process.cwd()): string => {
  const way = relative(from, resolve(root))
  // In a folder of this repository npm finds the way up by itself.
  return /^(?:\.\.(?:\/|$))*$/u.test(way) ? "npm run conformance --" : `npm --prefix ${way} run conformance --`
}
