/**
 * What several connections did and got, judged at once by the guarantees of the spec. Pure: a history that was recorded can be
 * judged again, cut down, or made up.
 *
 * Of the guarantees for which histories are judged:
 *
 * | guarantee | judged as |
 * | --- | --- |
 * | agreement, no gaps | ORDER-1, ORDER-2, ORDER-3; over reconnects EPOCH-1 to EPOCH-3 and CATCH-1 to CATCH-3, too |
 * | sender order, causality | ORDER-4, ORDER-5 |
 * | exactly once | SEND-1: one entry for each `send`, one or none if its reply was lost; KEY-2: one for all repetitions with a `key`, over all connections of a person |
 * | isolation | ISOLATE-1 |
 * | true membership | MEMBER-6. How soon an abrupt end is noticed is a matter of clocks, which a history doesn't have: MEMBER-5 has tests of its own |
 * | barrier | SYNC-1 |
 * | one reply | REPLY-1, REPLY-3; on the sender's connection SEND-3. That a reply comes in time is REPLY-7's |
 * | fairness | in no history: who waits for whom is seen in bytes and clocks, by the tests of FLOW-1 to FLOW-7 |
 * | durability, read your writes | not in the core: they belong to the profile `history` |
 *
 * Of CATCH-3, whether `limits.replay` allows a replay is not judged: a history doesn't know the limits.
 *
 * @module
 */
import type { Request, ServerMessage } from "@tertulia/protocol"
import type { RequirementId } from "./generated/requirement-id.ts"
import { courseOf } from "./history/course.ts"
import { epochs } from "./history/epochs.ts"
import { keys } from "./history/keys.ts"
import { members } from "./history/members.ts"
import { order } from "./history/order.ts"
import { requests } from "./history/requests.ts"

/** One thing that a connection sent or got, at a moment that orders it among those of all connections. */
export type Observation =
  | { readonly moment: number; readonly sent: Request }
  | { readonly moment: number; readonly got: ServerMessage }

/** All that one connection sent and got, in order, from its `welcome` until it was no longer watched. */
export interface Lane {
  /** The connection's name, unique among the lanes. */
  readonly who: string
  /** Who comes again under the same nick, by another connection, is the same person. */
  readonly nick: string
  /** Who is behind it, where the connections of a person are known by their session; keys belong to the person. */
  readonly person?: string
  readonly observations: ReadonlyArray<Observation>
  /** When the connection broke: nothing is seen after it, and what wasn't answered may have happened or not. */
  readonly ended?: number
  /** The moments between which nobody else had the nick, where others are about; without them, nobody else ever has it. */
  readonly held?: Held
}

/** A time between two moments. */
export interface Held {
  readonly from: number
  readonly until: number
}

/** Something that no conforming server can have shown. */
export interface Violation {
  readonly who: string
  /** Of the observation on that lane by which it is plain. */
  readonly moment: number
  readonly expected: string
  readonly got: string
}

/** What a history says about one requirement. */
export interface Judgement {
  readonly requirement: RequirementId
  /** How many facts were looked at: with none, nothing is known. */
  readonly facts: number
  readonly violations: ReadonlyArray<Violation>
}

/**
 * Judges a history, in which whoever acts under a nick of the lanes acts on a lane. What has causes comes after them: a wrong epoch
 * breaks the order of the log as well, so the first that is broken is the one to look at.
 *
 * Nothing is asked before something comes that shows it missing (`left`, `synced`, the next reply): so what a history is guilty of, it
 * is guilty of at that moment, and a part of a history from its beginning is never guilty of more.
 */
export const judgeHistory = (lanes: ReadonlyArray<Lane>): ReadonlyArray<Judgement> => {
  const courses = lanes.map(courseOf)
  return [...requests(courses), keys(courses), ...epochs(courses), ...order(courses), members(courses)]
}
