/**
 * The account that a person has: what their password is, which never is an argument, since others can see those.
 *
 * @module
 */
import { readFile } from "node:fs/promises"
import type { AccountOptions } from "@tertulia/client"
import * as Effect from "effect/Effect"

/** Where a password is looked for, beside a file and the terminal. */
export const passwordVariable = "TERTULIA_PASSWORD"

/** What is said about an account. */
export interface AccountFlags {
  /** Whether one wants to be let in by one's account. */
  readonly account: boolean
  /** Whether to make it, unless it is there. */
  readonly register: boolean
  readonly invitation: string | undefined
  /** The file that holds the password in its first line. */
  readonly passwordFile: string | undefined
}

/**
 * The account of these flags; undefined for a guest, or for whom a token is kept. Fails with a sentence when there is no password.
 *
 * @param hasToken whether what is kept lets one in
 * @param hidden asks for one line that isn't shown; undefined where nobody can be asked
 */
export const accountOf = Effect.fnUntraced(function* (
  { account, invitation, passwordFile, register }: AccountFlags,
  hasToken: boolean,
  hidden: Effect.Effect<string> | undefined
): Effect.fn.Return<AccountOptions | undefined, string> {
  if (!account && !register) return undefined
  const given = passwordFile === undefined ? process.env[passwordVariable] : yield* firstLineOf(passwordFile)
  if (hasToken && given === undefined && !register) return undefined
  const password = given ?? (hidden === undefined ? "" : yield* hidden)
  if (password === "") return yield* Effect.fail(`say your password: in ${passwordVariable}, or by --password-file`)
  return { password, register, ...(invitation === undefined ? {} : { invitation }) }
})

const firstLineOf = (file: string): Effect.Effect<string, string> =>
  Effect.map(
    Effect.tryPromise({
      try: () => readFile(file, "utf8"),
      catch: (error) => `can't read ${file}: ${(error as NodeJS.ErrnoException).code ?? "unknown"}`
    }),
    (text) => text.split(/\r?\n/u)[0] ?? ""
  )

/** Asks for a line on the terminal and shows nothing of it; the empty one after Ctrl-C or Ctrl-D. */
export const hiddenLine = (question: string): Effect.Effect<string> =>
  Effect.callback<string>((resume) => {
    const { stderr, stdin } = process
    let typed = ""
    const end = (answer: string) => {
      stdin.off("data", take)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write("\n")
      resume(Effect.succeed(answer))
    }
    const take = (chunk: Buffer) => {
      for (const character of chunk.toString("utf8")) {
        if (character === "\r" || character === "\n") return end(typed)
        if (character === "\u0003" || character === "\u0004") return end("")
        typed = character === "\u007f" ? [...typed].slice(0, -1).join("") : typed + character
      }
    }
    stderr.write(question)
    stdin.setRawMode(true)
    stdin.on("data", take)
    stdin.resume()
  })
