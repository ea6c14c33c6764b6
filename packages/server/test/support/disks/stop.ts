import { tooSlow } from "../../../src/sqlite/pace.ts"

const never = new Int32Array(new SharedArrayBuffer(4))

/** Has the whole thread stand still, for so many milliseconds. */
export const stop = (milliseconds: number): void => {
  Atomics.wait(never, 0, 0, milliseconds)
}

/** Gives what stands still at its first call, for so long that a thread writes from then on. */
export const makeSlowStart = () => {
  let isFirst = true
  return (): void => {
    if (isFirst) stop(tooSlow)
    isFirst = false
  }
}
