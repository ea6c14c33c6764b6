/**
 * The report for a browser in another language: like the tests, it is written in English, and a phrase book does the rest. What stands in
 * `code` and `pre` came over the wire, or is typed as it stands.
 *
 * @module
 */
import type { Language } from "./language.ts"
import { pagePhrasesOf } from "./spoken.ts"

/** A page of this suite in a language. */
export const pageIn = (language: Language, page: string): string =>
  language === "en"
    ? page
    : mapWords(page, pagePhrasesOf(language).of).replace('<html lang="en">', `<html lang="${language}">`)

/** Everything that a page says, and that is neither code nor script. */
export const wordsIn = (page: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  mapWords(page, (text) => {
    words.push(text)
    return text
  })
  return words
}

const token = /<(?<end>\/?)(?<name>[a-z][a-z0-9]*)(?:"[^"]*"|[^">])*>|<[^>]*>|[^<]+/giu
const apart = new Set(["code", "pre", "style", "script"])
const spoken = /(?<= (?:aria-label|placeholder)=")[^"]*(?=")/gu

const mapWords = (page: string, map: (text: string) => string): string => {
  let inside: string | undefined
  return page.replace(token, (found, end: string | undefined, name: string | undefined) => {
    if (name === undefined) return inside === undefined && !found.startsWith("<") ? mapText(found, map) : found
    if (inside === undefined && end === "" && apart.has(name)) inside = name
    else if (inside === name && end === "/") inside = undefined
    return found.replace(spoken, (text) => mapText(text, map))
  })
}

/** The words without the space around them, and without what HTML makes of some characters. */
const mapText = (text: string, map: (text: string) => string): string => {
  const words = text.trim()
  return words === "" ? text : text.replace(words, () => escaped(map(plain(words))))
}

const entities = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" } as const

const plain = (text: string): string =>
  text.replace(/&(?:lt|gt|quot|#39|amp);/gu, (entity) => entities[entity as keyof typeof entities])

const escaped = (text: string): string =>
  text.replace(/[<>"'&]/gu, (each) => Object.entries(entities).find(([, character]) => character === each)![0])
