/**
 * Who somebody is, as far as that is known.
 *
 * @module
 */
import type { Keeper } from "@tertulia/client"
import { foldName } from "@tertulia/protocol"
import * as Effect from "effect/Effect"
import { Failed } from "./failed.ts"
import type { Settings } from "./settings.ts"

/** As given, or as kept; fails when these are two. */
export const knownNick = (
  { nick: given, outbox }: Pick<Settings, "nick" | "outbox">,
  { kept }: Keeper
): Effect.Effect<string | undefined, Failed> => {
  const { nick } = kept.person
  if (given === undefined || nick === undefined || foldName(given) === nick) return Effect.succeed(given ?? nick)
  const sentence = `the outbox ${outbox} belongs to ${nick}: be ${nick}, or name another file`
  return Effect.fail(new Failed({ sentence, code: 2 }))
}
