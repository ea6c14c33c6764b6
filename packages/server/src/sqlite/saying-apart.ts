/**
 * What a process says that works for another, and how it ends (apart.ts).
 *
 * @module
 */
import type { Said } from "./apart.ts"

/** Does the work, and says what it gave, or how it failed. */
export const sayApart = (work: () => ReadonlyArray<Readonly<Record<string, unknown>>>): void => {
  const outcome = (): Said => {
    try {
      return { _tag: "Rows", rows: work() }
    } catch (error) {
      const { errcode, message } = error as Error & { readonly errcode?: number }
      return { _tag: "Failed", message, errcode }
    }
  }
  // Ctrl-C is heard by the process that waits for this one, and ends it.
  process.on("SIGINT", () => {})
  process.stdout.write(JSON.stringify(outcome()))
}
