/**
 * What a run judges beside the profiles: a binding, which nothing in `hello` claims. A server has it where it is reached over it.
 *
 * @module
 */
import { type Profile, profiles } from "@tertulia/protocol"
import type { Address } from "../wire/dial.ts"

/** The chapter spec/websocket.md, as it stands among the profiles. */
export const webSocket = "websocket"

/** The chapter spec/tls.md, as it stands among the profiles. */
export const tls = "tls"

/** What a test may need of a target: a profile that it claims, or that it is reached over a binding. */
export type Part = Profile | typeof webSocket | typeof tls

/** Every part, the core first. */
export const parts: ReadonlyArray<Part> = [...profiles, webSocket, tls]

/** The bindings over which an address is reached, beside TCP. */
export const bindingsOf = ({ tls: trust, ws }: Address): ReadonlyArray<Part> => [
  ...(ws === undefined ? [] : ([webSocket] as const)),
  ...(trust === undefined ? [] : ([tls] as const))
]
