/**
 * Notices when a process has stood still, as on a machine with too much to do. A client that stands still answers no `ping`, and what a
 * server does about that is no fault of the server.
 *
 * @module
 */
import { performance } from "node:perf_hooks"

const tickMillis = 50

/** Milliseconds after which a stall has been noticed. */
export const noticedAfter = 2 * tickMillis

/**
 * Watches the event loop of this thread from now on; gives what says how often it has stood still so far. It asks the machine's clock
 * and not Effect's: this is about the machine.
 *
 * @param longest milliseconds that are no stall yet
 */
export const watchForStalls = (longest: number): (() => number) => {
  let stalls = 0
  let last = performance.now()
  const tick = () => {
    const now = performance.now()
    if (now - last > longest + tickMillis) stalls++
    last = now
  }
  setInterval(tick, tickMillis).unref()
  return () => stalls
}
