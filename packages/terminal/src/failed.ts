/**
 * What the shell is told when something goes wrong.
 *
 * @module
 */
import type { Trouble } from "@tertulia/client"
import * as Data from "effect/Data"
import * as Runtime from "effect/Runtime"
import type { Language } from "./full/words.ts"
import { wordsIn } from "./plain/words.ts"

/** What the shell is told, and the sentence that a person is told. */
export class Failed extends Data.TaggedError("Failed")<{ readonly sentence: string; readonly code: 1 | 2 }> {
  override readonly [Runtime.errorExitCode] = this.code
}

/** Usage, files and reachability are the caller's to mend: 2. Everything else is 1. */
export const failed = (error: Trouble, language: Language = "en"): Failed =>
  new Failed({
    sentence: wordsIn(language).trouble(error),
    code: error._tag === "Unreachable" || error._tag === "NotKept" ? 2 : 1
  })
