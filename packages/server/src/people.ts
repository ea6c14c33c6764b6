/**
 * People: who holds which nick, and who may come back as whom (spec/resume.md).
 *
 * A guest is one login together with the logins that continue it by its session: a stay. The person of an account has several, each with
 * a connection and a session of its own (spec/accounts.md). Where one with a session loses the connection, it lasts for `limits.grace`:
 * the nick is taken, and the rooms keep a member from whom nothing can be sent.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import type { Account } from "./account-store.ts"
import { type Accounts, type Opened, registered, taken } from "./accounts.ts"
import { type Claim, Claims, type LeftClaim } from "./claims.ts"
import type { Side } from "./conversations.ts"
import { bye, type Ending } from "./ending.ts"
import { makeEpoch } from "./epoch.ts"
import { LazyMap } from "./lazy-map.ts"
import { OrderedMap } from "./ordered-map.ts"
import type { Presence } from "./presence.ts"
import { type Refused, refuse } from "./refused.ts"
import type { Place, Room } from "./room.ts"
import type { Author, Unavailable } from "./room-log.ts"
import { digestOf, Secrets } from "./secrets.ts"
import type { Sending } from "./sending.ts"
import type { Session } from "./session.ts"

/** A room that a connection is in. */
export interface Seat {
  readonly room: Room
  readonly place: Place
}

/** A room in which a connection was that is lost, and until when its person stays a member for that, in monotonic milliseconds. */
interface Kept extends Seat {
  readonly until: number
  /** Whether the stay has been welcome again since: that lengthens the time once, or memberships could be kept for ever. */
  readonly isProlonged: boolean
}

/** Somebody who has logged in. */
export interface Person extends Author {
  readonly nick: string
  /** Their stays: a guest has one, and whoever has several has an account. */
  stays: ReadonlyArray<Stay>
  /** Whether others can write to them: from the first `welcome` to their end, which the person of an account doesn't have before it ends. */
  isThere: boolean
  /** Their conversations that have entries, by name. */
  readonly conversations: OrderedMap<Side>
  presence: Presence
  /** How far they have read which room (READ-1). */
  readonly marks: LazyMap<string, number>
  /** One stay of theirs at a time begins, goes on or is ended; absent while there was nothing to wait for. */
  turn: Semaphore.Semaphore | undefined
}

/** One login, and the connections that continue it by its session. */
export interface Stay {
  readonly person: Person
  /** The address from which it came; absent when that was in another life of the server. */
  readonly peer: string | undefined
  /** That it may be continued; absent when no session was asked for. */
  claim: Claim | undefined
  /** Its connection, from its `welcome` on; absent while it has none. */
  session: Session | undefined
  /** Rooms of an earlier connection, by name. */
  readonly kept: LazyMap<string, Kept>
  /** What the connections so far may still bring about. */
  sending: Sending | undefined
  /** Until when it lasts without a connection, in monotonic milliseconds. */
  until: number
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
  /** Lets somebody in as the person of an account, beside the connections that this has (ACCOUNT-9). */
  readonly enterAs: (
    session: Session,
    opened: Pick<Opened, "account" | "isOpen">,
    resume: boolean,
    welcome: (secret: string | undefined) => void
  ) => Effect.Effect<void, Refused | Unavailable>
  /** Why the person of an account may have no further connection, if that is so (ACCOUNT-13). */
  readonly crowdedness: (account: Account) => Refused | undefined
  /** The account whose person this is, if it is one's. */
  readonly accountOf: (person: Person) => Account | undefined
  /** Finds people by their ids: those who are there now, and those of accounts. */
  readonly finder: () => (id: string) => Person | undefined
  /**
   * Lets somebody go on with the stay whose session this is; the connection before is over when `welcome` is called (SESSION-3).
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
  /**
   * Ends the stays of somebody but one: their connections by `ending`, their sessions, their memberships. It begins with the call; the
   * effect waits until nothing more comes of them.
   */
  readonly dismiss: (person: Person, ending: Ending, spared?: Stay) => Effect.Effect<void>
  /** Waits until a restart wouldn't find a session any more that has ended. */
  readonly forgotten: Effect.Effect<void>
  /** Ends what has been kept for long enough (SESSION-6). */
  readonly expire: (now: number) => void
}

export interface PeopleOptions {
  /** Stays of one address that may have a session and no connection. */
  readonly waiting: number
  /** Connections of one person: `limits.logins`. */
  readonly logins: number
  readonly accounts: Accounts
  /** How far the people of accounts have read which room, by their ids. */
  readonly marksOf: ReadonlyMap<string, LeftClaim["marks"]>
  /** Seconds: `limits.grace`. */
  readonly grace: number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The presence of somebody new. */
  readonly born: () => Presence
  /** Called when a person ends, while they still are in their rooms. */
  readonly onEnd: (person: Person) => void
  /** Runs an effect for as long as the server lives. */
  readonly fork: (effect: Effect.Effect<void>) => void
  /** Called when a person ends, with what waits until a restart wouldn't find them any more. */
  readonly ended: (person: Person, forgotten: Effect.Effect<void, Unavailable>) => void
}

const newPerson = (id: string, nick: string, presence: Presence, marks: LeftClaim["marks"] = []): Person => ({
  id,
  nick,
  stays: [],
  isThere: false,
  conversations: new OrderedMap(),
  presence,
  marks: new LazyMap(marks),
  turn: undefined
})

/** Does something when it is a person's turn. */
const inTurn = <A, E>(person: Person, effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  person.turn ??= Semaphore.makeUnsafe(1)
  return person.turn.withPermit(effect)
}

/** Whether nothing more comes of the connections of a stay that are over. */
const isSettled = ({ sending }: Stay): boolean => sending?.isSettled() ?? true

/** Waits until nothing more does. */
const settled = ({ sending }: Stay): Effect.Effect<void> => sending?.settled ?? Effect.void

/** The people of a server; those who were there before its restart have the grace to come back (SESSION-9). */
export const makePeople = Effect.fnUntraced(function* (options: PeopleOptions) {
  const { accounts, born, ended, fork, grace, logins, marksOf, now, onEnd } = options
  const claims = yield* Claims
  const secrets = yield* Secrets
  const nicks = new Map<string, Person>()
  // Those that have a session, by its digest.
  const claimed = new Map<string, Stay>()
  // Those of them of which something ends when its time has come; those without a connection in the order in which they lost it.
  const waiting = new Set<Stay>()
  const deadline = () => now() + 1_000 * grace

  /** One more stay of a person, under their nick. */
  const addStay = (person: Person, claim: Claim | undefined, peer?: string): Stay => {
    const stay: Stay = {
      person,
      peer,
      claim,
      session: undefined,
      kept: new LazyMap(),
      sending: undefined,
      until: deadline()
    }
    person.isThere = true
    person.stays = [...person.stays, stay]
    nicks.set(person.nick, person)
    return stay
  }

  // The people of accounts, by their ids: as long as an account lasts they are the same, whether they are there or not.
  const members = new Map<string, Person>()

  const memberOf = ({ nick, person: id }: Account): Person => {
    const known = members.get(id)
    if (known !== undefined) return known
    const person = newPerson(id, nick, born(), marksOf.get(id))
    person.isThere = true
    members.set(id, person)
    return person
  }

  const accountOf: People["accountOf"] = ({ id, nick }) => {
    const account = accounts.of(nick)
    return account?.person === id ? account : undefined
  }

  for (const claim of claims.left) {
    const account = accounts.of(claim.nick)
    const isOfAccount = account?.person === claim.person
    // A guest has one session, and a nick one holder.
    if (nicks.has(claim.nick) && !(isOfAccount && nicks.get(claim.nick)?.id === claim.person)) continue
    const person = isOfAccount ? memberOf(account) : newPerson(claim.person, claim.nick, born(), claim.marks)
    const stay = addStay(person, claim)
    claimed.set(claim.digest, stay)
    waiting.add(stay)
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

  /** Ends a stay: the session, the memberships; and with the last one the person, and the hold on the nick. */
  const end = (stay: Stay) => {
    if (!stay.person.stays.includes(stay)) return
    endSession(stay)
    free(stay)
    if (stay.claim !== undefined) fork(forgetLater)
  }

  /** Ends a stay whose time is over, as soon as a restart wouldn't bring the session back; or at once, where that can't be written. */
  const endInTime = (stay: Stay) => {
    endSession(stay)
    const freed = Effect.andThen(
      Effect.ignore(forgetAll),
      Effect.sync(() => free(stay))
    )
    fork(Effect.andThen(freed, forgetLater))
  }

  const hasSession = (stay: Stay): boolean => stay.claim !== undefined && claimed.get(stay.claim.digest) === stay

  const endSession = (stay: Stay) => {
    if (stay.claim === undefined) return
    waiting.delete(stay)
    claimed.delete(stay.claim.digest)
    toForget.push(stay.claim.digest)
  }

  const free = (stay: Stay) => {
    const { person, session } = stay
    if (!person.stays.includes(stay)) return
    const isLast = person.stays.length === 1
    if (isLast) onEnd(person)
    stay.session = undefined
    for (const { place, room } of [...(session?.seats.values() ?? []), ...stay.kept.values()]) room.leave(place)
    session?.seats.clear()
    stay.kept.clear()
    person.stays = person.stays.filter((each) => each !== stay)
    if (!isLast) return
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

  /** Gives a stay its connection: what others say to its person comes after its `welcome`, and none of it is missing (DIRECT-4). */
  const take = (session: Session, stay: Stay, welcome: () => void) => {
    welcome()
    stay.session = session
    session.stay = stay
    session.person = stay.person
  }

  /** Whether as many of an address have a session and no connection as may: each costs memory, and a row of the file, for the grace. */
  const isCrowded = (peer: string): boolean => {
    if (waiting.size < options.waiting) return false
    return [...waiting].filter((stay) => stay.session === undefined && stay.peer === peer).length >= options.waiting
  }

  const crowded: Refused = {
    code: "limit-reached",
    message: `${options.waiting} people of your address have lost their connections just now: log in without resume, or wait`,
    retryAfter: 1_000 * grace
  }

  // From the look at the nick on, nothing but the keeping of the session may be interrupted: or the nick would be held by nobody.
  const enter: People["enter"] = (session, nick, resume, welcome) =>
    Effect.gen(function* () {
      const id = yield* makeEpoch
      if (accounts.isRegistered(nick)) return yield* registered(nick)
      if (nicks.has(nick)) return yield* taken(nick)
      if (resume && isCrowded(session.peer)) return yield* Effect.fail(crowded)
      const person = newPerson(id, nick, born())
      const beginning = begin(session, person, resume, welcome)
      // Without a session it begins at once.
      yield* resume ? inTurn(person, beginning) : beginning
    }).pipe(Effect.uninterruptible)

  const enterAs: People["enterAs"] = (session, { account, isOpen }, resume, welcome) =>
    Effect.suspend(() => {
      const person = memberOf(account)
      const entering = Effect.gen(function* () {
        yield* makeRoom(person)
        const full = crowdedness(account)
        if (full !== undefined) return yield* Effect.fail(full)
        // What has let them in may have ended meanwhile, and the account.
        if (!isOpen()) return yield* noLonger
        if (person.stays.length === 0) person.presence = born()
        yield* begin(session, person, resume, welcome)
      })
      return inTurn(person, Effect.uninterruptible(entering))
    })

  const noLonger = refuse("bad-credentials", "nick", "what you have logged in by has just ended")

  const connectionsOf = ({ stays }: Person): number => stays.filter(({ session }) => session !== undefined).length

  const crowdedness: People["crowdedness"] = (account) =>
    connectionsOf(memberOf(account)) < logins
      ? undefined
      : {
          code: "limit-reached",
          field: "nick",
          message: `${account.nick} has ${logins} connections here: end one, or have all others ended by revoke`
        }

  /** Ends stays without a connection that would be too many beside a further one: those that lost it first (ACCOUNT-13). */
  const makeRoom = Effect.fnUntraced(function* (person: Person) {
    const lost = [...waiting].filter((stay) => stay.person === person && stay.session === undefined)
    const most = logins - 1 - connectionsOf(person)
    for (const stay of lost.slice(0, Math.max(0, lost.length - most))) {
      // What was sent under it is in the log before it counts as ended (SESSION-7).
      yield* settled(stay)
      if (stay.session === undefined) end(stay)
    }
  })

  /** Begins a stay of a person in their turn, under their nick, which nobody else holds and which is taken with this call. */
  const begin = (
    session: Session,
    person: Person,
    resume: boolean,
    welcome: (secret: string | undefined) => void
  ): Effect.Effect<void, Unavailable> => {
    const secret = resume ? secrets() : undefined
    const { id, nick } = person
    const claim = secret === undefined ? undefined : { digest: digestOf(secret), person: id, nick }
    const stay = addStay(person, claim, session.peer)
    const begun = () => take(session, stay, () => welcome(secret))
    if (claim === undefined) return Effect.sync(begun)
    // A session that is given out survives a restart, as what is sent under it does.
    return Effect.onExit(Effect.interruptible(claims.keep(claim)), (exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit)) return end(stay)
        claimed.set(claim.digest, stay)
        begun()
      })
    )
  }

  /** Whoever has come back has the time anew to take up the rooms of before (SESSION-6). */
  const prolong = ({ kept }: Stay) => {
    for (const [name, each] of kept) {
      if (!each.isProlonged) kept.set(name, { ...each, until: deadline(), isProlonged: true })
    }
  }

  const expired = refuse("session-expired", "session", "this session has ended: log in anew")

  const resume: People["resume"] = Effect.fnUntraced(function* (session, nick, secret, welcome) {
    const stay = claimed.get(digestOf(secret))
    if (stay?.person.nick !== nick) return yield* expired
    return yield* inTurn(
      stay.person,
      Effect.gen(function* () {
        const before = stay.session
        if (before !== undefined) {
          before.end(bye("replaced", "this session goes on in another connection"))
          yield* before.departed
        }
        yield* settled(stay)
        // It may have ended meanwhile, by a `bye` that was already being answered.
        if (!hasSession(stay)) return yield* expired
        take(session, stay, () => welcome(stay.person))
        prolong(stay)
      })
    )
  })

  // -------------------------------------------------------------------------------------------------------------------
  // Going
  // -------------------------------------------------------------------------------------------------------------------

  const depart: People["depart"] = (session, isForGood) => {
    const { seats, stay } = session
    if (stay?.session !== session) return
    if (!hasSession(stay) || isForGood) return end(stay)
    stay.session = undefined
    stay.sending = session.sending.isSettled() ? undefined : session.sending
    stay.until = deadline()
    for (const { place, room } of seats.values()) {
      room.keep(place)
      stay.kept.set(room.name, { room, place, until: stay.until, isProlonged: false })
    }
    seats.clear()
    waiting.delete(stay)
    waiting.add(stay)
  }

  const dismiss: People["dismiss"] = (person, ending, spared) => {
    const over = Latch.makeUnsafe(false)
    const dismissal = Effect.gen(function* () {
      const stays = person.stays.filter((stay) => stay !== spared)
      const sessions = stays.flatMap(({ session }) => session ?? [])
      for (const session of sessions) session.end(ending)
      for (const session of sessions) yield* Effect.andThen(session.departed, session.sending.settled)
      for (const stay of stays) {
        yield* settled(stay)
        end(stay)
      }
      yield* Effect.ignore(forgetAll)
    })
    fork(Effect.ensuring(inTurn(person, dismissal), over.open))
    return over.await
  }

  const expire: People["expire"] = (at) => {
    for (const stay of waiting) {
      // What was sent before the end is in the log before the session counts as ended (SESSION-7).
      if (stay.session === undefined && stay.until <= at && isSettled(stay)) {
        endInTime(stay)
        continue
      }
      for (const [name, { place, room, until }] of stay.kept) {
        if (until > at) continue
        stay.kept.delete(name)
        room.leave(place)
      }
      if (stay.session !== undefined && stay.kept.size === 0) waiting.delete(stay)
    }
  }

  const holder: People["holder"] = (nick) => nicks.get(nick)

  const named: People["named"] = (nick) => {
    const account = accounts.of(nick)
    const person = account === undefined ? holder(nick) : memberOf(account)
    return person?.isThere === true ? person : undefined
  }

  const finder: People["finder"] = () => {
    const present = new Map([...nicks.values()].map((person) => [person.id, person]))
    const registered = new Map(Array.from(accounts.all(), (account) => [account.person, account]))
    return (id) => {
      const account = registered.get(id)
      return account === undefined ? present.get(id) : memberOf(account)
    }
  }

  const mark: People["mark"] = (person, room, seq) =>
    Effect.suspend(() => {
      const before = person.marks.get(room) ?? 0
      if (seq <= before) return Effect.succeed(before)
      const mayReturn = accountOf(person) !== undefined || person.stays.some(({ claim }) => claim !== undefined)
      const kept = mayReturn ? claims.keepMark(person.id, room, seq) : Effect.void
      return Effect.map(kept, () => {
        // Another connection of theirs may have moved it further meanwhile.
        const mark = Math.max(seq, person.marks.get(room) ?? 0)
        person.marks.set(room, mark)
        return mark
      })
    })

  return {
    ...{
      enter,
      enterAs,
      crowdedness,
      accountOf,
      finder,
      resume,
      mark,
      named,
      holder,
      all: () => nicks.values(),
      depart,
      dismiss,
      expire
    },
    forgotten: Effect.ignore(forgetAll)
  } satisfies People as People
})
