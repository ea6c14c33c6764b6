/**
 * Keeps a conversation in IndexedDB, so that it goes on after the page was closed or reloaded, in whatever way.
 *
 * @module
 */
import { type Change, type Keeper, makeKept, NotKept, nothingKept } from "@tertulia/client/web"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const store = "kept"
const version = 1

/** A row keeps its place when it changes. */
interface Row {
  readonly nth: number
  readonly change: Change
}

/** What a change is about: the name of the row that it writes or removes. */
const nameOf = (change: Change): string => {
  switch (change._tag) {
    case "Person":
      return "person"
    case "Room":
    case "NoRoom":
      return `room ${change.room}`
    case "Item":
      return `item ${change.item.key}`
    case "NoItem":
      return `item ${change.key}`
    case "Mark":
      return `mark ${change.room}`
  }
}

const done = <A>(request: IDBRequest<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

const open = (name: string): Promise<IDBDatabase> => {
  const request = indexedDB.open(name, version)
  request.onupgradeneeded = () => request.result.createObjectStore(store)
  return done(request)
}

/** Keeps what one person has with the server that the page comes from; closed with the scope. */
export const keepIn = Effect.fnUntraced(function* (name: string): Effect.fn.Return<Keeper, NotKept, Scope.Scope> {
  const attempt = <A>(act: () => Promise<A>) =>
    Effect.tryPromise({ try: act, catch: (error) => new NotKept({ where: name, why: inWords(error) }) })
  const db = yield* Effect.acquireRelease(
    attempt(() => open(name)),
    (db) => Effect.sync(() => db.close())
  )
  const places = new Map<string, number>()
  let last = 0
  const kept = yield* attempt(async () => {
    const rows: ReadonlyArray<Row> = await done(db.transaction(store).objectStore(store).getAll())
    const kept = makeKept(nothingKept)
    for (const { change, nth } of [...rows].sort((one, other) => one.nth - other.nth)) {
      kept.change(change)
      places.set(nameOf(change), nth)
      last = nth
    }
    return kept
  })

  const write = (changes: ReadonlyArray<Change>): Promise<void> =>
    new Promise((resolve, reject) => {
      const transaction = db.transaction(store, "readwrite", {
        durability: changes.some(isVital) ? "strict" : "relaxed"
      })
      const rows = transaction.objectStore(store)
      for (const change of changes) {
        const name = nameOf(change)
        if (change._tag === "NoRoom" || change._tag === "NoItem") {
          places.delete(name)
          rows.delete(name)
        } else {
          const nth = places.get(name) ?? ++last
          places.set(name, nth)
          rows.put({ nth, change } satisfies Row, name)
        }
      }
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })

  // Up to where one has read is written behind, with what comes next or after a moment: with each entry of a crowd, nobody could read on.
  const behind = new Map<string, Change>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let failure: unknown

  const flush = async (changes: ReadonlyArray<Change> = []): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const all = [...behind.values(), ...changes]
    behind.clear()
    if (all.length > 0) await write(all)
  }

  const flushLater = () => {
    timer ??= setTimeout(
      () =>
        void flush().catch((error: unknown) => {
          failure = error
        }),
      pause
    )
  }

  const save = async (changes: ReadonlyArray<Change>): Promise<void> => {
    if (failure !== undefined) throw failure
    if (!changes.every(isPlace)) return flush(changes)
    for (const change of changes) behind.set(nameOf(change), change)
    flushLater()
  }

  yield* Effect.addFinalizer(() => Effect.ignore(attempt(() => flush())))
  return { kept, save: (changes) => attempt(() => save(changes)) }
})

/** Milliseconds after which it is written at the latest up to where one has read. */
const pause = 100

/** Whether it is lost without harm: it would be read again. */
const isPlace = (change: Change): boolean =>
  change._tag === "Mark" || (change._tag === "Room" && change.cursor !== undefined)

/** Whether the machine's failure would do harm, too: where one has read up to is read again. */
const isVital = ({ _tag }: Change): boolean => _tag === "Item" || _tag === "Person"

const inWords = (error: unknown): string => {
  const name = error instanceof DOMException ? error.name : ""
  if (name === "QuotaExceededError") return "the browser gives it no more room: free some of the disk"
  if (name === "VersionError") return "a newer page has written it: reload this one"
  if (name === "InvalidStateError" || name === "SecurityError") return "this browser keeps nothing in a private window"
  return error instanceof Error ? error.message : String(error)
}
