/**
 * `--explain ORDER-3`: a sentence, where it stands, and what judges it.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import { hintFor } from "../hints.ts"
import { phrasesOf } from "../lang/spoken.ts"
import { wordsOf } from "../lang/words.ts"
import { labelled, styleOf } from "../report/style.ts"
import { readRequirementsIn } from "../spec/translations.ts"
import { plannedTests } from "./judge.ts"
import { type CannotJudge, checkIds, type Flags } from "./options.ts"

/** Prints one requirement and the tests that judge it. */
export const explain = Effect.fnUntraced(function* (flags: Flags, given: string): Effect.fn.Return<void, CannotJudge> {
  const requirements = readRequirementsIn(flags.lang)
  const [id] = yield* checkIds("--explain", [given], requirements)
  const requirement = requirements.find((each) => each.id === id)!
  // One run knows the tests of servers or those of clients, never both.
  const servers = yield* plannedTests({ ...flags, client: undefined }, [requirement.id])
  const clients = yield* plannedTests({ ...flags, client: "" }, [requirement.id])
  const words = wordsOf(flags.lang)
  const style = styleOf(process.stdout, process.env, words)
  const plan = [...servers.plan, ...clients.plan.map((test) => ({ ...test, chapter: words.ofClients(test.chapter) }))]
  const judges = plan.filter((test) => test.ids.includes(requirement.id))
  const say = (label: string, text: string) => process.stdout.write(`${labelled(style, label, text)}\n`)
  say(requirement.id, requirement.text)
  say(words.labels.where, words.line(requirement.link, requirement.line))
  say(words.labels.binds, words.bound(requirement.who, requirement.profile))
  const hint = hintFor(requirement.id)
  if (hint !== undefined) say(words.labels.hint, phrasesOf(flags.lang).of(hint))
  if (requirement.untestable !== undefined) say(words.labels.untestable, requirement.untestable)
  for (const kind of ["dialogue", "scenario", "vector", "property"] as const) {
    for (const test of judges.filter((each) => each.kind === kind)) {
      say(words.kind[kind], `${test.chapter} > ${phrasesOf(flags.lang).of(test.title)}`)
    }
  }
  if (judges.length === 0) say(words.labels.judgedBy, words.noTest)
})
