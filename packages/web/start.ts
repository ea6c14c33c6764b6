/**
 * `npm start`: the reference server with its web page, which is built first when it is missing or stale.
 *
 * @module
 */
import { freshen } from "./build.ts"

try {
  await freshen((text) => console.error(text))
} catch (error) {
  // Everybody but browsers can do without.
  console.error(`the web page can't be built: ${error instanceof Error ? error.message : error}`)
}
await import("../server/src/main.ts")
