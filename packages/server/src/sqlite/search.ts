/**
 * Search in a SQLite file: asks the thread that reads, slice by slice, and names
 * places so that nobody can read them.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from "node:crypto"
import * as Effect from "effect/Effect"
import { Unavailable } from "../room-log.ts"
import type { Found, Part, Place, Quest, Search } from "../search.ts"
import { DataFault, openForReading } from "./data-file.ts"
import type { FindRequest, Slice } from "./finder.ts"
import type { GroupCommit } from "./group-commit.ts"
import { indexedAtOnce } from "./indexer.ts"
import { readOnce } from "./read-once.ts"
import { StorageFault } from "./thread.ts"

export interface SearchOptions {
  readonly file: string
  readonly find: (request: FindRequest) => Effect.Effect<Slice, Unavailable>
  readonly write: GroupCommit["write"]
  /** Waits until what was written can be read. */
  readonly settled: Effect.Effect<void, Unavailable>
}

/** Search, and what belongs to it. */
export interface SearchInFile extends Search {
  /** Leaves nothing in the index of what was given up; as far as the disk lets it. */
  readonly removeTraces: Effect.Effect<void>
  /** Leaves nothing in the index of texts that were taken back; as far as the disk lets it. */
  readonly forgetTakenBack: Effect.Effect<void>
}

/** Opens the index, which the thread that writes keeps. */
export const openSearch = Effect.fnUntraced(function* ({
  file,
  find: ask,
  settled,
  write
}: SearchOptions): Effect.fn.Return<SearchInFile, StorageFault> {
  const key = yield* readKey(file)
  const upToDate = Effect.gen(function* () {
    while ((yield* write({ _tag: "Index", entries: indexedAtOnce })) >= indexedAtOnce);
  })
  // Nothing is written when there is nothing to forget.
  const forgetTakenBack = Effect.gen(function* () {
    yield* settled
    const some = yield* readOnce(file, (db) => db.prepare("SELECT 1 FROM unindexed LIMIT 1").get())
    if (some !== undefined) yield* upToDate
  }).pipe(Effect.ignore)
  const removeTraces = Effect.gen(function* () {
    yield* upToDate
    while ((yield* write({ _tag: "Merge", all: true })) > 0);
  }).pipe(Effect.ignore)

  const find = Effect.fnUntraced(function* (quest: Quest, parts: ReadonlyArray<Part>, want: number) {
    const found: Array<Found> = []
    let left = parts
    while (left.length > 0 && found.length < want) {
      const slice = yield* ask({ ...quest, parts: left, want: want - found.length })
      if (slice._tag === "Behind") {
        return yield* new Unavailable({ message: "the index of the rooms is still being made" })
      }
      found.push(...slice.found)
      left = slice.parts
    }
    return found
  })

  return { find, ...makeCursors(key), removeTraces, forgetTakenBack }
})

const readKey = (file: string): Effect.Effect<Uint8Array, StorageFault> =>
  Effect.try({
    try: () => {
      const db = openForReading(file)
      try {
        const row = db.prepare("SELECT cipher FROM ciphers WHERE name = 'search'").get()
        return row!["cipher"] as Uint8Array
      } finally {
        db.close()
      }
    },
    catch: (error) => new StorageFault({ message: error instanceof DataFault ? error.message : String(error) })
  })

/** The same place is always the same block of 16 bytes, and nobody without the key can tell which, or make one. */
const makeCursors = (key: Uint8Array): Pick<Search, "cursorOf" | "placeOf"> => ({
  cursorOf: ({ place, room }) => {
    const block = Buffer.alloc(16)
    block.writeBigUInt64BE(BigInt(place), 0)
    block.writeUInt32BE(room, 8)
    const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false)
    return Buffer.concat([cipher.update(block), cipher.final()]).toString("base64url")
  },
  placeOf: (cursor): Place | undefined => {
    if (!/^[A-Za-z0-9_-]{22}$/u.test(cursor)) return undefined
    const decipher = createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false)
    const block = Buffer.concat([decipher.update(Buffer.from(cursor, "base64url")), decipher.final()])
    return block.readUInt32BE(12) === 0
      ? { place: Number(block.readBigUInt64BE(0)), room: block.readUInt32BE(8) }
      : undefined
  }
})
