/**
 * Whom an operator lets in no more: nicks, and addresses (BAN-2, BAN-3). All are in memory, so that whoever comes is looked up and
 * nothing is waited for.
 *
 * @module
 */
import type { SocketAddress } from "node:net"
import { foldName, isNick } from "@tertulia/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { AccountStore, type ServerBan } from "./account-store.ts"
import { type AddressRange, isWithin, parseAddress, parseRange, rangeText } from "./addresses.ts"
import { bye, type Ending } from "./ending.ts"
import { type Refused, refuse } from "./refused.ts"
import type { Unavailable } from "./room-log.ts"

/** Whom a ban is about. A nick has neither a dot nor a colon, and each address has one. */
export type Target = { readonly nick: string } | { readonly range: AddressRange }

/** Reads what an operator has said; undefined when it is neither a nick nor an address, nor a range of them. */
export const parseTarget = (text: string): Target | undefined => {
  const nick = foldName(text)
  if (isNick(nick)) return { nick }
  const range = parseRange(text)
  return range === undefined ? undefined : { range }
}

const textOf = (target: Target): string => ("nick" in target ? target.nick : rangeText(target.range))

export interface Bans {
  /** The end of a connection from an address, if it is banned. */
  readonly ofAddress: (peer: string) => Ending | undefined
  /** The end of a connection under a nick, if that is banned. */
  readonly ofNick: (nick: string) => Ending | undefined
  /** Those that hold, by their targets in ascending order. */
  readonly all: Effect.Effect<ReadonlyArray<ServerBan>>
  /** Begins a ban, for so many hours or until it is lifted, in place of one of the same target. */
  readonly begin: (target: Target, reason: string, hours?: number) => Effect.Effect<ServerBan, Refused | Unavailable>
  /** Lifts a ban; whether there was one. */
  readonly lift: (target: Target) => Effect.Effect<boolean, Unavailable>
}

/** The most bans: whoever comes is compared with each. */
const mostBans = 10_000

const hourMillis = 3_600_000

/** The end of a connection that is banned. */
export const banned = ({ reason }: Pick<ServerBan, "reason">): Ending => bye("banned", reason)

export const makeBans = Effect.gen(function* () {
  const store = yield* AccountStore
  const clock = yield* Clock.Clock
  const known = new Map(store.left.bans.map((ban) => [ban.target, ban]))
  const holds = ({ until }: ServerBan): boolean => until === undefined || until > clock.currentTimeMillisUnsafe()

  // Most who come are in none of the ranges: that is found out at once for all of them.
  let ranges: ReadonlyArray<readonly [ServerBan, (address: SocketAddress) => boolean]> = []
  let isInAny: (address: SocketAddress) => boolean = () => false
  const sort = () => {
    const parsed = [...known.values()].flatMap((ban) => {
      const range = parseRange(ban.target)
      return range === undefined ? [] : [{ ban, range }]
    })
    ranges = parsed.map(({ ban, range }) => [ban, isWithin([range])])
    isInAny = isWithin(parsed.map(({ range }) => range))
  }
  sort()

  const endOf = (ban: ServerBan | undefined): Ending | undefined =>
    ban !== undefined && holds(ban) ? banned(ban) : undefined

  const forgetPast = () => {
    for (const [target, ban] of known) if (!holds(ban)) known.delete(target)
  }

  return {
    ofAddress: (peer) => {
      const address = parseAddress(peer)
      if (address === undefined || !isInAny(address)) return undefined
      return endOf(ranges.find(([ban, isIn]) => isIn(address) && holds(ban))?.[0])
    },
    ofNick: (nick) => endOf(known.get(nick)),
    all: Effect.sync(() =>
      [...known.values()].filter(holds).sort((one, other) => (one.target < other.target ? -1 : 1))
    ),
    begin: Effect.fnUntraced(function* (target: Target, reason: string, hours?: number) {
      const now = clock.currentTimeMillisUnsafe()
      const ban = {
        target: textOf(target),
        reason,
        ...(hours === undefined ? {} : { until: now + hours * hourMillis })
      }
      forgetPast()
      if (known.size >= mostBans && !known.has(ban.target)) {
        return yield* refuse("limit-reached", "target", `${mostBans} bans hold already: lift some, or ban a range`)
      }
      yield* store.keepBan(ban, now)
      known.set(ban.target, ban)
      sort()
      return ban
    }),
    lift: (target) =>
      Effect.suspend(() => {
        const text = textOf(target)
        const ban = known.get(text)
        if (ban === undefined) return Effect.succeed(false)
        return Effect.map(store.forgetBan(text), () => {
          known.delete(text)
          sort()
          return holds(ban)
        })
      })
  } satisfies Bans as Bans
})
