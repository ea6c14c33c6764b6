/**
 * Logs in a SQLite file: an entry is on the disk before anybody sees it, and rooms outlive the server (EPOCH-1, EPOCH-2).
 *
 * @module
 */
import { defaultLimits } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Claims } from "./claims.ts"
import { makeEpoch } from "./epoch.ts"
import { addedBy, entryAt, type Placed, type Publish, type RoomLog, RoomLogs, Unavailable } from "./room-log.ts"
import { readClaims } from "./sqlite/claims.ts"
import { type GroupCommit, makeGroupCommit } from "./sqlite/group-commit.ts"
import { keysAtOnce } from "./sqlite/keys.ts"
import type { Page, PageRequest } from "./sqlite/reader.ts"
import type { Question, Reply } from "./sqlite/reader-thread.ts"
import { openThread, type StorageFault } from "./sqlite/thread.ts"
import { rowOf, type Work, type Written } from "./sqlite/writer.ts"

/** Where the logs are. */
export interface SqliteLogOptions {
  readonly file: string
  /** Entries that a room keeps; it gives up the oldest when it has an eighth more. Absent: it keeps all. */
  readonly keep?: number | undefined
  /** Seconds for which a used key is known: `limits.keySeconds`, the default of which it is when absent. */
  readonly keySeconds?: number
  /** The most different reactions that one message may have: `limits.reactions`, the default of which it is when absent. */
  readonly reactions?: number
  /** The script of the thread that writes; tests have others, whose disks are slow or whose commits are late. */
  readonly writer?: URL
}

const writerThread = new URL("./sqlite/writer-thread.ts", import.meta.url)
const readerThread = new URL("./sqlite/reader-thread.ts", import.meta.url)

/** Logs and claims in a file that no other server uses meanwhile. */
export const layer = ({
  file,
  keep,
  keySeconds = defaultLimits.keySeconds,
  reactions = defaultLimits.reactions,
  writer = writerThread
}: SqliteLogOptions): Layer.Layer<RoomLogs | Claims, StorageFault> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const askWriter = yield* openThread<ReadonlyArray<Work>, Written>(writer, file)
      const { failed, write } = yield* makeGroupCommit(file, askWriter)
      const askReader = yield* openThread<Question, Reply>(readerThread, file)
      const read = Effect.fnUntraced(function* <Asked extends Question>(question: Asked) {
        const reply = (yield* askReader(question)) as Reply<Asked>
        if (reply._tag === "Answer") return reply.answer
        yield* Effect.logWarning(`can't read ${question.room} in ${file}: ${reply.reason}`)
        return yield* new Unavailable({ message: reply.reason })
      })
      yield* Effect.forkScoped(forgetKeys(write, keySeconds))
      const { erased, sweeping } = makeSweeper(write)
      yield* Effect.forkScoped(sweeping)
      return Context.make(RoomLogs, {
        durable: true,
        rich: true,
        open: (room, publish) => openLog({ room, publish, write, page: read, keep, reactions, erased }),
        unread: (room, author, after, until) =>
          Effect.map(read({ room, except: author.id, after, until }), (count) => count ?? 0),
        known: (room, author, key) => read({ room, person: author.id, key }),
        failed
      }).pipe(
        Context.add(Claims, {
          left: yield* readClaims(file),
          keep: (claim) => write({ _tag: "KeepClaim", claim }),
          keepMark: (person, room, seq) => write({ _tag: "KeepMark", person, room, seq }),
          forget: (digests) => write({ _tag: "ForgetClaims", digests })
        })
      )
    })
  )

/** Forgets every hour the keys that nobody need know any more; the disk may be full, and then it is tried an hour later. */
const forgetKeys = (write: GroupCommit["write"], keySeconds: number): Effect.Effect<never> =>
  Effect.gen(function* () {
    const before = (yield* Clock.currentTimeMillis) - 1_000 * keySeconds
    while ((yield* write({ _tag: "ForgetKeys", before })) === keysAtOnce);
  }).pipe(Effect.ignore, Effect.delay("1 hour"), Effect.forever)

/** What was taken back is out of the file some seconds later, the log of the database included (spec/rich.md). */
const makeSweeper = (write: GroupCommit["write"]) => {
  // An earlier life of the server may have left something.
  let isToSweep = true
  const sweep = Effect.suspend(() => {
    if (!isToSweep) return Effect.void
    isToSweep = false
    return Effect.map(write({ _tag: "Sweep" }), (isSwept) => {
      isToSweep ||= !isSwept
    })
  })
  return {
    /** Called when a text has been taken back. */
    erased: () => {
      isToSweep = true
    },
    sweeping: sweep.pipe(
      Effect.catch(() =>
        Effect.sync(() => {
          isToSweep = true
        })
      ),
      Effect.delay("10 seconds"),
      Effect.forever
    )
  }
}

interface Opening {
  readonly room: string
  readonly publish: Publish
  readonly write: GroupCommit["write"]
  readonly page: (request: PageRequest) => Effect.Effect<Page | undefined, Unavailable>
  readonly keep: number | undefined
  readonly reactions: number
  readonly erased: () => void
}

/** Somebody who reads a log, and the next entry that they need. */
interface Reader {
  next: number
}

/** Opens the log of a room. One that has never had an entry isn't in the file: it gets another epoch each time. */
const openLog = Effect.fnUntraced(function* (opening: Opening) {
  const { erased, keep = Number.POSITIVE_INFINITY, page, publish, reactions, room, write } = opening
  const known = yield* page({ room, after: 0, until: 0 })
  const epoch = known?.epoch ?? (yield* makeEpoch)
  let first = known?.first ?? 1
  let head = known?.head ?? 0
  let topic = known?.topic ?? ""
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
    topic: () => topic,
    // Goes on although nobody may want to know any more, so that whoever opens the log next knows its head.
    append: (drafts) => {
      giveUp()
      const stays = first
      const given = { room, epoch, reactions, drafts: drafts.map(rowOf) }
      const work = { _tag: "Append", ...given, ...(stays > firstInFile ? { first: stays } : {}) } as const
      return Effect.map(write(work), (places) => {
        firstInFile = stays
        const placed = places.map(
          (place, index): Placed =>
            typeof place === "number" ? { _tag: "Added", entry: entryAt(place, drafts[index]!) } : place
        )
        const added = addedBy(placed)
        head += added.length
        for (const entry of added) {
          if (entry.type === "topic") topic = entry.text
          if (entry.type === "delete") erased()
        }
        publish(added)
        return placed
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
