/**
 * Clients and servers that a run has started and not stopped yet. Tests run in a thread that the user's Ctrl-C ends without asking, so
 * the thread that outlives it keeps the list.
 *
 * @module
 */
import { BroadcastChannel } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** What a thread says of a group of processes. */
interface Notice {
  /** The ID of the group, which is that of its first process. */
  readonly group: number
  readonly running: boolean
}

const openChannel = () => {
  const channel = new BroadcastChannel("tertulia-clients")
  channel.unref()
  return channel
}

let channel: BroadcastChannel | undefined

/** Says that a group of processes runs, or no longer. */
export const notice = (notice: Notice): void => {
  channel ??= openChannel()
  channel.postMessage(notice)
}

/** Sends a signal to every process of a group, if any is left. */
export const signalGroup = (group: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-group, signal)
  } catch {
    // Nobody of the group is left.
  }
}

/** When the scope closes, kills every group that still runs by then. */
export const leaveNothingRunning: Effect.Effect<void, never, Scope.Scope> = Effect.asVoid(
  Effect.acquireRelease(
    Effect.sync(() => {
      const groups = new Set<number>()
      const listening = openChannel()
      listening.onmessage = ({ data }: { readonly data: unknown }) => {
        const { group, running } = data as Notice
        if (running) groups.add(group)
        else groups.delete(group)
      }
      return { groups, listening }
    }),
    ({ groups, listening }) =>
      Effect.sync(() => {
        listening.close()
        for (const group of groups) signalGroup(group, "SIGKILL")
      })
  )
)
