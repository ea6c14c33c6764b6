/**
 * The links between the spec's chapters, and the requirements that prose mentions: each must lead somewhere.
 *
 * @module
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { type Chapter, proseOf, type Requirement, type SpecFault, specFolder } from "./requirements.ts"

/** Links that lead nowhere, and IDs that nobody has. */
export const linkFaults = (
  chapters: ReadonlyArray<Chapter>,
  requirements: ReadonlyArray<Requirement>
): ReadonlyArray<SpecFault> => {
  const anchors = new Map(chapters.map((chapter) => [`${chapter.name}.md`, anchorsOf(chapter)]))
  const ids = new Set(requirements.map(({ id }) => id))
  const families = new Set(requirements.map(({ id }) => id.split("-")[0]!))
  return chapters.flatMap((chapter) =>
    proseOf(chapter)
      .filter(({ kind }) => kind === "prose")
      .flatMap(({ line, number }) =>
        [...brokenLinks(chapter, line, anchors), ...unknownMentions(line, ids, families)].map((message) => ({
          at: `${chapter.file}:${number}`,
          message
        }))
      )
  )
}

const anchorsOf = (chapter: Chapter): ReadonlySet<string> =>
  new Set(
    proseOf(chapter)
      .filter(({ kind }) => kind === "prose")
      .flatMap(({ line }) => {
        const anchors = [...line.matchAll(/<a id="([^"]+)">/gu)].map((match) => match[1]!)
        const heading = /^#+ (.+)$/u.exec(line)?.[1]
        return heading === undefined ? anchors : [...anchors, slugOf(heading)]
      })
  )

const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/gu, "-")

const brokenLinks = (
  chapter: Chapter,
  line: string,
  anchors: ReadonlyMap<string, ReadonlySet<string>>
): ReadonlyArray<string> =>
  [...line.matchAll(/\]\((?!https?:)([^)\s]+)\)/gu)]
    .map((match) => match[1]!)
    .filter((link) => {
      const [file = "", anchor] = link.split("#")
      const known = anchors.get(file === "" ? `${chapter.name}.md` : file)
      if (known === undefined) return !existsSync(join(specFolder, file))
      return anchor !== undefined && !known.has(anchor)
    })
    .map((link) => `the link ${link} leads nowhere`)

const unknownMentions = (
  line: string,
  ids: ReadonlySet<string>,
  families: ReadonlySet<string>
): ReadonlyArray<string> =>
  [...line.matchAll(/\b([A-Z]+)-[0-9]+\b/gu)]
    .filter(([id, family]) => families.has(family!) && !ids.has(id))
    .map(([id]) => `${id} is mentioned, and the spec doesn't have it`)
