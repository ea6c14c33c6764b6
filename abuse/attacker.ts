/**
 * A process that attacks in one way, and tells its counts to the one that has started it.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { setPriority } from "node:os"
import { attacks, type Force } from "./attacks.ts"
import type { Target } from "./lines.ts"

// Attackers have machines of their own; here, they shall not take the processor from those whom they attack. To be nice isn't enough for that:
// many a kernel lets who is nice finish their tick, of 4 ms, before whoever wakes has the processor, so that each sync of the
// server's disk took that much longer.
const isIdle = spawnSync("chrt", ["--all-tasks", "--idle", "--pid", "0", `${process.pid}`]).status === 0
if (!isIdle) setPriority(19)

process.once("message", ({ attack, force, target }: { attack: string; force: Force; target: Target }) => {
  const counts: Record<string, number> = {}
  attacks[attack]!(target, force, (what, times = 1) => {
    counts[what] = (counts[what] ?? 0) + times
  })
  setInterval(() => process.send?.(counts), 500)
})
process.once("disconnect", () => process.exit(0))
