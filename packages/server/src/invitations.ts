/**
 * Invitations: what whoever makes an account has to know, where not everybody may. One may be for everybody, by a setting; the others are
 * an operator's, each good for so many accounts and so many days.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { AccountStore, type Invitation } from "./account-store.ts"
import type { Unavailable } from "./room-log.ts"
import { digestOf, isSame, Secrets } from "./secrets.ts"

/** An invitation that lets somebody in. While an account is being made by it, nobody else can have that use of it. */
export interface Held {
  /** What the store counts it by; absent for the one of the setting, which is never used up. */
  readonly digest?: string
  /** Gives the use back, where no account was made. */
  readonly release: () => void
}

export interface Invitations {
  /** Takes one use of the invitation that somebody has given; undefined when it lets nobody in. */
  readonly take: (given: string | undefined) => Effect.Effect<Held | undefined>
  /** Makes one, and gives its secret, which nobody is told again. */
  readonly make: (
    uses: number,
    days: number
  ) => Effect.Effect<{ readonly secret: string; readonly invitation: Invitation }, Unavailable>
  /** Those that let somebody in. */
  readonly all: Effect.Effect<ReadonlyArray<Invitation>>
  /** Ends one, by the beginning of its digest; whether there was one. */
  readonly revoke: (id: string) => Effect.Effect<boolean, Unavailable>
}

const dayMillis = 86_400_000

/** How much of its digest names an invitation. */
export const idLength = 12

/** @param forAll the invitation of the setting; "" for none */
export const makeInvitations = Effect.fnUntraced(function* (forAll: string) {
  const store = yield* AccountStore
  const secrets = yield* Secrets
  const known = new Map(store.left.invitations.map((invitation) => [invitation.digest, invitation]))

  const isGood = ({ until, uses }: Invitation, now: number): boolean => uses > 0 && until > now

  const change = (digest: string, by: number) => {
    const invitation = known.get(digest)
    if (invitation !== undefined) known.set(digest, { ...invitation, uses: invitation.uses + by })
  }

  return {
    take: (given = "") =>
      Effect.map(Clock.currentTimeMillis, (now): Held | undefined => {
        const digest = digestOf(given)
        if (forAll !== "" && isSame(digest, digestOf(forAll))) return { release: () => {} }
        const invitation = known.get(digest)
        if (invitation === undefined || !isGood(invitation, now)) return undefined
        change(digest, -1)
        return { digest, release: () => change(digest, 1) }
      }),
    make: Effect.fnUntraced(function* (uses: number, days: number) {
      const now = yield* Clock.currentTimeMillis
      const secret = secrets()
      const invitation = { digest: digestOf(secret), uses, until: now + days * dayMillis }
      yield* store.keepInvitation(invitation, now)
      for (const [digest, each] of known) if (each.until <= now) known.delete(digest)
      known.set(invitation.digest, invitation)
      return { secret, invitation }
    }),
    all: Effect.map(Clock.currentTimeMillis, (now) => [...known.values()].filter((each) => isGood(each, now))),
    revoke: (id) =>
      Effect.suspend(() => {
        const found = [...known.keys()].find((digest) => digest.slice(0, idLength) === id)
        if (found === undefined) return Effect.succeed(false)
        return Effect.map(store.forgetInvitation(found), () => known.delete(found))
      })
  } satisfies Invitations as Invitations
})
