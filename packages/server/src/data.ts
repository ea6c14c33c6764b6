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
import type { RoomLogs } from "./room-log.ts"
import * as MemoryRoomLogs from "./room-log-memory.ts"
import * as SqliteRoomLogs from "./room-log-sqlite.ts"
import type { Settings } from "./settings.ts"
import type { StorageFault } from "./sqlite/thread.ts"

/** Bytes that the logs of all rooms may take together where they are in memory. */
const memoryBytes = 268_435_456

/** The storage for these settings: in the file that `data` names, in one that ends with the server, or in memory. */
export const storageFor = ({
  data,
  keep,
  keepDays,
  limits
}: Settings): Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault> => {
  if (data === ":memory:") return MemoryRoomLogs.layer({ entries: limits.replay, bytes: memoryBytes })
  const options = {
    keep: orNone(keep),
    keepDays: orNone(keepDays),
    keySeconds: limits.keySeconds,
    reactions: limits.reactions
  }
  return data === ":temporary:" ? temporary(options) : SqliteRoomLogs.layer({ file: data, ...options })
}

const orNone = (bound: number): number | undefined => (bound === 0 ? undefined : bound)

const temporary = (
  options: Omit<SqliteRoomLogs.SqliteLogOptions, "file">
): Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault> =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ).pipe(
    Effect.map((folder) => SqliteRoomLogs.layer({ file: join(folder, "tertulia.db"), ...options })),
    Layer.unwrap
  )
