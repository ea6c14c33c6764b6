/**
 * The rooms of the server: opened by whoever comes first, forgotten when the last has left.
 *
 * @module
 */
import type { Limits } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Budgets } from "./bounds.ts"
import { hasAccount, type Rank, type Somebody } from "./governance.ts"
import { OrderedMap } from "./ordered-map.ts"
import { type Refused, refuse } from "./refused.ts"
import { type Entrant, openRoom, type Place, type Room } from "./room.ts"
import { RoomLogs, type Unavailable } from "./room-log.ts"

export interface Rooms {
  /** The rooms that exist: those with members (JOIN-4). */
  readonly existing: OrderedMap<Room>
  /**
   * Lets somebody from an address into a room, which is created unless `create` is false. `entered` is called at the very point of the room's
   * order at which they are in.
   */
  readonly enter: (
    wanted: {
      readonly name: string
      readonly create: boolean
      readonly peer: string
      /** What else stands against it, for whom the room would let in. */
      readonly fault: () => Refused | undefined
    },
    entrant: Entrant,
    entered: (room: Room, place: Place) => void
  ) => Effect.Effect<Room, Refused>
}

interface Open {
  readonly room: Room
  readonly scope: Scope.Closeable
}

export interface RoomsOptions {
  /** How many rooms may be created from an address. */
  readonly budgets: Budgets
  /** How many rooms may have a log that is kept. */
  readonly keptRooms: number
  readonly onPublished: (entries: number, connections: number) => void
  /** What somebody is to the server, where it claims moderation. */
  readonly rankOf: (person: Somebody) => Rank
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** @param fork runs an effect for as long as the server lives */
export const makeRooms = (
  limits: Limits,
  fork: (effect: Effect.Effect<void>) => void,
  { budgets, keptRooms, now, onPublished, rankOf }: RoomsOptions
): Effect.Effect<Rooms, never, RoomLogs> =>
  Effect.map(RoomLogs, (logs) => {
    const existing = new OrderedMap<Room>()
    // Those that exist, and those that have lost their last member while an append was under way.
    const open = new Map<string, Open>()
    // One room is opened at a time, so that two who create the same one meet.
    const opening = Semaphore.makeUnsafe(1)

    // Called whenever a room is idle, which may be twice in one turn; the name may be another room's by then.
    const forget = (room: Room) => {
      const known = open.get(room.name)
      if (known?.room !== room) return
      open.delete(room.name)
      fork(Scope.close(known.scope, Exit.void))
    }

    const openNew = Effect.fnUntraced(function* (name: string) {
      const scope = yield* Scope.make()
      const room = yield* openRoom({
        name,
        open: (publish) => Scope.provide(logs.open(name, publish), scope),
        fork,
        onIdle: forget,
        onEmptied: (emptied) => void (existing.get(name) === emptied && existing.delete(name)),
        onPublished,
        rankOf,
        now
      }).pipe(Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))))
      open.set(name, { room, scope })
      return room
    })

    type Entering = Parameters<Rooms["enter"]>

    const admit = (
      room: Room,
      { fault }: Entering[0],
      entrant: Entrant,
      entered: (room: Room, place: Place) => void
    ): Effect.Effect<Room, Refused> => {
      const refused = room.keeping.mayEnter(entrant) ? fault() : uninvited(room.name)
      if (refused !== undefined) {
        if (room.isIdle()) forget(room)
        return Effect.fail(refused)
      }
      if (room.members.size() >= limits.members && room.members.get(entrant.nick) === undefined) {
        return refuse("limit-reached", "room", `${room.name} is full: ${limits.members} people are in it`)
      }
      existing.set(room.name, room)
      entered(room, room.enter(entrant))
      return Effect.succeed(room)
    }

    /** Lets a new room be, if there may be another. */
    const allow = (room: Room, peer: string): Effect.Effect<Room, Refused> => {
      const isFull = logs.kept() >= keptRooms
      const wait = isFull ? undefined : budgets.wait(peer)
      if (wait === 0) {
        budgets.spend(peer)
        return Effect.succeed(room)
      }
      forget(room)
      const message = isFull
        ? `${keptRooms} rooms are kept, and this server keeps no more`
        : "many rooms were created from your address: wait, or join one that is there"
      const later = wait === undefined ? {} : { retryAfter: wait }
      return Effect.fail({ code: "limit-reached", field: "room", message, ...later })
    }

    /** A room that nobody has had before belongs to whoever creates it, if that is the person of an account (ROLE-1). */
    const found = (room: Room, creator: Somebody): Room => {
      if (room.log.head() === 0 && hasAccount(rankOf(creator))) room.keeping.found(creator)
      return room
    }

    const create = (
      wanted: Entering[0],
      entrant: Entrant,
      entered: (room: Room, place: Place) => void
    ): Effect.Effect<Room, Refused> => {
      const { name, peer } = wanted
      // Somebody may have come first, or a room that has lost its last member may still be open. Nothing may come between
      // this look and the entering, or the room might be forgotten.
      const known = open.get(name)
      if (existing.get(name) === undefined && existing.size() >= limits.rooms) {
        return refuse("limit-reached", "room", `${limits.rooms} rooms exist, and this server has no more`)
      }
      if (known !== undefined) return admit(known.room, wanted, entrant, entered)
      return openNew(name).pipe(
        Effect.mapError(unavailable),
        Effect.flatMap((room) => {
          const isNew = room.log.head() === 0
          return isNew ? Effect.map(allow(room, peer), (allowed) => found(allowed, entrant)) : Effect.succeed(room)
        }),
        Effect.flatMap((room) => admit(room, wanted, entrant, entered))
      )
    }

    return {
      existing,
      enter: (wanted, entrant, entered) =>
        Effect.suspend(() => {
          const room = existing.get(wanted.name)
          if (room !== undefined) return admit(room, wanted, entrant, entered)
          if (!wanted.create) return refuse("no-such-room", "room", `there is no ${wanted.name}`)
          return opening.withPermit(Effect.suspend(() => create(wanted, entrant, entered)))
        }).pipe(Effect.uninterruptible)
    }
  })

/** What somebody is told who may not enter. */
const uninvited = (name: string): Refused => ({
  code: "forbidden",
  field: "room",
  message: `${name} is for those who are invited, or you are banned from it`
})

/** What a client is told when the storage has refused. */
export const unavailable = ({ message }: Unavailable): Refused => ({
  code: "unavailable",
  message: `${message}: try again later`,
  retryAfter: 1_000
})
