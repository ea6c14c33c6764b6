/**
 * What the flags of all commands share: their descriptions and the names of their values, in the user's language.
 *
 * @module
 */
import { Flag } from "effect/cli"
import { type Language, languages } from "../lang/language.ts"
import { type Metavar, type Words, wordsOf } from "../lang/words.ts"

/** Says what a flag does. */
export const about =
  (description: string) =>
  <A>(flag: Flag.Flag<A>): Flag.Flag<A> =>
    Flag.withDescription(flag, description)

/** Says what is to be written for a flag's value. */
export const valueIn =
  (words: Words) =>
  (name: Metavar) =>
  <A>(flag: Flag.Flag<A>): Flag.Flag<A> =>
    Flag.withMetavar(flag, words.metavars[name])

/** `--lang`, which every command has. */
export const lang = (language: Language): Flag.Flag<Language> =>
  Flag.Literals("lang", languages).pipe(
    Flag.withDefault(language),
    Flag.withMetavar("en|es"),
    about(wordsOf(language).options.lang)
  )
