/**
 * The server in few files, without what of the libraries nobody calls: it starts sooner so, and takes less memory by a third, or by a
 * half with a data file.
 *
 * It is made when it is missing, and kept for as long as what it is made of stays the same.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import {
  accessSync,
  closeSync,
  existsSync,
  fsyncSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync
} from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { OutputOptions } from "rolldown"
import { fingerprint } from "./fingerprint.ts"
import { scriptNames } from "./scripts.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** What npm has installed: it stands for all that others have made. */
const installed = "node_modules/.package-lock.json"

const sources = [installed, "packages/{protocol,server}/{package.json,src/**/*.ts}"]

const prefix = "server-"

/** Days for which a bundle is kept that no server has been started from. */
const keptDays = 7

/**
 * The program of program.ts, bundled. Where that can't be made or kept, as in a folder that is only read, there is none: the sources
 * do as well.
 *
 * @param cache the folder to keep bundles in
 */
export const bundled = async (cache: string): Promise<string | undefined> => {
  if (!existsSync(join(root, installed))) return undefined
  const folder = join(cache, prefix + fingerprint(root, sources).slice(0, 16))
  const program = join(folder, "program.js")
  try {
    if (isReadable(program)) touch(folder)
    else await make(cache, folder)
  } catch {
    // Another process may have made it meanwhile; and whoever can't write there may still read.
  }
  return isReadable(program) ? program : undefined
}

const isReadable = (file: string): boolean => {
  try {
    accessSync(file)
    return true
  } catch {
    return false
  }
}

const touch = (folder: string) => {
  const now = new Date()
  utimesSync(folder, now, now)
}

/** Makes it beside its place, and puts it there when it is whole and on the disk. */
const make = async (cache: string, folder: string) => {
  const fresh = `${folder}-${randomUUID().slice(0, 8)}`
  // Unlike a temporary folder, whoever may read the sources may read it: the server may be run by somebody else than who installed it.
  mkdirSync(fresh, { recursive: true })
  try {
    await build(fresh)
    for (const file of globSync("**/*.*", { cwd: fresh })) sync(join(fresh, file))
    renameSync(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  forget(cache)
}

const sync = (file: string) => {
  const descriptor = openSync(file, "r+")
  fsyncSync(descriptor)
  closeSync(descriptor)
}

type CodeSplitting = NonNullable<OutputOptions["codeSplitting"]>

const build = async (dir: string) => {
  const { rolldown } = await import("rolldown")
  const write = async (names: ReadonlyArray<string>, codeSplitting: CodeSplitting) => {
    const input = Object.fromEntries(names.map((name) => [name, join(root, `packages/server/src/${name}.ts`)]))
    const bundle = await rolldown({ input, cwd: root, platform: "node", tsconfig: false, logLevel: "silent" })
    await bundle.write({
      dir,
      codeSplitting,
      // A script is found beside what asks for it (scripts.ts).
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      // Effect must hear how to compile schemas before there are any.
      strictExecutionOrder: true,
      // Comments would be kept in memory. But people read the stacks of errors: names stay, and there is a map for NODE_OPTIONS=--enable-source-maps.
      comments: false,
      sourcemap: true,
      sourcemapExcludeSources: true
    })
    await bundle.close()
  }
  // Each file that Node loads costs memory.
  await write(["program"], { groups: [{ name: "effect", test: /node_modules[\\/]effect[\\/]/, minShareCount: 2 }] })
  // A thread loads what it needs itself, and no more.
  await write(scriptNames, true)
}

/** Removes those of other sources, unless a server may still be running from one. */
const forget = (cache: string) => {
  const since = Date.now() - keptDays * 86_400_000
  for (const name of readdirSync(cache).filter((each) => each.startsWith(prefix))) {
    const old = join(cache, name)
    if (statSync(old).mtimeMs < since) rmSync(old, { recursive: true, force: true })
  }
}
