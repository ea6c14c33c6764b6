/**
 * Cuts a history down to the least that still shows what it showed. No server is asked again: what happened once is enough.
 *
 * @module
 */
import type { RequirementId } from "../generated/requirement-id.ts"
import { judgeHistory, type Lane, type Violation } from "../history.ts"
import { type Cut, cutOut, cutsOf, nothing, together, upTo } from "./cuts.ts"

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

/** Of how many observations, in all that it judges, a history is worth: then it stays as it is. */
const patience = 10_000_000

/**
 * Shrinks a history in which this was found. What is left still shows it, at the same moment on the same connection, and is guilty of nothing
 * that the whole wasn't: neither a cut nor a mistake in cutting can make it so, for each is judged. It is minimal: no cut of `cutsOf` can
 * be made any more, unless the history was so large that judging its parts took too long.
 */
export const shrink = (lanes: ReadonlyArray<Lane>, found: Found): ReadonlyArray<Lane> => {
  const holds = showing(lanes, found)
  let left = patience
  const tryOut = (candidate: ReadonlyArray<Lane>): boolean => {
    left -= candidate.reduce((sum, { observations }) => sum + observations.length, 1)
    return left > 0 && holds(candidate)
  }
  const begun = upTo(lanes, found.violation.moment)
  let least = tryOut(begun) ? begun : lanes
  for (let before: typeof least | undefined; before !== least && left > 0; ) {
    before = least
    least = round(least, tryOut)
  }
  return least
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

/** Tries all cuts, many at once and then fewer (delta debugging); the same history if none can be made. */
const round = (
  lanes: ReadonlyArray<Lane>,
  tryOut: (candidate: ReadonlyArray<Lane>) => boolean
): ReadonlyArray<Lane> => {
  const cuts = cutsOf(lanes)
  let made: Cut = nothing
  let least = lanes
  for (let size = cuts.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < cuts.length; at += size) {
      const cut = together([made, ...cuts.slice(at, at + size)])
      const candidate = cutOut(lanes, cut)
      if (isSmaller(candidate, least) && tryOut(candidate)) [made, least] = [cut, candidate]
    }
  }
  return least
}

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
