/**
 * What a target may offer beside the core, and is judged by only then: a profile that it claims, or a binding by which it is reached.
 *
 * @module
 */
import { type Profile, profiles } from "@tertulia/protocol"
import type { Address } from "../wire/dial.ts"

/** A binding besides TCP. */
export type Binding = "websocket" | "tls"

/** A profile, or a binding besides TCP. */
export type Offer = Profile | Binding

/** All of them, the core first; the chapter of a requirement names its own. */
export const offers: ReadonlyArray<Offer> = [...profiles, "websocket", "tls"]

/** The bindings by which an address is reached. A WebSocket over TLS is one: the chapter on TLS is about lines. */
export const bindingsOf = ({ tls, ws }: Address): ReadonlyArray<Binding> => [
  ...(ws === undefined ? [] : (["websocket"] as const)),
  ...(tls === undefined || ws !== undefined ? [] : (["tls"] as const))
]
