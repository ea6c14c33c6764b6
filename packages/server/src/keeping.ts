/**
 * The keeping of one room, between its log and its people (spec/moderation.md): what the rights say of each draft, who was put out, and
 * what somebody is shown of it.
 *
 * @module
 */
import { isModeration, may, type RoomAction, type RoomRole, type Standing as StandingShown } from "@tertulia/protocol"
import {
  type Governance,
  hasAccount,
  isMuted,
  isNothing,
  mayEnter,
  type Rank,
  type Ruling,
  roleOf,
  ruleOn,
  type Somebody,
  type Standing
} from "./governance.ts"
import type { Draft, RoomLog } from "./room-log.ts"

export interface KeepingOptions {
  readonly log: Pick<RoomLog, "governance" | "head">
  /** What somebody is to the server; everybody is anybody where it claims no moderation. */
  readonly rankOf: (person: Somebody) => Rank
  readonly isIn: (person: Somebody) => boolean
  /** Monotonic milliseconds. */
  readonly now: () => number
}

export interface Keeping {
  /** Whose room it is that has no entry yet: the log gets it with the first (ROLE-1). */
  readonly found: (person: Somebody) => void
  /** A draft that has its turn, with what the rights say of it; too late it is where its connection was put out meanwhile. */
  readonly rule: (draft: Draft, isLate: boolean) => Draft
  /** Whether the rights of what follows may hang on a draft: then it has to be in the log before. */
  readonly isDecisive: (draft: Draft) => boolean
  /** Notes that somebody has said something. */
  readonly said: (person: string) => void
  readonly may: (person: Somebody, action: RoomAction) => boolean
  readonly mayEnter: (person: Somebody) => boolean
  readonly isMuted: (person: Somebody) => boolean
  /** What each of those is who are something to the room and haven't ended, by nick (STANDING-1). */
  readonly standings: () => ReadonlyArray<StandingShown>
  /** What `joined` says of it, as fields of a line (ROLE-4). */
  readonly shown: (person: Somebody) => string
}

export const makeKeeping = ({ isIn, log, now, rankOf }: KeepingOptions): Keeping => {
  const { governance } = log
  // When each of those who have to wait has said something last, in monotonic milliseconds.
  const last = new Map<string, number>()
  const wait = ({ id }: { readonly id: string }, seconds: number): number =>
    Math.max(0, Math.ceil((last.get(id) ?? Number.NEGATIVE_INFINITY) + 1_000 * seconds - now()))
  const situation = { governance, rankOf, isIn, wait }
  const role = (person: Somebody): RoomRole => roleOf(situation, person)

  const late: Ruling = {
    refused: { _tag: "Rejected", code: "not-joined", field: "room", message: "you were put out of this room" }
  }

  const rulingOn = (draft: Draft, isLate: boolean): Ruling | undefined =>
    isLate ? late : ruleOn(situation, { id: draft.author.id, nick: draft.from }, draft)

  return {
    found: ({ id, nick }) => {
      const standing = { person: id, nick, role: "owner", invited: false, banned: false, muted: false } as const
      governance.standings.set(id, standing)
    },
    rule: (draft, isLate) => {
      const ruling = rulingOn(draft, isLate)
      // The first entry takes along whose room it is.
      const founders = log.head() === 0 ? [...governance.standings.values()] : []
      if (founders.length === 0) return ruling === undefined ? draft : { ...draft, ruling }
      const change = { ...ruling?.change, standings: [...founders, ...(ruling?.change?.standings ?? [])] }
      return { ...draft, ruling: { ...ruling, change } }
    },
    isDecisive: (draft) => isModeration(draft) || (governance.slow > 0 && draft.type === "message"),
    said: (person) => {
      last.delete(person)
      last.set(person, now())
      for (const [first, at] of last) {
        if (at + 1_000 * governance.slow > now()) return
        last.delete(first)
      }
    },
    may: (person, action) => may(role(person), action, governance.kind),
    mayEnter: (person) => mayEnter(situation, person),
    isMuted: (person) => isMuted(situation, person),
    standings: () =>
      [...governance.standings.values()]
        .map((standing) => ({ standing, rank: rankOf({ id: standing.person, nick: standing.nick }) }))
        .filter(({ rank }) => rank !== "nobody")
        // A role is an account's, and ends with it.
        .map(({ rank, standing }) => (hasAccount(rank) ? standing : { ...standing, role: "member" as const }))
        .filter((standing) => !isNothing(standing))
        .map(standingOf)
        .sort((one, other) => (one.nick < other.nick ? -1 : 1)),
    shown: (person) => shownOf(governance, role(person), isMuted(situation, person))
  }
}

const standingOf = ({ banned, invited, muted, nick, role }: Standing): StandingShown => ({
  nick,
  ...(role === "member" ? {} : { role }),
  ...(invited ? { invited } : {}),
  ...(banned ? { banned } : {}),
  ...(muted ? { muted } : {})
})

const shownOf = ({ kind, slow }: Governance, role: RoomRole, muted: boolean): string =>
  (kind === "public" ? "" : `"kind":"${kind}",`) +
  (role === "moderator" || role === "owner" || role === "operator" ? `"role":"${role}",` : "") +
  (muted ? '"muted":true,' : "") +
  (slow === 0 ? "" : `"slow":${slow},`)
