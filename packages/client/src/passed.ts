/**
 * Entries that this client doesn't know: it counts them in their places, and passes over them (CATCH-9).
 *
 * @module
 */
import type { EntryEvent } from "@tertulia/protocol"

/** An entry of a kind that this client doesn't know. */
export interface Passed {
  readonly type: "(passed)"
  readonly room: string
  readonly seq: number
}

/** Any entry of a log. */
export type LogEntry = EntryEvent | Passed

export const passed = (room: string, seq: number): Passed => ({ type: "(passed)", room, seq })
