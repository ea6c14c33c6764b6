/**
 * Profiles, as `hello.features` claims them (spec/conformance.md).
 *
 * @module
 */

import type { RequestType } from "./messages.ts"

/** What this version knows of profiles; `core` is `protocol` 1 and never stands in `features`. */
export const profiles = ["core", "history"] as const

/** A profile of this version. */
export type Profile = (typeof profiles)[number]

/** Whether a greeting claims a profile; the core is claimed by every `hello`. */
export const claims = (features: ReadonlyArray<string>, profile: Profile): boolean =>
  profile === "core" || features.includes(`${profile}/1`)

/** The profiles that a greeting claims, the core first. */
export const claimedBy = (features: ReadonlyArray<string>): ReadonlyArray<Profile> =>
  profiles.filter((profile) => claims(features, profile))

/** The profile that each request belongs to: a server that doesn't claim it answers `unsupported` (EXT-4). */
export const profileOf = {
  login: "core",
  join: "core",
  leave: "core",
  send: "core",
  rooms: "core",
  members: "core",
  ping: "core",
  sync: "core",
  bye: "core",
  history: "history"
} as const satisfies { readonly [Type in RequestType]: Profile }

/** The requests that a server knows which claims these features. */
export const requestsOf = (features: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set((Object.keys(profileOf) as ReadonlyArray<RequestType>).filter((type) => claims(features, profileOf[type])))

/** The default port of the TCP binding. */
export const defaultPort = 7331

/** The version of the protocol that this package describes. */
export const protocolVersion = 1
