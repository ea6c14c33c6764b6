/**
 * `--watch`: judges, waits until a source has changed, builds and judges again. What failed last is judged first; when nothing of it
 * fails any more, everything is.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { phrasesOf } from "../lang/spoken.ts"
import { wordsOf } from "../lang/words.ts"
import { visible } from "../report/visible.ts"
import { isRed, verdicts } from "../verdict.ts"
import { judged } from "./judge.ts"
import { CannotJudge, type Flags } from "./options.ts"
import type { Results, TestResult } from "./results.ts"

/** Judges again whenever a source has changed, until it is interrupted. */
export const judgeAgain = Effect.fnUntraced(function* (flags: Flags): Effect.fn.Return<never, CannotJudge> {
  if (flags.start.length === 0) {
    return yield* new CannotJudge({ reason: "--watch: say by --start what is to be started again" })
  }
  const watched = watchedBy(flags)
  let titles: ReadonlyArray<string> | undefined
  while (true) {
    const before = yield* Effect.sync(() => look(watched, new Map()))
    const red = yield* Effect.scoped(judged({ ...flags, quiet: true }, titles)).pipe(
      Effect.map((results) => tell(flags, results)),
      Effect.catchTag("CannotJudge", ({ output, reason }) => Effect.sync(() => complain(flags, reason, output)))
    )
    // What failed fails no more: then it is time to see the rest.
    const isMended = red?.length === 0 && titles !== undefined
    if (red !== undefined) titles = red.length === 0 ? undefined : red
    if (!isMended) yield* changeAfter(watched, before)
  }
})

/** Says in a few lines what was found; gives the titles of what is red. */
const tell = ({ lang }: Flags, results: Results): ReadonlyArray<string> => {
  const words = wordsOf(lang)
  const red = results.tests.filter(({ outcome }) => isRed(outcome.verdict))
  const counts = verdicts
    .filter((verdict) => results.totals[verdict] > 0)
    .map((verdict) => words.count(verdict, results.totals[verdict]))
  const summary = words.tested(results.planned, (results.millis / 1_000).toFixed(1), counts.join(", "))
  process.stdout.write(`${[summary, ...red.map(lineOf), ...results.faults].join("\n")}\n`)
  return red.map(({ title }) => title)
}

const lineOf = ({ heading, outcome: { finding, reason } }: TestResult): string =>
  visible(
    `  ${heading}: ${finding === undefined ? (reason ?? "") : `${finding.requirement}: ${finding.expected} / ${finding.got}`}`
  )

const complain = ({ lang }: Flags, reason: string, output: string | undefined): undefined => {
  process.stdout.write(
    `${visible([phrasesOf(lang).of(reason), ...(output === undefined ? [] : [output])].join("\n"))}\n`
  )
}

// ---------------------------------------------------------------------------------------------------------------------
// What has changed
// ---------------------------------------------------------------------------------------------------------------------

/** What is watched: folders, in which sources count, and single files. */
interface WatchedPaths {
  readonly folders: ReadonlyArray<string>
  readonly files: ReadonlyArray<string>
  /** Where the reports are written. */
  readonly except: string
}

/** A file as it was looked at: its content is read again only when its size or its time has changed. */
interface Seen {
  readonly stamp: string
  readonly hash: string
}

const sources =
  /(?:\.(?:c|cc|cpp|cxx|h|hh|hpp|py|rb|js|mjs|cjs|ts|mts|go|rs|java|kt|scala|cs|fs|ex|exs|erl|hs|ml|lua|php|pl|swift|zig|nim|toml|mk)|Makefile)$/u
const foreign = new Set(["node_modules", "__pycache__", "target", "build", "dist"])
const pollMillis = 300

const watchedBy = ({ build, out, start, watchPath }: Flags): WatchedPaths => {
  const programs = start.flatMap((line) => line.trim().split(/\s+/u).slice(0, 1))
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true
  const given = watchPath.map((path) => resolve(path))
  return {
    folders: given.length === 0 ? [process.cwd()] : given.filter((path) => !isFile(path)),
    // What is built changes by the build; what isn't is the program itself.
    files: [...given, ...(build === undefined ? programs.map((program) => resolve(program)) : [])].filter(isFile),
    except: resolve(out)
  }
}

/** Waits until the content of something that is watched is another than it was. */
const changeAfter = Effect.fnUntraced(function* (watched: WatchedPaths, before: ReadonlyMap<string, Seen>) {
  let now = before
  while (isSame(before, now)) {
    yield* Effect.sleep(pollMillis)
    now = look(watched, now)
  }
})

const isSame = (one: ReadonlyMap<string, Seen>, other: ReadonlyMap<string, Seen>): boolean =>
  one.size === other.size && [...one].every(([path, { hash }]) => other.get(path)?.hash === hash)

const look = (watched: WatchedPaths, before: ReadonlyMap<string, Seen>): ReadonlyMap<string, Seen> => {
  const paths = [...watched.files, ...watched.folders.flatMap((folder) => sourcesIn(folder, watched.except))]
  return new Map(
    paths.flatMap((path) => {
      const stat = statSync(path, { throwIfNoEntry: false })
      if (stat === undefined) return []
      const stamp = `${stat.mtimeMs} ${stat.size}`
      const known = before.get(path)
      const hash = known?.stamp === stamp ? known.hash : createHash("sha256").update(readFileSync(path)).digest("hex")
      return [[path, { stamp, hash }] as const]
    })
  )
}

const sourcesIn = (folder: string, except: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith(".") || foreign.has(entry.name) || relative(except, path) === "") return []
    if (entry.isDirectory()) return sourcesIn(path, except)
    return entry.isFile() && sources.test(entry.name) ? [path] : []
  })
