/**
 * The ways into one of several servers that share their rooms: of clients, and of the other servers for theirs.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type { Settings } from "../settings.ts"
import { type Crowd, type Transport, together } from "../transport.ts"
import { openCrew } from "./crew.ts"
import { openDoors } from "./relay.ts"

/** Opens both, before it is known which server leads. */
export const openShared = Effect.fnUntraced(function* (transport: Transport, settings: Settings, crowd: Crowd) {
  const { limits, relayHost: host, relayPort: port } = settings
  const crew = yield* openCrew({ host, port, seconds: limits.loginSeconds })
  const doors = yield* openDoors(transport, crew, settings, crowd)
  return { crew, transport: together(doors, crew.transport) }
})
