/**
 * The languages that the suite speaks, and which of them a person wants.
 *
 * @module
 */

/** The languages of what a person reads. Codes, IDs, names of fields and JSON are in none. */
export const languages = ["en", "es"] as const

export type Language = (typeof languages)[number]

/** The languages that the spec is translated into. */
export type Translated = Exclude<Language, "en">

export const translated: ReadonlyArray<Translated> = ["es"]

/** Whether a word is one of the languages. */
export const isLanguage = (word: string): word is Language => (languages as ReadonlyArray<string>).includes(word)

/** The language of the locale: that of the first of LC_ALL, LC_MESSAGES and LANG that is set; English when it is none of ours. */
export const languageOf = (env: Readonly<Record<string, string | undefined>>): Language => {
  const locale = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find((value) => value !== undefined && value !== "")
  return /^es(?:[_.@-]|$)/iu.test(locale ?? "") ? "es" : "en"
}

/**
 * The language of a command line, before it is read: `--lang` wins over the locale. Whatever else `--lang` says is refused later, in the
 * language of the locale.
 */
export const languageWanted = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>
): Language => {
  const given = args.flatMap((arg, nth) =>
    arg === "--lang" ? [args[nth + 1] ?? ""] : arg.startsWith("--lang=") ? [arg.slice("--lang=".length)] : []
  )
  const last = given.at(-1) ?? ""
  return isLanguage(last) ? last : languageOf(env)
}
