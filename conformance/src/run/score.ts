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

/** Adds up the points. */
export const scoreOf = (results: ReadonlyArray<RequirementResult>, scale: Scale): Score => {
  const requirements = results.flatMap(({ requirement, standing }): ReadonlyArray<ScoredRequirement> => {
    const points = scale.points[requirement.id] ?? scale.otherwise ?? 0
    const state = states[standing]
    return points === 0 || state === undefined ? [] : [{ id: requirement.id, points, state }]
  })
  const sum = (state: ScoredRequirement["state"]) =>
    requirements.filter((each) => each.state === state).reduce((all, { points }) => all + points, 0)
  const [earned, lost, open] = [sum("earned"), sum("lost"), sum("open")]
  return { earned, lost, open, total: earned + lost + open, requirements }
}
