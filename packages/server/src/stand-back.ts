/**
 * How threads that do what can wait leave the processor to the one that talks to everybody.
 *
 * @module
 */
import { constants, setPriority } from "node:os"

/** Lets other threads go first: a little, or, `far`, whenever they want to. Only Linux gives priorities to single threads. */
export const standBack = (how: "little" | "far"): void => {
  if (process.platform !== "linux") return
  const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority
  try {
    setPriority(how === "far" ? PRIORITY_LOW : PRIORITY_BELOW_NORMAL)
  } catch {
    // Then they are all alike.
  }
}
