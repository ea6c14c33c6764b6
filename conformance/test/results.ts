/**
 * Results made by hand: a spec of four sentences, and runs with any outcomes.
 *
 * @module
 */
import type { RequirementId } from "../src/generated/requirement-id.ts"
import type { Driven, TestReport } from "../src/run/drive.ts"
import type { Lists } from "../src/run/lists.ts"
import { resultsOf, type Target } from "../src/run/results.ts"
import { makeChapter, requirementsOf } from "../src/spec/requirements.ts"
import type { Outcome } from "../src/verdict.ts"

export const requirements = requirementsOf([
  makeChapter(
    "spec/wire.md",
    `- <a id="A-1"></a>**[A-1]** A server MUST say <hola> & "adiós".
- <a id="A-2"></a>**[A-2]** A server SHOULD be kind.
- <a id="A-3"></a>**[A-3]** A client MUST be kind.
- <a id="A-4"></a>**[A-4]** A server MUST be quick.`
  )
])

/** One of these sentences, where one of the real spec is wanted. */
export const own = (id: "A-1" | "A-2" | "A-3" | "A-4"): RequirementId => id as string as RequirementId

export const target: Target = {
  who: "server",
  given: "localhost:7331",
  host: "localhost",
  port: 7331,
  hello: undefined,
  roundTrip: 1,
  profiles: ["core"]
}

export const kept: Outcome = {
  verdict: "passed",
  warnings: [],
  judged: { "A-1": { kept: 2, broken: 0 } },
  transcripts: [],
  connections: 1,
  millis: 5
}

export const report = (title: string, outcome?: Outcome): TestReport => ({
  title,
  ids: ["A-1"],
  profile: "core",
  kind: "scenario",
  selected: true,
  chapter: "wire",
  ...(outcome === undefined ? {} : { outcome })
})

export const run = (
  reports: ReadonlyArray<TestReport>,
  more: Partial<Driven> = {},
  of: Target = target,
  lists?: Lists
) => resultsOf(of, 1, { plan: reports, reports, faults: [], ...more }, requirements, 1_000, lists)
