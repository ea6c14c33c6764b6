/**
 * Code that a chapter quotes: it must stand in the program that it is quoted from, to the letter.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Chapter, SpecFault } from "./requirements.ts"

const programs: Readonly<Record<string, string>> = { python: "examples/python-core/server.py" }

const root = new URL("../../../", import.meta.url)

/** The quotations in a chapter that its program doesn't hold any more. */
export const quoteFaults = (chapters: ReadonlyArray<Chapter>): ReadonlyArray<SpecFault> =>
  chapters.flatMap(({ file, lines }) =>
    blocksOf(lines).flatMap(({ code, language, line }) => {
      const program = programs[language]
      if (program === undefined || sourceOf(program).includes(code)) return []
      return [{ at: `${file}:${line}`, message: `${program} doesn't hold this code any more: quote it as it is` }]
    })
  )

const sourceOf = (program: string): string => {
  const path = fileURLToPath(new URL(program, root))
  return existsSync(path) ? readFileSync(path, "utf8") : ""
}

interface Block {
  readonly language: string
  readonly code: string
  /** The line of the chapter that it begins on, from 1. */
  readonly line: number
}

const blocksOf = (lines: ReadonlyArray<string>): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  for (let at = 0; at < lines.length; at++) {
    const language = /^```([a-z]+)$/u.exec(lines[at]!)?.[1]
    if (language === undefined) continue
    const end = lines.indexOf("```", at)
    blocks.push({ language, code: `${lines.slice(at + 1, end).join("\n")}\n`, line: at + 1 })
    at = end
  }
  return blocks
}
