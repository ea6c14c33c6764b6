/**
 * Everything that can be wrong with the spec before anything runs.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs"
import { dialoguesOf, unknownIds } from "./dialogues.ts"
import { dialogueFaults, exampleFaults } from "./examples.ts"
import { linkFaults } from "./links.ts"
import { quoteFaults } from "./quotes.ts"
import { registryFaults, rightsFaults } from "./registries.ts"
import {
  type Chapter,
  requirementFaults,
  requirementIdFile,
  requirementIdSource,
  requirementsOf,
  type SpecFault
} from "./requirements.ts"
import { translationFaults } from "./translations.ts"

/** What is wrong with these chapters, in the order of the checks. */
export const specFaults = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<SpecFault> => {
  const requirements = requirementsOf(chapters)
  const { dialogues, faults } = dialoguesOf(chapters)
  return [
    ...requirementFaults(chapters),
    ...faults,
    ...unknownIds(dialogues, requirements),
    ...dialogueFaults(dialogues),
    ...exampleFaults(chapters),
    ...registryFaults(chapters),
    ...rightsFaults(chapters),
    ...linkFaults(chapters, requirements),
    ...quoteFaults(chapters),
    ...translationFaults(requirements)
  ]
}

/** Whether the generated union of IDs is the spec's. */
export const generatedFaults = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<SpecFault> => {
  const source = requirementIdSource(requirementsOf(chapters))
  const written = existsSync(requirementIdFile) ? readFileSync(requirementIdFile, "utf8") : ""
  return written === source
    ? []
    : [{ at: "conformance/src/generated/requirement-id.ts", message: "it is stale: `npm run spec` writes it" }]
}
