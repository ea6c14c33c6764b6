/** Mutants of spec/conformance.md. */
import { breaks, whenSaid } from "../breaks.ts"
import type { Mutant } from "../mutant.ts"

export const claims: ReadonlyArray<Mutant> = [
  breaks(
    "CLAIM-1",
    "unversioned",
    "claims profiles without their version",
    whenSaid(({ object, type }) => (type === "hello" ? [{ ...object, features: ["everything"] }] : undefined))
  ),
  breaks(
    "CLAIM-2",
    "hides-its-guests",
    "lets guests in and doesn't say so",
    whenSaid(({ object, type }) => (type === "hello" ? [{ ...object, auth: [] }] : undefined))
  )
]
