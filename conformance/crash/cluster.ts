/**
 * Kills servers and nodes of their engine again and again, or has them stand still, while people talk through any of them, and judges in the
 * end what became of their words: what was acknowledged is in every server's file, once, in its place.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { freePort } from "../src/run/free-port.ts"
import type { Program } from "../src/run/program.ts"
import { type StartedTarget, startTarget } from "../src/run/target.ts"
import type { Address } from "../src/wire/connection.ts"
import { type CrashReport, countsOf, readLog, reportOf, serverOn } from "./crash.ts"
import { type Engine, openEngine } from "./engine.ts"
import { makePerson, type Person } from "./person.ts"

export interface ClusterOptions {
  readonly kills: number
  /** Kills for so many minutes instead, if that isn't 0. */
  readonly minutes: number
  /** The milliseconds before each request of one person, on average. */
  readonly pause: number
  readonly seed: number
  readonly servers: number
  readonly nodes: number
  /** Whether nodes stand still, too: an engine may lose then what it has acknowledged. */
  readonly stillNodes: boolean
  /** Seconds between two kills. */
  readonly every: number
  readonly onKill: (kills: number, what: string, acknowledged: number) => void
}

const rooms = ["#cafe", "#bar"]
const nicks = ["ana", "leo", "pia", "tom", "eva"]

/** A server that is started again whenever it has ended. */
interface Server {
  readonly address: Address
  readonly file: string
  readonly now: () => StartedTarget | undefined
  /** Ends it for good, and waits for that. */
  readonly stop: Effect.Effect<void>
}

export const crashCluster = (options: ClusterOptions) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tertulia-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const engine = yield* openEngine(folder, options.nodes)
    const servers = yield* Effect.forEach(Array.from({ length: options.servers }), (_, index) =>
      keepUp(join(folder, `server-${index}.db`), engine.store)
    )
    const people = yield* Effect.forEach(nicks, (nick) =>
      makePerson(nick, rooms, { isOfMany: true, pause: options.pause })
    )
    yield* talkAndKill(options, engine, servers, people)
    yield* Effect.forEach(people, (person) => come(servers, person.listen), { discard: true })
    yield* Effect.forEach(servers, ({ stop }) => stop, { discard: true })
    const logs = servers.map(({ file }) => readLog(file))
    const [log = []] = logs.toSorted((one, other) => other.length - one.length)
    const apart = logs.flatMap((each, index) =>
      isDeepStrictEqual(each, log.slice(0, each.length)) || isPartOf(each, log)
        ? []
        : [`server ${index} has another log`]
    )
    const report = reportOf(people, log)
    return { ...report, verdict: { ...report.verdict, apart } } satisfies CrashReport
  }).pipe(Effect.scoped, Random.withSeed(options.seed))

/** One that was behind when it was stopped has the beginning of each log. */
const isPartOf = (some: ReturnType<typeof readLog>, all: ReturnType<typeof readLog>): boolean => {
  const at = new Map(all.map((entry) => [`${entry.room} ${entry.seq}`, entry]))
  return some.every((entry) => isDeepStrictEqual(at.get(`${entry.room} ${entry.seq}`), entry))
}

const keepUp = Effect.fnUntraced(function* (file: string, store: string): Effect.fn.Return<Server, never, Scope.Scope> {
  const port = yield* freePort
  const program: Program = serverOn(file, ["--port", String(port), "--store", store, "--heartbeat", "2"])
  let target: StartedTarget | undefined
  let isStopping = false
  const live = Effect.gen(function* () {
    target = yield* startTarget(program)
    yield* target.exit
  }).pipe(Effect.scoped, Effect.ignore)
  const living = yield* Effect.forkScoped(
    Effect.gen(function* () {
      while (!isStopping) {
        yield* live
        target = undefined
        yield* Effect.sleep(200)
      }
    })
  )
  return {
    address: { host: "127.0.0.1", port },
    file,
    now: () => target,
    stop: Effect.suspend(() => {
      isStopping = true
      // It may be starting just now.
      const ask = Effect.suspend(() => target?.stop ?? Effect.void)
      const asking = Effect.forever(Effect.andThen(ask, Effect.sleep(200)))
      return Effect.raceFirst(Effect.asVoid(Fiber.await(living)), asking)
    })
  }
})

/** Comes to any server that is there, until that goes well, or it is all over. */
const come = (
  servers: ReadonlyArray<Server>,
  visit: (address: Address) => Effect.Effect<void, unknown>,
  isOver: () => boolean = () => false
) =>
  Effect.gen(function* () {
    while (!isOver()) {
      const { address } = servers[yield* placeIn(servers)]!
      const done = yield* Effect.exit(visit(address))
      if (Exit.isSuccess(done)) return
      yield* Effect.sleep(50)
    }
  })

/** A place in a list, by chance. */
const placeIn = (list: ReadonlyArray<unknown>) => Random.nextIntBetween(0, list.length - 1)

const talkAndKill = (
  options: ClusterOptions,
  { nodes }: Engine,
  servers: ReadonlyArray<Server>,
  people: ReadonlyArray<Person>
) =>
  Effect.gen(function* () {
    const { every, kills, minutes, onKill } = options
    const here = yield* Effect.forEach(people, () => Deferred.make<void>())
    let isOver = false
    const talks = yield* Effect.forkChild(
      Effect.forEach(
        people,
        ({ talk }, index) =>
          Effect.gen(function* () {
            const visit = (at: Address) => talk(at, () => void Deferred.doneUnsafe(here[index]!, Exit.void))
            while (!isOver) yield* come(servers, visit, () => isOver)
          }),
        { concurrency: "unbounded", discard: true }
      )
    )
    yield* Effect.raceFirst(
      Effect.forEach(here, (one) => Deferred.await(one), { discard: true }),
      Fiber.join(talks)
    )
    const clock = yield* Clock.Clock
    const seconds = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e9
    const began = seconds()
    const isEnough = (done: number) => (minutes > 0 ? seconds() - began > 60 * minutes : done === kills)
    const killOne = makeKillOne(options, nodes, servers)
    let next = began
    for (let done = 0; !isEnough(done); ) {
      done++
      // A machine that has stood still makes up for no kills.
      next = Math.max(next, seconds() - every) + every
      yield* Effect.sleep(1_000 * (next - seconds()))
      const what = yield* killOne
      onKill(done, what, countsOf(people).acknowledged)
    }
    // Whoever stands still by then is back.
    yield* Effect.sleep(1_000 * standingSeconds)
    isOver = true
    // Whoever talks does so until the connection ends.
    yield* Effect.raceFirst(
      Fiber.join(talks),
      Effect.gen(function* () {
        while (true) {
          yield* Effect.forEach(servers, (server) => server.now()?.kill ?? Effect.void, { discard: true })
          yield* Effect.sleep(8_000)
        }
      })
    )
  })

/** Longer than a server's lease, and than a node of the engine is waited for by the others. */
const standingSeconds = 6

/** Kills a server, or has it stand still; or kills a node of the engine, if there are several, or has it stand still where that is asked for. */
const makeKillOne = ({ stillNodes }: ClusterOptions, nodes: Engine["nodes"], servers: ReadonlyArray<Server>) => {
  // The others are a majority, as long as it is one.
  let isNodeGone = false

  const strikeNode = Effect.fnUntraced(function* () {
    const index = yield* placeIn(nodes)
    const isKilled = !stillNodes || (yield* Random.nextBoolean)
    const { kill, standStill, start } = nodes[index]!
    isNodeGone = true
    if (isKilled) yield* kill
    const comesBack = isKilled ? Effect.delay(start, "1 second") : standStill(standingSeconds)
    const isBack = Effect.sync(() => {
      isNodeGone = false
    })
    yield* Effect.forkScoped(Effect.andThen(comesBack, isBack))
    return `node ${index} of the engine ${fate(isKilled)}`
  })

  const strikeServer = Effect.fnUntraced(function* (isKilled: boolean) {
    const up = servers.flatMap((server, index) => {
      const target = server.now()
      return target === undefined ? [] : [{ index, target }]
    })
    if (up.length === 0) return "nobody was killed"
    const { index, target } = up[yield* placeIn(up)]!
    if (isKilled) yield* target.kill
    else yield* Effect.forkScoped(target.standStill(standingSeconds))
    return `server ${index} ${fate(isKilled)}`
  })

  return Effect.gen(function* () {
    const kind = yield* Random.nextIntBetween(0, nodes.length > 1 ? 2 : 1)
    return yield* kind === 2 && !isNodeGone ? strikeNode() : strikeServer(kind === 0)
  })
}

const fate = (isKilled: boolean): string => (isKilled ? "was killed" : "stood still")
