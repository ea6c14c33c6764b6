/**
 * The command `tertulia` in this process: what it says, and its exit code.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { TestConsole } from "effect/testing"
import { cliLayer, makeCommand } from "../../src/command.ts"
import { exitCode, report } from "../../src/outcome.ts"

export interface Outcome {
  readonly code: number
  /** The lines on standard output, but for an export's, which go there themselves. */
  readonly out: ReadonlyArray<unknown>
  readonly err: ReadonlyArray<unknown>
}

/** Runs a subcommand with these arguments. */
export const tertulia = (...args: ReadonlyArray<string>): Promise<Outcome> =>
  Effect.gen(function* () {
    const command = Command.runWith(
      makeCommand(() => Effect.die(new Error("no server was to be started"))),
      { version: "0.0.0" }
    )
    const exit = yield* Effect.exit(Effect.tapCause(command(args), report))
    return { code: exitCode(exit), out: yield* TestConsole.logLines, err: yield* TestConsole.errorLines }
  }).pipe(Effect.provide(Layer.mergeAll(NodeServices.layer, cliLayer, TestConsole.layer)), Effect.runPromise)
