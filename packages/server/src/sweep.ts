/**
 * Gives up what is too old or too much in any room, whether anybody is in it or not: at the start, and every hour.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Unavailable } from "./room-log.ts"
import type { GroupCommit } from "./sqlite/group-commit.ts"
import { giveUpBefore, type HeldLog } from "./sqlite/held-log.ts"
import type { Kept } from "./sqlite/overdue.ts"
import type { Readings } from "./sqlite/readings.ts"

/** Asks the thread that reads. */
export type Read = <Name extends keyof Readings>(
  name: Name,
  request: Parameters<Readings[Name]>[0]
) => Effect.Effect<ReturnType<Readings[Name]>, Unavailable>

export interface Sweeping {
  /** Entries that a room keeps, and days that it keeps one; infinite for all, and for ever. */
  readonly entries: number
  readonly days: number
  readonly read: Read
  readonly write: GroupCommit["write"]
  /** Holds the log of a room open, as whoever enters it does. */
  readonly hold: (room: string) => Effect.Effect<HeldLog, Unavailable, Scope.Scope>
  /** Removes what is left in the file of entries that were given up; gives whether it could. */
  readonly removeTraces: Effect.Effect<boolean>
}

const day = 86_400_000
const pause = "1 hour"

/** Rooms whose entries are given up in one transaction: more of them wait for the disk less often, and make others wait longer. */
const roomsAtOnce = 8

/** Sweeps for as long as the scope lives. What a sweep couldn't give up, because of the disk or of a reader, the next one does. */
export const sweepForever = (sweeping: Sweeping): Effect.Effect<never> => {
  // Whoever wrote the file before may have had no time to remove them.
  let hasTraces = true
  const sweep = Effect.gen(function* () {
    const given = yield* sweepAll(sweeping)
    if (given.entries > 0)
      yield* Effect.logInfo(`gave up the oldest entries: ${given.entries}, in rooms: ${given.rooms}`)
    hasTraces ||= given.entries > 0
    if (hasTraces) hasTraces = !(yield* sweeping.removeTraces)
  })
  return sweep.pipe(
    // The storage has told the operator already.
    Effect.ignore,
    Effect.catchDefect((defect) => Effect.logError("a defect kept old entries from being given up", defect)),
    Effect.andThen(Effect.sleep(pause)),
    Effect.forever
  )
}

const sweepAll = Effect.fnUntraced(function* (sweeping: Sweeping) {
  const { days, entries, read } = sweeping
  const kept: Kept = { entries, since: (yield* Clock.currentTimeMillis) - days * day }
  const given = { entries: 0, rooms: 0 }
  let after: string | undefined = ""
  while (after !== undefined) {
    const overdue: ReturnType<Readings["overdueRooms"]> = yield* read("overdueRooms", { after, kept })
    const counts = yield* Effect.forEach(overdue.rooms, (room) => sweepRoom(sweeping, room, kept), {
      concurrency: roomsAtOnce
    })
    given.entries += counts.reduce((sum, count) => sum + count, 0)
    given.rooms += counts.filter((count) => count > 0).length
    after = overdue.upTo
  }
  return given
})

/** Gives up the entries of a room in parts, each in a transaction that it shares with whoever writes; gives how many they were. */
const sweepRoom = Effect.fnUntraced(function* ({ hold, read, write }: Sweeping, room: string, kept: Kept) {
  const log = yield* hold(room)
  const before = log.firstInFile
  while (true) {
    giveUpBefore(log, yield* read("stays", { room, first: log.first, kept }))
    const { epoch, first } = log
    if (first === log.firstInFile) return first - before
    yield* write({ _tag: "Append", room, epoch, drafts: [], reactions: 0, first })
    log.firstInFile = Math.max(log.firstInFile, first)
  }
}, Effect.scoped)
