/**
 * What a target may offer beside the core, and is judged by only then: a profile that it claims, or a binding by which it is reached.
 *
 * @module
 */
import { type Profile, profiles } from "@tertulia/protocol"

/** A profile, or a binding besides TCP. */
export type Offer = Profile | "tls"

/** All of them, the core first; the chapter of a requirement names its own. */
export const offers: ReadonlyArray<Offer> = [...profiles, "tls"]
