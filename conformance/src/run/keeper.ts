/**
 * Keeps the target alive that the suite has started: starts it again when it has died, says so to the tests, and remembers how it
 * died and who was about. Tests run in a thread of their own, so both speak over a channel.
 *
 * @module
 */
import { BroadcastChannel } from "node:worker_threads"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import type { Life } from "../life.ts"
import { type Crash, crashOf } from "./crash.ts"
import { dataFolder, type NotStarted, type StartCommand, startTarget, withData } from "./target.ts"

/** What the keeper says to the tests. */
export type FromKeeper =
  | { readonly _tag: "Up"; readonly life: Life }
  | { readonly _tag: "Died"; readonly nth: number; readonly crash: Crash }
  /** It will not come back: why, in a sentence. */
  | { readonly _tag: "GaveUp"; readonly reason: string }

/** What the tests say to the keeper. */
export type FromTests =
  | { readonly _tag: "Asks" }
  | { readonly _tag: "Suspects"; readonly nth: number; readonly titles: ReadonlyArray<string> }

/** A target that is kept alive. */
export interface Keeper {
  readonly channel: string
  /** Where it listened in its first life. */
  readonly first: Pick<Life, "address" | "others">
  /** How it has died so far. */
  readonly crashes: () => ReadonlyArray<Crash>
  /** The tests that may have killed it the nth time. */
  readonly suspects: (nth: number) => ReadonlyArray<string>
  /** Lets it die as often again, and starts it if that had been given up. */
  readonly forgive: Effect.Effect<void>
}

// One that dies more often dies of everything: nobody learns more from another time.
const mostDeaths = 10

let channels = 0

/** Starts a target, and starts it again as often as it dies, up to a bound. */
export const keepTarget = Effect.fnUntraced(function* (
  command: StartCommand,
  millis: number
): Effect.fn.Return<Keeper, NotStarted, Scope.Scope> {
  const channel = `tertulia-target-${process.pid}-${++channels}`
  const line = new BroadcastChannel(channel)
  line.unref()
  yield* Effect.addFinalizer(() => Effect.sync(() => line.close()))

  const crashes: Array<Crash> = []
  const suspects = new Map<number, Set<string>>()
  let deaths = 0
  let life: Life | undefined
  let givenUp: string | undefined
  let pardon = Deferred.makeUnsafe<void>()
  const first = Deferred.makeUnsafe<Keeper["first"], NotStarted>()

  const say = (message: FromKeeper) => line.postMessage(message)
  line.onmessage = ({ data }: { readonly data: unknown }) => {
    const message = data as FromKeeper | FromTests
    if (message._tag === "Suspects") {
      const known = suspects.get(message.nth) ?? new Set()
      suspects.set(message.nth, new Set([...known, ...message.titles]))
    }
    if (message._tag !== "Asks") return
    if (life !== undefined) say({ _tag: "Up", life })
    else if (givenUp !== undefined) say({ _tag: "GaveUp", reason: givenUp })
  }

  // Each life finds what the one before has kept.
  const same = withData(command, yield* dataFolder)

  /** From its start to its death. */
  const live = Effect.gen(function* () {
    const target = yield* startTarget(same, millis)
    const nth = crashes.length + 1
    const { address, others } = target
    life = { nth, address, others }
    Deferred.doneUnsafe(first, Exit.succeed(life))
    say({ _tag: "Up", life })
    const ended = yield* target.exit
    life = undefined
    const crash = crashOf(ended, target.output(), nth)
    crashes.push(crash)
    deaths += 1
    say({ _tag: "Died", nth, crash })
  }).pipe(Effect.scoped)

  const giveUp = (reason: string) =>
    Effect.suspend(() => {
      givenUp = reason
      say({ _tag: "GaveUp", reason })
      return Deferred.await(pardon)
    })

  const comeBack = Effect.gen(function* () {
    const { how = "" } = crashes.at(-1) ?? {}
    if (deaths >= mostDeaths) {
      return yield* giveUp(`the target has died ${deaths} times, the last time by ${how}: mend that first`)
    }
    yield* Effect.catchTag(live, "NotStarted", ({ reason }) =>
      giveUp(`the target has died (${how}) and didn't come up again: ${reason}`)
    )
  })
  const neverStarted = (error: NotStarted) => Effect.sync(() => Deferred.doneUnsafe(first, Exit.fail(error)))
  const lives = Effect.andThen(live, Effect.forever(comeBack))
  yield* Effect.forkScoped(Effect.catchTag(lives, "NotStarted", neverStarted))
  return {
    channel,
    first: yield* Deferred.await(first),
    crashes: () => crashes,
    suspects: (nth) => [...(suspects.get(nth) ?? [])],
    forgive: Effect.sync(() => {
      deaths = 0
      givenUp = undefined
      Deferred.doneUnsafe(pardon, Exit.void)
      pardon = Deferred.makeUnsafe()
    })
  }
})
