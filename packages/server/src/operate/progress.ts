/**
 * How far long work has come, on one line of a terminal that goes away when it is done. Where nobody looks there is nothing.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { number } from "./words.ts"

/** What is counted. */
export type Unit = "entries" | "messages" | "rows" | "bytes"

/** Says how far the work has come: so many of `total`, if that is known. */
export type Progress = (done: number, total?: number) => void

/** Where progress is shown. */
export interface Screen {
  readonly isTerminal: boolean
  readonly hasColour: boolean
  /** Characters of a line. */
  readonly columns: number
  readonly write: (text: string) => void
}

/** Standard error, where standard output hasn't filled the same terminal. */
export const standardError = (isOutputShown = false): Screen => ({
  isTerminal: process.stderr.isTTY === true && process.env["TERM"] !== "dumb" && !isOutputShown,
  hasColour: (process.env["NO_COLOR"] ?? "") === "",
  columns: process.stderr.columns || 80,
  write: (text) => void process.stderr.write(text)
})

/** Milliseconds between two looks of the line. */
const pause = 100

/** Shows how far work has come until the scope closes. */
export const showProgress = Effect.fnUntraced(function* (
  screen: Screen,
  work: string,
  unit: Unit
): Effect.fn.Return<Progress, never, Scope.Scope> {
  if (!screen.isTerminal) return () => {}
  const show = yield* showLine(screen)
  const clock = yield* Clock.Clock
  const began = clock.currentTimeMillisUnsafe()
  let shownAt = began
  return (done, total) => {
    const now = clock.currentTimeMillisUnsafe()
    if (now - shownAt < pause) return
    shownAt = now
    show(`${work}: ${extent(done, total, unit)}, ${amount(Math.round((1_000 * done) / (now - began)), unit)}/s`)
  }
})

/** Shows how long work has taken, while it goes on and nobody knows how far it is. */
export const showWaiting = <A, E>(screen: Screen, work: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  if (!screen.isTerminal) return effect
  return Effect.gen(function* () {
    const show = yield* showLine(screen)
    const began = yield* Clock.currentTimeMillis
    const tick = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.sync(() => show(`${work}: ${Math.round((now - began) / 1_000)} s`))
    )
    return yield* Effect.raceFirst(effect, Effect.forever(Effect.delay(tick, 10 * pause)))
  }).pipe(Effect.scoped)
}

/** Shows one line in the place of another, and none when the scope closes. */
const showLine = ({ columns, hasColour, write }: Screen): Effect.Effect<(line: string) => void, never, Scope.Scope> => {
  let width = 0
  const wipe = Effect.sync(() => {
    if (width > 0) write(`\r${" ".repeat(width)}\r`)
  })
  return Effect.as(
    Effect.addFinalizer(() => wipe),
    (line) => {
      // Without colour there are no escapes at all: spaces wipe out what was longer.
      const shown = line.slice(0, columns - 1)
      const padded = shown.padEnd(width)
      write(hasColour ? `\r\u001b[2m${padded}\u001b[0m` : `\r${padded}`)
      width = shown.length
    }
  )
}

const extent = (done: number, total: number | undefined, unit: Unit): string => {
  if (total === undefined || total === 0) return amount(done, unit)
  const percent = Math.floor((100 * Math.min(done, total)) / total)
  return `${percent} %, ${figure(done, unit)} of ${amount(total, unit)}`
}

const amount = (count: number, unit: Unit): string => `${figure(count, unit)} ${unit === "bytes" ? "MB" : unit}`

const figure = (count: number, unit: Unit): string => (unit === "bytes" ? (count / 1e6).toFixed(1) : number(count))
