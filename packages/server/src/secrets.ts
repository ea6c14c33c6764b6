/**
 * Secrets that open something: sessions and tokens. Whoever has one is let in, so it is made of the system's random numbers, and only its
 * digest is kept.
 *
 * @module
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import * as Context from "effect/Context"

/** Makes secrets: 192 bits of the system's random numbers, because whoever guesses one comes back as somebody else. */
export const Secrets = Context.Reference<() => string>("@tertulia/server/Secrets", {
  defaultValue: () => () => randomBytes(24).toString("base64url")
})

/** SHA-256 of a secret, in hexadecimal. */
export const digestOf = (secret: string): string => createHash("sha256").update(secret).digest("hex")

/** Whether two digests or keys are the same, in a time that doesn't tell how much of them is. */
export const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
