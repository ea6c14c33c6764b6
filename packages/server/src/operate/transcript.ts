/**
 * The log of a room as people read it, and as chats have always kept it: a line per entry.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"
import type { Entry } from "../room-log.ts"

/** What the lines of a text after the first begin with. No entry begins so, and so no text can pass for another entry. */
const indent = "    "

/** An entry, with its time in UTC. What changes others begins with a star, which no nick does. */
export const transcriptOf = (entry: Entry): string =>
  `${entry.at.slice(0, 10)} ${entry.at.slice(11, 19)} ${saidIn(entry)}\n`

const saidIn = (entry: Entry): string => {
  const who = visible(entry.from)
  switch (entry.type) {
    case "message":
      return `${who}: ${indented(entry.text)}`
    case "erased":
      return `* ${who} has taken this back`
    case "edit":
      return `* ${who} edits ${entry.target}: ${entry.text === undefined ? "(taken back)" : indented(entry.text)}`
    case "delete":
      return `* ${who} takes back ${entry.target}`
    case "react":
      return `* ${who} ${entry.on ? "reacts" : "reacts no more"} to ${entry.target}: ${visible(entry.reaction)}`
    case "role":
      return `* ${who} makes ${visible(entry.nick)} ${entry.role}`
    case "kind":
      return `* ${who} makes this ${entry.kind}`
    case "invite":
      return `* ${who} ${entry.on ? "invites" : "takes back the invitation of"} ${visible(entry.nick)}`
    case "kick":
      return `* ${who} puts ${visible(entry.nick)} out`
    case "ban":
      return `* ${who} ${entry.on ? "bans" : "ends the ban of"} ${visible(entry.nick)}`
    case "mute":
      return `* ${who} ${entry.on ? "mutes" : "lets speak again"} ${visible(entry.nick)}`
    case "slow":
      return `* ${who} has everybody wait ${entry.seconds} s between two messages`
    case "topic":
      return `* ${who} says what this is about: ${visible(entry.text)}`
  }
}

const indented = (text: string): string => visible(text).replaceAll("\n", `\n${indent}`)
