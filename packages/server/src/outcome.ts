/**
 * How the command `tertulia` ends: what is said about it, and its exit code.
 *
 * A server exits 0 when it was asked to stop, 2 when it couldn't start, 1 when it can't go on. Its subcommands exit 0 when it is done, 2
 * when it can't be done, 130 when they were broken off; 1 is a damaged file.
 *
 * @module
 */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { sayFault } from "./command.ts"
import { Damaged } from "./operate/verify.ts"
import { StorageBroken } from "./room-log.ts"
import { StorageFault } from "./sqlite/thread.ts"
import { ListenFailed } from "./transport.ts"
import { UsageFault } from "./usage.ts"

/** Whether somebody other than us can do something about it. */
const isFault = (error: unknown): error is UsageFault | ListenFailed | StorageFault =>
  error instanceof UsageFault || error instanceof ListenFailed || error instanceof StorageFault

/** Says what went wrong, unless it was said. */
export const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const error = Cause.squash(cause)
  if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error) || error instanceof Damaged) return Effect.void
  if (isFault(error) || error instanceof StorageBroken) return sayFault(error.message)
  return Effect.logFatal("a defect ended the program", cause)
}

/** The exit code, as far as the work itself hasn't said that it was broken off. */
export const exitCode = <A, E>(exit: Exit.Exit<A, E>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return Number(process.exitCode ?? 0)
  const error = Cause.squash(exit.cause)
  return CliError.isCliError(error) || isFault(error) ? 2 : 1
}
