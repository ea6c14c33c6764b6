/**
 * Files that are whole or not there: written under another name, brought to the disk, and named last.
 *
 * @module
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { oneLine } from "../settings.ts"
import { UsageFault } from "../usage.ts"
import { codeOf, writeFault } from "./disk.ts"

/** A file that is being made. */
export interface NewFile {
  /** Where it is written. */
  readonly draft: string
  /** Gives it its name, once all of it is on the disk. */
  readonly publish: Effect.Effect<void, UsageFault>
}

/** Makes a file; when the scope closes and it wasn't published, nothing is left of it. One that exists is replaced only if it may be. */
export const newFile = Effect.fnUntraced(function* (
  path: string,
  mayReplace = false
): Effect.fn.Return<NewFile, UsageFault, Scope.Scope> {
  if (existsSync(path) && !mayReplace) return yield* exists(path)
  if (existsSync(path) && !statSync(path).isFile()) return yield* writeFault(path, "it is no file")
  const draft = `${path}.${process.pid}.part`
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(draft, { force: true })))
  return { draft, publish: writing(path, () => publish(draft, path, mayReplace)) }
})

/** Runs what writes a file; a fault of the disk is told in one line. */
export const writing = <A>(path: string, write: () => A): Effect.Effect<A, UsageFault> =>
  Effect.try({ try: write, catch: (error) => writeFault(path, error) })

export const exists = (path: string): UsageFault =>
  new UsageFault({ message: `${oneLine(path)} exists: name another, or remove it` })

const publish = (draft: string, path: string, mayReplace: boolean): void => {
  sync(draft)
  if (mayReplace) renameSync(draft, path)
  else nameOnce(draft, path)
  sync(dirname(path))
}

/** A link is refused where the name is taken, whoever took it meanwhile; not every file system has links. */
const nameOnce = (draft: string, path: string): void => {
  try {
    linkSync(draft, path)
  } catch (error) {
    if (existsSync(path) || !hasNoLinks.includes(codeOf(error))) throw error
    renameSync(draft, path)
  }
}

const hasNoLinks: ReadonlyArray<string | undefined> = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]

const sync = (path: string): void => {
  const descriptor = openSync(path, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
