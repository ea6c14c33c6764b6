/**
 * Keys for what is said: nobody can guess one, and no two are ever the same.
 *
 * @module
 */
import * as Context from "effect/Context"

/** Gives a key of 128 random bits (KEY-1), of the system's generator for secrets. A test gives others. */
export const Keys = Context.Reference<() => string>("tertulia/client/Keys", { defaultValue: () => freshKey })

const freshKey = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}
