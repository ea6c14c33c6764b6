/**
 * The life of the target, as the tests of a run see it: whether it lives, where, and which tests run while it does. One worker runs
 * all tests, so this state has one owner. What the suite has started itself comes back after it has died: `run/keeper.ts` says so.
 *
 * @module
 */
import { BroadcastChannel } from "node:worker_threads"
import * as Effect from "effect/Effect"
import { makeSignal, until } from "./clients/signal.ts"
import type { Crash } from "./run/crash.ts"
import type { FromKeeper, FromTests } from "./run/keeper.ts"
import { greets, listens } from "./run/target.ts"
import { options } from "./suite.ts"
import type { Address } from "./wire/connection.ts"

/** One life of the target: where it listens, until it dies. */
export interface Life {
  readonly nth: number
  readonly address: Address
  /** The other servers, if it has several. */
  readonly others: ReadonlyArray<Address>
}

// ---------------------------------------------------------------------------------------------------------------------
// What the keeper says
// ---------------------------------------------------------------------------------------------------------------------

const changed = makeSignal()
const crashes = new Map<number, Crash>()
let life: Life = { nth: 1, address: options.address, others: options.others ?? [] }
let isUp = options.keeper === undefined
let death: string | undefined

const tell = (() => {
  if (options.keeper === undefined || options.mode === "list") return () => {}
  const channel = new BroadcastChannel(options.keeper)
  channel.unref()
  channel.onmessage = ({ data }: { readonly data: unknown }) => hear(data as FromKeeper | FromTests)
  const post = (message: FromTests) => channel.postMessage(message)
  post({ _tag: "Asks" })
  return post
})()

const hear = (message: FromKeeper | FromTests): void => {
  switch (message._tag) {
    case "Up":
      life = message.life
      isUp = true
      break
    case "Died": {
      const { crash, nth } = message
      if (crashes.has(nth)) return
      crashes.set(nth, crash)
      isUp = isUp && life.nth > nth
      tell({ _tag: "Suspects", nth, titles: suspects() })
      break
    }
    case "GaveUp":
      death = message.reason
      break
    default:
      return
  }
  changed.notify()
}

/** Waits while the target is being started again; gives the life that it lives then, or has lived last. */
export const whenUp: Effect.Effect<Life> = Effect.suspend(() =>
  Effect.map(
    until(changed, () => (isUp || death !== undefined ? life : undefined), { millis: upMillis }),
    () => life
  )
)

const upMillis = 30_000
// From the end of a connection to the news that the process has ended: what is left of it may still be written to a disk.
const newsMillis = 10_000
const greetingMillis = 2_000

/** How this life ended; `undefined` while it goes on, and when nobody can know. */
export const endOfLife = Effect.fnUntraced(function* ({
  address,
  nth,
  others
}: Life): Effect.fn.Return<Crash | undefined> {
  if (options.keeper === undefined) return undefined
  const crash = () => crashes.get(nth)
  const known = crash()
  if (known !== undefined) return known
  const answers = options.hello === undefined ? listens : greets
  const lives = (one: Address) =>
    Effect.timeoutOrElse(answers(one), { duration: greetingMillis, orElse: () => isListening(one) })
  const news = until(changed, crash, { millis: newsMillis })
  const slow = Effect.map(Effect.forEach([address, ...others], lives, { concurrency: "unbounded" }), (all) =>
    all.every(Boolean)
  )
  return yield* Effect.raceFirst(
    Effect.flatMap(slow, (alive) => (alive ? Effect.undefined : news)),
    news
  )
})

/** Whether somebody takes connections there, or leaves us in doubt. */
const isListening = (address: Address): Effect.Effect<boolean> =>
  Effect.timeoutOrElse(listens(address), { duration: greetingMillis, orElse: () => Effect.succeed(true) })

// ---------------------------------------------------------------------------------------------------------------------
// Which tests run
// ---------------------------------------------------------------------------------------------------------------------

const running = new Set<string>()
// What a test sends last may be read after it has ended.
const recent: Array<string> = []
const remembered = 4

/** The tests that may have killed the target. */
const suspects = (): ReadonlyArray<string> =>
  // Alone, whoever runs has done it: it was seen that the target lived before.
  options.parallel === 1 && running.size > 0 ? [...running] : [...new Set([...running, ...recent])]

/** Marks a test as running, for as long as the effect takes. */
export const whileRunning = <A, E, R>(title: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    running.add(title)
    return effect
  }).pipe(
    Effect.ensuring(
      Effect.sync(() => {
        running.delete(title)
        recent.push(title)
        if (recent.length > remembered) recent.shift()
      })
    )
  )

/** The sentence that says with which tests the target died for good, once it did. */
export const deathNote = (): string | undefined => death

/** Notes that nobody listens any more, and will not again; and which tests were running. */
export const noteDeath = (reason: string): string => {
  const titles = running.size > 0 ? [...running] : recent.slice(-1)
  const during = titles.map((title) => `"${title}"`).join(", ")
  death ??= `the target is gone (${reason}); these tests were running: ${during}`
  return death
}
