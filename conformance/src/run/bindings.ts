/**
 * What a run judges beside the profiles: a binding, which nothing in `hello` claims. A server has it where it is reached over it.
 *
 * @module
 */
import { type Profile, profiles } from "@tertulia/protocol"

/** The chapter spec/websocket.md, as it stands among the profiles. */
export const webSocket = "websocket"

/** What a test may need of a target: a profile that it claims, or that it is reached over WebSocket. */
export type Part = Profile | typeof webSocket

/** Every part, the core first. */
export const parts: ReadonlyArray<Part> = [...profiles, webSocket]
