/**
 * What a server does when an operator asks it to (orders.ts).
 *
 * @module
 */
import { foldName } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Invitation, ServerBan } from "../account-store.ts"
import { isWithin, parseAddress } from "../addresses.ts"
import { banned, parseTarget, type Target } from "../bans.ts"
import { bye } from "../ending.ts"
import { idLength } from "../invitations.ts"
import type { Person, Stay } from "../people.ts"
import type { Refused } from "../refused.ts"
import type { Unavailable } from "../room-log.ts"
import type { Server } from "../server.ts"
import type { Session } from "../session.ts"
import { UsageFault } from "../usage.ts"
import type { Answers, BanShown, InvitationShown, Order, Present, Verb } from "./orders.ts"

/** Does what each verb asks for. What can't be done is a sentence for the operator. */
export type Verbs = {
  readonly [V in Verb]: (order: Order<V>) => Effect.Effect<Answers[V], UsageFault>
}

/** @param drain begins to drain the server within so many seconds; false where it drains already */
export const makeVerbs = (server: Server, drain: (seconds: number) => boolean): Verbs => {
  const { accounts, bans, people, rooms, sessions } = server

  /** Ends what somebody has: their connections, and their sessions, so that they come back as somebody who logs in. */
  const dismiss = (person: Person, reason: string): Effect.Effect<void> =>
    Effect.suspend(() => people.dismiss(person, bye("kicked", reason)))

  /** Ends all connections that a ban is about, and the sessions of whoever has a banned nick; gives how many connections those were. */
  const sendAway = Effect.fnUntraced(function* (target: Target, ban: ServerBan) {
    const meant = [...sessions].filter(meantBy(target))
    for (const session of meant) session.end(banned(ban))
    for (const session of meant) yield* session.departed
    const person = "nick" in target ? people.holder(target.nick) : undefined
    if (person !== undefined) yield* people.dismiss(person, banned(ban))
    return meant.length
  })

  const accountOf = (spelling: string) =>
    Effect.suspend(() => {
      const nick = foldName(spelling)
      const account = accounts.of(nick)
      return account === undefined ? fault(`no account has the nick ${nick}`) : Effect.succeed(account)
    })

  return {
    who: () =>
      Effect.sync(() => {
        const stays = [...people.all()].flatMap(({ stays }) => stays)
        const away = stays.filter(({ session }) => session === undefined)
        return { people: [...[...sessions].map((session) => present(server, session)), ...away.map(absent(server))] }
      }),
    rooms: () =>
      Effect.sync(() => ({
        rooms: [...rooms.existing.values()].map(({ log, members, name }) => ({
          room: name,
          members: members.size(),
          first: log.first(),
          head: log.head()
        }))
      })),
    kick: Effect.fnUntraced(function* ({ nick: spelling, reason }) {
      const nick = foldName(spelling)
      const person = people.holder(nick)
      if (person === undefined) return yield* fault(`nobody here is called ${nick}`)
      yield* dismiss(person, reason)
      return { nick }
    }),
    ban: Effect.fnUntraced(function* ({ hours, reason, target: text }) {
      const target = yield* targetOf(text)
      const ban = yield* done(bans.begin(target, reason, hours))
      return { ...banShown(ban), connections: yield* sendAway(target, ban) }
    }),
    unban: Effect.fnUntraced(function* ({ target: text }) {
      const target = yield* targetOf(text)
      if (yield* done(bans.lift(target))) return { target: text }
      return yield* fault(`${text} isn't banned: tertulia admin bans lists who is`)
    }),
    bans: () => Effect.map(bans.all, (all) => ({ bans: all.map(banShown) })),
    drain: ({ seconds }) =>
      Effect.suspend(() => {
        const connections = sessions.size
        return drain(seconds) ? Effect.succeed({ connections, seconds }) : fault("the server drains already")
      }),
    accounts: () =>
      Effect.sync(() => {
        const all = Array.from(accounts.all(), ({ nick }) => ({
          nick,
          here: isHere(people.holder(nick))
        }))
        return { accounts: all.sort((one, other) => (one.nick < other.nick ? -1 : 1)) }
      }),
    password: Effect.fnUntraced(function* ({ nick, password }) {
      const account = yield* accountOf(nick)
      // Its token goes to nobody: whoever logs in next says the new password.
      yield* done(accounts.setPassword(account, password))
      const person = people.holder(account.nick)
      if (person !== undefined) yield* dismiss(person, "an operator has set another password for your account")
      return { nick: account.nick }
    }),
    "delete-account": Effect.fnUntraced(function* ({ nick }) {
      const account = yield* accountOf(nick)
      const person = people.named(account.nick)
      yield* done(accounts.unregister(account))
      if (person !== undefined) yield* dismiss(person, "an operator has ended your account")
      return { nick: account.nick }
    }),
    invite: Effect.fnUntraced(function* ({ days, uses }) {
      if (!server.takesInvitations) {
        return yield* fault("invitations let in nobody here: start the server with --register invited")
      }
      const { invitation, secret } = yield* done(accounts.invitations.make(uses, days))
      return { ...shown(invitation), invitation: secret }
    }),
    invitations: () => Effect.map(accounts.invitations.all, (all) => ({ invitations: all.map(shown) })),
    revoke: Effect.fnUntraced(function* ({ id }) {
      if (yield* done(accounts.invitations.revoke(id))) return { id }
      return yield* fault(`there is no invitation ${id}: tertulia admin invitations lists them`)
    })
  }
}

const targetOf = (text: string): Effect.Effect<Target, UsageFault> => {
  const target = parseTarget(text)
  return target === undefined
    ? fault(`${text} is no nick, no address, and no range of addresses such as 192.0.2.0/24 or 2001:db8::/32`)
    : Effect.succeed(target)
}

const meantBy = (target: Target): ((session: Session) => boolean) => {
  if ("nick" in target) return ({ person }) => person?.nick === target.nick
  const isIn = isWithin([target.range])
  return ({ peer }) => {
    const address = parseAddress(peer)
    return address !== undefined && isIn(address)
  }
}

const fault = (message: string): Effect.Effect<never, UsageFault> => Effect.fail(new UsageFault({ message }))

const done = <A>(effect: Effect.Effect<A, Refused | Unavailable>): Effect.Effect<A, UsageFault> =>
  Effect.mapError(effect, ({ message }) => new UsageFault({ message }))

const shown = ({ digest, until, uses }: Invitation): InvitationShown => ({
  id: digest.slice(0, idLength),
  uses,
  until: new Date(until).toISOString()
})

const banShown = ({ until, ...ban }: ServerBan): BanShown =>
  until === undefined ? ban : { ...ban, until: new Date(until).toISOString() }

const present = ({ now, people }: Server, { name, outbox, peer, person, seats, since }: Session): Present => ({
  ...(person === undefined ? {} : { nick: person.nick }),
  account: person !== undefined && people.accountOf(person) !== undefined,
  connection: name,
  address: peer,
  seconds: Math.floor((now() - since) / 1_000),
  rooms: seats.size,
  queueBytes: outbox.unsent()
})

const absent =
  ({ people }: Server) =>
  ({ kept, peer, person }: Stay): Present => ({
    nick: person.nick,
    account: people.accountOf(person) !== undefined,
    ...(peer === undefined ? {} : { address: peer }),
    rooms: kept.size,
    queueBytes: 0
  })

const isHere = (person: Person | undefined): boolean =>
  (person?.stays ?? []).some(({ session }) => session !== undefined)
