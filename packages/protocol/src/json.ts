/**
 * The JSON profile (spec/wire.md, JSON-*): what a line must be before its fields are looked at.
 *
 * @module
 */

import { nesting } from "./limits.ts"
import { type Line, notUtf8 } from "./line.ts"

/** A JSON object whose fields nobody has checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Why a line isn't an object of the profile, in words for people. */
export type JsonFault = string

/** The fault of a line that is an object, but for a string in it (JSON-4): FRAME-8 doesn't count it among the others. */
export const forbiddenString: JsonFault = "a string holds U+0000 or a lone surrogate"

/**
 * Reads one line as an object of the JSON profile: at most 8 levels deep, well-formed strings without U+0000.
 * Never throws, and never recurses deeper than the profile allows.
 */
export const parseJson = (line: Line): JsonObject | JsonFault => {
  if (line === notUtf8) return "the line is not UTF-8"
  if (deeperThan(line, nesting)) return `the JSON text nests deeper than ${nesting} levels`
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return "the line is not JSON"
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "the line is not a JSON object"
  // Only an escape can spell what a JSON text of UTF-8 can't hold raw.
  if (line.includes("\\u") && hasForbidden(value)) return forbiddenString
  return value as JsonObject
}

/** Whether brackets and braces outside strings open more than `levels` deep, found without parsing. */
const deeperThan = (text: string, levels: number): boolean => {
  // A text with so few openings can't nest deeper; most lines end here, at the speed of a search.
  if (countUpTo(levels, text, "{") + countUpTo(levels, text, "[") <= levels) return false
  let depth = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (quoted) {
      if (unit === 0x5c) at++
      else if (unit === 0x22) quoted = false
    } else if (unit === 0x22) quoted = true
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > levels) return true
    } else if (unit === 0x7d || unit === 0x5d) depth--
  }
  return false
}

/** How often a character is in a text; anything above `most` when it is more often. */
const countUpTo = (most: number, text: string, character: string): number => {
  let count = 0
  for (let at = text.indexOf(character); at !== -1 && count <= most; at = text.indexOf(character, at + 1)) count++
  return count
}

const hasForbidden = (value: unknown): boolean => {
  if (typeof value === "string") return value.includes("\0") || !value.isWellFormed()
  if (typeof value !== "object" || value === null) return false
  return Object.entries(value).some(([name, item]) => hasForbidden(name) || hasForbidden(item))
}
