/**
 * Logs in an engine that several servers share: an entry is where the engine keeps it before anybody sees it, and outlives the server
 * and its machine. Each server has a file that follows, from which it reads (docs/several-servers.md).
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AccountStore } from "./account-store.ts"
import type { Claims } from "./claims.ts"
import { beginFile } from "./nats/beginning.ts"
import { alone, type Crew } from "./nats/crew.ts"
import { followStore } from "./nats/replica.ts"
import type { Snapshotting } from "./nats/snapshotting.ts"
import type { Store } from "./nats/store-url.ts"
import type { RoomLogs } from "./room-log.ts"
import { layerBy, type SqliteLogOptions } from "./room-log-sqlite.ts"
import type { StorageFault } from "./sqlite/thread.ts"

export interface NatsLogOptions extends Omit<SqliteLogOptions, "follows"> {
  readonly store: Store
  /** Seconds after which who waits for the store is told that nobody knows what became of it. */
  readonly patience: number
  /** The other servers of the store; nobody is told of this one when it is absent. */
  readonly crew?: Crew | undefined
  /** When the one that leads takes snapshots; absent: never. */
  readonly snapshots?: Snapshotting
}

/** Logs and claims in a store, with a file of this server's own that nobody else uses. */
export const layer = ({
  crew = alone,
  patience,
  snapshots = { every: Number.POSITIVE_INFINITY },
  store,
  ...options
}: NatsLogOptions): Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault> =>
  Layer.unwrap(
    Effect.as(
      beginFile(store, options.file),
      layerBy({ ...options, follows: true }, followStore({ store, file: options.file, patience, crew, snapshots }))
    )
  )
