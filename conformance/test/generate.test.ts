import { existsSync, readFileSync } from "node:fs"
import { vectorFiles } from "@tertulia/protocol/vectors"
import { describe, expect, it } from "vitest"
import { generated, isStale, unknownRequirements } from "../src/spec/generate.ts"

const files = generated()
const named = (suffix: string) => files.find(({ path }) => path.endsWith(suffix))?.content ?? ""

describe("What is generated", () => {
  it("is on disk as it has to be: else run `npm run spec`", () => {
    expect(files.filter(isStale).map(({ path }) => path)).toEqual([])
  })

  it("is the same the next time", () => {
    expect(generated()).toEqual(files)
  })

  it("names only requirements that the spec has", () => {
    expect(unknownRequirements()).toEqual([])
  })

  it.each(Object.entries(vectorFiles))("holds the vectors of %s, one on each line", (file, vectors) => {
    const content = named(`vectors/${file}`)
    expect(JSON.parse(content)).toEqual(vectors)
    expect(content.split("\n").filter((line) => line.startsWith('    {"name":')).length).toBe(vectors.vectors.length)
  })

  it("can be printed on a terminal: no character that isn't seen is in it", () => {
    const unseen = files.filter(({ content }) => /[\p{C}\p{M}]/u.test((content ?? "").replaceAll("\n", "")))
    expect(unseen.map(({ path }) => path)).toEqual([])
  })

  it("is stale when it differs by a byte, is missing, or is left over", () => {
    const [{ path, content }] = files as [{ path: string; content: string }]
    expect(isStale({ path, content: `${content} ` })).toBe(true)
    expect(isStale({ path: `${path}.missing`, content })).toBe(true)
    expect(isStale({ path, content: undefined })).toBe(true)
    expect(existsSync(path) && readFileSync(path, "utf8")).toBe(content)
  })
})
