/**
 * Logs without a server: appended to and read from directly.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Clock, Context, Effect, Exit, Layer, References, Scope, Stream } from "effect"
import type { AccountStore } from "../../src/account-store.ts"
import { Claims } from "../../src/claims.ts"
import { type Author, type Draft, type Entry, type MessageEntry, type Placed, RoomLogs } from "../../src/room-log.ts"

/** Makes a folder; `await using` removes it. */
export const openTemporary = async () => {
  const path = await mkdtemp(join(tmpdir(), "tertulia-"))
  return { path, file: join(path, "tertulia.db"), [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Opens logs, in the time of a clock; `await using` closes them. */
export const openLogs = async <E>(layer: Layer.Layer<RoomLogs | Claims | AccountStore, E>, clock?: Clock.Clock) => {
  const scope = Scope.makeUnsafe()
  const built = Layer.buildWithScope(layer, scope).pipe(Effect.provideService(References.MinimumLogLevel, "Warn"))
  const context = await Effect.runPromise(
    clock === undefined ? built : Effect.provideService(built, Clock.Clock, clock)
  )
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
      stream: log.read,
      read: (after: number, head: number) => Effect.runPromise(Stream.runCollect(log.read(after, head))),
      close: () => Effect.runPromise(Scope.close(life, Exit.void))
    }
  }
  return {
    open,
    conversations: logs.conversations!,
    failed: logs.failed,
    known: (room: string, from: string, key: string) => Effect.runPromise(logs.known(room, author(from), key)),
    claims: Context.get(context, Claims),
    search: logs.search,
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const authors = new Map<string, Author>()

/** The person who has this nick in a test. */
export const author = (nick: string): Author => {
  const known = authors.get(nick) ?? { id: `person-${nick}` }
  authors.set(nick, known)
  return known
}

/** What a draft says, ana's if nobody else's. */
export const said = (text: string, more: Partial<Omit<MessageEntry, "seq">> = {}): Omit<MessageEntry, "seq"> => ({
  type: "message",
  from: "ana",
  text,
  at: "2026-11-20T20:08:00.000Z",
  ...more
})

/** A draft of ana's, or of somebody else's. */
export const draft = (text: string, more: Partial<Omit<MessageEntry, "seq">> = {}): Draft => {
  const fields = said(text, more)
  return { ...fields, author: author(fields.from) }
}

/** What becomes of a draft that takes a place of its own. */
export const added = (seq: number, text: string, more: Partial<Omit<MessageEntry, "seq">> = {}): Placed => ({
  _tag: "Added",
  entry: { seq, ...said(text, more) }
})
