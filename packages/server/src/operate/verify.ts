/**
 * `verify`: says what is wrong with a data file, or that nothing is; of a backup, or of a file that a server uses.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite"
import { visible } from "@tertulia/protocol"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { oneLine } from "../settings.ts"
import { callApart } from "../sqlite/apart.ts"
import { openToLook } from "../sqlite/data-file.ts"
import { isCorrupt } from "../sqlite/fault.ts"
import { type Extent, type Finding, file, type Step, unreadable } from "../sqlite/finding.ts"
import { examineIndex } from "../sqlite/index-soundness.ts"
import { examine } from "../sqlite/soundness.ts"
import type { UsageFault } from "../usage.ts"
import { dataFault } from "./data.ts"
import { type Screen, showProgress, showWaiting } from "./progress.ts"
import { counted, entries } from "./words.ts"

/** The file is damaged, and it was said how. */
export class Damaged extends Data.TaggedError("Damaged") {}

export interface VerifyOptions {
  /** The data file. */
  readonly data: string
  readonly screen: Screen
}

/** So much is wrong that the rest can't be read. */
class Unreadable extends Data.TaggedError("Unreadable") {}

/** Looks at all of a data file, and says what is wrong with it. */
export const verify = Effect.fnUntraced(function* (options: VerifyOptions) {
  const { data } = options
  let findings = 0
  const tell = ({ what, where }: Finding) => {
    findings++
    return Console.log(visible(oneLine(`${where}: ${what}`)))
  }
  const extent = yield* examineAll(options, tell).pipe(
    Effect.catchTag("Unreadable", () => tell(unreadable(file).finding))
  )
  if (findings === 0) return yield* Console.log(`${data} is sound: ${extentInWords(extent!)}`)
  yield* Console.log(`${data} is damaged: ${counted(findings, "finding")}`)
  return yield* new Damaged()
}, Effect.scoped)

const extentInWords = (extent: Extent): string =>
  `${counted(extent.rooms, "room")}, ${entries(extent.entries)}, ${counted(extent.keys, "key")}`

/** Looks at the pages, then at the rows, then at the index of words, and gives how much there is. */
const examineAll = Effect.fnUntraced(function* (options: VerifyOptions, tell: Tell) {
  const db = yield* open(options.data)
  yield* checkPages(db, options, tell)
  const extent = yield* follow(examine(db), `checking ${options.data}`, options, tell)
  yield* follow(examineIndex(db), `checking the index of words of ${options.data}`, options, tell)
  return extent
})

type Tell = (finding: Finding) => Effect.Effect<void>

const open = (data: string) =>
  Effect.acquireRelease(
    reading(data, () => openToLook(data)),
    (db) => Effect.sync(() => db.close())
  )

/** Runs what reads the file; whoever can't read on because the file is damaged has found that out. */
const reading = <A>(data: string, read: () => A): Effect.Effect<A, UsageFault | Unreadable> =>
  Effect.try({ try: read, catch: (error) => failureOf(data, error) })

const failureOf = (data: string, error: unknown): UsageFault | Unreadable => {
  const isDamage = isCorrupt(error) || (error instanceof Error && isCorrupt(error.cause))
  return isDamage ? new Unreadable() : dataFault(data, error)
}

/** SQLite's own check: of each page, and that each index has what its table has. */
const checkPages = Effect.fnUntraced(function* (db: DatabaseSync, { data, screen }: VerifyOptions, tell: Tell) {
  const check = callApart(db.location()!, `PRAGMA integrity_check(${mostFaults})`)
  const rows = yield* showWaiting(screen, `checking the pages of ${data}`, check).pipe(
    Effect.catch((error) =>
      isCorrupt(error)
        ? Effect.succeed([{ integrity_check: "its pages are damaged" }])
        : Effect.fail(dataFault(data, error))
    )
  )
  for (const { integrity_check: what } of rows) if (what !== "ok") yield* tell({ where: file, what: String(what) })
})

const mostFaults = 20

/** Goes through the steps of an examination, and gives how much the file holds, if they say so. */
const follow = Effect.fnUntraced(function* (
  steps: Iterator<Step, void>,
  work: string,
  { data, screen }: VerifyOptions,
  tell: Tell
) {
  const show = yield* showProgress(screen, work, "rows")
  let extent: Extent = { rooms: 0, entries: 0, keys: 0 }
  let rows = 0
  while (true) {
    const { done, value: step } = yield* reading(data, () => steps.next())
    if (done === true) return extent
    if (step._tag === "Holds") extent = step.extent
    else if (step._tag === "Found") yield* tell(step.finding)
    else rows += step.rows
    show(rows, extent.entries + extent.keys)
    // Ctrl-C is heard between two steps.
    yield* Effect.yieldNow
  }
}, Effect.scoped)
