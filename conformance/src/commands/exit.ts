/**
 * How a command ends when there is nothing more to say.
 *
 * @module
 */
import * as Data from "effect/Data"

/** Ends the process with this code, when all has been said. */
export class ExitWith extends Data.TaggedError("ExitWith")<{ readonly code: number }> {}
