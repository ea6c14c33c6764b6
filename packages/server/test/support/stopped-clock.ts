/**
 * A clock that stands still until the test moves it, and tells when all who wait for it are asleep: then everything that was to be
 * done by now is done.
 */
import { type Clock, Effect } from "effect"

/** @param sleepers how many wait for it */
export const stopClock = (at: number, sleepers: number) => {
  let now = at
  let asleep: Array<() => void> = []
  let fallenAsleep = () => {}
  const allAsleep = () =>
    new Promise<void>((resolve) => {
      fallenAsleep = resolve
      if (asleep.length === sleepers) resolve()
    })
  const nanoseconds = () => BigInt(now) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanoseconds,
    currentTimeNanos: Effect.sync(nanoseconds),
    monotonicTimeNanosUnsafe: nanoseconds,
    monotonicTimeNanos: Effect.sync(nanoseconds),
    sleep: () =>
      Effect.callback((resume) => {
        asleep.push(() => resume(Effect.void))
        if (asleep.length === sleepers) fallenAsleep()
      })
  }
  return {
    clock,
    /** Waits until all are asleep. */
    allAsleep,
    /** Lets milliseconds pass, wakes all, and waits until they are asleep again. */
    pass: async (milliseconds: number) => {
      now += milliseconds
      const woken = asleep
      asleep = []
      for (const wake of woken) wake()
      await allAsleep()
    }
  }
}
