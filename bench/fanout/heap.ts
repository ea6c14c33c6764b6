/**
 * Loaded into a server before its own modules, for the soak: tells every second what of its memory is JavaScript.
 *
 * @module
 */
import { writeFileSync } from "node:fs"
import { isMainThread } from "node:worker_threads"

const file = process.env["TERTULIA_BENCH_HEAP"]
if (isMainThread && file !== undefined) {
  setInterval(() => writeFileSync(file, JSON.stringify(process.memoryUsage())), 1_000).unref()
}
