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
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import { AccountStore } from "./account-store.ts"
import { type Accounts, defaultIterations, makeAccounts } from "./accounts.ts"
import { type Bounds, makeBudgets, unbounded } from "./bounds.ts"
import { type CatchUp, makeCatchUp } from "./catch-up.ts"
import type { Claims } from "./claims.ts"
import { type Conversations, makeConversations } from "./conversations.ts"
import { makeDoor } from "./door.ts"
import { type Load, Meters } from "./meters.ts"
import { makePeople, type People, type PeopleOptions, type Seat } from "./people.ts"
import { makePresences, type Presences } from "./presence.ts"
import { RoomLogs } from "./room-log.ts"
import { makeRooms, type Rooms } from "./rooms.ts"
import type { Search } from "./search.ts"
import { type Session, serveConnection } from "./session.ts"
import type { Address, ListenFailed, Transport } from "./transport.ts"
import { watch } from "./watch.ts"

/** What a server announces and enforces. */
export interface ServerOptions {
  readonly limits: Limits
  /** Seconds, 1 to 300. */
  readonly heartbeat: number
  /** What else bounds it; nothing, when absent. */
  readonly bounds?: Bounds
  /** Whether anybody may make an account: "open", as when it is absent, or "closed". */
  readonly register?: string
  /** What whoever registers has to know; "" when nothing, as when it is absent. */
  readonly invitation?: string
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
  readonly people: People
  readonly accounts: Accounts
  /** Absent when the server doesn't claim `direct`. */
  readonly conversations: Conversations | undefined
  readonly presences: Presences
  readonly catchUp: CatchUp
  readonly sessions: Set<Session>
  /** What else bounds it. */
  readonly bounds: Bounds
  readonly meters: Meters
  /** Names one more connection, for the log. */
  readonly nameConnection: () => string
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The time of day, as entries carry it. */
  readonly today: () => string
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
): Effect.fn.Return<Address, ListenFailed, RoomLogs | Claims | AccountStore | Scope.Scope> {
  const clock = yield* Clock.Clock
  const background = yield* FiberSet.makeRuntime()
  const { conversations: conversationLogs, durable, kept, known, rich, search, unread } = yield* RoomLogs
  const features = [
    ...(durable ? [claimOf("history")] : []),
    claimOf("resume"),
    ...(conversationLogs === undefined ? [] : [claimOf("direct")]),
    claimOf("presence"),
    ...(rich && fitsRich(options.limits) ? [claimOf("rich")] : []),
    ...(search === undefined ? [] : [claimOf("search")]),
    claimOf("accounts")
  ]
  const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const fork = (effect: Effect.Effect<void>) => void background(logDefects(effect))
  const bounds = options.bounds ?? unbounded
  const budgets = makeBudgets(bounds.newRooms, 3_600, now)
  const meters = yield* Meters
  let connectionsSoFar = 0
  const onPublished = (entries: number, people: number) => meters.published(entries, entries * people)
  const rooms = yield* makeRooms(options.limits, fork, {
    budgets,
    keptRooms: bounds.keptRooms,
    onPublished
  })
  const leave = ({ member, room }: Seat) => rooms.leave(room, member)
  const today = () => new Date(clock.currentTimeMillisUnsafe()).toISOString()
  const presences = makePresences({ idle: options.limits.idleSeconds, now, today })
  const conversations =
    conversationLogs === undefined ? undefined : makeConversations(conversationLogs, fork, onPublished)
  const ended: PeopleOptions["ended"] = (person, forgotten) => conversations?.end(person, forgotten)
  const ways = { now, leave, fork, born: presences.born, ended, onEnd: presences.end }
  const { invitation = "", iterations = defaultIterations, limits, register = "open" } = options
  const isOpen = register !== "closed"
  const accounts = yield* makeAccounts({ ...limits, isOpen, invitation, iterations, now })
  const { left } = yield* AccountStore
  const marksOf = new Map(left.accounts.map(({ marks, person }) => [person, marks]))
  const people = yield* makePeople({ grace: limits.grace, waiting: limits.connections, accounts, marksOf, ...ways })
  conversations?.restore(people.finder())
  const registering = isOpen ? [invitation === "" ? "register" : "invitation"] : []
  const server: Server = {
    ...options,
    hello: Buffer.from(helloLine(options, features, ["guest", "password", "scram", "token", ...registering])),
    helloInTheOpen: Buffer.from(helloLine(options, features, ["guest", "scram", "token"])),
    requests: requestsOf(features),
    unclaimed: unclaimedBy(features),
    sentBefore: known,
    search,
    unread,
    rooms,
    people,
    accounts,
    conversations,
    presences,
    catchUp: makeCatchUp(options.limits.catchUp, now, meters),
    bounds,
    meters,
    nameConnection: () => `c${++connectionsSoFar}`,
    sessions: new Set(),
    now,
    today
  }
  const door = makeDoor(options.limits, bounds.connections, () => meters.ended("too-many-connections"))
  yield* Effect.forkScoped(watch(server))
  const connections = yield* FiberSet.make()
  const run = yield* FiberSet.runtime(connections)()
  yield* Effect.addFinalizer(() => drain(server, connections))
  const address = yield* transport.listen((connection) => {
    run(door(connection, serveConnection(server, connection)))
  })
  meters.serves(() => loadOf(server, kept()))
  return address
})

const loadOf = ({ people, rooms, sessions }: Server, keptRooms: number): Load => ({
  connections: sessions.size,
  people: [...people.all()].length,
  rooms: rooms.existing.size(),
  keptRooms,
  queueBytes: [...sessions].reduce((sum, { outbox }) => sum + outbox.unsent(), 0)
})

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

/** Lets every session say what it owes and goodbye, for a bounded time: one that stalls holds nobody up. */
const drain = ({ meters, sessions }: Server, connections: FiberSet.FiberSet): Effect.Effect<void> =>
  Effect.suspend(() => {
    meters.stops()
    for (const session of sessions) session.drain()
    return FiberSet.awaitEmpty(connections)
  }).pipe(Effect.timeoutOption(drainTime), Effect.asVoid)
