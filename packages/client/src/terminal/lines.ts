/**
 * What the terminal shows, line by line.
 *
 * @module
 */
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
