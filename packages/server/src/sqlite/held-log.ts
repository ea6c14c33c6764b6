/**
 * A log while anybody has it open: one for all of them, so that nobody reads what somebody else gives up.
 *
 * @module
 */
import type { Governance } from "../governance.ts"

/** What is known of an open log. */
export interface HeldLog {
  readonly room: string
  readonly epoch: string
  /** The `seq` of the first entry that can be read. */
  first: number
  /** The `seq` of the first entry in the file: what was given up is gone from there a commit later. */
  firstInFile: number
  head: number
  /** What the room is about, as of `head`. */
  topic: string
  /** How the room is kept, as of `head`. */
  readonly governance: Governance
  readonly readers: Set<LogReader>
}

/** Somebody who reads a log, and the next entry that they need. */
export interface LogReader {
  next: number
}

/** Gives up the entries before `seq`, but none that somebody is reading; nobody begins to read them from now on. */
export const giveUpBefore = (log: HeldLog, seq: number): void => {
  log.first = Math.max(log.first, Math.min(seq, ...Array.from(log.readers, ({ next }) => next)))
}
