/**
 * Logs without a server: appended to and read from directly.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Exit, Layer, Scope, Stream } from "effect"
import { type Draft, type Entry, RoomLogs } from "../../src/room-log.ts"

/** Makes a folder; `await using` removes it. */
export const openTemporary = async () => {
  const path = await mkdtemp(join(tmpdir(), "tertulia-"))
  return { path, file: join(path, "tertulia.db"), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Opens logs; `await using` closes them. */
export const openLogs = async <E>(layer: Layer.Layer<RoomLogs, E>) => {
  const scope = Scope.makeUnsafe()
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  const logs = Context.get(context, RoomLogs)

  /** Opens the log of a room, as a room does. */
  const open = async (room: string) => {
    const life = Scope.makeUnsafe()
    const published: Array<Entry> = []
    const log = await Effect.runPromise(
      Scope.provide(
        logs.open(room, (entries) => void published.push(...entries)),
        life
      )
    )
    return {
      ...log,
      published,
      append: (...drafts: ReadonlyArray<Draft>) => Effect.runPromise(Effect.exit(log.append(drafts))),
      read: (after: number, head: number) => Effect.runPromise(Stream.runCollect(log.read(after, head))),
      close: () => Effect.runPromise(Scope.close(life, Exit.void))
    }
  }
  return {
    open,
    failed: logs.failed,
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** A draft of ana's. */
export const draft = (text: string, more: Partial<Draft> = {}): Draft => ({
  from: "ana",
  text,
  at: "2026-11-20T20:08:00.000Z",
  ...more
})
