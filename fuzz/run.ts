/**
 * A run from outside the thread that plays: it sees a crash and a hang, which the thread itself can't tell of, and growth.
 *
 * @module
 */
import { Worker } from "node:worker_threads"
import type { Case, Finding, Reproduction, Rules } from "./case.ts"
import { linesIn } from "./case.ts"
import type { Task, Told } from "./worker.ts"

/** How far a run is. */
export interface Progress {
  readonly lines: number
  readonly cases: number
  readonly houses: number
  /** Kinds of answers that have come: types, and codes. */
  readonly answers: ReadonlySet<string>
  /** Branches of the project's code that have run in the houses that were watched. */
  readonly branches: number
  /** Cases that got somewhere new, which are begun with again. */
  readonly kept: number
  /** Bytes of the heap after each house, all garbage collected. */
  readonly heaps: ReadonlyArray<number>
}

export interface Outcome extends Progress {
  readonly found: { readonly finding: Finding; readonly reproduction: Reproduction } | undefined
}

/** Without a word from the thread for so long, it hangs. */
const silence = 60_000

/** Bytes by which the heap may be larger at the end than after the first quarter of a run. */
const growth = 48 * 1_048_576

const startWorker = (workerData: Task): Worker =>
  new Worker(new URL("./worker.ts", import.meta.url), { workerData, resourceLimits: { maxOldGenerationSizeMb: 1_500 } })

const inWords = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

/** Plays so many lines, or until something is found. */
export const run = (
  task: { readonly seed: number; readonly lines: number },
  onProgress: (progress: Progress) => void = () => {}
): Promise<Outcome> =>
  new Promise((resolve) => {
    const worker = startWorker(task)
    const answers = new Set<string>()
    const heaps: Array<number> = []
    const at = { lines: 0, cases: 0, houses: 0, branches: 0, kept: 0 }
    let rules: Rules | undefined
    let cases: Array<Case> = []
    let isOver = false
    let watchdog: NodeJS.Timeout | undefined

    const finish = (finding?: Finding) => {
      if (isOver) return
      isOver = true
      clearTimeout(watchdog)
      const found = finding === undefined ? undefined : { finding, reproduction: { rules: rules!, cases } }
      void worker.terminate().then(() => resolve({ ...at, answers, heaps, found }))
    }
    const watch = () => {
      clearTimeout(watchdog)
      watchdog = setTimeout(() => finish({ kind: "a hang", what: `nothing for ${silence / 1_000} s` }), silence)
    }

    watch()
    worker.on("message", (told: Told) => {
      watch()
      switch (told._tag) {
        case "House":
          rules = told.rules
          cases = []
          return
        case "Case":
          cases.push(told.turns)
          return
        case "Played":
          at.lines += told.lines
          at.cases += 1
          for (const answer of told.answers) answers.add(answer)
          return onProgress({ ...at, answers, heaps })
        case "Left":
          at.houses += 1
          at.branches = told.branches
          at.kept = told.kept
          heaps.push(told.heap)
          return
        case "Found":
          return finish(told.finding)
        case "Done":
          return finish(growthIn(heaps))
      }
    })
    worker.on("error", (error) => finish({ kind: "a crash", what: inWords(error) }))
    worker.on("exit", (code) => finish({ kind: "a crash", what: `the thread ended with ${code}` }))
  })

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1]!

/** What a heap has grown by from the second quarter of a run to the last; a short run shows nothing. */
const growthIn = (heaps: ReadonlyArray<number>): Finding | undefined => {
  const quarter = heaps.length >> 2
  if (quarter < 2) return undefined
  const [before, after] = [median(heaps.slice(quarter, 2 * quarter)), median(heaps.slice(-quarter))]
  return after - before > growth
    ? { kind: "growth", what: `the heap has grown from ${before} bytes to ${after}` }
    : undefined
}

// ---------------------------------------------------------------------------------------------------------------------
// Shorter
// ---------------------------------------------------------------------------------------------------------------------

/** Plays a reproduction in a thread of its own; gives what it shows, if anything. */
export const tryAgain = (reproduction: Reproduction): Promise<Finding | undefined> =>
  new Promise((resolve) => {
    const worker = startWorker("what it is sent")
    const finish = (finding: Finding | undefined) => {
      clearTimeout(watchdog)
      void worker.terminate().then(() => resolve(finding))
    }
    const watchdog = setTimeout(() => finish({ kind: "a hang", what: `nothing for ${silence / 1_000} s` }), silence)
    worker.on("message", (told: Told) => {
      if (told._tag === "Replayed") finish(told.finding)
    })
    worker.on("error", (error) => finish({ kind: "a crash", what: inWords(error) }))
    worker.postMessage(reproduction)
  })

/** The fewest of some items, in their order, that still show it: halves first, then single ones. */
const fewest = async <Item>(
  items: ReadonlyArray<Item>,
  shows: (items: ReadonlyArray<Item>) => Promise<boolean>
): Promise<ReadonlyArray<Item>> => {
  let kept = items
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const without = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (without.length > 0 && (await shows(without))) kept = without
      else from += size
    }
  }
  return kept
}

/**
 * Makes a reproduction shorter as long as it shows the same, for so many seconds at the most; undefined when it doesn't show it again.
 */
export const minimise = async (
  { cases, rules }: Reproduction,
  { kind }: Finding,
  seconds: number
): Promise<Reproduction | undefined> => {
  const until = performance.now() + 1_000 * seconds
  const shows = async (tried: ReadonlyArray<Case>): Promise<boolean> =>
    performance.now() < until && (await tryAgain({ rules, cases: tried }))?.kind === kind
  const last = cases.slice(-1)
  const isAlone = (await tryAgain({ rules, cases: last }))?.kind === kind
  if (!isAlone && (await tryAgain({ rules, cases }))?.kind !== kind) return undefined
  let kept = isAlone ? last : await fewest(cases, shows)
  for (let nth = 0; nth < kept.length; nth++) {
    const put = (turns: Case) => kept.map((other, at) => (at === nth ? turns : other))
    kept = put(await fewest(kept[nth]!, (turns) => shows(put(turns))))
    for (let at = 0; at < kept[nth]!.length; at++) {
      const turn = kept[nth]![at]!
      const change = (bytes: string) =>
        put(kept[nth]!.map((other, place) => (place === at ? { ...turn, bytes } : other)))
      const bytes = await fewest([...turn.bytes], (letters) => shows(change(letters.join(""))))
      kept = change(bytes.join(""))
    }
  }
  return { rules, cases: kept }
}

/** A reproduction as people read it. */
export const inLines = ({ cases }: Reproduction): string =>
  cases
    .map((turns) =>
      turns
        .map(({ awaited, bytes, deed, who }) => {
          const said = JSON.stringify(bytes.slice(0, 400)).slice(1, -1)
          const more = bytes.length > 400 ? ` (${bytes.length} bytes)` : ""
          return `  C${who} ${said}${more}${deed === undefined ? "" : ` (${deed})`}${awaited ? " (waits)" : ""}`
        })
        .join("\n")
    )
    .join("\n  --\n")

export const linesOf = ({ cases }: Reproduction): number => cases.reduce((sum, turns) => sum + linesIn(turns), 0)
