/**
 * The server as a whole: what all connections share, who is let in, and how it stops.
 *
 * @module
 */
import {
  claimOf,
  encodeLine,
  type Hello,
  type Limits,
  protocolVersion,
  requestsOf,
  richLine,
  type Unclaimed,
  unclaimedBy
} from "@tertulia/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import { AccountStore } from "./account-store.ts"
import { type Accounts, defaultIterations, makeAccounts } from "./accounts.ts"
import { Desk } from "./admin/desk.ts"
import { makeVerbs } from "./admin/verbs.ts"
import { type Bans, makeBans } from "./bans.ts"
import { type Bounds, makeBudgets, unbounded } from "./bounds.ts"
import { type CatchUp, makeCatchUp } from "./catch-up.ts"
import type { Claims } from "./claims.ts"
import { type Conversations, makeConversations } from "./conversations.ts"
import { makeDoor } from "./door.ts"
import type { Rank, Somebody } from "./governance.ts"
import { type Load, Meters } from "./meters.ts"
import { operatorsIn } from "./operators.ts"
import type { OutboxBounds } from "./outbox.ts"
import { makePeople, type People, type PeopleOptions } from "./people.ts"
import { makePresences, type Presences } from "./presence.ts"
import { RoomLogs } from "./room-log.ts"
import { makeRooms, type Rooms } from "./rooms.ts"
import type { Search } from "./search.ts"
import { type Session, serveConnection } from "./session.ts"
import { type Trace, Tracing } from "./tracing.ts"
import { type Address, type Crowd, type ListenFailed, makeCrowd, type Transport } from "./transport.ts"
import { makeTurns, type Turns } from "./turns.ts"
import { watch } from "./watch.ts"

/** What a server announces and enforces. */
export interface ServerOptions {
  readonly limits: Limits
  /** Seconds, 1 to 300. */
  readonly heartbeat: number
  /** What else bounds it; nothing, when absent. */
  readonly bounds?: Bounds
  /** All connections, where some of them are counted before they come to the door; as many as the bounds say, when absent. */
  readonly crowd?: Crowd
  /** Who may make an account: "open", as when it is absent, is anybody who knows the invitation, if there is one; else "invited", or "closed". */
  readonly register?: string
  /** The invitation that everybody may use; "" for none, as when it is absent. */
  readonly invitation?: string
  /** The nicks of the accounts whose people are operators, separated by commas; nobody is, when absent. */
  readonly operator?: string
  /** How often the password of a new account is hashed; as OWASP advises, when absent. */
  readonly iterations?: number
}

/** What all sessions of a server share. */
export interface Server extends ServerOptions {
  /** The line that greets everybody. */
  readonly hello: Uint8Array
  /** The same where others may listen: then it offers no way to log in by which a password is said. */
  readonly helloInTheOpen: Uint8Array
  /** The requests of the profiles that the server claims. */
  readonly requests: ReadonlySet<string>
  /** What belongs to profiles that it doesn't claim. */
  readonly unclaimed: Unclaimed
  readonly rooms: Rooms
  /** What a person has sent to a room with a key (KEY-7). */
  readonly sentBefore: RoomLogs["Service"]["known"]
  /** Finds entries, when the server claims `search`. */
  readonly search: Search | undefined
  /** How many messages of others stand in a stretch of a room's log (READ-3). */
  readonly unread: RoomLogs["Service"]["unread"]
  /** Waits until all that any server has acknowledged stands in the outboxes (SYNC-1). */
  readonly upToDate: RoomLogs["Service"]["upToDate"]
  readonly people: People
  readonly accounts: Accounts
  /** Whom an operator lets in no more. */
  readonly bans: Bans
  /** Whether who registers has to have an invitation. */
  readonly takesInvitations: boolean
  /** Absent when the server doesn't claim `direct`. */
  readonly conversations: Conversations | undefined
  readonly presences: Presences
  readonly catchUp: CatchUp
  readonly turns: Turns
  readonly outboxBounds: OutboxBounds
  /** Runs what a connection has to wait for. */
  readonly run: <A>(effect: Effect.Effect<A>) => Fiber.Fiber<A>
  /** Runs what comes last on a connection: the server waits for it when it stops. */
  readonly last: (effect: Effect.Effect<void>) => void
  readonly sessions: Set<Session>
  /** What else bounds it. */
  readonly bounds: Bounds
  readonly meters: Meters
  /** Absent where nobody traces. */
  readonly trace: Trace | undefined
  /** Counts one more connection, and gives how many there were, to name it in the log. */
  readonly countConnection: () => number
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The time of day, as entries carry it. */
  readonly today: () => string
}

/** A server that listens. */
export interface Serving extends Address {
  /** Waits until an operator has had all connections ended. */
  readonly drained: Effect.Effect<void>
}

/** How long a server that stops waits for its connections to take what they are owed. */
const drainTime = "4 seconds"

/** The program and its version, as `hello` gives them. */
export const serverName = "tertulia/0.1.0"

/**
 * Serves until the scope closes; then takes no more connections, reads no more requests, answers those that it has read, and
 * says `bye` to everybody (END-8). Gives the address once it listens.
 */
export const serve = Effect.fnUntraced(function* (
  transport: Transport,
  options: ServerOptions
): Effect.fn.Return<Serving, ListenFailed, RoomLogs | Claims | AccountStore | Scope.Scope> {
  const clock = yield* Clock.Clock
  const background = yield* FiberSet.makeRuntime()
  const { conversations: conversationLogs, durable, kept, known, rich, search, unread, upToDate } = yield* RoomLogs
  const features = [
    ...(durable ? [claimOf("history")] : []),
    claimOf("resume"),
    ...(conversationLogs === undefined ? [] : [claimOf("direct")]),
    claimOf("presence"),
    ...(rich && fitsRich(options.limits) ? [claimOf("rich")] : []),
    ...(search === undefined ? [] : [claimOf("search")]),
    claimOf("accounts"),
    ...(durable ? [claimOf("moderation")] : [])
  ]
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const fork = (effect: Effect.Effect<void>) => void background(logDefects(effect))
  const bounds = options.bounds ?? unbounded
  const budgets = makeBudgets(bounds.newRooms, 3_600, now)
  const meters = yield* Meters
  const desk = yield* Desk
  const trace = yield* Tracing
  let connectionsSoFar = 0
  const onPublished = (entries: number, people: number) => meters.published(entries, entries * people)
  const { invitation = "", iterations = defaultIterations, limits, operator = "", register = "open" } = options
  const who = register === "closed" ? "nobody" : register === "open" && invitation === "" ? "everybody" : "invited"
  const accounts = yield* makeAccounts({
    ...limits,
    register: who,
    invitation,
    budgets: makeBudgets(bounds.newAccounts, 3_600, now),
    iterations,
    now
  })
  const bans = yield* makeBans
  const operators = yield* operatorsIn(operator, accounts)
  // Without a log that lasts, it claims no moderation, and everybody is anybody.
  const rankOf = ({ id, nick }: Somebody): Rank => {
    if (!durable) return "guest"
    if (accounts.of(nick)?.person === id) return operators.has(id) ? "operator" : "account"
    return people.named(nick)?.id === id ? "guest" : "nobody"
  }
  const rooms = yield* makeRooms(options.limits, fork, {
    budgets,
    keptRooms: bounds.keptRooms,
    onPublished,
    now,
    rankOf
  })
  const today = makeToday(() => clock.currentTimeMillisUnsafe())
  const presences = makePresences({ idle: options.limits.idleSeconds, now, today })
  const conversations =
    conversationLogs === undefined ? undefined : makeConversations(conversationLogs, fork, onPublished)
  const ended: PeopleOptions["ended"] = (person, forgotten) => conversations?.end(person, forgotten)
  const ways = { now, fork, born: presences.born, ended, onEnd: presences.end }
  const { left } = yield* AccountStore
  const marksOf = new Map(left.accounts.map(({ marks, person }) => [person, marks]))
  const { connections: waiting, grace, logins } = limits
  const people = yield* makePeople({ grace, waiting, logins, accounts, marksOf, ...ways })
  conversations?.restore(people.finder())
  const registering = { everybody: ["register"], invited: ["invitation"], nobody: [] }[who]
  // Those that are being let in, and those that say what comes last.
  const connections = yield* FiberSet.make()
  const runLast = yield* FiberSet.runtime(connections)()
  const server: Server = {
    ...options,
    hello: Buffer.from(helloLine(options, features, ["guest", "password", "scram", "token", ...registering])),
    helloInTheOpen: Buffer.from(helloLine(options, features, ["guest", "scram", "token"])),
    requests: requestsOf(features),
    unclaimed: unclaimedBy(features),
    sentBefore: known,
    search,
    unread,
    upToDate,
    rooms,
    people,
    accounts,
    bans,
    takesInvitations: who === "invited",
    conversations,
    presences,
    catchUp: makeCatchUp(options.limits.catchUp, now, meters),
    turns: makeTurns(),
    outboxBounds: { mark: limits.line, backlog: limits.backlog, now },
    run: Effect.runForkWith(yield* Effect.context()),
    last: (effect) => void runLast(effect),
    bounds,
    meters,
    trace,
    countConnection: () => ++connectionsSoFar,
    sessions: new Set(),
    now,
    today
  }
  let isDraining = false
  const doorOptions = {
    ...options.limits,
    inAll: bounds.connections,
    isClosed: () => isDraining,
    banned: bans.ofAddress
  }
  const door = makeDoor(doorOptions, options.crowd ?? makeCrowd(bounds.connections), meters.ended)
  yield* Effect.forkScoped(watch(server))
  yield* Effect.addFinalizer(() => drain(server, connections))
  const address = yield* transport.listen((connection) => {
    runLast(door(connection, (place) => serveConnection(server, connection, place)))
  })
  const drained = Latch.makeUnsafe(false)
  desk.opens(
    makeVerbs(server, (seconds) => {
      if (isDraining) return false
      isDraining = true
      meters.stops()
      fork(Effect.andThen(drainSlowly(server, seconds), drained.open))
      return true
    })
  )
  meters.serves(() => loadOf(server, kept()))
  return { ...address, drained: drained.await }
})

const loadOf = ({ accounts, people, rooms, sessions }: Server, keptRooms: number): Load => ({
  connections: sessions.size,
  people: [...people.all()].length,
  accounts: accounts.count(),
  rooms: rooms.existing.size(),
  keptRooms,
  queueBytes: [...sessions].reduce((sum, { outbox }) => sum + outbox.unsent(), 0)
})

/** The time of day as text, which is written once for all who ask in the same millisecond. */
const makeToday = (currentMillis: () => number) => {
  let writtenAt = Number.NaN
  let text = ""
  return (): string => {
    const millis = currentMillis()
    if (millis !== writtenAt) {
      writtenAt = millis
      text = new Date(millis).toISOString()
    }
    return text
  }
}

/** Whether a message goes on one line with all that others think of it (RICH-6). */
const fitsRich = (limits: Limits): boolean => limits.line >= richLine(limits)

/** What runs for nobody in particular has nobody else to tell. */
const logDefects = (effect: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchCause(effect, (cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("a defect of the server", cause)
  )

const helloLine = (
  { heartbeat, limits }: ServerOptions,
  features: ReadonlyArray<string>,
  auth: ReadonlyArray<string>
): string => {
  const hello: Hello = {
    type: "hello",
    protocol: protocolVersion,
    server: serverName,
    features,
    auth,
    limits,
    heartbeat
  }
  return encodeLine(hello)
}

/** Has the connections end one after the other, the oldest first, evenly over so many seconds. */
const drainSlowly = ({ sessions }: Server, seconds: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const before = [...sessions]
    const pause = (1_000 * seconds) / Math.max(1, before.length)
    return Effect.forEach(
      before,
      (session) =>
        Effect.suspend(() => {
          // Whoever has left meanwhile isn't waited for.
          if (!sessions.has(session)) return Effect.void
          session.drain()
          return sessions.size > 1 ? Effect.sleep(pause) : session.departed
        }),
      { discard: true }
    )
  }).pipe(Effect.timeoutOption(1_000 * seconds), Effect.asVoid)

/** Lets every session say what it owes and goodbye, for a bounded time: one that stalls holds nobody up. */
const drain = ({ meters, sessions }: Server, connections: FiberSet.FiberSet): Effect.Effect<void> => {
  const all = <A>(use: (session: Session) => Effect.Effect<A>) =>
    Effect.suspend(() => Effect.forEach([...sessions], use, { discard: true }))
  const drained = Effect.gen(function* () {
    meters.stops()
    do {
      for (const session of sessions) session.drain()
      yield* all(({ departed }) => departed)
      yield* FiberSet.awaitEmpty(connections)
    } while (sessions.size > 0)
  })
  return drained.pipe(Effect.timeoutOption(drainTime), Effect.andThen(all(({ cut }) => cut)))
}
