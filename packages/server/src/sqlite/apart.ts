/**
 * Long calls into SQLite, in a process of their own: nothing interrupts such a call but the end of its process, and meanwhile
 * this one shows how far it is, and hears Ctrl-C.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { scriptAt } from "../scripts.ts"
import type { Following } from "./following.ts"

/** What such a process says: the rows of a statement, or the error of SQLite. */
export type Said =
  | { readonly _tag: "Rows"; readonly rows: Rows }
  | { readonly _tag: "Failed"; readonly message: string; readonly errcode: number | undefined }

/** An error of SQLite that comes from another process; fault.ts has words for it. */
export class ApartFault extends Data.TaggedError("ApartFault")<{
  readonly message: string
  readonly errcode: number | undefined
}> {}

const statementScript = fileURLToPath(scriptAt("sqlite/apart-process"))
const snapshotScript = fileURLToPath(scriptAt("sqlite/snapshot-process"))

/** Runs a statement on a file that is only read, and gives its rows. An interrupt ends it at once. */
export const callApart = (
  file: string,
  statement: string,
  ...values: ReadonlyArray<string>
): Effect.Effect<Rows, ApartFault> => runApart(statementScript, [file, statement, ...values])

/** What a copy is that was made of a file that follows a log. */
export interface Copy {
  readonly id: string
  readonly place: number
  readonly bytes: number
  readonly digest: string
}

/**
 * Copies a data file, as it is at one moment, for those who are to follow the same log: with neither the index of words nor what only concerns
 * what came before in the log. The copy is checked, and on the disk.
 *
 * @param as what it follows, where the file itself follows nothing yet
 */
export const copyApart = (file: string, copy: string, as?: Following): Effect.Effect<Copy, ApartFault> =>
  Effect.map(
    runApart(snapshotScript, [file, copy, ...(as === undefined ? [] : [JSON.stringify(as)])]),
    ([row]) => row as unknown as Copy
  )

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>

const runApart = (script: string, args: ReadonlyArray<string>): Effect.Effect<Rows, ApartFault> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] })
    let said = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text
    })
    child.once("error", (error) => resume(Effect.die(error)))
    child.once("close", (code, signal) => resume(outcomeOf(said, signal ?? code)))
    return Effect.promise(async () => {
      child.kill("SIGKILL")
      if (child.exitCode === null && child.signalCode === null) await once(child, "close")
    })
  })

const outcomeOf = (said: string, end: NodeJS.Signals | number | null) => {
  if (said === "")
    return Effect.fail(
      new ApartFault({ message: `the process that was to do it ended with ${end}`, errcode: undefined })
    )
  const outcome = JSON.parse(said) as Said
  return outcome._tag === "Rows" ? Effect.succeed(outcome.rows) : Effect.fail(new ApartFault(outcome))
}
