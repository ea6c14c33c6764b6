/**
 * `npm run conformance -- judge FILE`: a history that a run has recorded, judged again.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { Argument, Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { historyIn } from "../history/file.ts"
import { countOf } from "../history/shrink.ts"
import { storyOf } from "../history/story.ts"
import { judgeHistory, type Lane } from "../history.ts"
import type { Language } from "../lang/language.ts"
import { storyIn } from "../lang/results.ts"
import { wordsOf } from "../lang/words.ts"
import { storyLines } from "../report/story.ts"
import { labelled, type Style, styleOf } from "../report/style.ts"
import { CannotJudge } from "../run/options.ts"
import { readRequirementsIn } from "../spec/translations.ts"
import { ExitWith } from "./exit.ts"
import * as flagsOf from "./flags.ts"

/** Judges a recorded history, without a server: exit 0 when nothing in it breaks a requirement, else 1. */
export const historyCommand = (language: Language) => {
  const words = wordsOf(language)
  const file = Argument.String("file").pipe(
    Argument.withMetavar(words.metavars.file),
    Argument.withDescription(words.historyFile)
  )
  return Command.make("judge", { file, lang: flagsOf.lang(language) }, ({ file: path, lang }) =>
    Effect.gen(function* () {
      const lanes = yield* read(path)
      const style = styleOf(process.stdout, process.env, wordsOf(lang))
      const { isGood, text } = verdict(style, lang, lanes)
      process.stdout.write(`${text}\n`)
      if (!isGood) return yield* new ExitWith({ code: 1 })
    })
  ).pipe(Command.withDescription(words.aboutHistory))
}

const read = (path: string): Effect.Effect<ReadonlyArray<Lane>, CannotJudge> =>
  Effect.try({
    try: () => historyIn(readFileSync(path, "utf8")),
    catch: (error) => new CannotJudge({ reason: `judge ${path}: ${(error as Error).message}` })
  })

const verdict = (style: Style, language: Language, lanes: ReadonlyArray<Lane>) => {
  const { words } = style
  const judged = judgeHistory(lanes).filter(({ facts }) => facts > 0)
  const broken = judged.filter(({ violations }) => violations.length > 0)
  const sentences = new Map(readRequirementsIn(language).map((each) => [each.id, each]))
  const stories = broken.flatMap(({ requirement }) => {
    const story = storyOf(lanes, requirement)
    if (story === undefined) return []
    const sentence = sentences.get(requirement)
    return [
      "",
      style.red(labelled(style, requirement, sentence?.text ?? "")),
      style.dim(labelled(style, "", sentence?.link ?? "")),
      ...storyLines(style, storyIn(language, story))
    ]
  })
  const ids = broken.map(({ requirement }) => requirement)
  const summary = words.historyJudged(lanes.length, countOf(lanes), judged.length, ids)
  const text = [
    ...stories,
    ...(stories.length === 0 ? [] : [""]),
    (ids.length === 0 ? style.green : style.red)(summary)
  ]
  return { isGood: ids.length === 0, text: text.join("\n") }
}
