/**
 * How the cost of an entry, of a page and of a start grows with the length of a history, in a data file.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Draft, RoomLogs } from "../../packages/server/src/room-log.ts"
import * as SqliteRoomLogs from "../../packages/server/src/room-log-sqlite.ts"
import { median } from "../times.ts"

const draft: Draft = {
  type: "message",
  author: { id: "ana" },
  from: "ana",
  text: "x".repeat(100),
  at: new Date(0).toISOString()
}
const batch = 256
const timesAppended = 20
const timesRead = 50

/** Entries of a page. */
export const page = 200

/** What a history of so many entries costs, in microseconds. */
export interface Length {
  readonly entries: number
  /** To append one entry more, of a batch of 256. */
  readonly append: number
  /** To read a page, anywhere in it. */
  readonly read: number
  /** To open the file. */
  readonly start: number
}

const opened = async (file: string) => {
  const scope = await Effect.runPromise(Scope.make())
  const context = await Effect.runPromise(Layer.buildWithScope(SqliteRoomLogs.layer({ file }), scope))
  const log = await Effect.runPromise(
    Scope.provide(
      Context.get(context, RoomLogs).open("#cafe", () => {}),
      scope
    )
  )
  return { log, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}

const micros = async (times: number, deed: () => Promise<unknown>): Promise<number> => {
  const found: Array<number> = []
  for (let time = 0; time < times; time++) {
    const began = performance.now()
    await deed()
    found.push(1_000 * (performance.now() - began))
  }
  return median(found)
}

/** Takes a room from a thousand entries to so many, tenfold each time. */
export const lengthen = async (most: number, tell: (found: Length) => void): Promise<ReadonlyArray<Length>> => {
  const folder = mkdtempSync(join(tmpdir(), "tertulia-growth-"))
  const file = join(folder, "rooms.db")
  const drafts = Array.from({ length: batch }, () => draft)
  const lengths: Array<Length> = []
  try {
    for (let entries = 1_000; entries <= most; entries *= 10) {
      const filling = await opened(file)
      while (filling.log.head() < entries)
        await Effect.runPromise(filling.log.append(drafts.slice(0, entries - filling.log.head())))
      await filling.close()
      const began = performance.now()
      const { close, log } = await opened(file)
      const start = 1_000 * (performance.now() - began)
      // Anywhere in it: what was read last is in a cache.
      const read = await micros(timesRead, () => {
        const after = Math.floor(Math.random() * (log.head() - page))
        return Effect.runPromise(Stream.runDrain(log.read(after, after + page)))
      })
      const append = (await micros(timesAppended, () => Effect.runPromise(log.append(drafts)))) / batch
      await close()
      const found = { entries, append, read, start }
      lengths.push(found)
      tell(found)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return lengths
}
