/**
 * `migrate`: the rooms of a data file into a store that several servers share, and back.
 *
 * The way into a store is a snapshot of the file, with which the store's log begins (nats/snapshots.ts): its first message counts, and until
 * it is there nothing has happened, however often this was killed before. Then the file follows the log, as each server's does, and can't be
 * used without the store any more. So the rooms are never in two places: they keep their epochs, and clients go on where they were.
 *
 * The way back is that of any server that follows, up to the end of the log, which is closed with its last message; then the file follows
 * nothing any more. What was sent, or read, isn't sent or read again when this is killed and called once more.
 *
 * @module
 */
import { randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { beginIn, draftOf, fetched } from "../nats/beginning.ts"
import { encodeCommand, meaningOf } from "../nats/command.ts"
import { type Engine, openEngine } from "../nats/engine.ts"
import { asking, type Founded, foundedIn, strangeness } from "../nats/founding.ts"
import { readLog } from "../nats/log-reader.ts"
import { partBytes, type Snapshot } from "../nats/snapshots.ts"
import { sendFile } from "../nats/snapshotting.ts"
import { inWords, type Store } from "../nats/store-url.ts"
import { type Copy, copyApart } from "../sqlite/apart.ts"
import { DataFault, openDataFile, openToLook } from "../sqlite/data-file.ts"
import { inWords as faultInWords } from "../sqlite/fault.ts"
import { closed, type Following, followingOf, startFollowing, stopFollowing } from "../sqlite/following.ts"
import { differences, digestOfAll, type Held, inventory } from "../sqlite/inventory.ts"
import { StorageFault } from "../sqlite/thread.ts"
import { emptyWal } from "../sqlite/traces.ts"
import { makeWriter } from "../sqlite/writer.ts"
import { UsageFault } from "../usage.ts"
import { dataFault, explaining } from "./data.ts"
import { type Screen, showProgress, showWaiting } from "./progress.ts"
import { counted, entries } from "./words.ts"

export interface MigrateOptions {
  /** The data file. */
  readonly data: string
  readonly store: Store
  readonly screen: Screen
}

/** What the snapshot of a file is called that a log begins with. */
const migration = "migration"

/** How often what is on its way to the engine is sent again, when that is lost for a while. */
const tries = 20

/** What is wrong with the engine, or with the file, is told in one line. */
const inOneLine = <A, E, R>(effect: Effect.Effect<A, E | StorageFault, R>) =>
  Effect.mapError(effect, (error) =>
    error instanceof StorageFault ? new UsageFault({ message: error.message }) : error
  )

const refuse = (message: string) => Effect.fail(new UsageFault({ message }))

// ---------------------------------------------------------------------------------------------------------------------
// Into a store
// ---------------------------------------------------------------------------------------------------------------------

/** Puts the rooms of a file into a store that has none. */
export const intoStore = Effect.fnUntraced(
  function* (options: MigrateOptions) {
    const { data, store } = options
    const name = inWords(store)
    const follows = yield* explaining(data, () => looking(data, followingOf))
    if (follows !== undefined) return yield* arrived(options, follows)
    // Nobody else uses it until this is done.
    const db = yield* opened(data, false)
    const engine = yield* openEngine(store)
    const there = yield* asking(engine, () => foundedIn(engine))
    if (there !== undefined && there.from?.name !== migration)
      return yield* refuse(`${name} has rooms already: name another store`)
    const snapshot = yield* copied(engine, options, there?.from)
    if (there !== undefined && there.from?.digest !== snapshot.digest)
      return yield* refuse(`${name} has rooms already, and not those of ${data} as it is now: name another store`)
    if (there === undefined) yield* sent(engine, snapshot, options)
    const held = yield* compared(engine, there, snapshot, db, options)
    yield* begun(engine, snapshot, db)
    yield* explaining(data, () => {
      db.exec("BEGIN IMMEDIATE")
      startFollowing(db, asFollowing(snapshot.id))
      db.exec("COMMIT")
    })
    yield* Console.log(`${data} is in ${name}: ${inventoryInWords(held)}`)
    yield* Console.log(`start with --data ${data}, and with the same --store`)
  },
  Effect.scoped,
  inOneLine
)

/** The place of the first message, which says with what the log begins. */
const asFollowing = (id: string): Following => ({ id, place: 1, leader: "", turn: 0, at: "", self: "" })

/** Says that a file has been in a store for some time, if it is this one. */
const arrived = Effect.fnUntraced(function* ({ data, store }: MigrateOptions, { id }: Following) {
  const name = inWords(store)
  const engine = yield* openEngine(store)
  const there = yield* asking(engine, () => foundedIn(engine))
  if (there?.id !== id) return yield* refuse(`the data file ${data} follows another store than ${name}`)
  yield* Console.log(`${data} is in ${name} already`)
})

/** Copies the file, under the id that it had where this was begun before. */
const copied = Effect.fnUntraced(function* (
  engine: Engine,
  { data, screen }: MigrateOptions,
  before: Snapshot | undefined
) {
  const known = before ?? (yield* asking(engine, () => engine.snapshots.begun(migration)))
  const id = known?.id ?? randomBytes(16).toString("hex")
  const draft = draftOf(data)
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(draft, { force: true })))
  const copy: Copy = yield* showWaiting(screen, `copying ${data}`, copyApart(data, draft, asFollowing(id))).pipe(
    Effect.catchTag("ApartFault", (error) => refuse(`can't copy ${data}: ${faultInWords(error)}`))
  )
  return { name: migration, ...copy } satisfies Snapshot
})

/** Sends what isn't there yet. */
const sent = Effect.fnUntraced(function* (engine: Engine, snapshot: Snapshot, { data, screen }: MigrateOptions) {
  const show = yield* showProgress(screen, `sending ${data} to ${engine.name}`, "bytes")
  yield* sendFile(engine, snapshot, draftOf(data), (parts) => show(parts * partBytes, snapshot.bytes)).pipe(
    Effect.retry({ times: tries, schedule: Schedule.spaced("500 millis") })
  )
}, Effect.scoped)

/** Reads it back as a new server would, and compares all that it holds with what the file holds. */
const compared = Effect.fnUntraced(function* (
  engine: Engine,
  there: Founded | undefined,
  snapshot: Snapshot,
  db: DatabaseSync,
  { data, screen }: MigrateOptions
) {
  const show = yield* showProgress(screen, `reading it back from ${engine.name}`, "bytes")
  const back = `${data}-check`
  const { id } = snapshot
  yield* fetched(engine, there ?? { id, secret: "", from: snapshot, start: 1, last: 1 }, snapshot, back, show)
  const ours = yield* inventoried(data, db, screen)
  const theirs = yield* inventoriedAt(back, screen)
  const [different] = differences(ours, theirs)
  if (different === undefined) return ours
  return yield* refuse(`what ${engine.name} has of ${different} isn't what ${data} has: nothing was changed, try again`)
}, Effect.scoped)

/** Begins the log: from here on the rooms are in the store. */
const begun = Effect.fnUntraced(function* (engine: Engine, from: Snapshot, db: DatabaseSync) {
  const { key: salting } = db.prepare("SELECT key FROM salting").get() as { readonly key: string }
  const { cipher } = db.prepare("SELECT lower(hex(cipher)) AS cipher FROM ciphers WHERE name = 'search'").get() as {
    readonly cipher: string
  }
  const first = encodeCommand({ _tag: "Found", id: from.id, salting, cipher, from })
  for (let tried = 0; tried < tries; tried++) {
    const there = yield* asking(engine, async () => {
      await engine.appendAfter(0, first)
      return foundedIn(engine)
    })
    if (there?.id === from.id) return
    if (there !== undefined) return yield* refuse(`${engine.name} has other rooms by now: name another store`)
    yield* Effect.sleep("500 millis")
  }
  return yield* refuse(`${engine.name} doesn't take the rooms: try again`)
})

// ---------------------------------------------------------------------------------------------------------------------
// Out of a store
// ---------------------------------------------------------------------------------------------------------------------

/** Puts the rooms of a store that no server uses into a file, which may be that of one of its servers, or new. */
export const outOfStore = Effect.fnUntraced(
  function* (options: MigrateOptions) {
    const { data, screen, store } = options
    const engine = yield* openEngine(store)
    const there = yield* asking(engine, () => foundedIn(engine))
    if (there === undefined) return yield* refuse(`${engine.name} has no rooms`)
    yield* begunFrom(engine, data, screen)
    const db = yield* opened(data, true)
    const following = yield* caughtUp(engine, there, db, options)
    yield* refuseLed(engine, following)
    if (following.leader === closed && following.at !== following.self)
      return yield* refuse(`the rooms of ${engine.name} have moved to another file than ${data}`)
    const held = yield* readTwice(engine, there, db, options)
    if (following.leader !== closed) yield* closing(engine, db, following, data)
    yield* explaining(data, () => {
      db.exec("BEGIN IMMEDIATE")
      stopFollowing(db)
      db.exec("COMMIT")
      emptyWal(db)
    })
    yield* Console.log(`${data} has what was in ${engine.name}: ${inventoryInWords(held)}`)
    yield* Console.log(`start with --data ${data}, and without --store`)
  },
  Effect.scoped,
  inOneLine
)

const begunFrom = Effect.fnUntraced(function* (engine: Engine, data: string, screen: Screen) {
  const show = yield* showProgress(screen, `reading the snapshot of ${engine.name}`, "bytes")
  yield* beginIn(engine, data, show)
}, Effect.scoped)

/** Does all that the log says, up to its end. */
const caughtUp = Effect.fnUntraced(function* (
  engine: Engine,
  there: Founded,
  db: DatabaseSync,
  { data, screen }: MigrateOptions
) {
  const known = followingOf(db)
  const fault = known === undefined ? undefined : strangeness(engine, there, data, known)
  if (fault !== undefined) return yield* fault
  let following = known ?? { id: there.id, place: 0, leader: "", turn: 0, at: "", self: "" }
  const { next } = yield* readLog(engine, following.place)
  const write = makeWriter(db)
  const show = yield* showProgress(screen, `reading the log of ${engine.name}`, "messages")
  const last = yield* asking(engine, engine.last)
  const from = following.place
  while (following.place < last) {
    const told = yield* Effect.mapError(next, ({ message }) => new UsageFault({ message }))
    const works = told.flatMap((each) => {
      const meaning = meaningOf(following, each)
      following = meaning.following
      return meaning.works ?? []
    })
    const written = write([...works, { _tag: "Follow", following }])
    if (written._tag !== "Committed") return yield* dataFault(data, new DataFault(written.reason))
    show(following.place - from, last - from)
    // Ctrl-C is heard between two transactions.
    yield* Effect.yieldNow
  }
  return following
}, Effect.scoped)

/** Milliseconds that a server has to say that it is there. */
const patience = 4_000

const refuseLed = Effect.fnUntraced(function* (engine: Engine, { leader }: Following) {
  if (leader === "" || leader === closed) return
  const how = yield* Effect.promise(() => engine.asks(leader, patience))
  if (how !== "gone") return yield* refuse(`a server has the rooms of ${engine.name}: stop all of its servers first`)
})

/** Reads all of the store once more, into a file that goes again, and compares what both hold. */
const readTwice = Effect.fnUntraced(function* (
  engine: Engine,
  there: Founded,
  db: DatabaseSync,
  options: MigrateOptions
) {
  const { data, screen } = options
  const again = `${data}-check`
  const remove = () => {
    for (const suffix of ["", "-wal", "-shm", "-lock", "-lock-journal"]) rmSync(`${again}${suffix}`, { force: true })
  }
  remove()
  yield* Effect.addFinalizer(() => Effect.sync(remove))
  yield* begunFrom(engine, again, screen)
  const second = yield* opened(again, true)
  yield* caughtUp(engine, there, second, { ...options, data: again })
  const ours = yield* inventoried(data, db, screen)
  const theirs = yield* inventoried(again, second, screen)
  const [different] = differences(ours, theirs)
  if (different === undefined) return ours
  return yield* refuse(
    `what ${data} has of ${different} isn't what ${engine.name} has: name a new file, which is filled anew`
  )
}, Effect.scoped)

/** Ends the log with what the file has: from here on the rooms are in the file, which notes first that it is the one. */
const closing = Effect.fnUntraced(function* (engine: Engine, db: DatabaseSync, following: Following, data: string) {
  const { place, self } = following
  const token = self.startsWith("file-") ? self : `file-${randomBytes(12).toString("hex")}`
  yield* explaining(data, () => {
    // All that was written before is on the disk with this.
    db.exec("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")
    startFollowing(db, { ...following, self: token })
    db.exec("COMMIT")
  })
  for (let tried = 0; tried < tries; tried++) {
    const appended = yield* Effect.promise(() => engine.appendAfter(place, encodeCommand({ _tag: "Close", token })))
    if (appended._tag === "Stored") return
    if ((yield* asking(engine, engine.last)) !== place)
      return yield* refuse(`somebody has written to ${engine.name} meanwhile: stop all of its servers, and try again`)
    yield* Effect.sleep("500 millis")
  }
  return yield* refuse(`${engine.name} can't be closed: try again`)
})

// ---------------------------------------------------------------------------------------------------------------------
// Both
// ---------------------------------------------------------------------------------------------------------------------

const opened = (file: string, follows: boolean) =>
  Effect.map(
    Effect.acquireRelease(
      explaining(file, () => openDataFile(file, { follows })),
      ({ close }) => Effect.sync(close)
    ),
    ({ db }) => db
  )

const looking = <A>(file: string, look: (db: DatabaseSync) => A): A => {
  const db = openToLook(file)
  try {
    return look(db)
  } finally {
    db.close()
  }
}

const inventoried = Effect.fnUntraced(function* (file: string, db: DatabaseSync, screen: Screen) {
  const show = yield* showProgress(screen, `checking ${file}`, "rows")
  const steps = inventory(db)
  let rows = 0
  while (true) {
    const step = yield* explaining(file, () => steps.next())
    if (step.done === true) return step.value
    rows += step.value
    show(rows)
    // Ctrl-C is heard between two steps.
    yield* Effect.yieldNow
  }
}, Effect.scoped)

const inventoriedAt = (file: string, screen: Screen) =>
  Effect.scoped(
    Effect.flatMap(
      Effect.acquireRelease(
        explaining(file, () => openToLook(file)),
        (db) => Effect.sync(() => db.close())
      ),
      (db) => inventoried(file, db, screen)
    )
  )

const inventoryInWords = (held: ReadonlyArray<Held>): string => {
  const rowsOf = (name: string) => held.find(({ what }) => what === name)?.rows ?? 0
  const inRooms = held.filter(({ what }) => /^[#@]/u.test(what)).reduce((sum, { rows }) => sum + rows, 0)
  return `${counted(rowsOf("rooms"), "log")}, ${entries(inRooms)}, ${counted(rowsOf("accounts"), "account")}, ${counted(rowsOf("marks"), "mark")} of what was read; checked, and the same in both; checksum ${digestOfAll(held).slice(0, 16)}`
}
