/**
 * What is sent most often, as lines. Names, epochs, keys and times hold nothing that JSON would escape, so they are put in as they are.
 *
 * @module
 */
import {
  type ByeCode,
  type ByeEvent,
  type ErrorReply,
  encodeLine,
  type LeftEvent,
  type Member,
  type ReadEvent
} from "@tertulia/protocol"
import type { Refused } from "./refused.ts"
import type { Entry, MessageEntry } from "./room-log.ts"

/** The event of an entry. */
export const entryLine = (room: string, entry: Entry): string =>
  `{"type":"${entry.type}","room":"${room}",${fieldsOf(entry)}}\n`

/** An entry of a conversation, as one of the two gets it (DIRECT-5). */
export const directLine = (name: string, epoch: string, entry: Entry): string =>
  `{"type":"message","room":"${name}","epoch":"${epoch}",${fieldsOf(entry)}}\n`

/** An entry as an item of a page (HISTORY-8). */
export const itemOf = (entry: Entry): string => `{"type":"${entry.type}",${fieldsOf(entry)}}`

const fieldsOf = (entry: Entry): string => {
  const { at, from, key, seq } = entry
  const content = entry.type === "message" ? saidOf(entry) : changeOf(entry)
  return `"seq":${seq},"from":"${from}",${content}${key === undefined ? "" : `"key":"${key}",`}"at":"${at}"`
}

/** What a message says: most say no more than their text. */
const saidOf = ({ edited, mentions, reacted, reactions, replyTo, text }: MessageEntry): string =>
  `"text":${JSON.stringify(text)},` +
  (edited === undefined ? "" : `"edited":${edited},`) +
  (replyTo === undefined ? "" : `"replyTo":${replyTo},`) +
  (mentions === undefined ? "" : `"mentions":${JSON.stringify(mentions)},`) +
  (reactions === undefined ? "" : `"reactions":${JSON.stringify(reactions)},`) +
  (reacted === undefined ? "" : `"reacted":${reacted},`)

const changeOf = (entry: Exclude<Entry, MessageEntry>): string => {
  switch (entry.type) {
    case "erased":
      return `"deleted":${entry.deleted},${entry.replyTo === undefined ? "" : `"replyTo":${entry.replyTo},`}`
    case "edit": {
      const text = entry.text === undefined ? "" : `"text":${JSON.stringify(entry.text)},`
      return `"target":${entry.target},${text}${entry.mentions === undefined ? "" : `"mentions":${JSON.stringify(entry.mentions)},`}`
    }
    case "delete":
      return `"target":${entry.target},`
    case "react":
      return `"target":${entry.target},"reaction":${JSON.stringify(entry.reaction)},"on":${entry.on},`
    case "topic":
      return `"text":${JSON.stringify(entry.text)},`
    case "role":
      return `"nick":"${entry.nick}","role":"${entry.role}",`
    case "kind":
      return `"kind":"${entry.kind}",`
    case "kick":
      return `"nick":"${entry.nick}",`
    case "invite":
    case "ban":
    case "mute":
      return `"nick":"${entry.nick}","on":${entry.on},`
    case "slow":
      return `"seconds":${entry.seconds},`
  }
}

type Place = Pick<Entry, "at" | "seq">

export const sentLine = (re: number, room: string, { at, seq }: Place): string =>
  `{"type":"sent","re":${re},"room":"${room}","seq":${seq},"at":"${at}"}\n`

/** `sent` of an entry that was there already (KEY-2). */
export const sentAgainLine = (re: number, room: string, { at, seq }: Place): string =>
  `{"type":"sent","re":${re},"room":"${room}","seq":${seq},"at":"${at}","duplicate":true}\n`

export const memberLine = (room: string, nick: string, change: Member["change"]): string =>
  `{"type":"member","room":"${room}","nick":"${nick}","change":"${change}"}\n`

export const expelledLine = (room: string, reason: LeftEvent["reason"]): string =>
  `{"type":"left","room":"${room}","reason":"${reason}"}\n`

export const typingLine = (room: string, nick: string, on: boolean): string =>
  `{"type":"typing","room":"${room}","nick":"${nick}","on":${on}}\n`

/** What another connection of a person's own is told of a mark. */
export const markLine = (mark: Omit<ReadEvent, "type">): string => encodeLine({ type: "read", ...mark })

export const errorLine = (re: number | undefined, { code, field, message, retryAfter }: Refused): string => {
  const error: ErrorReply = {
    type: "error",
    ...(re === undefined ? {} : { re }),
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...(retryAfter === undefined ? {} : { retryAfter })
  }
  return encodeLine(error)
}

export const byeLine = (code: ByeCode, message: string, reconnectAfter?: number): string => {
  const bye: ByeEvent = { type: "bye", code, message }
  return encodeLine(reconnectAfter === undefined ? bye : { ...bye, reconnectAfter })
}

export const pingLine: Uint8Array = Buffer.from(encodeLine({ type: "ping" }))
