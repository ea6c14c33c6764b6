/**
 * What the proxy has recorded, again: `npm run conformance -- replay transcript.jsonl --target host:port`.
 *
 * @module
 */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type { Language } from "../lang/language.ts"
import { wordsOf } from "../lang/words.ts"
import { replay } from "../proxy/replay.ts"
import { scriptOf } from "../proxy/script.ts"
import { isBroken, judgeTraffic } from "../proxy/traffic.ts"
import { readTranscript } from "../proxy/transcript.ts"
import { styleOf } from "../report/style.ts"
import { replayedLines, summaryLines, trafficPrinter } from "../report/traffic.ts"
import { parseTarget } from "../run/options.ts"
import { readRequirementsIn } from "../spec/translations.ts"
import { ExitWith } from "./exit.ts"
import { about, lang, valueIn } from "./flags.ts"
import { recording } from "./recording.ts"

/** Sends a recording again and judges what comes, or judges the recording as it is. */
export const replayCommand = (language: Language) => {
  const words = wordsOf(language)
  const { options } = words.replay
  const value = valueIn(words)
  const config = {
    transcript: Argument.String("transcript").pipe(
      Argument.withMetavar(words.metavars.file),
      Argument.withDescription(words.replay.transcript)
    ),
    target: Flag.String("target").pipe(Flag.optional, value("address"), about(options.target)),
    fresh: Flag.Boolean("fresh").pipe(Flag.withDefault(false), about(options.fresh)),
    out: Flag.String("out").pipe(Flag.optional, value("file"), about(options.out)),
    lang: lang(language),
    quiet: Flag.Boolean("quiet").pipe(Flag.withDefault(false), about(options.quiet))
  }
  return Command.make("replay", config, (given) =>
    run({ ...given, out: Option.getOrUndefined(given.out), target: Option.getOrUndefined(given.target) })
  ).pipe(Command.withDescription(words.replay.about), Command.withShortDescription(words.replay.inShort))
}

interface ReplayFlags {
  readonly transcript: string
  readonly target: string | undefined
  readonly fresh: boolean
  readonly out: string | undefined
  readonly lang: Language
  readonly quiet: boolean
}

const patience = 2_000

const run = Effect.fnUntraced(function* (flags: ReplayFlags) {
  const { happenings } = yield* readTranscript(flags.transcript)
  const style = styleOf(process.stdout, process.env, wordsOf(flags.lang))
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const judge = judgeTraffic(readRequirementsIn(flags.lang), trafficPrinter(style, flags, say))
  if (flags.target === undefined) for (const happening of happenings) judge.take(happening)
  else {
    const target = yield* parseTarget(flags.target)
    const nonce = flags.fresh ? (yield* Random.nextIntBetween(36 ** 3, 36 ** 4)).toString(36) : undefined
    const note = yield* recording(flags, flags.transcript, flags.target)
    const replayed = yield* replay(scriptOf(happenings), {
      ...{ target, nonce, patience },
      tell: (happening) => {
        note(happening)
        judge.take(happening)
      }
    })
    say(replayedLines(style, replayed))
  }
  const summary = judge.finish()
  say(summaryLines(style, summary))
  if (isBroken(summary)) return yield* new ExitWith({ code: 1 })
}, Effect.scoped)
