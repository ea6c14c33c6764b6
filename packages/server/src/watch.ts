/**
 * The clocks of all connections, on one ticker: silence (HEART-1, HEART-2), time to log in (LOGIN-8), a reader that has stalled
 * (FLOW-2); and those of people: without a connection (SESSION-6), and who does nothing (IDLE-1).
 *
 * A ticker for all, because a timer for each would be most of what an idle connection costs. The spec allows everything here to be
 * a heartbeat late; an eighth of one is, or a second.
 *
 * @module
 */
import type { ByeCode } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { pingLine } from "./encode.ts"
import { bye } from "./ending.ts"
import type { Server } from "./server.ts"
import type { Session } from "./session.ts"

/** Watches the sessions of a server until interrupted. */
export const watch = (server: Server): Effect.Effect<never> => {
  const tick = Math.min(server.heartbeat * 125, 1_000)
  let lookedAt = server.now()
  let hasWaited = false
  const look = Effect.gen(function* () {
    const now = server.now()
    // Where the process itself has stood still, what came meanwhile is heard before anybody is judged.
    hasWaited = now - lookedAt > 4 * tick && !hasWaited
    lookedAt = now
    if (hasWaited) return
    let ended = 0
    for (const session of server.sessions) {
      // Thousands that have come together end together: those who talk don't wait for all of them.
      if (lookAt(session, now) && ++ended % endedAtOnce === 0) yield* Effect.yieldNow
    }
    server.people.expire(now)
    yield* server.presences.look(server.people.all(), now)
  })
  return Effect.forever(Effect.andThen(Effect.sleep(tick), look))
}

/** Connections that are ended in one turn of the event loop. */
const endedAtOnce = 32

/** Gives whether the connection is ended by this. */
const lookAt = (session: Session, now: number): boolean => {
  const end = (code: ByeCode, message: string): boolean => {
    session.end(bye(code, message))
    return true
  }
  const { heartbeat, limits } = session.server
  const patience = 2_000 * heartbeat
  const stalledSince = session.outbox.stalledSince()
  if (stalledSince !== undefined && now - stalledSince >= patience) {
    return end("slow-consumer", `nothing was read for ${2 * heartbeat} s`)
  }
  if (session.person === undefined && now - session.since >= limits.loginSeconds * 1_000) {
    return end("login-timeout", `no login within ${limits.loginSeconds} s`)
  }
  if (session.listeningSince === undefined) return false
  const silence = now - session.listeningSince
  if (session.pingedAt === undefined) {
    if (silence >= 1_000 * heartbeat) {
      session.pingedAt = now
      session.outbox.post(pingLine)
    }
    return false
  }
  // Whoever is asked has a heartbeat to answer (HEART-5).
  if (silence < patience || now - session.pingedAt < 1_000 * heartbeat) return false
  return end("idle", `nothing came for ${2 * heartbeat} s`)
}
