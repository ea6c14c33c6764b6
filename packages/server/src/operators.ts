/**
 * The operators of a server: people of accounts whom its configuration names (spec/moderation.md).
 *
 * @module
 */
import { foldName, isNick } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import type { Accounts } from "./accounts.ts"

/** The nicks of a setting that has no fault. */
const parseOperators = (text: string): ReadonlyArray<string> =>
  text
    .split(",")
    .map((nick) => foldName(nick.trim()))
    .filter((nick) => nick !== "")

/** What is wrong with a setting of operators. */
export const operatorsFault = (text: string): string | undefined => {
  const wrong = parseOperators(text).find((nick) => !isNick(nick))
  return wrong === undefined ? undefined : `${JSON.stringify(wrong)} is no nick`
}

/**
 * The ids of the operators. Only who has the account when the server starts is one: or whoever registers the nick first would be, and
 * whoever has it after its account has ended.
 */
export const operatorsIn = (text: string, accounts: Pick<Accounts, "of">): Effect.Effect<ReadonlySet<string>> =>
  Effect.gen(function* () {
    const people = new Set<string>()
    for (const nick of parseOperators(text)) {
      const account = accounts.of(nick)
      if (account !== undefined) people.add(account.person)
      else
        yield* Effect.logWarning(
          `${nick} has no account and so is no operator: register it, and start the server again`
        )
    }
    return people
  })
