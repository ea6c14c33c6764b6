/**
 * Logs in memory: forgotten with their room, and bounded, so that a flood purges old entries and never fills the memory.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { makeEpoch } from "./epoch.ts"
import { addedTo, type Draft, type Entry, type RoomLog, RoomLogs } from "./room-log.ts"

/** How much the logs of a server hold. */
export interface MemoryLogOptions {
  /** Entries of one log: what a replay may ask for, `limits.replay`. */
  readonly entries: number
  /** Bytes of all logs together, roughly. */
  readonly bytes: number
}

/** What a log holds: the entries `head - entries.length + 1` to `head`. */
interface Held {
  readonly entries: Array<Entry>
  /** Those of them that have a key, by author and key. */
  readonly keyed: Map<string, Entry>
  head: number
}

/** The bytes that an entry takes, roughly: its text and what surrounds it. */
const weight = (entry: Entry): number => 2 * entry.text.length + 200

/** Names the key of an author; undefined without one. Nicks and keys hold no space. */
const keyOf = ({ from, key }: Draft): string | undefined => (key === undefined ? undefined : `${from} ${key}`)

/** Logs that live as long as their rooms. */
export const layer = (options: MemoryLogOptions): Layer.Layer<RoomLogs> =>
  Layer.sync(RoomLogs, () => {
    // The logs that hold entries; the one that was quiet for longest is the first.
    const holding = new Set<Held>()
    let bytes = 0

    const purge = (held: Held, count: number) => {
      for (const entry of held.entries.splice(0, count)) {
        bytes -= weight(entry)
        const key = keyOf(entry)
        if (key !== undefined) held.keyed.delete(key)
      }
      if (held.entries.length === 0) holding.delete(held)
    }

    const keep = (held: Held, entries: ReadonlyArray<Entry>) => {
      held.entries.push(...entries)
      for (const entry of entries) bytes += weight(entry)
      holding.delete(held)
      holding.add(held)
      if (held.entries.length > options.entries) purge(held, held.entries.length - options.entries)
      for (const quietest of holding) {
        if (bytes <= options.bytes) return
        purge(quietest, quietest.entries.length)
      }
    }

    /** Gives the entry that a draft becomes, or the one that had its key before. */
    const place = (held: Held, draft: Draft): Entry => {
      const key = keyOf(draft)
      const known = key === undefined ? undefined : held.keyed.get(key)
      if (known !== undefined) return known
      const entry = { seq: ++held.head, ...draft }
      if (key !== undefined) held.keyed.set(key, entry)
      return entry
    }

    return {
      durable: false,
      failed: Effect.never,
      open: Effect.fnUntraced(function* (_room, publish) {
        const epoch = yield* makeEpoch
        const held: Held = { entries: [], keyed: new Map(), head: 0 }
        yield* Effect.addFinalizer(() => Effect.sync(() => purge(held, held.entries.length)))
        const first = () => held.head - held.entries.length + 1
        const log: RoomLog = {
          epoch,
          first,
          head: () => held.head,
          append: (drafts) =>
            Effect.sync(() => {
              const { head } = held
              const entries = drafts.map((draft) => place(held, draft))
              const added = addedTo(head, entries)
              keep(held, added)
              publish(added)
              return entries
            }),
          read: (after, head) => Stream.fromArray(held.entries.slice(after + 1 - first(), head + 1 - first()))
        }
        return log
      })
    }
  })
