/**
 * Waits for something to become so, and costs next to nothing while nobody waits.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

export class Gate {
  private latch: Latch.Latch | undefined = undefined

  /** Waits until it is opened, unless it is open when somebody comes. */
  passed(isOpen: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (isOpen()) return Effect.void
      this.latch ??= Latch.makeUnsafe(false)
      return this.latch.await
    })
  }

  /** Lets those who wait pass. They may run at once, so this comes last. */
  open(): void {
    const { latch } = this
    this.latch = undefined
    latch?.openUnsafe()
  }
}
