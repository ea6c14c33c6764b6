/**
 * What the engine answers to what is asked of it.
 *
 * @module
 */
import { JetStreamApiError } from "@nats-io/jetstream"

/** Milliseconds that the engine has to say that it has stored something. */
export const patience = 5_000

export const isApiError = (error: unknown, status: number): boolean =>
  error instanceof JetStreamApiError && error.status === status

/** JetStream's codes for what isn't there: for a message, 10037 is said to who reads it, 10057 to who deletes it; 10059 for a stream. */
export const noneIfMissing = (error: unknown): undefined => {
  if (error instanceof JetStreamApiError && [10_037, 10_043, 10_057, 10_059].includes(error.code)) return undefined
  throw error
}
