/**
 * What a run says, in the language of whoever reads it.
 *
 * @module
 */
import { spanish, spanishPage } from "./es/phrase-book.ts"
import { type Language, languages } from "./language.ts"
import { makePhrases, type Phrases } from "./phrases.ts"

const english: Phrases = { of: (phrase) => phrase, knows: () => true }

const all = { en: english, es: makePhrases(spanish) } as const satisfies Record<Language, Phrases>

const pages = { en: english, es: makePhrases(spanishPage) } as const satisfies Record<Language, Phrases>

/** The phrases of the report for a browser in a language. */
export const pagePhrasesOf = (language: Language): Phrases => pages[language]

/** The phrases of a language. */
export const phrasesOf = (language: Language): Phrases => all[language]

/** Whether a test's title, in any of the languages, contains a text; neither capitals nor accents matter. */
export const titleContains = (title: string, text: string): boolean =>
  text === "" || languages.some((language) => bare(phrasesOf(language).of(title)).includes(bare(text)))

const bare = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()
