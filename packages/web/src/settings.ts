/**
 * What a person has chosen about the page, in this browser.
 *
 * @module
 */
import { useSyncExternalStore } from "react"
import { store, stored } from "./stored.ts"
import { browserLanguage, isLanguage, type Language } from "./words/use-words.ts"

export type Theme = "system" | "light" | "dark"

export interface Settings {
  readonly theme: Theme
  readonly language: Language
  readonly notifies: boolean
  /** What stands beside the log. */
  readonly aside: "people" | "wire" | "none"
}

/** Where what stands beside the log would lie over it. */
export const isNarrow = (): boolean => matchMedia("(width < 64rem)").matches

const read = (): Settings => {
  const theme = stored("theme")
  const language = stored("language")
  const aside = stored("aside")
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    language: isLanguage(language) ? language : browserLanguage(),
    notifies: stored("notifies") === "yes",
    aside: aside === "none" || isNarrow() ? "none" : aside === "wire" ? "wire" : "people"
  }
}

let settings = read()
const listeners = new Set<() => void>()

const show = (): void => {
  document.documentElement.lang = settings.language
  if (settings.theme === "system") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = settings.theme
}

show()

/** Sets something, for now and for the next time. */
export const set = (change: Partial<Settings>): void => {
  settings = { ...settings, ...change }
  store("theme", settings.theme)
  store("language", settings.language)
  store("notifies", settings.notifies ? "yes" : "no")
  if (!isNarrow()) store("aside", settings.aside)
  show()
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const useSettings = (): Settings => useSyncExternalStore(subscribe, () => settings)
