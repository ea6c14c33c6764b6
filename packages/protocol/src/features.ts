/**
 * Profiles, as `hello.features` claims them (spec/conformance.md).
 *
 * @module
 */

import type { RequestType } from "./messages.ts"

/** What this version knows of profiles; `core` is `protocol` 1 and never stands in `features`. */
export const profiles = [
  "core",
  "history",
  "resume",
  "direct",
  "presence",
  "rich",
  "search",
  "accounts",
  "moderation"
] as const

/** A profile of this version. */
export type Profile = (typeof profiles)[number]

/** How a server claims a profile; the core is claimed by `protocol`. */
export const claimOf = (profile: Exclude<Profile, "core">): string => `${profile}/1`

/** Whether a greeting claims a profile, also as the draft that it was; the core is claimed by every `hello`. */
export const claims = (features: ReadonlyArray<string>, profile: Profile): boolean =>
  profile === "core" || features.includes(`${profile}/1`) || features.includes(`draft/${profile}/1`)

/** Whether a greeting claims something that this version knows nothing of. */
export const claimsMore = (features: ReadonlyArray<string>): boolean =>
  features.some((feature) => !profiles.some((profile) => profile !== "core" && claims([feature], profile)))

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
  history: "history",
  conversations: "direct",
  status: "presence",
  users: "presence",
  whois: "presence",
  edit: "rich",
  delete: "rich",
  react: "rich",
  topic: "rich",
  typing: "rich",
  read: "rich",
  search: "search",
  register: "accounts",
  challenge: "accounts",
  password: "accounts",
  revoke: "accounts",
  unregister: "accounts",
  role: "moderation",
  kind: "moderation",
  invite: "moderation",
  kick: "moderation",
  ban: "moderation",
  mute: "moderation",
  slow: "moderation",
  standings: "moderation"
} as const satisfies { readonly [Type in RequestType]: Profile }

/** The fields of requests that belong to another profile than their request. */
const fieldProfiles: { readonly [Type in RequestType]?: Readonly<Record<string, Profile>> } = {
  login: { resume: "resume", session: "resume", password: "accounts", token: "accounts", proof: "accounts" },
  register: { resume: "resume" },
  send: { key: "resume", epoch: "direct", replyTo: "rich" },
  history: { epoch: "direct" },
  edit: { key: "resume" },
  delete: { key: "resume" },
  react: { key: "resume" },
  topic: { key: "resume" },
  role: { key: "resume" },
  kind: { key: "resume" },
  invite: { key: "resume" },
  kick: { key: "resume" },
  ban: { key: "resume" },
  mute: { key: "resume" },
  slow: { key: "resume" }
}

/** Names of fields, by the request that they would belong to. */
export type UnknownFields = { readonly [Type in RequestType]?: ReadonlyArray<string> }

/** The fields that a server doesn't know which claims these features: it ignores them (EXT-1). */
export const unknownFieldsOf = (features: ReadonlyArray<string>): UnknownFields =>
  Object.fromEntries(
    Object.entries(fieldProfiles).flatMap(([type, fields]) => {
      const unknown = Object.keys(fields).filter((field) => !claims(features, fields[field]!))
      return unknown.length === 0 ? [] : [[type, unknown]]
    })
  )

/** What belongs to profiles that a server doesn't claim, in the requests that it knows. */
export interface Unclaimed {
  /** Fields, which it ignores (EXT-1). */
  readonly fields: UnknownFields
  /** Whether `@nick` is no name to it (NAME-1). */
  readonly direct: boolean
}

/** What a server doesn't know that claims these features. */
export const unclaimedBy = (features: ReadonlyArray<string>): Unclaimed => ({
  fields: unknownFieldsOf(features),
  direct: !claims(features, "direct")
})

/** The requests that a server knows which claims these features. */
export const requestsOf = (features: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set((Object.keys(profileOf) as ReadonlyArray<RequestType>).filter((type) => claims(features, profileOf[type])))

/** The default port of the TCP binding. */
export const defaultPort = 7331

/** The default port of the WebSocket binding, which is also that of the web page. */
export const defaultWebPort = 7332

/** The subprotocol that a WebSocket handshake agrees on (spec/websocket.md). */
export const subprotocol = "tertulia.v1"

/** The default port of the TLS binding. */
export const defaultTlsPort = 7333

/** The version of the protocol that this package describes. */
export const protocolVersion = 1
