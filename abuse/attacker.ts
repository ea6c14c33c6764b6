/**
 * A process that attacks in one way, and tells its counts to the one that has started it.
 *
 * @module
 */
import { setPriority } from "node:os"
import { attacks, type Force } from "./attacks.ts"
import type { Target } from "./lines.ts"

// Attackers have machines of their own; here, they shall not take the processor from those whom they attack.
setPriority(19)

process.once("message", ({ attack, force, target }: { attack: string; force: Force; target: Target }) => {
  const counts: Record<string, number> = {}
  attacks[attack]!(target, force, (what, times = 1) => {
    counts[what] = (counts[what] ?? 0) + times
  })
  setInterval(() => process.send?.(counts), 500)
})
process.once("disconnect", () => process.exit(0))
