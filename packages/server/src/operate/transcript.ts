/**
 * The log of a room as people read it, and as chats have always kept it: a line per entry.
 *
 * @module
 */
import { visible } from "@tertulia/protocol"
import type { Entry } from "../room-log.ts"

/** What the lines of a text after the first begin with. No entry begins so, and so no text can pass for another entry. */
const indent = "    "

/** An entry, with its time in UTC. */
export const transcriptOf = ({ at, from, text }: Entry): string =>
  `${at.slice(0, 10)} ${at.slice(11, 19)} ${visible(from)}: ${visible(text).replaceAll("\n", `\n${indent}`)}\n`
