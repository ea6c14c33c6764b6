/**
 * A server in this process, with connections in memory, that is looked at from inside as well.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { defaultLimits, type Limits } from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { unbounded } from "../packages/server/src/bounds.ts"
import { type Load, Meters, silent } from "../packages/server/src/meters.ts"
import * as MemoryRoomLogs from "../packages/server/src/room-log-memory.ts"
import * as SqliteRoomLogs from "../packages/server/src/room-log-sqlite.ts"
import { serve } from "../packages/server/src/server.ts"
import { type MemoryClient, makeMemoryTransport } from "../packages/server/src/transport-memory.ts"
import type { Rules } from "./case.ts"

export interface House {
  readonly limits: Limits
  readonly connect: () => MemoryClient
  /** What the server has logged as an error. */
  readonly errors: ReadonlyArray<string>
  readonly load: () => Load
  readonly close: () => Promise<void>
}

// Nothing waits for a clock: what is fast is read at once, and silence is nobody's fault.
const unhurried = { burst: 1e9, rate: 1e9, loginSeconds: 3_600 }

export const openHouse = async (rules: Rules): Promise<House> => {
  const limits: Limits = { ...defaultLimits, ...unhurried, ...rules.limits }
  const scope = Scope.makeUnsafe()
  const errors: Array<string> = []
  const logger = Logger.make(({ cause, message }) => void errors.push(`${String(message)} ${Cause.pretty(cause)}`))
  const folder = rules.durable ? mkdtempSync(join(tmpdir(), "tertulia-fuzz-")) : undefined
  const logs =
    folder === undefined
      ? MemoryRoomLogs.layer({ entries: limits.replay, bytes: 4e6 })
      : SqliteRoomLogs.layer({
          file: join(folder, "fuzz.db"),
          keySeconds: limits.keySeconds,
          reactions: limits.reactions
        })
  const transport = makeMemoryTransport()
  let load: () => Load = () => ({ connections: 0, people: 0, rooms: 0, keptRooms: 0, accounts: 0, queueBytes: 0 })
  const meters: Meters = {
    ...silent,
    serves: (look) => {
      load = look
    }
  }
  const { invitation, peer, register } = rules
  await Effect.gen(function* () {
    const context = yield* Layer.buildWithScope(Layer.merge(logs, Logger.layer([logger])), scope)
    const bounds = { ...unbounded, ...rules.bounds }
    yield* serve(transport, { limits, heartbeat: 300, bounds, register, invitation, iterations: 4_096 }).pipe(
      Effect.provide(context)
    )
  }).pipe(
    Effect.provideService(Meters, meters),
    Effect.provideService(References.MinimumLogLevel, "Error"),
    Scope.provide(scope),
    Effect.runPromise
  )
  return {
    limits,
    connect: () => transport.connect(peer),
    errors,
    load: () => load(),
    close: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    }
  }
}
