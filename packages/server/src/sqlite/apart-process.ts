/**
 * A process that runs one statement on a data file, says what it gave, and ends (apart.ts).
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite"
import type { Said } from "./apart.ts"

const [, , file, statement, ...values] = process.argv

const run = (): Said => {
  try {
    const db = new DatabaseSync(file!, { readOnly: true, timeout: 1_000 })
    return { _tag: "Rows", rows: db.prepare(statement!).all(...values) }
  } catch (error) {
    const { errcode, message } = error as Error & { readonly errcode?: number }
    return { _tag: "Failed", message, errcode }
  }
}

// Ctrl-C is heard by the process that waits for this one, and ends it.
process.on("SIGINT", () => {})
process.stdout.write(JSON.stringify(run()))
