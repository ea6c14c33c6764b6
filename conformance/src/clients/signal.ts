/**
 * Waiting for something that changes in callbacks: look, and look again whenever something has happened.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** Tells whoever waits that something has changed. */
export interface Signal {
  /** Waits for the next change: take it before looking, and none is missed. */
  readonly next: () => Effect.Effect<void>
  readonly notify: () => void
}

/** A signal that nobody has given yet. */
export const makeSignal = (): Signal => {
  let changed = Deferred.makeUnsafe<void>()
  return {
    next: () => Deferred.await(changed),
    notify: () => {
      const waiting = changed
      changed = Deferred.makeUnsafe<void>()
      Deferred.doneUnsafe(waiting, Exit.void)
    }
  }
}

/** How long to look, and when there is nothing more to wait for. */
export interface Patience {
  readonly millis: number
  /** Whether nothing more can come: asked after a look that found nothing. */
  readonly over?: () => boolean
}

/** Looks at once and after every change, until something is found; `undefined` when the time is over, or all is. */
export const until = Effect.fnUntraced(function* <A>(
  changed: Signal,
  look: () => A | undefined,
  { millis, over = () => false }: Patience
): Effect.fn.Return<A | undefined> {
  const began = yield* Clock.currentTimeMillis
  while (true) {
    const change = changed.next()
    const found = look()
    if (found !== undefined || over()) return found
    const left = began + millis - (yield* Clock.currentTimeMillis)
    if (left <= 0) return undefined
    yield* Effect.timeoutOption(change, left)
  }
})
