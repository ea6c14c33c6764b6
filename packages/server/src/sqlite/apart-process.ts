/**
 * A process that runs one statement on a data file, says what it gave, and ends (apart.ts).
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite"
import { sayApart } from "./saying-apart.ts"

const [, , file, statement, ...values] = process.argv

sayApart(() => new DatabaseSync(file!, { readOnly: true, timeout: 1_000 }).prepare(statement!).all(...values))
