/**
 * Points for a course. One root cause costs once: what is blocked by it is neither earned nor lost, but open.
 *
 * @module
 */
import type { Scale } from "./lists.ts"
import type { RequirementResult, Standing } from "./results.ts"

/** The points of one run. `earned`, `lost` and `open` add up to `total`. */
export interface Score {
  readonly earned: number
  /** For what is broken, also when that was expected. */
  readonly lost: number
  /** For what nothing is known about: blocked, not selected, or not claimed. */
  readonly open: number
  readonly total: number
  readonly requirements: ReadonlyArray<ScoredRequirement>
}

/** The points of one requirement. */
export interface ScoredRequirement {
  readonly id: string
  readonly points: number
  readonly state: "earned" | "lost" | "open"
}

const states: Readonly<Record<Standing, ScoredRequirement["state"] | undefined>> = {
  kept: "earned",
  broken: "lost",
  warned: "lost",
  "not judged": "open",
  "not claimed": "open",
  // Nobody can earn these.
  untestable: undefined,
  client: undefined,
  server: undefined
}

/** What is only allowed can be neither kept nor broken. What a written conversation speaks of besides is not known to be broken. */
const stateOf = ({ named, requirement, standing }: RequirementResult): ScoredRequirement["state"] | undefined => {
  if (requirement.level === "MAY") return undefined
  return states[standing] === "lost" && named === 0 ? "open" : states[standing]
}

/** Adds up the points. */
export const scoreOf = (results: ReadonlyArray<RequirementResult>, scale: Scale): Score => {
  const requirements = results.flatMap((result): ReadonlyArray<ScoredRequirement> => {
    const { requirement } = result
    const points = scale.points[requirement.id] ?? scale.otherwise ?? 0
    const state = stateOf(result)
    return points === 0 || state === undefined ? [] : [{ id: requirement.id, points, state }]
  })
  const sum = (state: ScoredRequirement["state"]) =>
    requirements.filter((each) => each.state === state).reduce((all, { points }) => all + points, 0)
  const [earned, lost, open] = [sum("earned"), sum("lost"), sum("open")]
  return { earned, lost, open, total: earned + lost + open, requirements }
}
