/**
 * How threads that do what can wait leave the processor to the one that talks to everybody.
 *
 * @module
 */
import { setPriority } from "node:os"

/** A third of what others get where there isn't enough for all; less would starve those who wait for it on a busy machine. */
const niceness = 5

/** Lets other threads go first. Only Linux gives priorities to single threads. */
export const standBack = (): void => {
  if (process.platform !== "linux") return
  try {
    setPriority(niceness)
  } catch {
    // Then they are all alike, as where the process was started with a lower one.
  }
}
