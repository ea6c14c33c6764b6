/**
 * Search in a SQLite file: asks the thread that reads, slice by slice; keeps the index when nothing else is to be written; and names
 * places so that nobody can read them.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import { Unavailable } from "../room-log.ts"
import type { Found, Part, Place, Quest, Search } from "../search.ts"
import { DataFault, openForReading } from "./data-file.ts"
import type { FindRequest, Slice } from "./finder.ts"
import type { GroupCommit } from "./group-commit.ts"
import { StorageFault } from "./thread.ts"

/** Entries that are indexed in one transaction, which those who append meanwhile wait for. */
const step = 256
/** What has been appended is indexed when so long nothing else was to be written, or at the latest after so many such pauses. */
const pause = "20 millis"
const mostPauses = 10

export interface SearchOptions {
  readonly file: string
  readonly ask: (request: FindRequest) => Effect.Effect<Slice | undefined, Unavailable>
  readonly write: GroupCommit["write"]
  readonly isQuiet: GroupCommit["isQuiet"]
}

/** Search, and what is to be called after each append. */
export interface SearchInFile extends Search {
  readonly appended: () => void
}

/** Opens the index, and keeps it for as long as the scope lives. */
export const openSearch = Effect.fnUntraced(function* ({
  ask,
  file,
  isQuiet,
  write
}: SearchOptions): Effect.fn.Return<SearchInFile, StorageFault, Scope.Scope> {
  const key = yield* readKey(file)
  // What an earlier life has left behind is indexed first.
  const hasWork = Latch.makeUnsafe(true)

  const untilQuiet = Effect.gen(function* () {
    for (let pauses = 0; pauses < mostPauses; pauses++) {
      yield* Effect.sleep(pause)
      if (isQuiet()) return
    }
  })

  /** Indexes what there is. Of a disk that is full, others are told; it is tried again with the next append. */
  const indexAll = Effect.gen(function* () {
    yield* hasWork.await
    hasWork.closeUnsafe()
    yield* untilQuiet
    while ((yield* write({ _tag: "Index", entries: step })) >= step) if (!isQuiet()) yield* Effect.yieldNow
  }).pipe(Effect.ignore)

  const find = Effect.fnUntraced(function* (quest: Quest, parts: ReadonlyArray<Part>, want: number) {
    const found: Array<Found> = []
    let left = parts
    while (left.length > 0 && found.length < want) {
      const slice = yield* ask({ ...quest, parts: left, want: want - found.length })
      if (slice === undefined || slice._tag === "Behind") {
        return yield* new Unavailable({ message: "the index of the rooms is still being made" })
      }
      found.push(...slice.found)
      left = slice.parts
    }
    return found
  })

  yield* Effect.forkScoped(Effect.forever(indexAll))
  return { find, ...makeCursors(key), appended: () => void hasWork.openUnsafe() }
})

const readKey = (file: string): Effect.Effect<Uint8Array, StorageFault> =>
  Effect.try({
    try: () => {
      const db = openForReading(file)
      try {
        const row = db.prepare("SELECT secret FROM secrets WHERE name = 'search'").get()
        return row!["secret"] as Uint8Array
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
