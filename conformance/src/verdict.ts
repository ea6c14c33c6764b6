/**
 * What a test can come to, and the evidence for it.
 *
 * @module
 */
import * as Data from "effect/Data"
import type { RequirementId } from "./generated/requirement-id.ts"
import type { Lane } from "./history.ts"
import type { Crash } from "./run/crash.ts"
import type { Transcript } from "./wire/transcript.ts"

/**
 * passed: every requirement that the test names was judged, and kept.
 * failed: one was broken. warned: a SHOULD was not followed. not claimed: the target doesn't claim the profile.
 * blocked: something else that the test needs doesn't work. not run: this kind of run can't do it.
 * inconclusive: nothing was judged, so nothing is known, which is not good enough.
 * expected failure: a list says that it is known to fail. flaky: a list says that it may fail, and it passes often enough.
 * stale expected failure: an entry of such a list that excuses nothing; it is no test's verdict, but the entry's.
 */
export const verdicts = [
  "passed",
  "failed",
  "warned",
  "flaky",
  "expected failure",
  "stale expected failure",
  "not claimed",
  "blocked",
  "not run",
  "inconclusive"
] as const

export type Verdict = (typeof verdicts)[number]

/** Verdicts that make a target not conformant. */
export const isRed = (verdict: Verdict): boolean =>
  verdict === "failed" || verdict === "blocked" || verdict === "inconclusive" || verdict === "stale expected failure"

/** What was done, what ought to have come, and what came. */
export interface Evidence {
  /** What the suite sent last that matters here. */
  readonly sent?: string
  /** A phrase: "an `error` with the code `bad-name`". */
  readonly expected: string
  /** What came instead. */
  readonly got: string
}

/** One judgement that went against the target, or that could not be made. */
export interface Finding extends Evidence {
  readonly requirement?: RequirementId
}

/** How often a requirement was judged in one test, and how. */
export interface Tally {
  readonly kept: number
  readonly broken: number
}

/** What replays the failing run of a property. */
export interface Replay {
  readonly seed: number
  readonly path?: string
  readonly counterexample?: string
  /** How often the counterexample broke the requirement when it was told again: of a race, not every time. */
  readonly hits?: { readonly runs: number; readonly broken: number }
}

/** All that is known after one test; goes from vitest's worker to the report as `task.meta.outcome`. */
export interface Outcome {
  readonly verdict: Verdict
  /** A sentence, unless the test passed. */
  readonly reason?: string
  readonly finding?: Finding
  readonly warnings: ReadonlyArray<Finding>
  /** What a reader ought to know of it all the same, in sentences. */
  readonly notes?: ReadonlyArray<string>
  readonly judged: Readonly<Record<string, Tally>>
  readonly transcripts: ReadonlyArray<Transcript>
  readonly connections: number
  readonly millis: number
  /** The target died while it ran. */
  readonly crash?: Crash
  /** For properties: what replays the failing run. */
  readonly replay?: Replay
  /** What all connections did and got, when that is what was judged, and a requirement is broken. */
  readonly history?: ReadonlyArray<Lane>
  /** The suite itself did wrong: exit 3. */
  readonly fault?: string
}

/** Ends a test before its end, with a verdict. */
export class Stop extends Data.TaggedError("Stop")<{
  readonly verdict: "failed" | "blocked" | "not run" | "inconclusive" | "not claimed"
  readonly reason: string
  readonly finding?: Finding
}> {
  override get message() {
    return this.reason
  }
}

/** The suite broke a rule of its own: never the target's fault. */
export class SuiteFault extends Error {
  override readonly name = "SuiteFault"
}

/** Anything as a short line for a report. */
export const show = (value: unknown): string => {
  if (typeof value === "string") return value
  if (isObjects(value)) return clip(value.join(", then "))
  const text = JSON.stringify(value) ?? String(value)
  return clip(text)
}

const clip = (text: string): string => (text.length > 400 ? `${text.slice(0, 200)} ... ${text.slice(-200)}` : text)

/** Lines as they came need no quotes around them. */
const isObjects = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string" && each.startsWith("{"))
