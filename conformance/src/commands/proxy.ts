/**
 * The passive judge: `npm run conformance -- proxy --listen 127.0.0.1:7400 --target 127.0.0.1:7331`.
 *
 * @module
 */

import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Language } from "../lang/language.ts"
import { wordsOf } from "../lang/words.ts"
import type { Happening } from "../proxy/happening.ts"
import { relay } from "../proxy/relay.ts"
import { isBroken, judgeTraffic } from "../proxy/traffic.ts"
import { styleOf } from "../report/style.ts"
import { summaryLines, trafficPrinter } from "../report/traffic.ts"
import { CannotJudge, parseAddress, parseTarget } from "../run/options.ts"
import { readRequirementsIn } from "../spec/translations.ts"
import { about, lang, valueIn } from "./flags.ts"
import { recording } from "./recording.ts"

/** Judges what passes between clients and a server. */
export const proxyCommand = (language: Language) => {
  const words = wordsOf(language)
  const { options } = words.proxy
  const value = valueIn(words)
  const flags = {
    listen: Flag.String("listen").pipe(value("address"), about(options.listen)),
    target: Flag.String("target").pipe(value("address"), about(options.target)),
    out: Flag.String("out").pipe(Flag.optional, value("file"), about(options.out)),
    lang: lang(language),
    quiet: Flag.Boolean("quiet").pipe(Flag.withDefault(false), about(options.quiet))
  }
  return Command.make("proxy", flags, (given) => run({ ...given, out: Option.getOrUndefined(given.out) })).pipe(
    Command.withDescription(words.proxy.about),
    Command.withShortDescription(words.proxy.inShort)
  )
}

interface ProxyFlags {
  readonly listen: string
  readonly target: string
  readonly out: string | undefined
  readonly lang: Language
  readonly quiet: boolean
}

const run = Effect.fnUntraced(function* (flags: ProxyFlags) {
  const listen = yield* parseAddress("--listen", flags.listen, 0)
  const target = yield* parseTarget(flags.target)
  const words = wordsOf(flags.lang)
  const style = styleOf(process.stdout, process.env, words)
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const judge = judgeTraffic(readRequirementsIn(flags.lang), trafficPrinter(style, flags, say))
  const note = yield* recording(flags, flags.listen, flags.target)
  let fault: unknown
  const watch = (happening: Happening) => {
    note(happening)
    if (fault !== undefined) return
    try {
      judge.take(happening)
    } catch (error) {
      // Whoever talks through the proxy must not be cut off because the judge is wrong.
      fault = error
      process.stderr.write(`conformance: ${words.suiteFault(String(error))}\n`)
    }
  }
  const { port } = yield* relay(listen, target, watch).pipe(
    Effect.mapError(({ reason }) => new CannotJudge({ reason: `--listen ${flags.listen}: ${reason}` }))
  )
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      const summary = judge.finish()
      say(summaryLines(style, summary))
      // It only ever ends by a signal, which says nothing of what it has seen.
      process.exitCode = fault !== undefined ? 3 : isBroken(summary) ? 1 : 0
    })
  )
  say(words.proxy.listening(`${flags.listen.replace(/:\d+$/u, "")}:${port}`, flags.target))
  return yield* Effect.never
}, Effect.scoped)
