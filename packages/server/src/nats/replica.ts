/**
 * The way into a data file that follows the log of a tertulia: what is to be written goes to the engine first, and comes back in the one
 * order that all servers see. Every server does the same with it, in a file of its own, so that all files are the same.
 *
 * One stream is the log of all rooms. An engine's stream costs two files, a goroutine and, in a cluster, a group that votes: 10,000 of them are
 * more than a machine has for them. And with one order there is nothing to compare and set, and nothing to try again: keys, targets of
 * edits, roles and nicks are decided when a command has its turn, by the code that decides in a server without an engine, and all servers
 * decide alike. What that costs: each server writes what all of them append (docs/several-servers.md says how much that is).
 *
 * What is asked for while a command is on its way goes in the next; any number are on their way at once. A command whose fate is unknown
 * is found out by the next turn: the engine has each turn's beginning at one place of the log, and what belongs to an earlier turn and comes
 * later is void. So what was refused never comes, and what was acknowledged is in the log.
 *
 * Whether another server has done something meanwhile is asked by a command, too, that does nothing: when it comes back, all that was in the
 * log before has come. Where its log ends, a node of the engine would say at once; but one that is cut off from the others takes itself for
 * the one that decides for ten seconds more, and doesn't know what they have agreed on since.
 *
 * @module
 */
import { createHash } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Semaphore from "effect/Semaphore"
import { makeEpoch } from "../epoch.ts"
import { type Draft, type Placed, StorageBroken, Unavailable } from "../room-log.ts"
import type { OpenWriting } from "../room-log-sqlite.ts"
import { closed, type Following, followingOf } from "../sqlite/following.ts"
import { readOnce } from "../sqlite/read-once.ts"
import { StorageFault } from "../sqlite/thread.ts"
import type { Written } from "../sqlite/transactions.ts"
import type { Append, Result, Work } from "../sqlite/writer.ts"
import { type Command, encodeCommand, meaningOf, type Task, type Told } from "./command.ts"
import type { Crew } from "./crew.ts"
import { type Engine, openEngine } from "./engine.ts"
import { keepErasing } from "./erasing.ts"
import { founded, lossOf, strangeness } from "./founding.ts"
import { readLog } from "./log-reader.ts"
import { keepSnapshots, type Snapshotting } from "./snapshotting.ts"
import { untilGone } from "./standing-by.ts"
import type { Store } from "./store-url.ts"

export interface ReplicaOptions {
  readonly store: Store
  readonly file: string
  /** Seconds after which who waits for a command is told that nobody knows what became of it. */
  readonly patience: number
  readonly snapshots: Snapshotting
  /** The servers of the tertulia, as far as this one has to do with them. */
  readonly crew: Crew
}

/** A command of this server that isn't in the log yet, as far as it knows; a question when it has no work. */
interface Pending {
  readonly work: Work | undefined
  readonly turn: number
  /** Monotonic milliseconds. */
  readonly since: number
  readonly done: Deferred.Deferred<unknown, Unavailable>
}

/** Work of which nothing was written: on all servers alike, since all have the same before it. */
class Defected {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

const defected = (reason: string | undefined): Defected | undefined =>
  reason === undefined ? undefined : new Defected(reason)

/** What each server does for itself: the index of words is of its own file. */
const isLocal = (work: Work): boolean => work._tag === "Index" || work._tag === "Merge"

/** The most tasks of one message, and bytes, roughly: an engine takes a megabyte, unless it is told otherwise. */
const tasksAtOnce = 64
const bytesAtOnce = 400_000

/** Bytes of a draft in a message, at the most: its text has every other letter escaped. */
const sizeOfDraft = (draft: Draft): number => 600 + ("text" in draft ? 2 * Buffer.byteLength(draft.text) : 0)

const sizeOf = (work: Work): number =>
  work._tag === "Append" ? work.drafts.reduce((sum, draft) => sum + sizeOfDraft(draft), 0) : 600

/** Cuts a list into parts that go into a message each. */
const cut = <A>(
  list: ReadonlyArray<A>,
  size: (one: A) => number,
  most = Number.POSITIVE_INFINITY
): ReadonlyArray<ReadonlyArray<A>> => {
  const parts: Array<Array<A>> = []
  let bytes = 0
  for (const one of list) {
    const own = size(one)
    const part = parts.at(-1)
    if (part === undefined || part.length >= most || bytes + own > bytesAtOnce) {
      parts.push([one])
      bytes = own
    } else {
      part.push(one)
      bytes += own
    }
  }
  return parts
}

/** How long what has gone may still be in the log of the database. */
const tracesPause = "10 seconds"

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export const followStore =
  ({ crew, file, patience, snapshots, store }: ReplicaOptions): OpenWriting =>
  (writers, take) =>
    Effect.gen(function* () {
      const engine = yield* openEngine(store)
      const server = yield* makeEpoch
      const clock = yield* Clock.Clock
      const now = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      const failed = yield* Deferred.make<never, StorageBroken>()
      const still = Semaphore.makeUnsafe(1).withPermits(1)
      const pending = new Map<number, Pending>()
      const outgoing: Array<Task> = []
      // The place that is waited for before this server leads.
      let awaited: { readonly place: number; readonly done: Deferred.Deferred<void> } | undefined
      const erasing = keepErasing(engine, file, writers)
      const { before, from, secret } = yield* recognized(engine, file)
      let following: Following = { ...before, self: server }
      const log = yield* readLog(engine, before.place)
      // What it will be when all that was read is done.
      let ahead = following
      // The turn in which this server sends; it leads when the log says so, too.
      let turn = 1
      let hasLed = false
      let count = 0

      const snapshotting = keepSnapshots({
        ...{ ...snapshots, engine, file, from, now, writers },
        place: () => (leads() ? following.place : undefined)
      })
      const hasTraces = Latch.makeUnsafe(false)

      const leads = () => following.leader === server && following.turn === turn

      const tellCrew = () => crew.leads(following.leader === "" ? undefined : following.at)

      const fail = (message: string) => Deferred.fail(failed, new StorageBroken({ message }))

      const moved = `the rooms of ${engine.name} have moved to a file: start with that, and without --store`

      const refusal = (reason: string) => new Unavailable({ message: `the store ${engine.name} ${reason}` })

      // ---------------------------------------------------------------------------------------------------------------
      // Doing what the log says
      // ---------------------------------------------------------------------------------------------------------------

      /**
       * Tells who waits for a command what became of it, and who has a log open what was appended. What another server has done is told nobody
       * here: either no log is open yet, or this server doesn't lead any more, and whom that has sent away must not hear it from this one.
       */
      const tell = (
        { command }: Told,
        works: ReadonlyArray<Work> | undefined,
        results: ReadonlyArray<Result | Defected>
      ) => {
        if (command._tag === "Turn" && command.server === server) {
          for (const [number, { done, turn: sentIn }] of pending) {
            if (sentIn >= command.turn) continue
            pending.delete(number)
            Deferred.doneUnsafe(done, Effect.fail(refusal("has lost it")))
          }
        }
        if (command._tag !== "Do") return
        const asked = command.server === server && command.asks !== undefined ? taken(command.asks) : undefined
        if (asked !== undefined)
          Deferred.doneUnsafe(asked.done, works === undefined ? Exit.fail(refusal("has it too late")) : Exit.void)
        command.tasks.forEach(({ number }, index) => {
          tellOf(command.server === server ? number : undefined, works?.[index], results[index])
        })
      }

      /** What is pending no more. */
      const taken = (number: number): Pending | undefined => {
        const own = pending.get(number)
        pending.delete(number)
        return own
      }

      /** @param number that of a task of this server's own */
      const tellOf = (number: number | undefined, work: Work | undefined, result: Result | Defected | undefined) => {
        const own = number === undefined ? undefined : taken(number)
        if (work === undefined) {
          if (own !== undefined) Deferred.doneUnsafe(own.done, Effect.fail(refusal("has it too late")))
          return
        }
        if (result instanceof Defected) {
          if (own !== undefined) Deferred.doneUnsafe(own.done, Effect.die(new Error(result.reason)))
          return
        }
        erasing.noticed(work, result)
        if (snapshotting.noticed(work)) hasTraces.openUnsafe()
        if (number === undefined) return
        // Its own authors are known by who they are.
        const asked = own?.work ?? work
        const given = asked._tag === "Append" ? take(asked, result as Result<typeof asked>) : result
        if (own !== undefined) Deferred.doneUnsafe(own.done, Effect.succeed(given))
      }

      /** Writes what can't be left out: a disk that is full now has space later. */
      const write = Effect.fnUntraced(function* (group: ReadonlyArray<Work>) {
        let wasRefused = false
        while (true) {
          const written = yield* writers.write(group).pipe(Effect.catchDefect(broken))
          if (written._tag === "Committed") {
            const { defects, results } = written
            return results.map((result, index) => defected(defects?.get(index)) ?? result)
          }
          if (written._tag === "Broken") {
            yield* fail(`can't go on with the data file ${file}: ${written.reason}`)
            return yield* Effect.never
          }
          if (!wasRefused) yield* Effect.logWarning(`nothing can be stored in ${file}: ${written.reason}`)
          wasRefused = true
          yield* Effect.sleep("1 second")
        }
      })

      const doThese = Effect.fnUntraced(function* (told: ReadonlyArray<Told>) {
        const works = told.map((each) => {
          const { following, works } = meaningOf(ahead, each)
          ahead = following
          return works
        })
        const group = works.flatMap((each) => each ?? [])
        const results = yield* write([...group, { _tag: "Follow", following: ahead }])
        following = ahead
        tellCrew()
        let next = 0
        told.forEach((each, index) => {
          const own = works[index]
          const from = next
          next += own?.length ?? 0
          tell(each, own, results.slice(from, next))
        })
        // Whoever waits to be up to date would answer for a server that doesn't lead any more.
        if (following.leader === closed) return yield* fail(moved)
        if (hasLed && following.leader !== server)
          return yield* fail(`another server has taken over the rooms in ${engine.name}`)
        hasLed = following.leader === server
        if (hasLed) log.appendsAlone()
        if (awaited === undefined || awaited.place > following.place) return
        Deferred.doneUnsafe(awaited.done, Effect.void)
        awaited = undefined
      })

      const doNext = log.next.pipe(
        Effect.flatMap((told) => (told.length === 0 ? Effect.void : still(doThese(told)))),
        Effect.catchTag("Gap", ({ message }) => Effect.andThen(fail(message), Effect.never)),
        Effect.catchDefect((defect) =>
          fail(`can't follow ${engine.name}: ${messageOf(defect)}`).pipe(Effect.andThen(Effect.never))
        )
      )

      // ---------------------------------------------------------------------------------------------------------------
      // Asking for something
      // ---------------------------------------------------------------------------------------------------------------

      let isSettling = false

      /** Begins another turn, until the log says so: then it is known what became of all that was sent before. */
      const settle = Effect.gen(function* () {
        turn++
        while (following.turn !== turn && following.leader === server) {
          if (engine.isReachable()) {
            yield* Effect.promise(() => engine.append(encodeCommand({ _tag: "Turn", server, turn })))
          }
          yield* Effect.sleep("200 millis")
        }
        isSettling = false
      })
      const settling = Latch.makeUnsafe(false)

      const doubt = () => {
        if (isSettling) return
        isSettling = true
        settling.openUnsafe()
      }

      const settleForever = Effect.gen(function* () {
        yield* settling.await
        settling.closeUnsafe()
        yield* Effect.logWarning(`it isn't known what became of what was sent to ${engine.name}: asking`)
        yield* settle
        yield* Effect.logInfo(`what was sent to ${engine.name} is known again`)
      }).pipe(Effect.forever)

      /** Has a command sent, and waits until the log has it. */
      const awaitLog = (work: Work | undefined, send: (number: number) => void): Effect.Effect<unknown, Unavailable> =>
        Effect.suspend(() => {
          if (!engine.isReachable()) return Effect.fail(refusal("can't be reached"))
          if (!leads()) return Effect.fail(refusal("doesn't answer"))
          const number = ++count
          const done = Deferred.makeUnsafe<unknown, Unavailable>()
          pending.set(number, { work, turn, since: now(), done })
          send(number)
          return Deferred.await(done)
        })

      const propose = (work: Work) =>
        awaitLog(work, (number) => {
          outgoing.push({ number, work })
          if (outgoing.length === 1) setImmediate(sendAll)
        })

      /** Sends what was asked for in the same turn of the event loop: a message for each would be most of what an entry costs. */
      const sendAll = () => {
        // What was asked for in an earlier turn is void, and refused when this one begins.
        const tasks = outgoing.splice(0).filter(({ number }) => pending.get(number)?.turn === turn)
        for (const some of cut(tasks, ({ work }) => sizeOf(work), tasksAtOnce)) {
          send(
            { _tag: "Do", server, turn, tasks: some },
            some.map(({ number }) => number)
          )
        }
      }

      const send = (command: Command, numbers: ReadonlyArray<number>) => {
        void engine.append(encodeCommand(command)).then((appended) => {
          if (appended._tag === "Stored") return
          if (appended._tag === "Unknown") return doubt()
          for (const number of numbers) {
            const own = taken(number)
            if (own !== undefined) Deferred.doneUnsafe(own.done, Effect.fail(refusal(`refuses it: ${appended.reason}`)))
          }
        })
      }

      /** What is too long for a message goes in several; where one of the later fails, some is done and some isn't. */
      const appendParts = Effect.fnUntraced(function* (parts: ReadonlyArray<Append>) {
        const placed: Array<Placed> = []
        for (const part of parts) {
          const proposed = propose(part) as Effect.Effect<ReadonlyArray<Placed>, Unavailable>
          placed.push(...(yield* placed.length === 0 ? proposed : Effect.orDie(proposed)))
        }
        return placed
      })

      /** Whoever has waited for too long is told that nobody knows. */
      const giveUp = Effect.sync(() => {
        const before = now() - 1_000 * patience
        for (const [number, { done, since, work }] of pending) {
          if (since > before) return
          pending.delete(number)
          doubt()
          const reason = `hasn't answered for ${patience} s`
          // A question can be asked again.
          const lost =
            work === undefined ? Effect.fail(refusal(reason)) : Effect.die(new Error(`${engine.name} ${reason}`))
          Deferred.doneUnsafe(done, lost)
        }
      }).pipe(Effect.andThen(Effect.sleep("100 millis")), Effect.forever)

      /** What has gone goes from the log of the database, too; who leads and who doesn't has it there. */
      const removeTraces = Effect.gen(function* () {
        yield* hasTraces.await
        yield* Effect.sleep(tracesPause)
        hasTraces.closeUnsafe()
        if (!(yield* writers.removeTraces)) hasTraces.openUnsafe()
      }).pipe(Effect.forever)

      const writeHere = (work: Work): Effect.Effect<unknown, Unavailable> =>
        Effect.flatMap(writers.write([work]).pipe(Effect.catchDefect(broken)), (written) => {
          if (written._tag === "Committed") return Effect.succeed(written.results[0])
          if (written._tag === "Refused") return Effect.fail(new Unavailable({ message: written.reason }))
          return Effect.andThen(
            fail(`can't go on with the data file ${file}: ${written.reason}`),
            Effect.die(new Error(written.reason))
          )
        })

      const last = Effect.tryPromise({
        try: () => engine.last(),
        catch: (error) => refusal(`can't say how far it is: ${messageOf(error)}`)
      })

      /** The one of its nodes that decides may be behind another for a moment, from which this file is: then it is asked again, since it won't say by itself. */
      const whereItIs = Effect.gen(function* () {
        while (true) {
          const before = following.place
          const place = yield* last
          if (place >= before) return place
          yield* Effect.sleep("10 millis")
        }
      })

      /** Follows up to what the log has by now, as far as the node that is asked knows: enough for who doesn't lead yet. */
      const catchUp = Effect.gen(function* () {
        if (!engine.isReachable()) return yield* refusal("can't be reached")
        const place = yield* whereItIs
        if (place <= following.place) return
        const done = Deferred.makeUnsafe<void>()
        awaited = { place, done }
        yield* Deferred.await(done)
      }).pipe(
        Effect.timeoutOrElse({
          duration: 1_000 * patience,
          orElse: () => Effect.fail(refusal(`hasn't said for ${patience} s how far it is`))
        })
      )

      /** An engine that was put back to an earlier state would have other messages in places that this file knows. */
      const watchForLoss = Effect.gen(function* () {
        let times = 0
        while (true) {
          yield* Effect.sleep("1 second")
          const before = following.place
          const place = yield* Effect.orElseSucceed(last, () => before)
          times = place < before ? times + 1 : 0
          if (times === looksForLoss) yield* fail(lossOf(engine, file, before - place))
        }
      })

      const askLog = awaitLog(undefined, (number) => {
        send({ _tag: "Do", server, turn, tasks: [], asks: number }, [number])
      })

      // Whoever comes while the log is being asked isn't served by that answer, which may be older: they share the next.
      let asking: Deferred.Deferred<void, Unavailable> | undefined
      const isAsked = Latch.makeUnsafe(false)
      const answerAll = Effect.gen(function* () {
        yield* isAsked.await
        isAsked.closeUnsafe()
        const answered = asking!
        asking = undefined
        yield* Deferred.complete(answered, Effect.asVoid(askLog))
      })
      const upToDate = Effect.suspend(() => {
        const own = asking ?? Deferred.makeUnsafe<void, Unavailable>()
        asking = own
        isAsked.openUnsafe()
        return Deferred.await(own)
      })

      // ---------------------------------------------------------------------------------------------------------------
      // Beginning
      // ---------------------------------------------------------------------------------------------------------------

      yield* Effect.forkScoped(Effect.forever(doNext))
      yield* Effect.forkScoped(Effect.forever(answerAll))
      yield* Effect.forkScoped(watchForLoss)
      const faulty = Effect.mapError(({ message }: Unavailable | StorageBroken) => new StorageFault({ message }))
      yield* faulty(Effect.raceFirst(catchUp, Deferred.await(failed)))
      if (following.leader === closed) return yield* new StorageFault({ message: moved })
      yield* Effect.forkScoped(removeTraces)
      crew.knows(secret)
      tellCrew()
      engine.answerFor(server)
      const begin = Effect.gen(function* () {
        while (following.leader !== server) {
          if (following.leader !== "")
            yield* Effect.logInfo(`another server has the rooms in ${engine.name}: standing by until it has gone`)
          const over = yield* untilGone(engine, () => following.leader)
          if (engine.isReachable()) {
            yield* Effect.promise(() => engine.append(encodeCommand({ _tag: "Lead", server, over, at: crew.at })))
            yield* Effect.ignore(catchUp)
          }
          if (following.leader !== server) yield* Effect.sleep("200 millis")
        }
      })
      yield* faulty(Effect.raceFirst(begin, Deferred.await(failed)))
      yield* Effect.forkScoped(settleForever)
      yield* Effect.forkScoped(giveUp)
      yield* Effect.forkScoped(erasing.forever)
      if (Number.isFinite(snapshots.every)) yield* Effect.forkScoped(snapshotting.forever)
      yield* Effect.addFinalizer(() =>
        Effect.promise(() => engine.append(encodeCommand({ _tag: "Resign", server }))).pipe(
          Effect.timeoutOption("1 second")
        )
      )
      const { id } = following
      return {
        write: <Done extends Work>(work: Done) =>
          (isLocal(work) ? writeHere(work) : propose(work)) as Effect.Effect<Result<Done>, Unavailable>,
        append: (work) => {
          const parts = cut(work.drafts, sizeOfDraft)
          if (parts.length <= 1) return propose(work) as Effect.Effect<ReturnType<typeof take>, Unavailable>
          return appendParts(parts.map((drafts) => ({ ...work, drafts })))
        },
        failed: Deferred.await(failed),
        still,
        epochOf: (room) => Effect.succeed(epochIn(id, room)),
        upToDate
      }
    })

/**
 * A room has one log in a tertulia, for ever: so its epoch is a digest of both, which all servers know without having to agree on it, also
 * before the first entry (EPOCH-2).
 */
const epochIn = (id: string, room: string): string =>
  createHash("sha256").update(`${id} ${room}`).digest("base64url").slice(0, 20)

const broken = (defect: unknown): Effect.Effect<Written> =>
  Effect.succeed({ _tag: "Broken", reason: messageOf(defect) })

/** How far the file has followed this log: from its beginning, if it is new. */
const recognized = Effect.fnUntraced(function* (engine: Engine, file: string) {
  const known = yield* readOnce(file, followingOf)
  const tertulia = yield* founded(engine)
  const { from, id, secret } = tertulia
  const before: Following = known ?? { id, place: 0, leader: "", turn: 0, at: "", self: "" }
  const fault = strangeness(engine, tertulia, file, before)
  if (fault !== undefined) return yield* fault
  if (before.place === 0 && from !== undefined)
    return yield* new StorageFault({
      message: `${engine.name} begins with a snapshot, which the data file ${file} hasn't`
    })
  return { before, from, secret }
})

/** How often in a row, once a second, an engine has to have less than the file: a node that is cut off from the others may not know for ten. */
const looksForLoss = 12
