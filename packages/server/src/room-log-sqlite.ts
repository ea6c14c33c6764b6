/**
 * Logs in a SQLite file: an entry is on the disk before anybody sees it, and rooms outlive the server (EPOCH-1, EPOCH-2).
 *
 * @module
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { makeEpoch } from "./epoch.ts"
import { addedTo, type Publish, type RoomLog, RoomLogs, StorageBroken, Unavailable } from "./room-log.ts"
import type { Page, PageRequest } from "./sqlite/reader.ts"
import type { PageReply } from "./sqlite/reader-thread.ts"
import { openThread, type StorageFault } from "./sqlite/thread.ts"
import type { Append, Placed, Written } from "./sqlite/writer.ts"

/** Where the logs are. */
export interface SqliteLogOptions {
  readonly file: string
  /** The script of the thread that writes; tests have others, whose disks are slow or whose commits are late. */
  readonly writer?: URL
}

/** The most rooms that one transaction appends to. */
const groupSize = 256

interface Waiting {
  readonly append: Append
  readonly done: Deferred.Deferred<ReadonlyArray<Placed>, Unavailable>
}

/** Logs in a file that no other server uses meanwhile. */
export const layer = (options: SqliteLogOptions): Layer.Layer<RoomLogs, StorageFault> =>
  Layer.effect(
    RoomLogs,
    Effect.gen(function* () {
      const { file, writer = new URL("./sqlite/writer-thread.ts", import.meta.url) } = options
      const write = yield* openThread<ReadonlyArray<Append>, Written>(writer, file)
      const readPage = yield* openThread<PageRequest, PageReply>(
        new URL("./sqlite/reader-thread.ts", import.meta.url),
        file
      )
      const waiting = yield* Queue.unbounded<Waiting>()
      const failed = yield* Deferred.make<never, StorageBroken>()

      let isRefusing = false

      /** Tells the operator, once, that nothing can be stored, and when it can again. */
      const tell = Effect.fnUntraced(function* (written: Written) {
        const refuses = written._tag === "Refused"
        if (refuses === isRefusing) return
        isRefusing = refuses
        yield* refuses
          ? Effect.logWarning(`nothing can be stored in ${file}: ${written.reason}`)
          : Effect.logInfo(`storing in ${file} again`)
      })

      /** Writes what waits in one transaction; what comes meanwhile waits for the next. */
      const commitNext = Effect.gen(function* () {
        const group = yield* Queue.takeBetween(waiting, 1, groupSize)
        const written = yield* write(group.map(({ append }) => append)).pipe(
          Effect.catchDefect(
            (defect): Effect.Effect<Written> => Effect.succeed({ _tag: "Broken", reason: String(defect) })
          )
        )
        group.forEach(({ done }, index) => void Deferred.doneUnsafe(done, outcomeOf(written, index)))
        yield* tell(written)
        if (written._tag === "Broken") return yield* stop(written.reason)
      })

      /** Tells whoever runs the server that it must end; what comes meanwhile is refused. */
      const stop = Effect.fnUntraced(function* (reason: string): Effect.fn.Return<never> {
        const message = `can't go on with the data file ${file}: ${reason}`
        yield* Deferred.fail(failed, new StorageBroken({ message }))
        while (true) {
          const { done } = yield* Queue.take(waiting)
          yield* Deferred.fail(done, new Unavailable({ message: "the server is stopping" }))
        }
      })

      yield* Effect.forkScoped(Effect.forever(commitNext))

      const append = (request: Append): Effect.Effect<ReadonlyArray<Placed>, Unavailable> =>
        Effect.suspend(() => {
          const done = Deferred.makeUnsafe<ReadonlyArray<Placed>, Unavailable>()
          Queue.offerUnsafe(waiting, { append: request, done })
          return Deferred.await(done)
        })

      const page = Effect.fnUntraced(function* (request: PageRequest): Effect.fn.Return<Page | undefined, Unavailable> {
        const reply = yield* readPage(request)
        if (reply._tag === "Page") return reply.page
        return yield* new Unavailable({ message: reply.reason })
      })

      return { open: (room, publish) => openLog({ room, publish, append, page }), failed: Deferred.await(failed) }
    })
  )

const outcomeOf = (written: Written, index: number): Effect.Effect<ReadonlyArray<Placed>, Unavailable> => {
  if (written._tag === "Committed") return Effect.succeed(written.placed[index]!)
  if (written._tag === "Refused") return Effect.fail(new Unavailable({ message: written.reason }))
  return Effect.die(new Error(written.reason))
}

interface Opening {
  readonly room: string
  readonly publish: Publish
  readonly append: (append: Append) => Effect.Effect<ReadonlyArray<Placed>, Unavailable>
  readonly page: (request: PageRequest) => Effect.Effect<Page | undefined, Unavailable>
}

/** Opens the log of a room. One that has never had an entry isn't in the file: it gets another epoch each time. */
const openLog = Effect.fnUntraced(function* ({ append, page, publish, room }: Opening) {
  const known = yield* page({ room, after: 0, until: 0 })
  const epoch = known?.epoch ?? (yield* makeEpoch)
  const first = known?.first ?? 1
  let head = known?.head ?? 0

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
    append: (drafts) =>
      Effect.map(append({ room, epoch, drafts }), (placed) => {
        const entries = placed.map((place, index) =>
          typeof place === "number" ? { seq: place, ...drafts[index]! } : place
        )
        const added = addedTo(head, entries)
        head += added.length
        publish(added)
        return entries
      }).pipe(Effect.uninterruptible),
    read: (after, until) => (after >= until ? Stream.empty : Stream.paginate(after, (last) => pageAfter(last, until)))
  }
  return log
})
