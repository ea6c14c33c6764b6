/**
 * People with accounts, for the tests of the profiles that need them.
 *
 * @module
 */
import type { Welcome } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Client, Person } from "../src/client.ts"
import type { Scenario } from "../src/scenario.ts"
import type { Stop } from "../src/verdict.ts"

/** The password of whoever registers in a test, unless it is said there. */
export const password = "correct horse"

/** Somebody who has an account. */
export interface Registered extends Person {
  readonly token: string
}

/** Ends a test that makes accounts where nobody may. */
export const whereOneRegisters = (t: Scenario): Effect.Effect<void, Stop> =>
  t.hello.auth.includes("register") ? Effect.void : t.notRun("this target lets nobody register here just so")

/** Somebody who has registered on a connection of their own. */
export const registered = Effect.fnUntraced(function* (
  t: Scenario,
  name = "ana",
  more: { readonly password?: string; readonly resume?: boolean } = {}
): Effect.fn.Return<Registered & { readonly welcome: Welcome }, Stop, Scope> {
  yield* whereOneRegisters(t)
  const client = yield* t.connection(name)
  const nick = t.nick(name)
  const welcome = yield* client.ask({ type: "register", nick, password, ...more }, "REGISTER-1")
  if (welcome.token === undefined) return yield* t.broken({ expected: "a `token`", got: welcome }, client, "REGISTER-1")
  return { ...client, nick, token: welcome.token, welcome }
})

/** Somebody on one more connection, by the token of their account. */
export const further = Effect.fnUntraced(function* (
  t: Scenario,
  { nick, token }: Pick<Registered, "nick" | "token">,
  nth = 2,
  more: { readonly resume?: boolean } = {}
): Effect.fn.Return<Registered & { readonly welcome: Welcome }, Stop, Scope> {
  const client: Client = yield* t.connection(`ana (${nth})`)
  const welcome = yield* client.ask({ type: "login", nick, token, ...more }, "ACCOUNT-9")
  return { ...client, nick, token, welcome }
})
