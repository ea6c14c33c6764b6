/**
 * How threads that do what can wait leave the processor to the one that talks to everybody.
 *
 * @module
 */
import { setPriority } from "node:os"

/**
 * How far a thread stands back where there isn't enough for all: who reads gets a third of what others get, and who hashes, for a quarter of a
 * second at a time, a tenth. Less would starve those who wait for it on a busy machine.
 */
const niceness = { reading: 5, hashing: 10 } as const

/** Lets other threads go first. Only Linux gives priorities to single threads. */
export const standBack = (deed: keyof typeof niceness): void => {
  if (process.platform !== "linux") return
  try {
    setPriority(niceness[deed])
  } catch {
    // Then they are all alike, as where the process was started with a lower one.
  }
}
