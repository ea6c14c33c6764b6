/**
 * What `search` finds (spec/search.md): the pure rule, by which a server is judged.
 *
 * @module
 */
import type { Message, Search } from "./messages.ts"
import { holds, wordsOf } from "./words.ts"

/** What a search looks for, apart from where. */
export type Sought = Pick<Search, "text" | "from" | "since" | "until">

/** Whether an entry is what a search looks for. Times have one spelling, so that their order is that of their texts (SEARCH-6). */
export const matches = (entry: Pick<Message, "text" | "from" | "at">, { from, since, text, until }: Sought): boolean =>
  (from === undefined || entry.from === from) &&
  (since === undefined || entry.at >= since) &&
  (until === undefined || entry.at <= until) &&
  holds(entry.text, wordsOf(text))
