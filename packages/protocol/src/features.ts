/**
 * Profiles, as `hello.features` claims them (spec/conformance.md).
 *
 * @module
 */

/** What this version knows of profiles; `core` is `protocol` 1 and never stands in `features`. */
export const profiles = ["core"] as const

/** A profile of this version. */
export type Profile = (typeof profiles)[number]

/** Whether a greeting claims a profile; the core is claimed by every `hello`. */
export const claims = (features: ReadonlyArray<string>, profile: Profile): boolean =>
  profile === "core" || features.includes(`${profile}/1`)

/** The default port of the TCP binding. */
export const defaultPort = 7331

/** The version of the protocol that this package describes. */
export const protocolVersion = 1
