/**
 * Where the scripts are that other threads and processes run: beside the sources, or beside what is bundled of them.
 *
 * @module
 */
import { extname } from "node:path"

/** The script of that name, as `sqlite/reader-thread`. */
export const scriptAt = (name: ScriptName): URL => new URL(`./${name}${extname(import.meta.url)}`, import.meta.url)

/** What begins on its own, in a thread or in a process, and is bundled by itself (bundle.ts). */
export const scriptNames = [
  "hashing-thread",
  "sqlite/apart-process",
  "sqlite/reader-thread",
  "sqlite/snapshot-process",
  "sqlite/writer-thread"
] as const

type ScriptName = (typeof scriptNames)[number]
