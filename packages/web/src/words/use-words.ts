/**
 * The language of the page: what was chosen, else what the browser speaks.
 *
 * @module
 */
import { createContext, useContext } from "react"
import { en, type Words } from "./en.ts"
import { es } from "./es.ts"

export const languages = { en, es } as const
export type Language = keyof typeof languages

export const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(languages, text)

export const browserLanguage = (): Language =>
  navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? "en"

/** What the page says, and in which language. */
export const WordsContext = createContext<{ readonly words: Words; readonly language: Language }>({
  words: en,
  language: "en"
})

export const useWords = (): Words => useContext(WordsContext).words
export const useLanguage = (): Language => useContext(WordsContext).language
