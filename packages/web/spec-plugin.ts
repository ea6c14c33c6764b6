/**
 * The specification for the page: its chapters as pages of their own under `/spec/`, and its sentences for the wire view, both read from
 * `spec/` when the page is built.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Marked } from "marked"
import type { Plugin } from "vite"

const folder = fileURLToPath(new URL("../../spec", import.meta.url))

/** A language of the spec, and the folder that its chapters stand in. */
const editions = [
  { language: "en", path: "", title: "The Tertulia protocol" },
  { language: "es", path: "es/", title: "El protocolo Tertulia" }
] as const

type Language = (typeof editions)[number]["language"]

/** A sentence, and the chapter that it stands in. */
export interface Sentence {
  readonly chapter: string
  readonly en: string
  /** The English one where there is no Spanish one yet. */
  readonly es: string
  readonly hasSpanish: boolean
}

const chaptersIn = (path: string): ReadonlyArray<string> =>
  readdirSync(`${folder}/${path}`)
    .filter((file) => file.endsWith(".md"))
    .map((file) => file.slice(0, -3))

const sentence = /<a id="([A-Z]+-\d+)"><\/a>\*\*\[\1\]\*\* ([\s\S]*?)(?=\n\s*(?:- |<!--|\n|\|)|$)/gu

/** A sentence in one line, with its code marked and its links as plain words. */
const plain = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/gu, "$1")
    .replace(/\s+/gu, " ")
    .trim()

const sentencesOf = (path: string) =>
  chaptersIn(path).flatMap((chapter) =>
    [...readFileSync(`${folder}/${path}${chapter}.md`, "utf8").matchAll(sentence)].map(([, id, text]) => ({
      id: id!,
      chapter,
      text: plain(text!)
    }))
  )

/** Every sentence of the spec by its ID. */
export const readSentences = (): Readonly<Record<string, Sentence>> => {
  const spanish = new Map(sentencesOf("es/").map(({ id, text }) => [id, text]))
  return Object.fromEntries(
    sentencesOf("").map(({ chapter, id, text }) => [
      id,
      { chapter, en: text, es: spanish.get(id) ?? text, hasSpanish: spanish.has(id) }
    ])
  )
}

/** A link of a chapter, to the page that it means; undefined for what isn't served. */
const linkOf = (href: string): string | undefined => {
  if (/^(?:https?:|#)/u.test(href)) return href
  const [, path, hash = ""] = /^((?:\.\.\/|es\/)?[a-z-]+|README|(?:\.\.\/|es\/)README)\.md(#.*)?$/u.exec(href) ?? []
  return path === undefined ? undefined : `${path.replace("README", "index")}.html${hash}`
}

/** One chapter as a page. */
const pageOf = (language: Language, title: string, path: string, chapter: string): string => {
  const marked = new Marked({ gfm: true })
  marked.use({
    renderer: {
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens)
        const to = linkOf(href)
        return to === undefined ? text : `<a href="${to}">${text}</a>`
      },
      heading({ depth, text, tokens }) {
        const id = text
          .toLowerCase()
          .replace(/[^\p{L}\p{N} -]/gu, "")
          .replaceAll(" ", "-")
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      }
    }
  })
  const body = marked.parse(readFileSync(`${folder}/${path}${chapter}.md`, "utf8"), { async: false })
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}: ${chapter}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/spec/spec.css">
</head>
<body>
<nav><a href="/spec/${path}index.html">${title}</a></nav>
<main>
${body}</main>
</body>
</html>
`
}

const moduleName = "virtual:sentences"
const resolvedName = `\0${moduleName}`

/** `virtual:sentences`, and the pages. */
export const spec = (): Plugin => ({
  name: "tertulia-spec",
  resolveId: (id) => (id === moduleName ? resolvedName : undefined),
  load: (id) => (id === resolvedName ? `export default ${JSON.stringify(readSentences())}` : undefined),
  generateBundle() {
    for (const { language, path, title } of editions) {
      for (const chapter of chaptersIn(path)) {
        const name = chapter === "README" ? "index" : chapter
        const source = pageOf(language, title, path, chapter)
        this.emitFile({ type: "asset", fileName: `spec/${path}${name}.html`, source })
      }
    }
  }
})
