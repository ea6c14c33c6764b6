/**
 * What a data file begins with that is to follow the log of a tertulia: a snapshot, where the file is new, or has been away for so long that
 * the log doesn't have any more what comes next.
 *
 * A server never goes on from a snapshot that isn't one of the log: both have the id of the tertulia, the place is one that the log has had,
 * and nothing is missing in between; the file is what its digest says.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { existsSync, rmSync } from "node:fs"
import { open } from "node:fs/promises"
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { DataFault, openToLook, replaceDataFile } from "../sqlite/data-file.ts"
import { type Following, followingOf, isFollowing } from "../sqlite/following.ts"
import { readOnce } from "../sqlite/read-once.ts"
import { StorageFault } from "../sqlite/thread.ts"
import { type Engine, openEngine } from "./engine.ts"
import { asking, type Founded, founded, strangeness } from "./founding.ts"
import { numbersFrom, partsAtOnce, partsOf, type Snapshot } from "./snapshots.ts"
import type { Store } from "./store-url.ts"

/** Where a snapshot lies that is made, or has come, until it is done with. */
export const draftOf = (file: string): string => `${file}-snapshot`

/** Is told how many bytes of how many have come. */
export type Came = (bytes: number, of: number) => void

/** Begins a file as a server does. */
export const beginFile = (store: Store, file: string): Effect.Effect<void, StorageFault> =>
  Effect.gen(function* () {
    const engine = yield* openEngine(store)
    const snapshot = yield* beginIn(engine, file)
    if (snapshot !== undefined) yield* Effect.logInfo(`began with the snapshot of ${engine.name} at ${snapshot.place}`)
  }).pipe(Effect.scoped)

/** Has a file begin with a snapshot, where it has to, and gives that. */
export const beginIn = Effect.fnUntraced(function* (engine: Engine, file: string, came: Came = () => {}) {
  const known = existsSync(file) ? yield* readOnce(file, lookAt) : "new"
  // What else may be wrong with it is told by who opens it.
  if (known === "other") return undefined
  const tertulia = yield* founded(engine)
  const before = known === "new" ? undefined : known
  const fault = before === undefined ? undefined : strangeness(engine, tertulia, file, before)
  if (fault !== undefined) return yield* fault
  const snapshot = (yield* asking(engine, engine.snapshots.current)) ?? tertulia.from
  const goesOn = before !== undefined && (yield* hasNext(engine, tertulia, before.place))
  if (snapshot === undefined || goesOn) return undefined
  const draft = draftOf(file)
  yield* fetched(engine, tertulia, snapshot, draft, came)
  yield* dataFaults(() => replaceDataFile(file, draft))
  return snapshot
}, Effect.scoped)

/** Whether the log still has what comes after a place; it may be elsewhere, where a text was taken out of it. */
const hasNext = (engine: Engine, { start }: Founded, place: number): Effect.Effect<boolean, StorageFault> =>
  asking(engine, async () => place + 1 >= start || (await engine.leftOf(place + 1)) !== undefined)

/** How far a file is, if it is one that follows a log: one without anything, or killed before it had something, is new. */
const lookAt = (db: DatabaseSync): Following | "new" | "other" => {
  const isOurs = isFollowing(db) || db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined
  return followingOf(db) ?? (isOurs ? "new" : "other")
}

/** Fetches a snapshot into a file that goes when the scope closes, and looks whether it is what it must be. */
export const fetched = Effect.fnUntraced(function* (
  engine: Engine,
  tertulia: Founded,
  snapshot: Snapshot,
  draft: string,
  came: Came
): Effect.fn.Return<void, StorageFault, Scope.Scope> {
  const { id, last, start } = tertulia
  const wrong = (what: string) =>
    new StorageFault({ message: `the snapshot of ${engine.name} at ${snapshot.place} can't be used: ${what}` })
  if (snapshot.id !== id) return yield* wrong("it is of another tertulia")
  if (snapshot.place > last) return yield* wrong(`the log ends at ${last}, so it has lost what came then`)
  if (!(yield* hasNext(engine, tertulia, snapshot.place)))
    return yield* wrong(`the log goes on at ${start}, so something is missing in between`)
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(draft, { force: true })))
  const digest = yield* asking(engine, () => write(engine, snapshot, draft, came))
  if (digest !== snapshot.digest) return yield* wrong("it has another digest than it must have")
  const following = yield* dataFaults(() => {
    const db = openToLook(draft)
    try {
      return followingOf(db)
    } finally {
      db.close()
    }
  })
  if (following?.id !== id || following.place !== snapshot.place) return yield* wrong("it says that it is another")
})

/** Writes the parts of a snapshot into a new file, and gives its digest. */
const write = async ({ snapshots }: Engine, snapshot: Snapshot, path: string, came: Came): Promise<string> => {
  const hash = createHash("sha256")
  const file = await open(path, "w", 0o600)
  try {
    let bytes = 0
    for (let next = 0; next < partsOf(snapshot); next += partsAtOnce) {
      const numbers = numbersFrom(next, partsOf(snapshot))
      for (const part of await Promise.all(numbers.map((number) => snapshots.part(snapshot, number)))) {
        hash.update(part)
        await file.write(part)
        bytes += part.length
      }
      came(bytes, snapshot.bytes)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return hash.digest("hex")
}

const dataFaults = <A>(use: () => A): Effect.Effect<A, StorageFault> =>
  Effect.try({
    try: use,
    catch: (error) => new StorageFault({ message: error instanceof DataFault ? error.message : String(error) })
  })
