/**
 * What a user has asked for, and can't be done.
 *
 * @module
 */
import * as Data from "effect/Data"

/** What a user has asked for can't be done; the message is one line. */
export class UsageFault extends Data.TaggedError("UsageFault")<{ readonly message: string }> {}
