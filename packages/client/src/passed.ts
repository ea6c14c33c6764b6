/**
 * Entries that this client doesn't show: it counts them in their places, and passes over them (CATCH-9).
 *
 * @module
 */
import type { Message } from "@tertulia/protocol"

/** An entry of a kind that this client doesn't show. */
export interface Passed {
  readonly type: "(passed)"
  readonly room: string
  readonly seq: number
}

/** Any entry of a log. */
export type LogEntry = Message | Passed

export const passed = (room: string, seq: number): Passed => ({ type: "(passed)", room, seq })
