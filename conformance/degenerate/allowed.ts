/**
 * The requirements that a degenerate target does keep, each with the reason. A test that passes there may judge nothing
 * else: if it does, it can't fail.
 *
 * @module
 */
import type { RequirementId } from "../src/generated/requirement-id.ts"

/** Requirements that are kept, with the reason. */
export type Kept = Readonly<Partial<Record<RequirementId, string>>>

const greets: Kept = {
  "HELLO-1": "it greets, and says nothing before",
  "HELLO-3": "its greeting is short",
  "HELLO-4": "its greeting says protocol 1",
  "CLAIM-1": "it claims nothing",
  "LIMIT-2": "the limits in its greeting are above the minimum"
}

const endsAfterFin: Kept = { "END-5": "it ends its side after FIN, when there was nothing to answer" }

/** What each target may keep, by its name. */
export const allowed: Readonly<Record<string, Kept>> = {
  "greets, then closes": { ...greets, ...endsAfterFin },
  "greets, then is mute": { ...greets, ...endsAfterFin },
  "greets, then echoes": { ...greets, ...endsAfterFin },
  "answers ok": { ...greets, ...endsAfterFin },
  "answers error": { ...greets, ...endsAfterFin },
  "floods with events": { "HELLO-1": greets["HELLO-1"]!, "HELLO-3": greets["HELLO-3"]!, "HELLO-4": greets["HELLO-4"]! },
  "agrees with everything": { ...greets, ...endsAfterFin }
}
