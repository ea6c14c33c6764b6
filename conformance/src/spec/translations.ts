/**
 * The translations of the numbered sentences, `spec/<language>/*.md`, and whether they are of the sentences as they now stand: each ends
 * with the fingerprint of the English one that it translates, `<!-- en: 1a2b3c4d -->`.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Language, type Translated, translated } from "../lang/language.ts"
import {
  type Chapter,
  makeChapter,
  type Requirement,
  readRequirements,
  requirementsOf,
  type SpecFault,
  specFolder
} from "./requirements.ts"

/** A numbered sentence in another language. */
export interface Translation {
  readonly id: string
  readonly chapter: string
  /** The sentence, in one line, without Markdown. */
  readonly text: string
  /** Where it stands: `spec/es/wire.md#FRAME-1`. */
  readonly link: string
  readonly line: number
  /** The fingerprint of the English sentence that was translated. */
  readonly of: string | undefined
}

/** What tells one English sentence from another: the beginning of its SHA-256, in hexadecimal. */
export const fingerprint = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8)

/** Reads the chapters of one language. */
export const readTranslatedChapters = (language: Translated): ReadonlyArray<Chapter> => {
  const folder = join(specFolder, language)
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => makeChapter(`spec/${language}/${file}`, readFileSync(join(folder, file), "utf8")))
}

const mark = /\s*<!-- en: (\S*) -->$/u

/** The sentences of translated chapters, in their order. */
export const translationsOf = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<Translation> =>
  requirementsOf(chapters).map(({ chapter, id, line, link, text }) => ({
    id,
    chapter,
    text: text.replace(mark, ""),
    link,
    line,
    of: mark.exec(text)?.[1]
  }))

/** Every requirement of the spec on disk, its sentence in this language where there is a translation of it as it now stands. */
export const readRequirementsIn = (language: Language): ReadonlyArray<Requirement> => {
  const requirements = readRequirements()
  if (language === "en") return requirements
  const known = new Map(translationsOf(readTranslatedChapters(language)).map((found) => [found.id, found]))
  return requirements.map((requirement) => {
    const found = known.get(requirement.id)
    return found === undefined || found.of !== fingerprint(requirement.text)
      ? requirement
      : { ...requirement, text: found.text }
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// What is wrong with them
// ---------------------------------------------------------------------------------------------------------------------

/** What is wrong with the translations on disk, for these requirements. */
export const translationFaults = (requirements: ReadonlyArray<Requirement>): ReadonlyArray<SpecFault> =>
  translated.flatMap((language) => faultsOf(language, requirements, translationsOf(readTranslatedChapters(language))))

/** What is wrong with these translations: what is missing, what has changed since, and what isn't the same in both. */
export const faultsOf = (
  language: Translated,
  requirements: ReadonlyArray<Requirement>,
  translations: ReadonlyArray<Translation>
): ReadonlyArray<SpecFault> => {
  const inForce = requirements.filter(({ removed }) => removed === undefined)
  const missing = inForce.filter(({ id }) => !translations.some((found) => found.id === id))
  return [
    ...missing.map(({ chapter, id, link, line, text }) => ({
      at: `${link.split("#")[0]}:${line}`,
      message: `${id} has no translation: write it into spec/${language}/${chapter}.md, and end it with ${markOf(text)}`
    })),
    ...translations.flatMap((translation, nth) => {
      const fault = (message: string): SpecFault => ({
        at: `${translation.link.split("#")[0]}:${translation.line}`,
        message
      })
      if (translations.findIndex(({ id }) => id === translation.id) < nth) {
        return [fault(`${translation.id} is translated twice`)]
      }
      const original = inForce.find(({ id }) => id === translation.id)
      return original === undefined
        ? [fault(`${translation.id} is translated, and the spec doesn't have it`)]
        : differences(language, original, translation).map(fault)
    })
  ]
}

const markOf = (text: string): string => `<!-- en: ${fingerprint(text)} -->`

const differences = (language: Translated, original: Requirement, translation: Translation): ReadonlyArray<string> => {
  const { id, text } = original
  if (translation.of !== fingerprint(text)) {
    return [
      `the English of ${id} is not what this translates: read "${text}", mend the translation, and end it with ${markOf(text)}`
    ]
  }
  const theirs = translation.text
  return [
    ...(`spec/${language}/${original.chapter}.md#${id}` === translation.link
      ? []
      : [`${id} belongs into spec/${language}/${original.chapter}.md, with the anchor ${id}`]),
    ...unlike(`the key words of ${id}`, keywordsOf("en", text), keywordsOf(language, theirs)),
    ...unlike(`the code in ${id}`, codeOf(text), codeOf(theirs)),
    ...unlike(`the requirements that ${id} mentions`, mentionsOf(text), mentionsOf(theirs))
  ]
}

const unlike = (what: string, wanted: ReadonlyArray<string>, got: ReadonlyArray<string>): ReadonlyArray<string> =>
  wanted.join("\n") === got.join("\n")
    ? []
    : [`${what}: ${wanted.join(", ") || "nothing"} in English, ${got.join(", ") || "nothing"} here`]

// A word order of its own is a translation's right: only what there is must be the same.
const codeOf = (text: string): ReadonlyArray<string> => [...text.matchAll(/`[^`]+`/gu)].map(String).toSorted()

const mentionsOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/\b[A-Z]+-[0-9]+\b/gu)].map(String).toSorted()

const keywords = {
  en: { MUST: /MUST/u, SHOULD: /SHOULD/u, MAY: /MAY/u, not: / NOT$/u, all: /\b(?:MUST|SHOULD)(?: NOT)?\b|\bMAY\b/gu },
  es: {
    MUST: /DEBEN?$/u,
    SHOULD: /DEBERÍAN?$/u,
    MAY: /PUEDEN?$/u,
    not: /^NO /u,
    all: /(?<!\p{L})(?:NO )?(?:DEBEN?|DEBERÍAN?|PUEDEN?)(?!\p{L})/gu
  }
} as const satisfies Record<Language, unknown>

/** The key words of a sentence, by their English names. */
const keywordsOf = (language: Language, text: string): ReadonlyArray<string> => {
  const { all, not, ...levels } = keywords[language]
  return [...text.replace(/`[^`]*`/gu, "").matchAll(all)].map(([found]) => {
    const level = Object.entries(levels).find(([, pattern]) => pattern.test(found))?.[0] ?? found
    return not.test(found) ? `${level} NOT` : level
  })
}
