/**
 * Logs in an engine that several servers share: an entry is where the engine keeps it before anybody sees it, and outlives the server
 * and its machine. Each server has a file that follows, from which it reads (docs/several-servers.md).
 *
 * @module
 */
import type * as Layer from "effect/Layer"
import type { AccountStore } from "./account-store.ts"
import type { Claims } from "./claims.ts"
import { alone, type Crew } from "./nats/crew.ts"
import { followStore } from "./nats/replica.ts"
import type { Store } from "./nats/store-url.ts"
import type { RoomLogs } from "./room-log.ts"
import { layerBy, type SqliteLogOptions } from "./room-log-sqlite.ts"
import type { StorageFault } from "./sqlite/thread.ts"

export interface NatsLogOptions extends Omit<SqliteLogOptions, "keep" | "keepDays" | "follows"> {
  readonly store: Store
  /** Seconds after which who waits for the store is told that nobody knows what became of it. */
  readonly patience: number
  /** The other servers of the store; nobody is told of this one when it is absent. */
  readonly crew?: Crew | undefined
}

/** Logs and claims in a store, with a file of this server's own that nobody else uses. */
export const layer = ({
  crew = alone,
  patience,
  store,
  ...options
}: NatsLogOptions): Layer.Layer<RoomLogs | Claims | AccountStore, StorageFault> =>
  layerBy({ ...options, follows: true }, followStore({ store, file: options.file, patience, crew }))
