/**
 * `--out` of the commands that watch traffic.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Language } from "../lang/language.ts"
import { wordsOf } from "../lang/words.ts"
import type { Happening } from "../proxy/happening.ts"
import { recordTo } from "../proxy/transcript.ts"
import type { CannotJudge } from "../run/options.ts"

/** Gives what notes each happening: in the file of `--out`, or nowhere without it. */
export const recording = Effect.fnUntraced(function* (
  { lang, out }: { readonly lang: Language; readonly out: string | undefined },
  listen: string,
  target: string
): Effect.fn.Return<(happening: Happening) => void, CannotJudge, Scope.Scope> {
  if (out === undefined) return () => {}
  const began = new Date(yield* Clock.currentTimeMillis).toISOString()
  const complain = (reason: string) =>
    process.stderr.write(`conformance: ${wordsOf(lang).proxy.notRecorded(out, reason)}\n`)
  const recorder = yield* recordTo(out, { began, listen, target }, complain)
  return recorder.note
})
