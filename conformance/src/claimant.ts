/**
 * People with a session, who may come back as the same person (spec/resume.md).
 *
 * @module
 */
import type { Welcome } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Client, Person } from "./client.ts"
import type { RequirementId } from "./generated/requirement-id.ts"
import type { Scenario } from "./scenario.ts"

/** Somebody with a session. */
export interface Claimant extends Person {
  readonly session: string
}

const sessionOf = Effect.fnUntraced(function* (t: Scenario, client: Client, welcome: Welcome, id: RequirementId) {
  return (
    welcome.session ??
    (yield* t.broken(
      { sent: 'login with "resume":true', expected: "a `session` in `welcome`", got: welcome },
      client,
      id
    ))
  )
})

/** Logs in with `"resume":true`. */
export const claim = Effect.fnUntraced(function* (t: Scenario, client: Client, nick: string) {
  const welcome = yield* client.ask({ type: "login", nick, resume: true }, "SESSION-1")
  const session = yield* sessionOf(t, client, welcome, "SESSION-1")
  return { ...client, nick, session } satisfies Claimant
})

/** Somebody who has logged in with `"resume":true`, under a fresh nick. */
export const claimant = Effect.fnUntraced(function* (t: Scenario, name = "ana") {
  return yield* claim(t, yield* t.connection(name), t.nick(name))
})

/** The same person on another connection. */
export const goesOn = Effect.fnUntraced(function* (t: Scenario, { nick, session, who }: Claimant, nth = 2) {
  const client = yield* t.connection(`${who} (${nth})`)
  yield* client.ask({ type: "login", nick, session }, "SESSION-2")
  return { ...client, nick, session } satisfies Claimant
})
