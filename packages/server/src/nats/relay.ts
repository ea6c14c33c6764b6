/**
 * A server that stands by takes connections for the one that leads: what its clients say goes there, and what is said to them comes from
 * there. So any server of a tertulia will do for a client, which needn't know who leads.
 *
 * @module
 */
import type { ByeCode } from "@tertulia/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { makeDoor } from "../door.ts"
import { bye, type Ending, lastLine, shuttingDown } from "../ending.ts"
import type { Settings } from "../settings.ts"
import {
  type Address,
  Breach,
  type Connection,
  type Crowd,
  carefree,
  isPrivate,
  type ListenFailed,
  type NoBytes,
  nextBytes,
  type Transport
} from "../transport.ts"
import type { OpenCrew } from "./crew.ts"

/** How long those that are relayed have for what they are owed when this server stops. */
const drainTime = "4 seconds"

/**
 * Listens at once, and relays to the one that leads, until the transport that this gives is listened to: that server leads from then on.
 * Relays that it has begun go on.
 */
export const openDoors = Effect.fnUntraced(function* (
  transport: Transport,
  crew: OpenCrew,
  { bounds, heartbeat, limits }: Pick<Settings, "bounds" | "heartbeat" | "limits">,
  crowd: Crowd
): Effect.fn.Return<Transport, ListenFailed, Scope.Scope> {
  let isClosed = false
  const door = makeDoor(
    // Who is banned, the one that leads says.
    { ...limits, inAll: bounds.connections, isClosed: () => isClosed, banned: () => undefined },
    crowd
  )
  const stopping = Deferred.makeUnsafe<void>()
  const connections = yield* FiberSet.make()
  const run = yield* FiberSet.runtime(connections)()
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      isClosed = true
      Deferred.doneUnsafe(stopping, Effect.void)
      return FiberSet.awaitEmpty(connections)
    }).pipe(Effect.timeoutOption(drainTime))
  )
  const relayed = (connection: Connection): void => {
    run(door(connection, () => relay(connection, { crew, heartbeat, stopped: Deferred.await(stopping) })))
  }
  let accept = relayed
  const address: Address = yield* transport.listen((connection) => accept(connection))
  return {
    listen: (taker) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          accept = taker
          return address
        }),
        () =>
          Effect.sync(() => {
            isClosed = true
            accept = relayed
          })
      )
  }
})

interface RelayOptions {
  readonly crew: OpenCrew
  /** Seconds. */
  readonly heartbeat: number
  /** Waits until this server stops. */
  readonly stopped: Effect.Effect<void>
}

/** Relays one connection, until either end has ended, the other doesn't lead any more, or this server stops. */
const relay = (client: Connection, { crew, heartbeat, stopped }: RelayOptions): Effect.Effect<void> =>
  Effect.gen(function* () {
    const gone = goneOf(client)
    const found = yield* Effect.raceFirst(
      Effect.map(crew.connect(client, isPrivate(client)), Option.some),
      Effect.as(Effect.raceFirst(gone, stopped), Option.none())
    )
    if (Option.isNone(found)) return sayLast(client, yield* shuttingDown)
    const { connection: leader, isOver } = found.value
    const lost = goneOf(leader)
    const { ending, whole } = makeCutter()
    const up = makePump(client, leader)
    const down = makePump(leader, client, whole)
    const finish = Effect.sync(() => leader.finish())
    const stop = Effect.andThen(Effect.andThen(stopped, finish), Effect.never)
    // Whoever has ended their side may still be owed something.
    const upwards = Effect.andThen(Effect.andThen(up.run, finish), Effect.never)
    yield* Effect.raceAllFirst([upwards, down.run, isOver, lost, gone, stop, watchOver(up, down, heartbeat)])
    leader.destroy()
    const said = ending()
    if (said !== undefined) return said.code === undefined ? undefined : client.because?.(said.code)
    const why = up.endedBy()
    if (why instanceof Breach) return sayLast(client, bye(why.code, why.message))
    if (why === undefined && down.waitsSince() === undefined) sayLast(client, yield* shuttingDown)
  })

/**
 * Between the two there is room for megabytes, which the one that leads takes for read: so that it doesn't take a slow reader for a silent
 * one, it is given a sign of life for as long as they go on reading. Ends when they don't (SLOW-1).
 */
const watchOver = (up: Pump, down: Pump, heartbeat: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep(500 * heartbeat)
      const since = down.waitsSince()
      if (since === undefined) continue
      if (performance.now() - since > 2_000 * heartbeat) return
      up.signOfLife()
    }
  })

interface Pump {
  /** Ends when nothing more comes. */
  readonly run: Effect.Effect<void>
  /** Why nothing more comes, once that is so. */
  readonly endedBy: () => NoBytes | undefined
  /** Since when what was handed on hasn't been taken, in monotonic milliseconds. */
  readonly waitsSince: () => number | undefined
  /** Hands on an empty line, where one may stand. */
  readonly signOfLife: () => void
}

/** Hands on what comes until nothing more does, at the pace of who takes it. */
const makePump = (from: Connection, to: Connection, cut = (bytes: Uint8Array) => bytes): Pump => {
  let endedBy: NoBytes | undefined
  let since: number | undefined
  let isBetweenLines = true
  const send = (bytes: Uint8Array): Effect.Effect<void> =>
    Effect.callback((resume) => {
      since = performance.now()
      const done = () => {
        since = undefined
        resume(Effect.void)
      }
      isBetweenLines = bytes.at(-1) === lf
      if (to.write(bytes, { onAccepted: done })) done()
    })
  return {
    run: Effect.gen(function* () {
      while (true) {
        const bytes = cut(yield* nextBytes(from))
        if (bytes.length > 0) yield* send(bytes)
      }
    }).pipe(
      Effect.catch((why: NoBytes) =>
        Effect.sync(() => {
          endedBy = why
        })
      )
    ),
    endedBy: () => endedBy,
    waitsSince: () => since,
    signOfLife: () => {
      if (since === undefined && isBetweenLines && endedBy === undefined) to.write(Buffer.of(lf), carefree)
    }
  }
}

const goneOf = (connection: Connection): Effect.Effect<void> => {
  const gone = Deferred.makeUnsafe<void>()
  connection.onGone(() => Deferred.doneUnsafe(gone, Effect.void))
  return Deferred.await(gone)
}

const lf = 0x0a

/** Cuts a stream into whole lines, and remembers the last. */
const makeCutter = () => {
  let rest: Uint8Array = Buffer.alloc(0)
  let last: Uint8Array = Buffer.alloc(0)
  return {
    whole: (bytes: Uint8Array): Uint8Array => {
      const end = bytes.lastIndexOf(lf) + 1
      const lines = rest.length === 0 ? bytes.subarray(0, end) : Buffer.concat([rest, bytes.subarray(0, end)])
      if (end === 0) {
        rest = Buffer.concat([rest, bytes])
        return bytes.subarray(0, 0)
      }
      rest = bytes.subarray(end)
      last = lines
      return lines
    },
    /** The `bye` that came last, if one did. */
    ending: (): { readonly code?: ByeCode } | undefined => {
      const line = Buffer.from(last).subarray(last.lastIndexOf(lf, last.length - 2) + 1)
      const object = line.length === 0 ? undefined : (JSON.parse(line.toString()) as { type: string; code?: ByeCode })
      return object?.type === "bye" ? object : undefined
    }
  }
}

const sayLast = (client: Connection, ending: Ending): void => {
  if (ending._tag === "Bye") client.because?.(ending.code)
  client.write(Buffer.from(lastLine(ending)!), carefree)
}
