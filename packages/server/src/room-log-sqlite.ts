/**
 * Logs in a SQLite file: an entry is on the disk before anybody sees it, and rooms outlive the server (EPOCH-1, EPOCH-2).
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { makeEpoch } from "./epoch.ts"
import { addedTo, type Publish, type RoomLog, RoomLogs, Unavailable } from "./room-log.ts"
import { type GroupCommit, makeGroupCommit } from "./sqlite/group-commit.ts"
import type { Page, PageRequest } from "./sqlite/reader.ts"
import type { PageReply } from "./sqlite/reader-thread.ts"
import { openThread, type StorageFault } from "./sqlite/thread.ts"
import type { Append, Written } from "./sqlite/writer.ts"

/** Where the logs are. */
export interface SqliteLogOptions {
  readonly file: string
  /** Entries that a room keeps; it gives up the oldest when it has an eighth more. Absent: it keeps all. */
  readonly keep?: number | undefined
  /** The script of the thread that writes; tests have others, whose disks are slow or whose commits are late. */
  readonly writer?: URL
}

const writerThread = new URL("./sqlite/writer-thread.ts", import.meta.url)
const readerThread = new URL("./sqlite/reader-thread.ts", import.meta.url)

/** Logs in a file that no other server uses meanwhile. */
export const layer = ({ file, keep, writer = writerThread }: SqliteLogOptions): Layer.Layer<RoomLogs, StorageFault> =>
  Layer.effect(
    RoomLogs,
    Effect.gen(function* () {
      const write = yield* openThread<ReadonlyArray<Append>, Written>(writer, file)
      const { append, failed } = yield* makeGroupCommit(file, write)
      const ask = yield* openThread<PageRequest, PageReply>(readerThread, file)
      const page = Effect.fnUntraced(function* (request: PageRequest): Effect.fn.Return<Page | undefined, Unavailable> {
        const reply = yield* ask(request)
        if (reply._tag === "Page") return reply.page
        yield* Effect.logWarning(`can't read ${request.room} in ${file}: ${reply.reason}`)
        return yield* new Unavailable({ message: reply.reason })
      })
      return { durable: true, open: (room, publish) => openLog({ room, publish, append, page, keep }), failed }
    })
  )

interface Opening {
  readonly room: string
  readonly publish: Publish
  readonly append: GroupCommit["append"]
  readonly page: (request: PageRequest) => Effect.Effect<Page | undefined, Unavailable>
  readonly keep: number | undefined
}

/** Somebody who reads a log, and the next entry that they need. */
interface Reader {
  next: number
}

/** Opens the log of a room. One that has never had an entry isn't in the file: it gets another epoch each time. */
const openLog = Effect.fnUntraced(function* ({
  append,
  keep = Number.POSITIVE_INFINITY,
  page,
  publish,
  room
}: Opening) {
  const known = yield* page({ room, after: 0, until: 0 })
  const epoch = known?.epoch ?? (yield* makeEpoch)
  let first = known?.first ?? 1
  let head = known?.head ?? 0
  let firstInFile = first
  const readers = new Set<Reader>()

  /** Gives up the oldest entries when it is time to, but none that somebody is reading; nobody begins to read them from now on. */
  const giveUp = (): void => {
    if (head - first + 1 <= keep + keep / 8) return
    first = Math.max(first, Math.min(head - keep + 1, ...Array.from(readers, ({ next }) => next)))
  }

  const pageAfter = Effect.fnUntraced(function* (after: number, until: number) {
    const entries = (yield* page({ room, after, until }))?.entries ?? []
    const last = entries.at(-1)?.seq
    if (entries[0]?.seq !== after + 1 || last === undefined) throw new Error(`${room} has lost the entry ${after + 1}`)
    return [entries, last < until ? Option.some(last) : Option.none()] as const
  })

  const log: RoomLog = {
    epoch,
    first: () => first,
    head: () => head,
    // Goes on although nobody may want to know any more, so that whoever opens the log next knows its head.
    append: (drafts) => {
      giveUp()
      const stays = first
      return Effect.map(append({ room, epoch, drafts, ...(stays > firstInFile ? { first: stays } : {}) }), (placed) => {
        firstInFile = stays
        const entries = placed.map((place, index) =>
          typeof place === "number" ? { seq: place, ...drafts[index]! } : place
        )
        const added = addedTo(head, entries)
        head += added.length
        publish(added)
        return entries
      }).pipe(Effect.uninterruptible)
    },
    read: (after, until) => {
      if (after >= until) return Stream.empty
      const reader: Reader = { next: after + 1 }
      readers.add(reader)
      return Stream.paginate(after, (last) => {
        reader.next = last + 1
        return pageAfter(last, until)
      }).pipe(Stream.ensuring(Effect.sync(() => readers.delete(reader))))
    }
  }
  return log
})
