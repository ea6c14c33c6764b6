/**
 * What an entry does to the rows of earlier ones, and whether it may: decided in the transaction that appends it, so that nothing can
 * come between the look and the deed (spec/rich.md).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { type Draft, type Known, type Rejected, refusedBy } from "../room-log.ts"
import { kinds, moderationText } from "./entry-rows.ts"
import { makeStandingsWriter } from "./standings.ts"

/** What a draft becomes: a row at the next place, and what it does besides; or nothing. */
export type Decision = Accepted | Known | Rejected

interface Accepted {
  readonly _tag: "Accepted"
  readonly kind: number
  readonly target: number | null
  readonly text: string
  /** Changes the rows of what the entry is about, once it has its place. */
  readonly apply?: (seq: number) => void
}

interface TargetRow {
  readonly kind: number
  readonly person: string | null
  readonly deleted: number | null
}

interface OwnReaction {
  readonly seq: number
  readonly at: number
}

const rejected = (code: Rejected["code"], field: string): Rejected => ({ _tag: "Rejected", code, field })

const noSuchTarget = rejected("no-such-entry", "target")

/** @param db decides and changes within the transaction that is under way in it */
export const makeDecider = (db: DatabaseSync): ((room: number, draft: Draft, reactions: number) => Decision) => {
  const targetAt = db.prepare("SELECT kind, person, deleted FROM entries WHERE room = ? AND seq = ?")
  const setText = db.prepare(
    "UPDATE entries SET original = coalesce(original, text), text = ?, edited = ? WHERE room = ? AND seq = ?"
  )
  const erase = db.prepare("UPDATE entries SET text = '', original = NULL, deleted = ? WHERE room = ? AND seq = ?")
  const eraseEdits = db.prepare("UPDATE entries SET text = '' WHERE room = ? AND target = ? AND kind = 1")
  const forgetReactions = db.prepare("DELETE FROM reactions WHERE room = ? AND target = ?")
  const setTopic = db.prepare("UPDATE rooms SET topic = ? WHERE id = ?")
  const ownReaction = db.prepare(
    `SELECT reactions.seq AS seq, entries.at AS at FROM reactions JOIN entries ON entries.room = reactions.room AND entries.seq = reactions.seq
     WHERE reactions.room = ? AND reactions.target = ? AND reactions.reaction = ? AND reactions.person = ?`
  )
  const sinceOf = db.prepare("SELECT since FROM reactions WHERE room = ? AND target = ? AND reaction = ? LIMIT 1")
  const countOf = db.prepare("SELECT count(DISTINCT reaction) AS count FROM reactions WHERE room = ? AND target = ?")
  const addReaction = db.prepare(
    "INSERT INTO reactions (room, target, reaction, person, seq, since) VALUES (?, ?, ?, ?, ?, ?)"
  )
  const dropReaction = db.prepare("DELETE FROM reactions WHERE room = ? AND target = ? AND reaction = ? AND person = ?")
  const setReacted = db.prepare("UPDATE entries SET reacted = ? WHERE room = ? AND seq = ?")

  /** A message that still says something; nothing else can be changed. */
  const messageAt = (room: number, seq: number): TargetRow | undefined => {
    const row = targetAt.get(room, seq) as TargetRow | undefined
    return row?.kind === kinds.message && row.deleted === null ? row : undefined
  }

  const react = (room: number, draft: Draft & { readonly type: "react" }, most: number): Decision => {
    const { author, on, reaction, target } = draft
    const person = author.id
    if (messageAt(room, target) === undefined) return noSuchTarget
    const own = ownReaction.get(room, target, reaction, person) as OwnReaction | undefined
    if (!on) {
      if (own === undefined) return rejected("no-such-entry", "reaction")
      const apply = (seq: number) => {
        dropReaction.run(room, target, reaction, person)
        setReacted.run(seq, room, target)
      }
      return { _tag: "Accepted", kind: kinds.unreact, target, text: reaction, apply }
    }
    // It is so already: whoever asks for it has what they want.
    if (own !== undefined) return { _tag: "Known", seq: own.seq, at: new Date(own.at).toISOString() }
    const others = sinceOf.get(room, target, reaction) as { readonly since: number } | undefined
    const { count } = countOf.get(room, target) as { readonly count: number }
    if (others === undefined && count >= most) return rejected("limit-reached", "reaction")
    const apply = (seq: number) => {
      addReaction.run(room, target, reaction, person, seq, others?.since ?? seq)
      setReacted.run(seq, room, target)
    }
    return { _tag: "Accepted", kind: kinds.react, target, text: reaction, apply }
  }

  const govern = makeStandingsWriter(db)

  const decide = (room: number, draft: Draft, reactions: number): Decision => {
    switch (draft.type) {
      case "message": {
        const { replyTo, text } = draft
        if (replyTo === undefined) return { _tag: "Accepted", kind: kinds.message, target: null, text }
        const answered = targetAt.get(room, replyTo) as TargetRow | undefined
        if (answered?.kind !== kinds.message) return rejected("no-such-entry", "replyTo")
        return { _tag: "Accepted", kind: kinds.message, target: replyTo, text }
      }
      case "edit":
      case "delete": {
        const { author, target } = draft
        const message = messageAt(room, target)
        if (message === undefined) return noSuchTarget
        const mayErase = draft.type === "delete" && draft.ruling?.overrides === true
        if (message.person !== author.id && !mayErase) return rejected("forbidden", "target")
        if (draft.type === "edit") {
          const apply = (seq: number) => void setText.run(draft.text, seq, room, target)
          return { _tag: "Accepted", kind: kinds.edit, target, text: draft.text, apply }
        }
        const apply = (seq: number) => {
          erase.run(seq, room, target)
          eraseEdits.run(room, target)
          forgetReactions.run(room, target)
        }
        return { _tag: "Accepted", kind: kinds.delete, target, text: "", apply }
      }
      case "react":
        return react(room, draft, reactions)
      case "topic": {
        const apply = () => void setTopic.run(draft.text, room)
        return { _tag: "Accepted", kind: kinds.topic, target: null, text: draft.text, apply }
      }
      default:
        return { _tag: "Accepted", kind: kinds.moderation, target: null, text: moderationText(draft) }
    }
  }

  return (room, draft, reactions) => {
    const first = refusedBy(draft, "first")
    if (first !== undefined) return first
    const decision = decide(room, draft, reactions)
    if (decision._tag === "Known" || (decision._tag === "Rejected" && decision.code === "no-such-entry"))
      return decision
    const last = refusedBy(draft, "last")
    if (last !== undefined) return last
    const change = draft.ruling?.change
    if (decision._tag === "Rejected" || change === undefined) return decision
    const apply = (seq: number) => {
      decision.apply?.(seq)
      govern(room, change)
    }
    return { ...decision, apply }
  }
}
