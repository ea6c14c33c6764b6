/**
 * What the terminal shows, line by line.
 *
 * @module
 */

import type { Item } from "@tertulia/client"
import { type Message, type RoomItem, visible } from "@tertulia/protocol"
import type { Style } from "./style.ts"
import type { Words } from "./words.ts"

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
export const crowd = (nicks: ReadonlyArray<string>, words: Words): string => {
  const others = nicks.length - shownAtOnce
  return `${nicks.slice(0, shownAtOnce).join(", ")}${others > 0 ? words.more(others) : ""}`
}

/** One room of /rooms. */
export const roomLine = ({ members, room }: RoomItem): string => `  ${room} (${members})`

/** A text of the person's own, in a sentence. */
export const quoted = (text: string): string => JSON.stringify(text)

/** What nobody can know, and what to do about it. */
export const doubtLine = (texts: ReadonlyArray<string>, canDecide: boolean, words: Words): string => {
  const [first, last] = [texts[0], texts.at(-1)].map((text) => quoted(text ?? ""))
  return words.doubt(texts.length === 1 ? first! : words.lines(texts.length, first!, last!), canDecide)
}

/** Which entries of a room are missing; all of an earlier log without numbers. */
export const gapLine = (
  words: Words,
  room: string,
  gone?: { readonly from: number; readonly to: number; readonly isForever: boolean }
): string =>
  gone === undefined ? words.newLog(room) : words.gone(room, words.entries(gone.from, gone.to), gone.isForever)

/** One item of /outbox. */
export const outboxLine = ({ rest, room, text }: Item, words: Words): string => {
  const how =
    rest === undefined
      ? words.waiting
      : rest._tag === "Unknown"
        ? words.perhaps
        : words.notSaid("", words.refused(rest))
  return `  ${room} ${quoted(visible(text))} (${how})`
}
