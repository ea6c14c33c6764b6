/**
 * What is counted of a server while it works, for whoever operates it. Counting costs a server that nobody looks at next to nothing.
 *
 * @module
 */
import * as Context from "effect/Context"

/** What a server has to do at a moment. */
export interface Load {
  readonly connections: number
  readonly people: number
  readonly accounts: number
  /** Rooms with members. */
  readonly rooms: number
  /** Rooms whose log is kept. */
  readonly keptRooms: number
  /** Bytes that wait to be sent, on all connections. */
  readonly queueBytes: number
}

export interface Meters {
  /** A connection was let in. */
  readonly opened: () => void
  /** A connection has ended, or was turned away: the code of its `bye`, or how it ended without one. */
  readonly ended: (how: string) => void
  /** A request was refused with this code. */
  readonly refused: (code: string) => void
  /** Entries were added to a log, and handed to so many connections. */
  readonly published: (entries: number, deliveries: number) => void
  /** So many entries were read for somebody who catches up; whether they had to wait for them. */
  readonly caughtUp: (entries: number, hasWaited: boolean) => void
  /** A transaction was on its way to the disk for so many milliseconds; whether it got there. */
  readonly committed: (millis: number, isStored: boolean) => void
  /** The server listens; gives its load whenever it is asked. */
  readonly serves: (load: () => Load) => void
  /** The server stops. */
  readonly stops: () => void
}

/** Counts nothing. */
export const silent: Meters = {
  opened: () => {},
  ended: () => {},
  refused: () => {},
  published: () => {},
  caughtUp: () => {},
  committed: () => {},
  serves: () => {},
  stops: () => {}
}

/** Where a server and its storage count. */
export const Meters = Context.Reference<Meters>("@tertulia/server/Meters", { defaultValue: () => silent })
