/**
 * Where a server keeps its rooms: what the setting `data` means.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AccountStore } from "./account-store.ts"
import type { Claims } from "./claims.ts"
import type { Crew } from "./nats/crew.ts"
import { storeIn } from "./nats/store-url.ts"
import type { RoomLogs } from "./room-log.ts"
import * as MemoryRoomLogs from "./room-log-memory.ts"
import * as SqliteRoomLogs from "./room-log-sqlite.ts"
import type { Settings } from "./settings.ts"
import type { StorageFault } from "./sqlite/thread.ts"

/** Bytes that the logs of all rooms may take together where they are in memory. */
const memoryBytes = 268_435_456

/**
 * The storage for these settings: in the file that `data` names, in one that ends with the server, or in memory; or in an engine.
 *
 * @param crew the other servers of that engine
 */
export const storageFor = (settings: Settings, crew?: Crew): Storage => {
  const { data, keep, keepDays, limits } = settings
  if (data === ":memory:") return MemoryRoomLogs.layer({ entries: limits.replay, bytes: memoryBytes })
  const inStore = storedIn(settings, crew)
  const options = {
    keep: orNone(keep),
    keepDays: orNone(keepDays),
    keySeconds: limits.keySeconds,
    reactions: limits.reactions
  }
  const inFile = (file: string) => inStore?.({ file, ...options }) ?? SqliteRoomLogs.layer({ file, ...options })
  return data === ":temporary:" ? temporary(inFile) : inFile(data)
}

/** The layer of an engine, if there is to be one. */
const storedIn = ({ heartbeat, snapshotEvery, store: text }: Settings, crew: Crew | undefined) => {
  const store = storeIn(text)
  if (store === undefined) return undefined
  return (options: SqliteRoomLogs.SqliteLogOptions): Storage =>
    // What only few need takes a while to load.
    Layer.unwrap(
      Effect.map(
        Effect.promise(() => import("./room-log-nats.ts")),
        ({ layer }) => {
          const snapshots = { every: orNone(snapshotEvery) ?? Number.POSITIVE_INFINITY }
          return layer({ ...options, store, patience: heartbeat, crew, snapshots })
        }
      )
    )
}

type Storage = Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault>

const orNone = (bound: number): number | undefined => (bound === 0 ? undefined : bound)

const temporary = (inFile: (file: string) => Storage): Storage =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ).pipe(
    Effect.map((folder) => inFile(join(folder, "tertulia.db"))),
    Layer.unwrap
  )
