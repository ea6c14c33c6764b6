/**
 * Entries as the rows of a data file.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { type Content, type Entry, type ModerationContent, withMentions } from "../room-log.ts"

/** The kinds of entries, as numbers that a file holds; a reaction that is taken away is a kind of its own. */
export const kinds = { message: 0, edit: 1, delete: 2, react: 3, unreact: 4, topic: 5, moderation: 6 } as const

/** An entry, as a row has it. */
export interface EntryRow {
  readonly seq: number
  readonly kind: number
  readonly author: string
  readonly key: string | null
  readonly at: number
  readonly text: string
  readonly target: number | null
  readonly edited: number | null
  readonly deleted: number | null
  readonly reacted: number | null
}

/** The columns of an `EntryRow`. */
export const entryColumns = "seq, kind, author, key, at, text, target, edited, deleted, reacted"

/** The same in a file of an older version, which knows of messages only. */
export const entryColumnsOf = (version: number): string =>
  version >= richVersion
    ? entryColumns
    : "seq, 0 AS kind, author, key, at, text, NULL AS target, NULL AS edited, NULL AS deleted, NULL AS reacted"

/** The version of a file from which on it holds entries of all kinds. */
export const richVersion = 5

/** What is common to entries of all kinds. */
const commonOf = ({ at, author, key, seq }: EntryRow) => ({
  seq,
  from: author,
  at: new Date(at).toISOString(),
  ...(key === null ? {} : { key })
})

/** A reaction of a message, as it is shown. */
export interface Reaction {
  readonly reaction: string
  readonly count: number
}

/** Gives the reactions to the entry `seq` of a room, by its number. */
export const makeReactions = (db: DatabaseSync): ((room: number, seq: number) => ReadonlyArray<Reaction>) => {
  const reactionsTo = db.prepare(
    `SELECT reaction, count(*) AS count FROM reactions WHERE room = ? AND target = ?
     GROUP BY reaction ORDER BY min(since)`
  )
  return (room, seq) => reactionsTo.all(room, seq) as unknown as ReadonlyArray<Reaction>
}

/** @param reactions gives those of a message that has had any */
export const entryOf = (row: EntryRow, reactions: (seq: number) => ReadonlyArray<Reaction>): Entry =>
  row.kind === kinds.message ? messageOf(row, reactions) : changeOf(row)

const messageOf = (row: EntryRow, reactionsOf: (seq: number) => ReadonlyArray<Reaction>): Entry => {
  const { deleted, edited, reacted, target, text } = row
  const fields = { ...commonOf(row), ...(target === null ? {} : { replyTo: target }) }
  if (deleted !== null) return { type: "erased", ...fields, deleted }
  const reactions = reacted === null ? [] : reactionsOf(row.seq)
  return withMentions({
    type: "message",
    ...fields,
    text,
    ...(edited === null ? {} : { edited }),
    ...(reactions.length === 0 ? {} : { reactions }),
    ...(reacted === null ? {} : { reacted })
  })
}

const changeOf = (row: EntryRow): Entry => {
  const fields = commonOf(row)
  const target = row.target ?? 0
  const { kind, text } = row
  switch (kind) {
    case kinds.edit:
      return withMentions({ type: "edit", ...fields, target, ...(text === "" ? {} : { text }) })
    case kinds.delete:
      return { type: "delete", ...fields, target }
    case kinds.react:
    case kinds.unreact:
      return { type: "react", ...fields, target, reaction: text, on: kind === kinds.react }
    case kinds.topic:
      return { type: "topic", ...fields, text }
    case kinds.moderation:
      return { ...fields, ...moderationIn(text) }
    default:
      throw new Error(`an entry of the kind ${kind}, which this server doesn't know`)
  }
}

/** What an entry of moderation says, as the text of its row. */
export const moderationText = (content: ModerationContent): string => {
  const { type } = content
  switch (type) {
    case "role":
      return JSON.stringify({ type, nick: content.nick, role: content.role })
    case "kind":
      return JSON.stringify({ type, kind: content.kind })
    case "kick":
      return JSON.stringify({ type, nick: content.nick })
    case "invite":
    case "ban":
    case "mute":
      return JSON.stringify({ type, nick: content.nick, on: content.on })
    case "slow":
      return JSON.stringify({ type, seconds: content.seconds })
  }
}

const moderationIn = (text: string): ModerationContent => JSON.parse(text) as ModerationContent

/** What the author of a row wanted to have said, while the file has it: of a message that was edited, what it was sent with. */
export const contentOf = (row: {
  readonly kind: number | null
  readonly text: string | null
  readonly original: string | null
  readonly target: number | null
}): Content | undefined => {
  const { kind, target } = row
  const text = row.original ?? row.text ?? ""
  const about = { target: target ?? 0 }
  switch (kind) {
    case kinds.message:
      return text === "" ? undefined : { type: "message", text, ...(target === null ? {} : { replyTo: target }) }
    case kinds.edit:
      return text === "" ? undefined : { type: "edit", ...about, text }
    case kinds.delete:
      return { type: "delete", ...about }
    case kinds.react:
    case kinds.unreact:
      return { type: "react", ...about, reaction: text, on: kind === kinds.react }
    case kinds.topic:
      return { type: "topic", text }
    case kinds.moderation:
      return moderationIn(text)
    default:
      return undefined
  }
}
