/**
 * People: who holds which nick, and who may come back as whom (spec/resume.md).
 *
 * A person is one login together with the logins that continue it by its session. Where one with a session loses the connection, the
 * person stays for `limits.grace`: the nick is taken, and the rooms keep a member from whom nothing can be sent.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import type { Account } from "./account-store.ts"
import { type Accounts, registered, taken } from "./accounts.ts"
import { type Claim, Claims, type LeftClaim } from "./claims.ts"
import type { Side } from "./conversations.ts"
import { bye } from "./ending.ts"
import { makeEpoch } from "./epoch.ts"
import { makeOrderedMap, type OrderedMap } from "./ordered-map.ts"
import type { Presence } from "./presence.ts"
import { type Refused, refuse } from "./refused.ts"
import { absent, type Member, type Room } from "./room.ts"
import type { Author, Unavailable } from "./room-log.ts"
import { digestOf, Secrets } from "./secrets.ts"
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
  /** That they may come back; absent when they have asked for no session. The person of an account has one after the other. */
  claim: Claim | undefined
  /** Their connection, from its `welcome` on; absent while they have none. */
  session: Session | undefined
  /** Whether others can write to them: from the first `welcome` to their end, which the person of an account doesn't have before it ends. */
  isThere: boolean
  /** The address from which they came first, or to their account last; absent when that was in another life of the server. */
  peer: string | undefined
  /** Their conversations that have entries, by name. */
  readonly conversations: OrderedMap<Side>
  /** Rooms of an earlier connection, by name. */
  readonly kept: Map<string, Kept>
  presence: Presence
  /** How far they have read which room (READ-1). */
  readonly marks: Map<string, number>
}

export interface People {
  /**
   * Lets somebody in under a nick that nobody holds. `welcome` is called with the secret of a session if they want one, at the very
   * point from which they get what others say to them (DIRECT-4).
   */
  readonly enter: (
    session: Session,
    nick: string,
    resume: boolean,
    welcome: (secret: string | undefined) => void
  ) => Effect.Effect<void, Refused | Unavailable>
  /** Lets somebody in as the person of an account; their connection before is over when `welcome` is called, and their memberships (ACCOUNT-2). */
  readonly enterAs: (
    session: Session,
    account: Account,
    resume: boolean,
    welcome: (secret: string | undefined) => void
  ) => Effect.Effect<void, Refused | Unavailable>
  /** The account whose person this is, if it is one's. */
  readonly accountOf: (person: Person) => Account | undefined
  /** Finds people by their ids: those who are there now, and those of accounts. */
  readonly finder: () => (id: string) => Person | undefined
  /**
   * Lets somebody go on as the person whose session this is; the connection before is over when `welcome` is called (SESSION-3).
   */
  readonly resume: (
    session: Session,
    nick: string,
    secret: string,
    welcome: (person: Person) => void
  ) => Effect.Effect<void, Refused>
  /** Whoever has this nick and can be written to: also the person of an account who isn't there (ACCOUNT-3). */
  readonly named: (nick: string) => Person | undefined
  /** Whoever holds this nick: also somebody whose time is over and who still is in their rooms, until a restart wouldn't find them. */
  readonly holder: (nick: string) => Person | undefined
  /** Everybody who holds a nick. */
  readonly all: () => Iterable<Person>
  /** Moves somebody's mark in a room up to a `seq`, never down, and gives where it is; a restart finds it there if they may come back. */
  readonly mark: (person: Person, room: string, seq: number) => Effect.Effect<number, Unavailable>
  /** Gives back what a connection held: at once, or after the grace where there is a session that hasn't ended with it. */
  readonly depart: (session: Session, isForGood: boolean) => void
  /** Ends somebody who has no connection: their session, their memberships, their hold on the nick. */
  readonly dismiss: (person: Person) => void
  /** Waits until a restart wouldn't find a session any more that has ended. */
  readonly forgotten: Effect.Effect<void>
  /** Ends what has been kept for long enough (SESSION-6). */
  readonly expire: (now: number) => void
}

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
  /** People of one address who may have a session and no connection. */
  readonly waiting: number
  readonly accounts: Accounts
  /** How far the people of accounts have read which room, by their ids. */
  readonly marksOf: ReadonlyMap<string, LeftClaim["marks"]>
  /** Seconds: `limits.grace`. */
  readonly grace: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly leave: (seat: Seat) => void
  /** The presence of somebody new. */
  readonly born: () => Presence
  /** Called when a person ends, while they still are in their rooms. */
  readonly onEnd: (person: Person) => void
  /** Runs an effect for as long as the server lives. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** Called when a person ends, with what waits until a restart wouldn't find them any more. */
  readonly ended: (person: Person, forgotten: Effect.Effect<void, Unavailable>) => void
}

const newPerson = (
  id: string,
  nick: string,
  claim: Claim | undefined,
  presence: Presence,
  peer?: string,
  marks: LeftClaim["marks"] = []
): Person => ({
  peer,
  id,
  nick,
  claim,
  session: undefined,
  isThere: false,
  conversations: makeOrderedMap(),
  kept: new Map(),
  presence,
  marks: new Map(marks)
})

/** The people of a server; those who were there before its restart have the grace to come back (SESSION-9). */
export const makePeople = Effect.fnUntraced(function* (options: PeopleOptions) {
  const { accounts, born, ended, fork, grace, leave, marksOf, now, onEnd } = options
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

  // The people of accounts, by their ids: as long as an account lasts they are the same, whether they are there or not.
  const members = new Map<string, { readonly person: Person; readonly turn: Semaphore.Semaphore }>()

  const memberOf = ({ nick, person: id }: Account) => {
    const known = members.get(id)
    if (known !== undefined) return known
    const person = newPerson(id, nick, undefined, born(), undefined, marksOf.get(id))
    person.isThere = true
    const member = { person, turn: Semaphore.makeUnsafe(1) }
    members.set(id, member)
    return member
  }

  const accountOf: People["accountOf"] = ({ id, nick }) => {
    const account = accounts.of(nick)
    return account?.person === id ? account : undefined
  }

  for (const claim of claims.left) {
    if (nicks.has(claim.nick)) continue
    const account = accounts.of(claim.nick)
    const isOfAccount = account?.person === claim.person
    const person = isOfAccount
      ? memberOf(account).person
      : newPerson(claim.person, claim.nick, claim, born(), undefined, claim.marks)
    person.claim = claim
    person.isThere = true
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
  const end = (person: Person, seated: ReadonlyArray<Seat> = []) => {
    endSession(person)
    free(person, seated)
    if (person.claim !== undefined) fork(forgetLater)
  }

  /** Ends a person whose time is over, as soon as a restart wouldn't bring the session back; or at once, where that can't be written. */
  const endInTime = (person: Person) => {
    const { claim } = person
    endSession(person)
    const freed = Effect.andThen(
      Effect.ignore(forgetAll),
      // The person of an account may be there again by then.
      Effect.sync(() => {
        if (person.claim === claim) free(person)
      })
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

  const free = (person: Person, seated: ReadonlyArray<Seat> = []) => {
    onEnd(person)
    person.session = undefined
    for (const seat of seated) leave(seat)
    for (const kept of person.kept.values()) leave(kept)
    person.kept.clear()
    if (accountOf(person) === undefined) {
      person.isThere = false
      members.delete(person.id)
      ended(person, forgetAll)
    }
    if (nicks.get(person.nick) === person) nicks.delete(person.nick)
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Coming
  // -------------------------------------------------------------------------------------------------------------------

  /** Gives a connection to a person: what others say to them comes after its `welcome`, and none of it is missing (DIRECT-4). */
  const take = (session: Session, person: Person, welcome: () => void) => {
    welcome()
    person.session = session
    session.person = person
  }

  /** Whether as many of an address have a session and no connection as may: each costs memory, and a row of the file, for the grace. */
  const isCrowded = (peer: string): boolean => {
    if (waiting.size < options.waiting) return false
    const isOfPeer = ({ person }: Claimant) => person.session === undefined && person.peer === peer
    return [...waiting].filter(isOfPeer).length >= options.waiting
  }

  const crowded: Refused = {
    code: "limit-reached",
    message: `${options.waiting} people of your address have lost their connections just now: log in without resume, or wait`,
    retryAfter: 1_000 * grace
  }

  const enter: People["enter"] = Effect.fnUntraced(function* (session, nick, resume, welcome) {
    const id = yield* makeEpoch
    if (accounts.isRegistered(nick)) return yield* registered(nick)
    if (nicks.has(nick)) return yield* taken(nick)
    if (resume && isCrowded(session.peer)) return yield* Effect.fail(crowded)
    yield* begin(session, newPerson(id, nick, undefined, born(), session.peer), resume, welcome)
  })

  const enterAs: People["enterAs"] = (session, account, resume, welcome) => {
    const { person, turn } = memberOf(account)
    return turn.withPermit(
      Effect.gen(function* () {
        const before = person.session
        if (before !== undefined) {
          before.end(bye("replaced", "somebody has logged in to this account elsewhere"))
          yield* before.departed
          yield* before.sending.settled
        }
        yield* claimantOf(person)?.settled ?? Effect.void
        if (nicks.get(person.nick) === person) end(person)
        // It may have ended meanwhile.
        if (accountOf(person) === undefined) return yield* noLonger
        person.presence = born()
        person.peer = session.peer
        yield* begin(session, person, resume, welcome)
      })
    )
  }

  const noLonger = refuse("bad-credentials", "nick", "no account has this nick")

  /** Lets a person in under their nick, which nobody holds. */
  const begin = Effect.fnUntraced(function* (
    session: Session,
    person: Person,
    resume: boolean,
    welcome: (secret: string | undefined) => void
  ) {
    const { nick } = person
    const secret = resume ? secrets() : undefined
    const claim = secret === undefined ? undefined : { digest: digestOf(secret), person: person.id, nick }
    person.claim = claim
    nicks.set(nick, person)
    const begin = () => {
      person.isThere = true
      take(session, person, () => welcome(secret))
    }
    if (claim === undefined) return begin()
    // A session that is given out survives a restart, as what is sent under it does.
    yield* Effect.onExit(claims.keep(claim), (exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit)) return end(person)
        addClaimant(person, claim)
        begin()
      })
    )
  })

  /** Whoever has come back has the time anew to take up the rooms of before (SESSION-6). */
  const prolong = ({ kept }: Person) => {
    for (const [name, each] of kept) {
      if (!each.isProlonged) kept.set(name, { ...each, until: deadline(), isProlonged: true })
    }
  }

  const expired = refuse("session-expired", "session", "this session has ended: log in anew")

  const resume: People["resume"] = Effect.fnUntraced(function* (session, nick, secret, welcome) {
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
        take(session, person, () => welcome(person))
        prolong(person)
      })
    )
  })

  // -------------------------------------------------------------------------------------------------------------------
  // Going
  // -------------------------------------------------------------------------------------------------------------------

  const depart: People["depart"] = (session, isForGood) => {
    const { person, seats } = session
    if (person?.session !== session) return
    const seated = [...seats.values()]
    const claimant = claimantOf(person)
    if (claimant === undefined || isForGood) {
      end(person, seated)
      return seats.clear()
    }
    person.session = undefined
    seats.clear()
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

  const holder: People["holder"] = (nick) => nicks.get(nick)

  const named: People["named"] = (nick) => {
    const account = accounts.of(nick)
    const person = account === undefined ? holder(nick) : memberOf(account).person
    return person?.isThere === true ? person : undefined
  }

  const finder: People["finder"] = () => {
    const present = new Map([...nicks.values()].map((person) => [person.id, person]))
    const registered = new Map(Array.from(accounts.all(), (account) => [account.person, account]))
    return (id) => {
      const account = registered.get(id)
      return account === undefined ? present.get(id) : memberOf(account).person
    }
  }

  const mark: People["mark"] = (person, room, seq) =>
    Effect.suspend(() => {
      const before = person.marks.get(room) ?? 0
      if (seq <= before) return Effect.succeed(before)
      const mayReturn = person.claim !== undefined || accountOf(person) !== undefined
      const kept = mayReturn ? claims.keepMark(person.id, room, seq) : Effect.void
      return Effect.map(kept, () => {
        person.marks.set(room, seq)
        return seq
      })
    })

  return {
    ...{
      enter,
      enterAs,
      accountOf,
      finder,
      resume,
      mark,
      named,
      holder,
      all: () => nicks.values(),
      depart,
      dismiss: (person) => end(person),
      expire
    },
    forgotten: Effect.ignore(forgetAll)
  } satisfies People as People
})
