/**
 * Logs in memory: forgotten with their room, and bounded, so that a flood purges old entries and never fills the memory.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type AccountStore, layerMemory as accountsInMemory } from "./account-store.ts"
import { type Claims, layerMemory } from "./claims.ts"
import { makeEpoch } from "./epoch.ts"
import { ungoverned } from "./governance.ts"
import {
  type Author,
  addedBy,
  type Draft,
  type Entry,
  type Known,
  type MessageEntry,
  type Placed,
  type RoomLog,
  RoomLogs
} from "./room-log.ts"

/** How much the logs of a server hold. */
export interface MemoryLogOptions {
  /** Entries of one log: what a replay may ask for, `limits.replay`. */
  readonly entries: number
  /** Bytes of all logs together, roughly. */
  readonly bytes: number
}

/** What a log holds: the entries up to `head`. */
interface Held {
  /** The last of them is that of `head`. The first `gone` places are empty: to close the gap at each purge would cost more than to append. */
  readonly entries: Array<MessageEntry | undefined>
  gone: number
  /** The places of what authors have appended with a key. A purge leaves them (KEY-5); they end with their author, who alone can ask. */
  readonly keys: WeakMap<Author, Map<string, Pick<Entry, "seq" | "at">>>
  head: number
}

/** The bytes that an entry takes, roughly: its text and what surrounds it. */
const weight = (entry: MessageEntry): number => 2 * entry.text.length + 200

const countOf = ({ entries, gone }: Held): number => entries.length - gone

const firstOf = (held: Held): number => held.head - countOf(held) + 1

/** Where the entry of a `seq` is among the entries. */
const placeOf = ({ entries, head }: Held, seq: number): number => entries.length - 1 - (head - seq)

const knownIn = (held: Held, author: Author, key: string): Known | undefined => {
  const place = held.keys.get(author)?.get(key)
  if (place === undefined) return undefined
  const entry = held.entries[placeOf(held, place.seq)]
  return { _tag: "Known", ...place, ...(entry === undefined ? {} : { content: { type: "message", text: entry.text } }) }
}

const remember = ({ keys }: Held, author: Author, key: string, { at, seq }: Entry): void => {
  const known = keys.get(author)
  if (known === undefined) keys.set(author, new Map([[key, { seq, at }]]))
  else known.set(key, { seq, at })
}

/** Logs that live as long as their rooms, and claims that live as long as the server. */
export const layer = (options: MemoryLogOptions): Layer.Layer<RoomLogs | Claims | AccountStore> =>
  Layer.mergeAll(logs(options), layerMemory, accountsInMemory)

const logs = (options: MemoryLogOptions): Layer.Layer<RoomLogs> =>
  Layer.sync(RoomLogs, () => {
    const open = new Map<string, Held>()
    // The logs that hold entries; the one that was quiet for longest is the first.
    const holding = new Set<Held>()
    let bytes = 0

    const purge = (held: Held, count: number) => {
      const { entries } = held
      for (const end = held.gone + count; held.gone < end; held.gone++) {
        bytes -= weight(entries[held.gone]!)
        entries[held.gone] = undefined
      }
      if (2 * held.gone >= entries.length) {
        entries.splice(0, held.gone)
        held.gone = 0
      }
      if (countOf(held) === 0) holding.delete(held)
    }

    const bound = (held: Held) => {
      holding.delete(held)
      holding.add(held)
      const count = countOf(held)
      if (count > options.entries) purge(held, count - options.entries)
      for (const quietest of holding) {
        if (bytes <= options.bytes) return
        purge(quietest, countOf(quietest))
      }
    }

    const place = (held: Held, draft: Draft): Placed => {
      const { author, at, from, key } = draft
      // Requests for any other aren't known to a server whose logs take messages only.
      if (draft.type !== "message") throw new Error(`a log in memory takes no ${draft.type}`)
      const known = key === undefined ? undefined : knownIn(held, author, key)
      if (known !== undefined) return known
      const fields = { type: "message", seq: ++held.head, from, text: draft.text } as const
      const entry: MessageEntry = { ...fields, ...(key === undefined ? {} : { key }), at }
      held.entries.push(entry)
      bytes += weight(entry)
      if (key !== undefined) remember(held, author, key, entry)
      return { _tag: "Added", entry }
    }

    return {
      durable: false,
      rich: false,
      kept: () => 0,
      unread: () => Effect.succeed(0),
      failed: Effect.never,
      upToDate: Effect.void,
      known: (room, author, key) =>
        Effect.sync(() => {
          const held = open.get(room)
          return held === undefined ? undefined : knownIn(held, author, key)
        }),
      open: Effect.fnUntraced(function* (room, publish) {
        const epoch = yield* makeEpoch
        const held: Held = { entries: [], gone: 0, keys: new WeakMap(), head: 0 }
        open.set(room, held)
        const close = () => {
          if (open.get(room) === held) open.delete(room)
          purge(held, countOf(held))
        }
        yield* Effect.addFinalizer(() => Effect.sync(close))
        const log: RoomLog = {
          epoch,
          first: () => firstOf(held),
          head: () => held.head,
          topic: () => "",
          governance: ungoverned(),
          append: (drafts) =>
            Effect.sync(() => {
              const placed = drafts.map((draft) => place(held, draft))
              bound(held)
              publish(addedBy(placed))
              return placed
            }),
          read: (after, head) =>
            Stream.fromArray(
              held.entries.slice(placeOf(held, after + 1), placeOf(held, head + 1)) as Array<MessageEntry>
            )
        }
        return log
      })
    }
  })
