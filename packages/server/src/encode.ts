/**
 * What is sent most often, as lines. Names, epochs, keys and times hold nothing that JSON would escape, so they are put in as they are.
 *
 * @module
 */
import { type ByeCode, type ByeEvent, type ErrorReply, encodeLine, type Member } from "@tertulia/protocol"
import type { Refused } from "./refused.ts"
import type { Entry } from "./room-log.ts"

export const messageLine = (room: string, entry: Entry): string =>
  `{"type":"message","room":"${room}",${fieldsOf(entry)}}\n`

/** An entry of a conversation, as one of the two gets it (DIRECT-5). */
export const directLine = (name: string, epoch: string, entry: Entry): string =>
  `{"type":"message","room":"${name}","epoch":"${epoch}",${fieldsOf(entry)}}\n`

/** An entry as an item of a page (HISTORY-8). */
export const itemOf = (entry: Entry): string => `{"type":"message",${fieldsOf(entry)}}`

const fieldsOf = ({ at, from, key, seq, text }: Entry): string =>
  `"seq":${seq},"from":"${from}","text":${JSON.stringify(text)},${key === undefined ? "" : `"key":"${key}",`}"at":"${at}"`

type Place = Pick<Entry, "at" | "seq">

export const sentLine = (re: number, room: string, { at, seq }: Place): string =>
  `{"type":"sent","re":${re},"room":"${room}","seq":${seq},"at":"${at}"}\n`

/** `sent` of an entry that was there already (KEY-2). */
export const sentAgainLine = (re: number, room: string, { at, seq }: Place): string =>
  `{"type":"sent","re":${re},"room":"${room}","seq":${seq},"at":"${at}","duplicate":true}\n`

export const memberLine = (room: string, nick: string, change: Member["change"]): string =>
  `{"type":"member","room":"${room}","nick":"${nick}","change":"${change}"}\n`

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
