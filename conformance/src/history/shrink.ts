/**
 * Cuts a history down to the least that still shows what it showed. No server is asked again: what happened once is enough.
 *
 * @module
 */
import type { RequirementId } from "../generated/requirement-id.ts"
import { judgeHistory, type Lane, type Violation } from "../history.ts"
import { type Cut, cutOut, cutsOf, make, nothing, together, upTo } from "./cuts.ts"

/** What was found in a history: the violation of one requirement. */
export interface Found {
  readonly requirement: RequirementId
  readonly violation: Violation
}

/** What a history is guilty of first: the requirement that comes first in the judge's order, where it is plain first. */
export const firstFound = (lanes: ReadonlyArray<Lane>, of?: RequirementId): Found | undefined => {
  for (const { requirement, violations } of judgeHistory(lanes)) {
    const [violation] = violations.toSorted((one, other) => one.moment - other.moment)
    if (violation !== undefined && (of === undefined || of === requirement)) return { requirement, violation }
  }
  return undefined
}

// How many observations are looked at in all, over all parts of a history: some twenty seconds of work.
const patience = 4_000_000

/**
 * Shrinks a history in which this was found. What is left still shows it, at the same moment on the same connection, and is guilty of nothing
 * that the whole wasn't: neither a cut nor a mistake in cutting can make it so, for each is judged. It is minimal: no cut of `cutsOf` can
 * be made any more, unless the history was so large that judging its parts took too long.
 */
export const shrink = (lanes: ReadonlyArray<Lane>, found: Found): ReadonlyArray<Lane> => {
  const holds = showing(lanes, found)
  let left = patience
  const trial: Trial = {
    who: found.violation.who,
    isOver: () => left <= 0,
    isBetter: (candidate, than, whole) => {
      left -= countOf(candidate) + countOf(whole)
      return left > 0 && isSmaller(candidate, than) && holds(candidate)
    }
  }
  const begun = upTo(lanes, found.violation.moment)
  let least = trial.isBetter(begun, lanes, lanes) ? begun : lanes
  for (let before: typeof least | undefined; before !== least && !trial.isOver(); ) {
    before = least
    least = round(least, trial)
  }
  return least
}

/** How many lines a history has. */
export const countOf = (lanes: ReadonlyArray<Lane>): number =>
  lanes.reduce((sum, { observations }) => sum + observations.length, 0)

interface Trial {
  /** The connection on which what was found is plain. */
  readonly who: string
  /** Whether a part of a whole will do, and is smaller than the least that is known to. */
  readonly isBetter: (candidate: ReadonlyArray<Lane>, least: ReadonlyArray<Lane>, whole: ReadonlyArray<Lane>) => boolean
  /** Whether nothing is better any more, since enough was looked at. */
  readonly isOver: () => boolean
}

/** Whether a part of a history shows what was found in it, and nothing else than the whole. */
export const showing = (lanes: ReadonlyArray<Lane>, { requirement, violation }: Found) => {
  const known = guilt(lanes)
  const wanted = nameOf(requirement, violation)
  return (part: ReadonlyArray<Lane>): boolean => {
    const shown = guilt(part)
    return shown.has(wanted) && shown.isSubsetOf(known)
  }
}

const guilt = (lanes: ReadonlyArray<Lane>): ReadonlySet<string> =>
  new Set(
    judgeHistory(lanes).flatMap(({ requirement, violations }) => violations.map((each) => nameOf(requirement, each)))
  )

const nameOf = (requirement: RequirementId, { moment, who }: Violation): string => `${requirement} ${moment} ${who}`

/**
 * Tries all cuts, many at once and then fewer (delta debugging): first those of whole connections other than the one on which it is plain. Ends
 * early when half of the history is gone, for the rest is cheaper to try on the other half. The same history if no cut can be made.
 */
const round = (lanes: ReadonlyArray<Lane>, { isBetter, isOver, who }: Trial): ReadonlyArray<Lane> => {
  const cuts = cutsOf(lanes)
  const others = cuts.filter((_, nth) => nth < lanes.length && lanes[nth]!.who !== who)
  const half = countOf(lanes) / 2
  let made: Cut = nothing
  let least = lanes
  for (const some of [others, cuts]) {
    for (const size of halves(some.length)) {
      for (let at = 0; at < some.length; at += size) {
        if (isOver()) return least
        const cut = together([made, make(some.slice(at, at + size))])
        const candidate = cutOut(lanes, cut)
        if (isBetter(candidate, least, lanes)) [made, least] = [cut, candidate]
      }
      if (countOf(least) < half) return least
    }
  }
  return least
}

/** A number, half of it, half of that, ... down to 1. */
const halves = (number: number): ReadonlyArray<number> =>
  number < 1 ? [] : [number, ...halves(Math.floor(number / 2))]

/** Cuts that have been made already change nothing any more. */
const isSmaller = (one: ReadonlyArray<Lane>, other: ReadonlyArray<Lane>): boolean => weightOf(one) < weightOf(other)

/** Everything in a history that a cut can take away. */
const weightOf = (lanes: ReadonlyArray<Lane>): number =>
  lanes.reduce(
    (sum, { ended, observations }) => sum + 1 + (ended === undefined ? 0 : 1) + observations.reduce(heavier, 0),
    0
  )

const heavier = (sum: number, observation: Lane["observations"][number]): number => {
  if ("sent" in observation) return sum + 1
  const { got } = observation
  return sum + 1 + (got.type === "joined" ? got.head + got.members.length : 0)
}
