/**
 * Takes snapshots, has new servers begin with the newest, and truncates the log up to it: the one that leads does.
 *
 * There is one when the log has grown by so many messages; and when something has gone that the last one still has, or the log before it: what
 * was given up (`keep`), a text that was taken back, a conversation that has ended, an account. So what has gone is gone
 * from the engine, too, some minutes later. It costs a copy of the file each time, so it takes a tenth of the time at the most.
 *
 * The log is truncated only when the engine has had the time to sync the snapshot, and the other servers had the time to read what goes. One that
 * hasn't read it ends, and begins with the snapshot (beginning.ts).
 *
 * @module
 */
import { rmSync } from "node:fs"
import { open } from "node:fs/promises"
import * as Effect from "effect/Effect"
import { makeEpoch } from "../epoch.ts"
import { copyApart } from "../sqlite/apart.ts"
import { parcelsAtOnce } from "../sqlite/following.ts"
import type { TwoWriters } from "../sqlite/two-writers.ts"
import type { Work } from "../sqlite/writer.ts"
import { draftOf } from "./beginning.ts"
import type { Engine } from "./engine.ts"
import { asking } from "./founding.ts"
import { partBytes, type Snapshot } from "./snapshots.ts"

/** When snapshots are taken. */
export interface Snapshotting {
  /** Messages of the log after which there is another; infinite for none. */
  readonly every: number
  /** Seconds after which the log is truncated up to one; absent: more than the two minutes after which the engine syncs its files. */
  readonly grace?: number
}

const defaultGrace = 150

/** For how many times as long as one has taken there is none. */
const rest = 9

const pause = "1 second"
const afterFault = Effect.sleep("1 minute")

export interface SnapshottingOptions extends Snapshotting {
  readonly engine: Engine
  readonly file: string
  readonly writers: Pick<TwoWriters, "settled" | "write">
  /** The place up to which the file has followed, while this server leads; undefined while it doesn't. */
  readonly place: () => number | undefined
  /** What the log began with. */
  readonly from: Snapshot | undefined
  /** Monotonic milliseconds. */
  readonly now: () => number
}

export const keepSnapshots = ({
  engine,
  every,
  file,
  from,
  grace = defaultGrace,
  now,
  place,
  writers: { settled, write }
}: SnapshottingOptions) => {
  /** Whether something has gone that the last snapshot may have, or the log before it; what went in an earlier life isn't known. */
  let hasGone = true
  /** Whether that was given up: then there has to be one, if there is none yet. */
  let hasGivenUp = false
  let newest = from
  let notBefore = 0
  let truncateAt: number | undefined = now() + 1_000 * grace

  const take = Effect.gen(function* () {
    hasGone = false
    hasGivenUp = false
    yield* settled
    const draft = draftOf(file)
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(draft, { force: true })))
    const snapshot = { name: yield* makeEpoch, ...(yield* copyApart(file, draft)) }
    yield* sendFile(engine, snapshot, draft)
    if (!(yield* Effect.tryPromise(() => engine.snapshots.use(snapshot)))) return
    newest = snapshot
    yield* Effect.logInfo(`took a snapshot of ${engine.name} at ${snapshot.place}: ${snapshot.bytes} bytes`)
  }).pipe(
    Effect.scoped,
    Effect.tapError(() =>
      Effect.sync(() => {
        hasGone = true
        hasGivenUp = true
      })
    )
  )

  /** Removes from the engine what the newest snapshot stands for. */
  const truncate = Effect.gen(function* () {
    // Another server may have led meanwhile.
    newest = (yield* Effect.tryPromise(() => engine.snapshots.current())) ?? from
    if (newest === undefined) return
    const snapshot = newest
    yield* Effect.tryPromise(() => engine.snapshots.removeOthers(snapshot))
    yield* Effect.tryPromise(() => engine.truncate(snapshot.place))
    let isMore = true
    while (isMore) {
      const written = yield* write([{ _tag: "Truncated", place: snapshot.place - 1 }])
      isMore = written._tag === "Committed" && written.results[0] === parcelsAtOnce
    }
  })

  const isDue = (upTo: number): boolean => {
    const more = upTo - (newest?.place ?? 0)
    return more >= every || (more > 0 && (hasGivenUp || (hasGone && newest !== undefined)))
  }

  const look = Effect.gen(function* () {
    const upTo = place()
    if (upTo === undefined || !engine.isReachable()) return
    if (truncateAt !== undefined) {
      if (now() < truncateAt) return
      yield* truncate
      truncateAt = undefined
    }
    if (now() < notBefore || !isDue(upTo)) return
    const began = now()
    yield* take
    const ended = now()
    notBefore = ended + rest * (ended - began)
    truncateAt = ended + 1_000 * grace
  }).pipe(
    Effect.catch((why) =>
      Effect.andThen(Effect.logWarning(`there is no new snapshot in ${engine.name}`, why), afterFault)
    )
  )

  return {
    /** Is told what was done; gives whether by that something goes that was there. */
    noticed: (work: Work): boolean => {
      const goes = goesBy(work)
      hasGone ||= goes
      hasGivenUp ||= work._tag === "Append" && work.first !== undefined
      return goes
    },
    forever: look.pipe(Effect.andThen(Effect.sleep(pause)), Effect.forever)
  }
}

/** Whether by some work something goes that was there. */
const goesBy = (work: Work): boolean => {
  switch (work._tag) {
    case "Append":
      return work.first !== undefined || work.drafts.some(({ type }) => type === "delete")
    case "ForgetAccount":
    case "RemoveSome":
      return true
    default:
      return false
  }
}

/** Sends a snapshot that lies in a file. */
export const sendFile = (engine: Engine, snapshot: Snapshot, path: string, sent: (parts: number) => void = () => {}) =>
  asking(engine, async () => {
    const file = await open(path)
    try {
      const partAt = async (number: number) => {
        const buffer = Buffer.alloc(Math.min(partBytes, snapshot.bytes - number * partBytes))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, number * partBytes)
        if (bytesRead !== buffer.length) throw new Error(`${path} has changed meanwhile`)
        return buffer
      }
      await engine.snapshots.send(snapshot, partAt, sent)
    } finally {
      await file.close()
    }
  })
