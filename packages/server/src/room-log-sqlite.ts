/**
 * Logs in a SQLite file: an entry is on the disk before anybody sees it, and rooms outlive the server (EPOCH-1, EPOCH-2).
 *
 * @module
 */
import { defaultLimits } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { AccountStore } from "./account-store.ts"
import { Claims } from "./claims.ts"
import { type ConversationLogs, epochOf, type Pair } from "./conversation-logs.ts"
import { makeEpoch } from "./epoch.ts"
import { applyChange, ungoverned } from "./governance.ts"
import { addedBy, entryAt, type Placed, type Publish, type RoomLog, RoomLogs, Unavailable } from "./room-log.ts"
import { scriptAt } from "./scripts.ts"
import { readAccounts } from "./sqlite/accounts.ts"
import { checkpointForever } from "./sqlite/checkpoint.ts"
import { readClaims } from "./sqlite/claims.ts"
import { nameOf, readConversations } from "./sqlite/conversations.ts"
import { type GroupCommit, makeGroupCommit } from "./sqlite/group-commit.ts"
import { giveUpBefore, type HeldLog, type LogReader } from "./sqlite/held-log.ts"
import { type IndexKeeper, makeIndexKeeper } from "./sqlite/index-keeper.ts"
import { keysAtOnce } from "./sqlite/keys.ts"
import { slack } from "./sqlite/overdue.ts"
import type { ReaderData } from "./sqlite/reader-thread.ts"
import type { Question, Readings, Reply } from "./sqlite/readings.ts"
import { openSearch } from "./sqlite/search.ts"
import { type Ask, openThread, type StorageFault } from "./sqlite/thread.ts"
import { openTwoWriters, type TwoWriters } from "./sqlite/two-writers.ts"
import type { Append, Place } from "./sqlite/writer.ts"
import { type Read, sweepForever } from "./sweep.ts"

/** Where the logs are. */
export interface SqliteLogOptions {
  readonly file: string
  /** Entries that a room keeps; it gives up the oldest when it has an eighth more. Absent: it keeps all. */
  readonly keep?: number | undefined
  /** Days that an entry is kept; it may be there for an hour more. Absent: it is kept for ever. */
  readonly keepDays?: number | undefined
  /** Seconds for which a used key is known: `limits.keySeconds`, the default of which it is when absent. */
  readonly keySeconds?: number
  /** The most different reactions that one message may have: `limits.reactions`, the default of which it is when absent. */
  readonly reactions?: number
  /** A module that has another disk (sqlite/disk.ts): tests have some that are slow, fail, or lie. */
  readonly disk?: URL | undefined
  /** Whether the file follows a log that other servers share: no other file is taken for one that does, or the other way round. */
  readonly follows?: boolean
}

const readerThread = scriptAt("sqlite/reader-thread")

/** How what is to be written comes into the file: at once, or by a log that other files follow, too. */
export interface Writing extends GroupCommit {
  /** Appends, and takes what was appended: whoever appends first is taken first. */
  readonly append: (work: Append) => Effect.Effect<ReadonlyArray<Placed>, Unavailable>
  /** Runs an effect while nothing is appended. */
  readonly still: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Names the life of a room's log, if it has never had an entry. */
  readonly epochOf: (room: string) => Effect.Effect<string>
  /** Waits until everything is taken that was acknowledged before, by whatever server. */
  readonly upToDate: Effect.Effect<void, Unavailable>
}

/** Opens the way into a file. `take` is to be called for every append, in their order. */
export type OpenWriting = (
  writers: TwoWriters,
  take: (work: Append, places: ReadonlyArray<Place>) => ReadonlyArray<Placed>
) => Effect.Effect<Writing, StorageFault, Scope.Scope>

/** Writes at once what is asked for at one time. */
const atOnce =
  (file: string): OpenWriting =>
  (writers, take) =>
    Effect.map(makeGroupCommit(file, writers.write), (commit) => ({
      ...commit,
      append: (work) => Effect.map(commit.write(work), (places) => take(work, places)),
      still: (effect) => effect,
      epochOf: () => makeEpoch,
      upToDate: Effect.void
    }))

/** Logs and claims in a file that no other server uses meanwhile. */
export const layer = (options: SqliteLogOptions): Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault> =>
  layerBy(options, atOnce(options.file))

/** The same, where what is written comes into the file in another way. */
export const layerBy = (
  {
    file,
    keep = Number.POSITIVE_INFINITY,
    keepDays = Number.POSITIVE_INFINITY,
    keySeconds = defaultLimits.keySeconds,
    reactions = defaultLimits.reactions,
    disk,
    follows = false
  }: SqliteLogOptions,
  openWriting: OpenWriting
): Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const writers = yield* openTwoWriters(file, { disk, follows })
      // The logs that somebody holds open, by their names in the file.
      const open = new Map<string, Log>()
      let kept = 0
      const take = (work: Append, places: ReadonlyArray<Place>): ReadonlyArray<Placed> => {
        // Of conversations there are others to keep count.
        if (work.between === undefined && places.includes(1)) kept++
        return open.get(work.room)?.take(work, places) ?? []
      }
      const { append, epochOf, failed, still, upToDate, write } = yield* openWriting(writers, take)
      const indexing = makeIndexKeeper(write)
      yield* Effect.forkScoped(indexing.forever)
      const reader: ReaderData = { follows }
      const read = readFrom(file, yield* openThread<Question, Reply>(readerThread, file, reader), writers.settled)
      yield* Effect.forkScoped(checkpointForever(writers, read("checkpoint", {})))
      const logs = yield* RcMap.make({ lookup: (room: string) => hold(room, read, epochOf(room)) })
      const {
        forgetTakenBack,
        removeTraces: removeFromIndex,
        ...search
      } = yield* openSearch({
        file,
        find: (request) => read("find", request),
        settled: writers.settled,
        write
      })
      yield* Effect.forkScoped(forgetKeys(write, keySeconds))
      const erasing = makeErasing(Effect.andThen(forgetTakenBack, writers.removeTraces))
      const opening = { append, read, keep, reactions, erased: erasing.erased, indexing }
      yield* Effect.forkScoped(erasing.forever)
      const { left, orphans } = yield* readConversations(file)
      kept = yield* read("keptRooms", {}).pipe(Effect.orElseSucceed(() => 0))
      const removeTracesLater = yield* soon(writers.removeTraces)
      const talks = new Map(left.map(({ between, first, head }) => [nameOf(between), heldTalk(between, first, head)]))
      const conversations: ConversationLogs = {
        left: left.map(({ between }) => between),
        open: (between, publish) => {
          const held = talks.get(nameOf(between)) ?? heldTalk(between, 1, 0)
          talks.set(held.room, held)
          const talk = openLog({ held, between, publish, ...opening })
          open.set(held.room, talk)
          return talk.log
        },
        entries: (asked) => read("entriesAt", asked),
        remove: (between) =>
          Effect.suspend(() => {
            talks.delete(nameOf(between))
            open.delete(nameOf(between))
            return Effect.andThen(removeAll(write, nameOf(between)), removeTracesLater)
          })
      }
      yield* Effect.forkScoped(Effect.ignore(Effect.forEach(orphans, conversations.remove)))
      if (Number.isFinite(keep) || Number.isFinite(keepDays)) {
        yield* Effect.forkScoped(
          sweepForever({
            entries: keep,
            days: keepDays,
            read,
            write,
            hold: (room) =>
              Effect.suspend(() => {
                const talk = talks.get(room)
                return talk === undefined ? RcMap.get(logs, room) : Effect.succeed(talk)
              }),
            removeTraces: Effect.andThen(removeFromIndex, writers.removeTraces)
          })
        )
      }
      const accounts = yield* readAccounts(file)
      return Context.make(RoomLogs, {
        durable: true,
        rich: true,
        kept: () => kept,
        upToDate,
        open: (room, publish) =>
          still(
            Effect.gen(function* () {
              const opened = openLog({ held: yield* RcMap.get(logs, room), publish, ...opening })
              open.set(room, opened)
              yield* Effect.addFinalizer(() => Effect.sync(() => void (open.get(room) === opened && open.delete(room))))
              return opened.log
            })
          ),
        search,
        known: (room, author, key) => read("known", { room, person: author.id, key }),
        conversations,
        unread: (room, author, after, until) => read("unread", { room, except: author.id, after, until }),
        failed
      }).pipe(
        Context.add(Claims, {
          left: yield* readClaims(file),
          keep: (claim) => write({ _tag: "KeepClaim", claim }),
          keepMark: (person, room, seq) => write({ _tag: "KeepMark", person, room, seq }),
          forget: (digests) => write({ _tag: "ForgetClaims", digests })
        }),
        Context.add(AccountStore, {
          left: accounts,
          secret: accounts.secret,
          keep: (account, token, invitation) =>
            write({ _tag: "KeepAccount", account, token, ...(invitation === undefined ? {} : { invitation }) }),
          keepToken: (token, now) => write({ _tag: "KeepToken", token, now }),
          forgetTokens: (digests) => write({ _tag: "ForgetTokens", digests }),
          forget: (person) => write({ _tag: "ForgetAccount", person }),
          keepInvitation: (invitation, now) => write({ _tag: "KeepInvitation", invitation, now }),
          forgetInvitation: (digest) => write({ _tag: "ForgetInvitation", digest }),
          keepBan: (ban, now) => write({ _tag: "KeepBan", ban, now }),
          forgetBan: (target) => write({ _tag: "ForgetBan", target })
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

/** How long what was taken back may still be in the log of the database, while nobody reads that: others may take back more meanwhile. */
const erasingPause = "10 seconds"

/** Takes texts that were taken back out of the log of the database, too (spec/rich.md). */
const makeErasing = (removeTraces: Effect.Effect<boolean>) => {
  const hasTraces = Latch.makeUnsafe(false)
  const erase = Effect.gen(function* () {
    yield* hasTraces.await
    yield* Effect.sleep(erasingPause)
    hasTraces.closeUnsafe()
    if (!(yield* removeTraces)) hasTraces.openUnsafe()
  })
  return {
    /** Called when a text has been taken back. */
    erased: () => hasTraces.openUnsafe(),
    forever: erase.pipe(
      Effect.catchDefect((defect) => Effect.logError("a defect kept texts that were taken back from going", defect)),
      Effect.forever
    )
  }
}

/** @param settled waits until what was written can be read */
const readFrom = (file: string, ask: Ask<Question, Reply>, settled: TwoWriters["settled"]): Read =>
  Effect.fnUntraced(function* <Name extends keyof Readings>(name: Name, request: Parameters<Readings[Name]>[0]) {
    yield* settled
    const reply = yield* ask({ name, request } as Question)
    if (reply._tag === "Read") return reply.value as ReturnType<Readings[Name]>
    yield* Effect.logWarning(`can't read ${"room" in request ? request.room : "the rooms"} in ${file}: ${reply.reason}`)
    return yield* new Unavailable({ message: reply.reason })
  })

/** What the file knows of a room. One that has never had an entry isn't in the file: it gets another epoch each time. */
const hold = Effect.fnUntraced(function* (
  room: string,
  read: Read,
  newEpoch: Effect.Effect<string>
): Effect.fn.Return<HeldLog, Unavailable> {
  const known = yield* read("page", { room, after: 0, until: 0 })
  const governance = (yield* read("governance", { room })) ?? ungoverned()
  const epoch = known?.epoch ?? (yield* newEpoch)
  const first = known?.first ?? 1
  return {
    room,
    epoch,
    first,
    firstInFile: first,
    head: known?.head ?? 0,
    topic: known?.topic ?? "",
    governance,
    readers: new Set()
  }
})

/** What is known of the log of a conversation, which is held for as long as its people are there. */
const heldTalk = (between: Pair, first: number, head: number): HeldLog => ({
  room: nameOf(between),
  epoch: epochOf(between),
  ...{ first, firstInFile: first, head },
  topic: "",
  governance: ungoverned(),
  readers: new Set()
})

/** Removes a log that nobody can name any more, little by little, so that nobody's entries wait long. */
const removeAll = (write: GroupCommit["write"], room: string): Effect.Effect<void, Unavailable> =>
  Effect.gen(function* () {
    while (yield* write({ _tag: "RemoveSome", room }));
  })

/** How long what was removed may be found in the WAL, where nobody reads the file. */
const traceTime = "1 minute"

/** Gives what has this done after a while, once for all who ask meanwhile, and again if it couldn't be. */
const soon = Effect.fnUntraced(function* (act: Effect.Effect<boolean>) {
  const isWanted = Latch.makeUnsafe(false)
  const actWhenWanted = Effect.gen(function* () {
    yield* isWanted.await
    yield* Effect.sleep(traceTime)
    isWanted.closeUnsafe()
    if (!(yield* act)) isWanted.openUnsafe()
  })
  yield* Effect.forkScoped(Effect.forever(actWhenWanted))
  return Effect.sync(() => void isWanted.openUnsafe())
})

interface Opening {
  readonly held: HeldLog
  /** The persons whose conversation it is, if it is one. */
  readonly between?: Pair
  readonly publish: Publish
  readonly append: Writing["append"]
  readonly read: Read
  readonly keep: number
  readonly reactions: number
  readonly erased: () => void
  readonly indexing: IndexKeeper
}

/** A log that somebody holds open. */
interface Log {
  readonly log: RoomLog
  /** Takes what was appended to it. */
  readonly take: (work: Append, places: ReadonlyArray<Place>) => ReadonlyArray<Placed>
}

/** The most entries that are given up with one append, which has to wait for that. */
const mostAtOnce = 1_024

/** The log of a room, for one who has opened it. */
const openLog = ({ append, between, erased, indexing, held, keep, publish, reactions, read }: Opening): Log => {
  const { epoch, readers, room } = held

  /** Gives up what is too much, when it is time to. */
  const giveUp = (): void => {
    const { first, head } = held
    if (head - first + 1 > slack(keep)) giveUpBefore(held, Math.min(head - keep + 1, first + mostAtOnce))
  }

  const pageAfter = Effect.fnUntraced(function* (after: number, until: number) {
    const entries = (yield* read("page", { room, after, until }))?.entries ?? []
    const last = entries.at(-1)?.seq
    if (entries[0]?.seq !== after + 1 || last === undefined) throw new Error(`${room} has lost the entry ${after + 1}`)
    return [entries, last < until ? Option.some(last) : Option.none()] as const
  })

  const take: Log["take"] = ({ drafts, first = 0 }, places) => {
    held.firstInFile = Math.max(held.firstInFile, first)
    const placed = places.map(
      (place, index): Placed =>
        typeof place === "number" ? { _tag: "Added", entry: entryAt(place, drafts[index]!) } : place
    )
    const added = addedBy(placed)
    held.head += added.length
    places.forEach((place, index) => {
      const change = drafts[index]!.ruling?.change
      if (typeof place === "number" && change !== undefined) applyChange(held.governance, change)
    })
    for (const entry of added) {
      if (entry.type === "topic") held.topic = entry.text
      if (entry.type === "delete") erased()
    }
    publish(added)
    return placed
  }

  const log: RoomLog = {
    epoch,
    first: () => held.first,
    head: () => held.head,
    topic: () => held.topic,
    governance: held.governance,
    // Goes on although nobody may want to know any more, so that whoever opens the log next knows its head.
    append: (drafts) => {
      giveUp()
      const { first, firstInFile } = held
      const given = { room, epoch, reactions, drafts, ...(between === undefined ? {} : { between }) }
      const work = { _tag: "Append", ...given, ...(first > firstInFile ? { first } : {}) } as const
      indexing.begins(drafts.length)
      return append(work).pipe(Effect.ensuring(Effect.sync(indexing.ends)), Effect.uninterruptible)
    },
    read: (after, until) => {
      if (after >= until) return Stream.empty
      const reader: LogReader = { next: after + 1 }
      readers.add(reader)
      return Stream.paginate(after, (last) => {
        reader.next = last + 1
        return pageAfter(last, until)
      }).pipe(Stream.ensuring(Effect.sync(() => readers.delete(reader))))
    }
  }
  return { log, take }
}
