/**
 * The requirements, read from the prose of `spec/*.md` and never copied by hand.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The repository's `spec` folder. */
export const specFolder = fileURLToPath(new URL("../../../spec", import.meta.url))

/** The generated file that makes an unknown ID a type error. */
export const requirementIdFile = fileURLToPath(new URL("../generated/requirement-id.ts", import.meta.url))

/** How binding a requirement is. */
export type Level = "MUST" | "SHOULD" | "MAY"

/** Whom a requirement binds. */
export type Who = "server" | "client" | "both"

/** One normative sentence. */
export interface Requirement {
  readonly id: string
  readonly level: Level
  readonly who: Who
  readonly profile: string
  /** The chapter: the file's name without `.md`. */
  readonly chapter: string
  /** The sentence, in one line, without Markdown. */
  readonly text: string
  /** Where it stands, as a link: `spec/wire.md#FRAME-1`. */
  readonly link: string
  /** The line of the file that it begins on, from 1. */
  readonly line: number
  /** Why no test can judge it, when none can. */
  readonly untestable?: string
  /** Why it was taken out, when it was: a tombstone, so that its ID is never given to another. */
  readonly removed?: string
}

/** One chapter of the spec as it is on disk. */
export interface Chapter {
  readonly name: string
  readonly file: string
  readonly lines: ReadonlyArray<string>
  readonly profile: string
}

/** A mistake in the spec, as `file:line` and a sentence. */
export interface SpecFault {
  readonly at: string
  readonly message: string
}

/** Reads every chapter of the spec, in the alphabet's order. */
export const readChapters = (folder: string = specFolder): ReadonlyArray<Chapter> =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => makeChapter(`spec/${file}`, readFileSync(join(folder, file), "utf8")))

/** A chapter from its text: what `readChapters` does for one file. */
export const makeChapter = (file: string, text: string): Chapter => {
  const lines = text.split("\n")
  const profile = lines.map((line) => /^Profile:\s*([a-z]+)\s*$/u.exec(line)?.[1]).find((found) => found !== undefined)
  return { name: basename(file, ".md"), file, lines, profile: profile ?? "core" }
}

const keyword = /\b(?:MUST NOT|MUST|SHALL NOT|SHALL|SHOULD NOT|SHOULD|RECOMMENDED|REQUIRED|OPTIONAL|MAY)\b/u
const anchored = /<a id="([^"]+)"><\/a>\s*\*\*\[([^\]]+)\]\*\*\s*(.*)$/u
const idGrammar = /^[A-Z]+-[1-9][0-9]*$/u
const startsBlock = /^\s*(?:[-*+] |[0-9]+[.)] |#|>|\||```|$)/u

/** A line of a chapter, with what it is. */
interface Prose {
  readonly line: string
  readonly number: number
  readonly kind: "prose" | "code"
}

/** A chapter's lines, with those inside fences marked. */
export const proseOf = (chapter: Chapter): ReadonlyArray<Prose> => {
  let fenced = false
  return chapter.lines.map((line, index) => {
    const fence = /^\s*```/u.test(line)
    const kind = fenced || fence ? "code" : "prose"
    if (fence) fenced = !fenced
    return { line, number: index + 1, kind }
  })
}

interface Paragraph {
  readonly id: string
  readonly anchor: string
  readonly text: string
  readonly from: number
  readonly to: number
}

const paragraphsOf = (chapter: Chapter): ReadonlyArray<Paragraph> => {
  const prose = proseOf(chapter)
  return prose.flatMap(({ kind, line, number }, index) => {
    const match = kind === "prose" ? anchored.exec(line) : null
    if (match === null) return []
    const rest = prose.slice(index + 1)
    const length = rest.findIndex((next) => next.kind === "code" || startsBlock.test(next.line))
    const more = (length === -1 ? rest : rest.slice(0, length)).map((next) => next.line.trim())
    const text = [match[3]!, ...more].join(" ").trim()
    return [{ anchor: match[1]!, id: match[2]!, text, from: number, to: number + more.length }]
  })
}

const plain = (markdown: string): string =>
  markdown
    .replace(/\[([^\]]+)\]\([^)]*\)/gu, "$1")
    .replace(/\*\*([^*]+)\*\*/gu, "$1")
    .replace(/\s+/gu, " ")
    .trim()

/** Whoever is named last before the keyword is bound by it: "when nothing comes from a client, a server MUST". */
const whoOf = (text: string): Who | undefined => {
  const sentence = withoutCode(text)
  const end = keyword.exec(sentence)?.index ?? sentence.length
  const named = [...sentence.slice(0, end).matchAll(/\b(server|client|side)s?\b/giu)].at(-1)
  const subject = named?.[1]?.toLowerCase()
  return subject === "side" ? "both" : (subject as Who | undefined)
}

const requirementOf = (chapter: Chapter, paragraph: Paragraph): Requirement => {
  const removed = /^\*removed:\s*(.+?)\*$/u.exec(paragraph.text)?.[1]
  const untestable = /\*\(untestable:\s*(.+?)\)\*\s*$/u.exec(paragraph.text)?.[1]
  const text = plain(paragraph.text.replace(/\*\(untestable:.*$/u, ""))
  const found = keyword.exec(withoutCode(text))?.[0] ?? "MUST"
  return {
    id: paragraph.id,
    level: found.startsWith("MUST") ? "MUST" : found.startsWith("SHOULD") ? "SHOULD" : "MAY",
    who: whoOf(text) ?? "both",
    profile: chapter.profile,
    chapter: chapter.name,
    text,
    link: `${chapter.file}#${paragraph.anchor}`,
    line: paragraph.from,
    ...(untestable === undefined ? {} : { untestable }),
    ...(removed === undefined ? {} : { removed })
  }
}

/** Every requirement, in the spec's order, tombstones included. */
export const requirementsOf = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<Requirement> =>
  chapters.flatMap((chapter) => paragraphsOf(chapter).map((paragraph) => requirementOf(chapter, paragraph)))

/** Every requirement of the spec on disk. */
export const readRequirements = (folder: string = specFolder): ReadonlyArray<Requirement> =>
  requirementsOf(readChapters(folder))

const withoutCode = (line: string): string => line.replace(/`[^`]*`/gu, "")

/** What is wrong with the numbered sentences and the keywords of the spec, in reading order. */
export const requirementFaults = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<SpecFault> => {
  const seen = new Map<string, string>()
  return chapters.flatMap((chapter) => {
    const paragraphs = paragraphsOf(chapter)
    return [
      ...paragraphs.flatMap((paragraph) => paragraphFaults(chapter, paragraph, seen)),
      ...strayKeywords(chapter, paragraphs)
    ]
  })
}

const paragraphFaults = (
  chapter: Chapter,
  paragraph: Paragraph,
  seen: Map<string, string>
): ReadonlyArray<SpecFault> => {
  const at = `${chapter.file}:${paragraph.from}`
  const fault = (message: string): SpecFault => ({ at, message })
  const before = seen.get(paragraph.id)
  seen.set(paragraph.id, before ?? at)
  const { removed, text } = requirementOf(chapter, paragraph)
  return [
    ...(idGrammar.test(paragraph.id) ? [] : [fault(`${paragraph.id} is no ID: write LETTERS-NUMBER, as in FRAME-1`)]),
    ...(paragraph.anchor === paragraph.id ? [] : [fault(`the anchor of ${paragraph.id} is ${paragraph.anchor}`)]),
    ...(before === undefined ? [] : [fault(`${paragraph.id} is already the name of the sentence at ${before}`)]),
    ...(removed !== undefined || keyword.test(withoutCode(text))
      ? []
      : [fault(`${paragraph.id} has no MUST, SHOULD or MAY: it requires nothing`)]),
    ...(removed !== undefined || whoOf(text) !== undefined
      ? []
      : [fault(`${paragraph.id} doesn't say who is bound: name the server, the client or each side`)])
  ]
}

const strayKeywords = (chapter: Chapter, paragraphs: ReadonlyArray<Paragraph>): ReadonlyArray<SpecFault> =>
  proseOf(chapter)
    .filter(({ kind, number }) => kind === "prose" && !paragraphs.some((p) => p.from <= number && number <= p.to))
    .filter(({ number }) => !inKeyWordsQuote(chapter, number))
    .flatMap(({ line, number }) => {
      const found = keyword.exec(withoutCode(line))?.[0]
      if (found === undefined) return []
      const message = `${found} stands outside a numbered sentence: number it, or write it in small letters`
      return [{ at: `${chapter.file}:${number}`, message }]
    })

// The one blockquote that may name the key words is the one that defines them.
const inKeyWordsQuote = (chapter: Chapter, number: number): boolean => {
  let from = number
  while (from > 1 && chapter.lines[from - 2]!.startsWith(">")) from--
  return chapter.lines[number - 1]!.startsWith(">") && /^>\s*The key words/u.test(chapter.lines[from - 1]!)
}

/** The content of the generated union of all IDs that are in force. */
export const requirementIdSource = (requirements: ReadonlyArray<Requirement>): string => {
  const ids = requirements.filter(({ removed }) => removed === undefined).map(({ id }) => id)
  const union = [...new Set(ids)].map((id) => `\n  | "${id}"`).join("")
  return `// Generated from spec/*.md by \`npm run spec\`: do not edit.

/** The ID of a requirement that is in force. */
export type RequirementId =${union === "" ? " never" : union}
`
}

/** Writes the generated union of IDs; gives whether the file changed. */
export const writeRequirementIds = (folder: string = specFolder): boolean => {
  const source = requirementIdSource(readRequirements(folder))
  if (existsSync(requirementIdFile) && readFileSync(requirementIdFile, "utf8") === source) return false
  writeFileSync(requirementIdFile, source)
  return true
}
