/**
 * How a room is kept: who is what to it, and what they may do to others there (spec/moderation.md). Decided here, by the one table of
 * rights, whenever an entry gets its place in the log.
 *
 * @module
 */
import { isAbove, isModeration, may, type RoomKind, type RoomRole } from "@tertulia/protocol"
import type { Author, Draft, ModerationContent, Rejected } from "./room-log.ts"

/** What somebody is to a room, beside being in it. */
export interface Standing {
  /** The person's id, and the nick that they had. */
  readonly person: string
  readonly nick: string
  readonly role: "member" | "moderator" | "owner"
  readonly invited: boolean
  readonly banned: boolean
  readonly muted: boolean
}

/** What is known of how a room is kept, as of its head. */
export interface Governance {
  kind: RoomKind
  /** Seconds that a member waits between two messages. */
  slow: number
  /** Those who are something, by their ids. */
  readonly standings: Map<string, Standing>
}

/** What an entry changes of it. */
export interface GovernanceChange {
  readonly standings: ReadonlyArray<Standing>
  readonly kind?: RoomKind
  readonly slow?: number
}

/** What the rights say of a draft that has its turn. */
export interface Ruling {
  /** Why it can't be; the log may know of something that comes before. */
  readonly refused?: Rejected
  /** What it changes of how the room is kept. */
  readonly change?: GovernanceChange
  /** Whether it may take back what others have said. */
  readonly overrides?: true
}

/** What somebody is to the server: a guest whose time is over, so that nobody can be them any more; a guest; the person of an account; an operator. */
export type Rank = "nobody" | "guest" | "account" | "operator"

/** Whether who has this rank can be more to a room than a member. */
export const hasAccount = (rank: Rank): boolean => rank === "account" || rank === "operator"

/** Whoever an entry is by or about. */
export interface Somebody extends Author {
  readonly nick: string
}

/** The room as it is when a draft has its turn. */
export interface Situation {
  readonly governance: Governance
  readonly rankOf: (person: Somebody) => Rank
  readonly isIn: (person: Somebody) => boolean
  /** Milliseconds until somebody may say something again who has to wait between two messages. */
  readonly wait: (person: Author, seconds: number) => number
}

export const ungoverned = (): Governance => ({ kind: "public", slow: 0, standings: new Map() })

/** The most people of one room who are something to it: each is a row of the file. */
const mostStandings = 1_000

/** Whether somebody is nothing to a room, so that nothing is kept of them. */
export const isNothing = ({ banned, invited, muted, role }: Standing): boolean =>
  role === "member" && !banned && !invited && !muted

const nothing = (person: string, nick: string): Standing => ({
  ...{ person, nick, role: "member", invited: false, banned: false, muted: false }
})

/** Changes what is known. */
export const applyChange = (governance: Governance, { kind, slow, standings }: GovernanceChange): void => {
  governance.kind = kind ?? governance.kind
  governance.slow = slow ?? governance.slow
  for (const standing of standings) {
    if (isNothing(standing)) governance.standings.delete(standing.person)
    else governance.standings.set(standing.person, standing)
  }
}

/** What somebody is to a room. */
export const roleOf = ({ governance, isIn, rankOf }: Omit<Situation, "wait">, person: Somebody): RoomRole => {
  const rank = rankOf(person)
  if (rank === "operator") return "operator"
  const standing = governance.standings.get(person.id)
  // A role is an account's, and ends with it.
  if (rank === "account" && standing !== undefined && standing.role !== "member") return standing.role
  if (isIn(person)) return "member"
  return standing?.invited === true ? "invited" : "outsider"
}

/** Whether somebody may enter: whoever is banned may not, but for an operator. */
export const mayEnter = (situation: Omit<Situation, "wait">, person: Somebody): boolean => {
  const { governance } = situation
  const role = roleOf(situation, person)
  if (role !== "operator" && governance.standings.get(person.id)?.banned === true) return false
  return may(role, "join", governance.kind)
}

/** Whether somebody has no word. */
export const isMuted = ({ governance, rankOf }: Omit<Situation, "wait">, person: Somebody): boolean =>
  governance.standings.get(person.id)?.muted === true && rankOf(person) !== "operator"

const refuse = (code: Rejected["code"], message: string, field?: string): Ruling => ({
  refused: { _tag: "Rejected", code, message, ...(field === undefined ? {} : { field }) }
})

/** What the rights say of a draft; undefined when they have nothing to say. */
export const ruleOn = (situation: Situation, author: Somebody, draft: Draft): Ruling | undefined => {
  const { governance } = situation
  if (isModeration(draft)) return moderate(situation, author, draft)
  if (draft.type === "delete") {
    return may(roleOf(situation, author), "delete", governance.kind) ? { overrides: true } : undefined
  }
  if (isMuted(situation, author)) return refuse("forbidden", "somebody has muted you here")
  if (governance.slow === 0 || draft.type !== "message") return undefined
  if (isAbove(roleOf(situation, author), "member")) return undefined
  const wait = situation.wait(author, governance.slow)
  if (wait === 0) return undefined
  const message = `who speaks here waits ${governance.slow} s between two messages`
  return { refused: { _tag: "Rejected", code: "rate-limited", message, retryAfter: wait } }
}

const moderate = (situation: Situation, author: Somebody, draft: Draft & ModerationContent): Ruling => {
  const { governance } = situation
  const { about } = draft
  if ("nick" in draft && (about === undefined || (draft.type === "kick" && !situation.isIn(about)))) {
    return refuse("no-such-nick", `there is no ${draft.nick} here`, "nick")
  }
  const role = roleOf(situation, author)
  if (!may(role, draft.type, governance.kind)) return refuse("forbidden", `a ${role} of this room may not do that`)
  if (about !== undefined && draft.type !== "invite" && !isAbove(role, roleOf(situation, about))) {
    return refuse("forbidden", "that is for somebody who is more than they are", "nick")
  }
  if (draft.type === "role" && !hasAccount(situation.rankOf(about!))) {
    return refuse("forbidden", `${draft.nick} has no account: only who has one can be more than a member`, "nick")
  }
  const change = changeBy(governance, draft)
  const isMore = change.standings.some((each) => !isNothing(each) && !governance.standings.has(each.person))
  if (!isMore || governance.standings.size < mostStandings) return { change }
  // Those who have ended make room: what they were, nobody is.
  const ended = [...governance.standings.values()].filter(
    ({ nick, person }) => situation.rankOf({ id: person, nick }) === "nobody"
  )
  if (ended.length === 0) {
    return refuse("limit-reached", `${mostStandings} people are something to this room already`, "nick")
  }
  return {
    change: { ...change, standings: [...ended.map(({ nick, person }) => nothing(person, nick)), ...change.standings] }
  }
}

const changeBy = ({ standings }: Governance, draft: Draft & ModerationContent): GovernanceChange => {
  if (draft.type === "kind") return { standings: [], kind: draft.kind }
  if (draft.type === "slow") return { standings: [], slow: draft.seconds }
  const { id: person, nick } = draft.about!
  const before = standings.get(person) ?? nothing(person, nick)
  switch (draft.type) {
    case "role": {
      const owners = draft.role === "owner" ? [...standings.values()].filter(({ role }) => role === "owner") : []
      return {
        standings: [
          ...owners.map((owner) => ({ ...owner, role: "moderator" as const })),
          { ...before, role: draft.role }
        ]
      }
    }
    case "invite":
      return { standings: [{ ...before, invited: draft.on }] }
    case "kick":
      return { standings: [{ ...before, invited: false }] }
    case "ban":
      return {
        standings: [
          draft.on ? { ...before, role: "member", invited: false, banned: true } : { ...before, banned: false }
        ]
      }
    case "mute":
      return { standings: [{ ...before, muted: draft.on }] }
  }
}
