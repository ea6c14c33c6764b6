/**
 * The lists that an implementer or a teacher keeps beside their own code: what is known to fail, what is known to be flaky, and what
 * each requirement is worth. All are JSON; conformance/README.md describes them.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Requirement } from "../spec/requirements.ts"
import { CannotJudge, checkIds } from "./options.ts"

const Day = Schema.String.check(
  Schema.makeFilter((day: string) => (isDay(day) ? undefined : "a day, as in 2026-12-31"))
)

const isDay = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

const subject = {
  requirement: Schema.optionalKey(Schema.String),
  test: Schema.optionalKey(Schema.String),
  reason: Schema.NonEmptyString,
  until: Schema.optionalKey(Day)
} as const

const Failure = Schema.Struct(subject)

const Flake = Schema.Struct({
  ...subject,
  rate: Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 1 })),
  runs: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000 }))
})

const points = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const Scale = Schema.Struct({
  points: Schema.Record(Schema.String, points),
  otherwise: Schema.optionalKey(points)
})

/** What an entry of a list speaks of: every failure for a requirement, or one test. `until` is the last day on which it excuses. */
export type KnownFailure = typeof Failure.Type

/** A test that may fail, if it passes at the `rate` (0 to 1) when it is run `runs` times more. */
export type KnownFlake = typeof Flake.Type

/** What each requirement is worth, and what those are that aren't named. */
export type Scale = typeof Scale.Type

/** The lists of one run, with the files that they come from. */
export interface Lists {
  /** Today, as in 2026-12-31, in UTC. */
  readonly today: string
  readonly failures?: { readonly file: string; readonly entries: ReadonlyArray<KnownFailure> }
  readonly flakes?: { readonly file: string; readonly entries: ReadonlyArray<KnownFlake> }
  readonly scale?: Scale
}

/** `--known-failures FILE`. Requirements that the spec doesn't have stay: they are stale, which is for the run to say. */
export const readKnownFailures = (file: string): Effect.Effect<ReadonlyArray<KnownFailure>, CannotJudge> =>
  read("--known-failures", file, Schema.Array(Failure)).pipe(
    Effect.tap((entries) => checkSubjects(`--known-failures ${file}`, entries)),
    Effect.map((entries) => entries.map(withCapitals))
  )

/** `--known-flaky FILE`. */
export const readKnownFlaky = (file: string): Effect.Effect<ReadonlyArray<KnownFlake>, CannotJudge> =>
  read("--known-flaky", file, Schema.Array(Flake)).pipe(
    Effect.tap((entries) => checkSubjects(`--known-flaky ${file}`, entries)),
    Effect.map((entries) => entries.map(withCapitals))
  )

/** `--score FILE`. Nobody can earn points for what the spec doesn't have, or no test can judge: that is a mistake in the file. */
export const readScale = (file: string, requirements: ReadonlyArray<Requirement>): Effect.Effect<Scale, CannotJudge> =>
  read("--score", file, Scale).pipe(
    Effect.tap(({ points }) => checkIds(`--score ${file}`, Object.keys(points), requirements)),
    Effect.map((scale) => ({
      ...scale,
      points: Object.fromEntries(Object.entries(scale.points).map(([id, worth]) => [id.toUpperCase(), worth]))
    }))
  )

const read = <A>(option: string, file: string, schema: Schema.Codec<A, unknown>): Effect.Effect<A, CannotJudge> =>
  Effect.try({
    try: (): unknown => JSON.parse(readFileSync(file, "utf8")),
    catch: (error) => new CannotJudge({ reason: `${option} ${file}: ${(error as Error).message}` })
  }).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(schema, { onExcessProperty: "error" })),
    Effect.mapError((error) =>
      error instanceof CannotJudge
        ? error
        : new CannotJudge({ reason: `${option} ${file}: ${error.message.replace(/\s+/gu, " ")}` })
    )
  )

const checkSubjects = (where: string, entries: ReadonlyArray<KnownFailure>): Effect.Effect<void, CannotJudge> => {
  const odd = entries.findIndex(({ requirement, test }) => (requirement === undefined) === (test === undefined))
  return odd === -1
    ? Effect.void
    : Effect.fail(
        new CannotJudge({ reason: `${where}: entry ${odd + 1}: write either "requirement" or "test", and not both` })
      )
}

const withCapitals = <Entry extends KnownFailure>(entry: Entry): Entry =>
  entry.requirement === undefined ? entry : { ...entry, requirement: entry.requirement.toUpperCase() }
