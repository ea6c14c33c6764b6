/**
 * Which nicks a text names (spec/rich.md, MENTION-1): by its letters alone, whether or not anybody has the nick.
 *
 * @module
 */
import { foldName, nameLength } from "./names.ts"

/** The most nicks that a text mentions. */
export const mostMentions = 32

// What stands before the `@` tells a mention from an address; what follows is as long as it gets, and then a name or too long.
const mention = /(?<![A-Za-z0-9_\-@.])@([A-Za-z0-9][A-Za-z0-9_-]*)/gu

/** The nicks that a text names: folded, each once, in the order of first use, the first 32 of them. */
export const mentionsIn = (text: string): ReadonlyArray<string> => {
  if (!text.includes("@")) return []
  const nicks = new Set<string>()
  for (const [, name] of text.matchAll(mention)) {
    if (name!.length <= nameLength) nicks.add(foldName(name!))
    if (nicks.size === mostMentions) break
  }
  return [...nicks]
}
