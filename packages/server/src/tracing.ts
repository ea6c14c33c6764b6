/**
 * Where a server tells what it does and how long that takes, for OpenTelemetry: one request in so many, and one transaction in so many.
 * Nobody is told what was said, in which room, or by whom.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"

type Attributes = Readonly<Record<string, string | number | boolean>>

/** Runs an effect, as a span if it is its turn. What is told of its outcome are `outcome`'s attributes, and no text of an error. */
export type Trace = <A, E>(
  name: string,
  attributes: Attributes,
  effect: Effect.Effect<A, E>,
  outcome: (exit: Exit.Exit<A, E>) => Attributes
) => Effect.Effect<A, E>

/** Absent where nobody traces: then it costs a look, and no more. */
export const Tracing = Context.Reference<Trace | undefined>("@tertulia/server/Tracing", {
  defaultValue: () => undefined
})

/** @param every one in so many of each name is a span, the first among them */
export const makeTrace = (every: number): Trace => {
  const turns = new Map<string, number>()
  return (name, attributes, effect, outcome) => {
    const turn = turns.get(name) ?? 0
    turns.set(name, (turn + 1) % every)
    if (turn !== 0) return effect
    return Effect.exit(effect).pipe(
      Effect.tap((exit) => Effect.annotateCurrentSpan(outcome(exit))),
      Effect.withSpan(name, { root: true, kind: "server", attributes }, { captureStackTrace: false }),
      Effect.flatten
    )
  }
}
