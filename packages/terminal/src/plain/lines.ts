/**
 * What the terminal shows, line by line.
 *
 * @module
 */

import type { Item, Trouble } from "@tertulia/client"
import { type Message, type RoomItem, visible } from "@tertulia/protocol"
import type { Style } from "./style.ts"

/** Hours and minutes, where the reader is. */
export const clock = (time: Date): string =>
  [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":")

/**
 * An entry. The lines of its text after the first are indented, so that no text can pass for another entry.
 *
 * @param room the room's name, if it has to be said
 */
export const entryLine = (message: Message, own: boolean, room: string | undefined, style: Style): string => {
  const time = clock(new Date(message.at))
  const place = room === undefined ? "" : `${room} `
  const indent = " ".repeat(`${time} ${place}${message.from}: `.length)
  const text = visible(message.text).replaceAll("\t", "    ").replaceAll("\n", `\n${indent}`)
  const name = own ? style.own(message.from) : style.nick(message.from)
  return `${style.dim(time)} ${style.dim(place)}${name}: ${text}`
}

/** A remark of the client's own, at a time of its clock in milliseconds. */
export const noticeLine = (now: number, text: string, style: Style): string =>
  style.dim(`${clock(new Date(now))} * ${text}`)

const shownAtOnce = 30

/** Nicks in one sentence: not all of a crowd. */
export const crowd = (nicks: ReadonlyArray<string>): string => {
  const others = nicks.length - shownAtOnce
  return `${nicks.slice(0, shownAtOnce).join(", ")}${others > 0 ? ` and ${others} more` : ""}`
}

/** One room of /rooms. */
export const roomLine = ({ members, room }: RoomItem): string => `  ${room} (${members})`

/** A text of the person's own, in a sentence. */
export const quoted = (text: string): string => JSON.stringify(text)

/** Why there is no connection. */
export const troubleLine = (why: Trouble): string =>
  why._tag === "Refused" ? `${why.request} was refused: ${why.message} (${why.code})` : why.message

/** What nobody can know, and what to do about it. */
export const doubtLine = (texts: ReadonlyArray<string>, canDecide: boolean): string => {
  const [first, last] = [texts[0], texts.at(-1)].map((text) => quoted(text ?? ""))
  const which = texts.length === 1 ? first : `${texts.length} lines, ${first} to ${last}`
  const choice = canDecide ? " (/again says it again, /forget gives it up)" : ""
  return `not confirmed, so perhaps said and perhaps not: ${which}${choice}`
}

/** Which entries of a room are missing; all of an earlier log without numbers. */
export const gapLine = (
  room: string,
  gone?: { readonly from: number; readonly to: number; readonly isForever: boolean }
): string => {
  if (gone === undefined) return `${room} has begun a new log: what was said in it meanwhile may not all be shown`
  const { from, isForever, to } = gone
  const which = from === to ? `entry ${from}` : `entries ${from} to ${to}`
  return isForever
    ? `${which} of ${room}: gone for good, the server has given up what is so old`
    : `what was said in ${room} meanwhile can't be shown: ${which}`
}

/** One item of /outbox. */
export const outboxLine = ({ rest, room, text }: Item): string => {
  const how = rest === undefined ? "waits" : rest._tag === "Unknown" ? "perhaps said" : `not said: ${rest.message}`
  return `  ${room} ${quoted(visible(text))} (${how})`
}
