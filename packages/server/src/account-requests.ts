/**
 * What the requests of the profile accounts do, and a `login` with a proof (spec/accounts.md).
 *
 * @module
 */
import {
  type Challenge,
  encodeLine,
  type Login,
  type Register,
  type Reply,
  type Revoke,
  type SetPassword,
  type Unregister
} from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Opened } from "./accounts.ts"
import { bye, type Ending } from "./ending.ts"
import { type Refused, refuse } from "./refused.ts"
import type { Unavailable } from "./room-log.ts"
import { unavailable } from "./rooms.ts"
import type { Session } from "./session.ts"

type Answering = Effect.Effect<undefined, Refused>

/** Answers, or ends the connection of somebody whom an operator has banned (BAN-3). */
type Entering = Effect.Effect<Ending | undefined, Refused>

const orRefused = <A>(effect: Effect.Effect<A, Refused | Unavailable>): Effect.Effect<A, Refused> =>
  Effect.mapError(effect, (why) => ("code" in why ? why : unavailable(why)))

const say = (session: Session, reply: Reply): void => session.outbox.say(encodeLine(reply))

const insecure = refuse(
  "insecure",
  "password",
  "a password is taken only over TLS, or on the machine of the server: log in by a challenge, or by a token"
)

/** Logs somebody in as the person of an account that they have opened, unless it is banned, by now or meanwhile. */
const admit = Effect.fnUntraced(function* (
  session: Session,
  { id, resume = false }: Pick<Login, "id" | "resume">,
  { signature, token, ...opened }: Opened
): Effect.fn.Return<Ending | undefined, Refused | Unavailable> {
  const { bans, people } = session.server
  const { nick } = opened.account
  const ban = bans.ofNick(nick)
  if (ban !== undefined) return ban
  yield* people.enterAs(session, opened, resume, (secret) =>
    say(session, {
      type: "welcome",
      re: id,
      nick,
      account: true,
      ...(secret === undefined ? {} : { session: secret }),
      ...(token === undefined ? {} : { token }),
      ...(signature === undefined ? {} : { signature })
    })
  )
  return bans.ofNick(nick)
})

export const register = Effect.fnUntraced(function* (session: Session, request: Register) {
  const { accounts, bans, people } = session.server
  if (!session.isPrivate) return yield* insecure
  const ban = accounts.isRegistered(request.nick) ? undefined : bans.ofNick(request.nick)
  if (ban !== undefined) return ban
  const opened = yield* orRefused(
    accounts.register(session.peer, request, () => people.holder(request.nick) !== undefined)
  )
  session.hasShownPassword = true
  return yield* orRefused(admit(session, request, opened))
})

/** A `login` that shows a proof; undefined when it shows none. */
export const loginByProof = (session: Session, request: Login): Entering | undefined => {
  const { nick, password, proof, token } = request
  const { accounts, people } = session.server
  const enter = (opening: Effect.Effect<Opened, Refused | Unavailable>, hasShownPassword: boolean): Entering =>
    Effect.gen(function* () {
      const opened = yield* orRefused(opening)
      session.hasShownPassword = hasShownPassword
      return yield* orRefused(admit(session, request, opened))
    })
  if (password !== undefined) {
    return session.isPrivate
      ? enter(accounts.byPassword(session.peer, nick, password, people.crowdedness), true)
      : insecure
  }
  if (token !== undefined) return enter(accounts.byToken(session.peer, nick, token), false)
  if (proof === undefined) return undefined
  const exchange = session.challenge
  // Each challenge is good for one answer.
  session.challenge = undefined
  return enter(accounts.byProof(session.peer, nick, exchange, proof, people.crowdedness), true)
}

export const challenge = (session: Session, { id, nick, nonce }: Challenge): Answering =>
  Effect.sync(() => {
    const exchange = session.server.accounts.challenge(nick, nonce)
    session.challenge = exchange
    const { iterations, nonce: both, salt } = exchange
    say(session, { type: "challenge", re: id, nick, nonce: both, salt, iterations })
    return undefined
  })

/** The account of whoever speaks, if the password has let them in on this connection (ACCOUNT-6). */
const provenAccount = (session: Session) => {
  const account = accountOf(session)
  if (account !== undefined && session.hasShownPassword) return Effect.succeed(account)
  return Effect.fail<Refused>({ code: "forbidden", message: "log in by the account's password first" })
}

const accountOf = ({ person, server }: Session) => server.people.accountOf(person!)

const loggedOut = bye("logged-out", "from another connection of yours, all others were ended: log in again")

/**
 * Makes a change of one's account by which what has opened it ends, and ends all other connections of its person (ACCOUNT-15). Whoever
 * goes meanwhile doesn't keep that from happening.
 */
const alone = <A>(session: Session, change: Effect.Effect<A, Refused | Unavailable>): Effect.Effect<A, Refused> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(orRefused(change), (changed) => {
      const over = session.server.people.dismiss(session.person!, loggedOut, session.stay)
      return Effect.as(restore(over), changed)
    })
  )

export const setPassword = Effect.fnUntraced(function* (session: Session, { id, password }: SetPassword) {
  if (!session.isPrivate) return yield* insecure
  const account = yield* provenAccount(session)
  const token = yield* alone(session, session.server.accounts.setPassword(account, password))
  say(session, { type: "password", re: id, token })
  return undefined
})

export const revoke = Effect.fnUntraced(function* (session: Session, { id }: Revoke) {
  const account = accountOf(session)
  if (account === undefined) return yield* Effect.fail<Refused>({ code: "forbidden", message: "you have no account" })
  yield* alone(session, session.server.accounts.revoke(account))
  say(session, { type: "revoked", re: id })
  return undefined
})

export const unregister = Effect.fnUntraced(function* (session: Session, { id }: Unregister) {
  const account = yield* provenAccount(session)
  yield* alone(session, session.server.accounts.unregister(account))
  say(session, { type: "unregistered", re: id })
  return undefined
})
