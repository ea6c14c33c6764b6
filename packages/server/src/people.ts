/**
 * People: who holds which nick, and who may come back as whom (spec/resume.md).
 *
 * A person is one login together with the logins that continue it by its session. Where one with a session loses the connection, the
 * person stays for `limits.grace`: the nick is taken, and the rooms keep a member from whom nothing can be sent.
 *
 * @module
 */
import { createHash, randomBytes } from "node:crypto"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import { type Claim, Claims } from "./claims.ts"
import { bye } from "./ending.ts"
import { makeEpoch } from "./epoch.ts"
import { type Refused, refuse } from "./refused.ts"
import { absent, type Member, type Room } from "./room.ts"
import type { Author, Unavailable } from "./room-log.ts"
import type { Session } from "./session.ts"

/** A room that somebody is in. */
export interface Seat {
  readonly room: Room
  readonly member: Member
}

/** A room whose member somebody still is, without a connection in it, and until when, in monotonic milliseconds. */
interface Kept extends Seat {
  readonly until: number
  /** Whether the person has been welcome again since: that lengthens the time once, or memberships could be kept for ever. */
  readonly isProlonged: boolean
}

/** Somebody who has logged in. */
export interface Person extends Author {
  readonly nick: string
  /** That they may come back; absent when they have asked for no session. */
  readonly claim: Claim | undefined
  /** Their connection; absent while they have none. */
  session: Session | undefined
  /** Rooms of an earlier connection, by name. */
  readonly kept: Map<string, Kept>
  /** How far they have read which room (READ-1). */
  readonly marks: Map<string, number>
}

export interface People {
  /** Lets somebody in under a nick that nobody holds; gives them the secret of a session if they want one. */
  readonly enter: (
    session: Session,
    nick: string,
    resume: boolean
  ) => Effect.Effect<string | undefined, Refused | Unavailable>
  /** Lets somebody go on as the person whose session this is; the connection before is over when it returns (SESSION-3). */
  readonly resume: (session: Session, nick: string, secret: string) => Effect.Effect<void, Refused>
  /** Moves somebody's mark in a room up to a `seq`, never down, and gives where it is; a restart finds it there if they may come back. */
  readonly mark: (person: Person, room: string, seq: number) => Effect.Effect<number, Unavailable>
  /** Gives back what a connection held: at once, or after the grace where there is a session and nobody has said `bye`. */
  readonly depart: (session: Session, saidBye: boolean) => void
  /** Waits until a restart wouldn't find a session any more that has ended. */
  readonly forgotten: Effect.Effect<void>
  /** Ends what has been kept for long enough (SESSION-6). */
  readonly expire: (now: number) => void
}

/** Makes secrets: 192 bits of the system's random numbers, because whoever guesses one comes back as somebody else. */
export const Secrets = Context.Reference<() => string>("@tertulia/server/Secrets", {
  defaultValue: () => () => randomBytes(24).toString("base64url")
})

const digestOf = (secret: string): string => createHash("sha256").update(secret).digest("hex")

/** A person with a session. */
interface Claimant {
  readonly person: Person
  /** One at a time comes back. */
  readonly turn: Semaphore.Semaphore
  /** Waits for what the connections so far may still bring about. */
  settled: Effect.Effect<void>
  isSettled: () => boolean
  /** Until when the person stays without a connection, in monotonic milliseconds. */
  until: number
}

export interface PeopleOptions {
  /** Seconds: `limits.grace`. */
  readonly grace: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly leave: (seat: Seat) => void
  /** Runs an effect for as long as the server lives. */
  readonly fork: (effect: Effect.Effect<void>) => void
}

/** The people of a server; those who were there before its restart have the grace to come back (SESSION-9). */
export const makePeople = Effect.fnUntraced(function* ({ fork, grace, leave, now }: PeopleOptions) {
  const claims = yield* Claims
  const secrets = yield* Secrets
  const nicks = new Map<string, Person>()
  // Those who have a session, by its digest.
  const claimants = new Map<string, Claimant>()
  // Those of them of whom something ends when its time has come.
  const waiting = new Set<Claimant>()
  const deadline = () => now() + 1_000 * grace

  const claimantOf = ({ claim }: Person): Claimant | undefined =>
    claim === undefined ? undefined : claimants.get(claim.digest)

  const addClaimant = (person: Person, { digest }: Claim): Claimant => {
    const claimant: Claimant = {
      person,
      turn: Semaphore.makeUnsafe(1),
      settled: Effect.void,
      isSettled: () => true,
      until: deadline()
    }
    claimants.set(digest, claimant)
    return claimant
  }

  for (const claim of claims.left) {
    if (nicks.has(claim.nick)) continue
    const person: Person = {
      id: claim.person,
      nick: claim.nick,
      claim,
      session: undefined,
      kept: new Map(),
      marks: new Map(claim.marks)
    }
    nicks.set(claim.nick, person)
    waiting.add(addClaimant(person, claim))
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Forgetting
  // -------------------------------------------------------------------------------------------------------------------

  const forgetting = Semaphore.makeUnsafe(1)
  let toForget: Array<string> = []

  const forgetAll = forgetting.withPermit(
    Effect.suspend(() => {
      const digests = toForget
      toForget = []
      if (digests.length === 0) return Effect.void
      return Effect.onExit(claims.forget(digests), (exit) =>
        Effect.sync(() => {
          if (Exit.isFailure(exit)) toForget.push(...digests)
        })
      )
    })
  )

  // A disk that is full now has space later; until then nobody waits for it.
  const forgetLater = Effect.suspend(() => forgetAll).pipe(Effect.retry(Schedule.spaced("1 second")), Effect.ignore)

  /** Ends a person: the session, the memberships, the hold on the nick. */
  const end = (person: Person) => {
    endSession(person)
    free(person)
    if (person.claim !== undefined) fork(forgetLater)
  }

  /** Ends a person whose time is over, as soon as a restart wouldn't bring the session back; or at once, where that can't be written. */
  const endInTime = (person: Person) => {
    endSession(person)
    const freed = Effect.andThen(
      Effect.ignore(forgetAll),
      Effect.sync(() => free(person))
    )
    fork(Effect.andThen(freed, forgetLater))
  }

  const endSession = (person: Person) => {
    if (person.claim === undefined) return
    const claimant = claimantOf(person)
    if (claimant !== undefined) waiting.delete(claimant)
    claimants.delete(person.claim.digest)
    toForget.push(person.claim.digest)
  }

  const free = (person: Person) => {
    for (const kept of person.kept.values()) leave(kept)
    person.kept.clear()
    if (nicks.get(person.nick) === person) nicks.delete(person.nick)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Coming
  // -------------------------------------------------------------------------------------------------------------------

  const enter: People["enter"] = Effect.fnUntraced(function* (session, nick, resume) {
    const id = yield* makeEpoch
    if (nicks.has(nick)) return yield* refuse("nick-taken", "nick", `somebody has the nick ${nick}: choose another`)
    const secret = resume ? secrets() : undefined
    const claim = secret === undefined ? undefined : { digest: digestOf(secret), person: id, nick }
    const person: Person = { id, nick, claim, session, kept: new Map(), marks: new Map() }
    nicks.set(nick, person)
    if (claim !== undefined) {
      // A session that is given out survives a restart, as what is sent under it does.
      yield* Effect.onExit(claims.keep(claim), (exit) =>
        Effect.sync(() => {
          if (Exit.isFailure(exit)) return end(person)
          addClaimant(person, claim)
          session.person = person
        })
      )
    }
    session.person = person
    return secret
  })

  /** Whoever has come back has the time anew to take up the rooms of before (SESSION-6). */
  const prolong = ({ kept }: Person) => {
    for (const [name, each] of kept) {
      if (!each.isProlonged) kept.set(name, { ...each, until: deadline(), isProlonged: true })
    }
  }

  const expired = refuse("session-expired", "session", "this session has ended: log in anew")

  const resume: People["resume"] = Effect.fnUntraced(function* (session, nick, secret) {
    const digest = digestOf(secret)
    const claimant = claimants.get(digest)
    if (claimant?.person.nick !== nick) return yield* expired
    const { person, turn } = claimant
    return yield* turn.withPermit(
      Effect.gen(function* () {
        const before = person.session
        if (before !== undefined) {
          before.end(bye("replaced", "this session goes on in another connection"))
          yield* before.departed
        }
        yield* claimant.settled
        // It may have ended meanwhile, by a `bye` that was already being answered.
        if (claimants.get(digest) !== claimant) return yield* expired
        person.session = session
        session.person = person
        prolong(person)
      })
    )
  })

  // -------------------------------------------------------------------------------------------------------------------
  // Going
  // -------------------------------------------------------------------------------------------------------------------

  const depart: People["depart"] = (session, saidBye) => {
    const { person, seats } = session
    if (person?.session !== session) return
    person.session = undefined
    const seated = [...seats.values()]
    seats.clear()
    const claimant = claimantOf(person)
    if (claimant === undefined || saidBye) {
      for (const seat of seated) leave(seat)
      return end(person)
    }
    claimant.settled = session.sending.settled
    claimant.isSettled = session.sending.isSettled
    claimant.until = deadline()
    for (const { member, room } of seated) {
      person.kept.set(room.name, { room, member: absent(room, member), until: claimant.until, isProlonged: false })
    }
    waiting.add(claimant)
  }

  const expire: People["expire"] = (at) => {
    for (const claimant of waiting) {
      const { person } = claimant
      // What was sent before the end is in the log before the session counts as ended (SESSION-7).
      if (person.session === undefined && claimant.until <= at && claimant.isSettled()) {
        endInTime(person)
        continue
      }
      for (const [name, kept] of person.kept) {
        if (kept.until > at) continue
        person.kept.delete(name)
        leave(kept)
      }
      if (person.session !== undefined && person.kept.size === 0) waiting.delete(claimant)
    }
  }

  const mark: People["mark"] = (person, room, seq) =>
    Effect.suspend(() => {
      const before = person.marks.get(room) ?? 0
      if (seq <= before) return Effect.succeed(before)
      const kept = person.claim === undefined ? Effect.void : claims.keepMark(person.id, room, seq)
      return Effect.map(kept, () => {
        person.marks.set(room, seq)
        return seq
      })
    })

  return { enter, resume, mark, depart, forgotten: Effect.ignore(forgetAll), expire } satisfies People as People
})
