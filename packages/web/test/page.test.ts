/** What is served: how much of it, under which policy, and whether it was built of what is here. */
import { readdirSync, readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { requestSchemas } from "@tertulia/protocol"
import { assert, beforeAll, describe, it } from "vitest"
import { dist, freshen, isFresh } from "../build.ts"
import { readSentences } from "../spec-plugin.ts"
import { allRules, rulesOf } from "../src/wire/rules.ts"
import { en } from "../src/words/en.ts"
import { es } from "../src/words/es.ts"

/** What the first load of script may weigh, compressed. */
const budget = 200_000

const read = (file: string) => readFileSync(`${dist}/${file}`, "utf8")

describe("the built page", () => {
  beforeAll(() => freshen(), 120_000)

  it("is fresh, and not built again", async () => {
    assert.isTrue(isFresh())
    await freshen((text) => assert.fail(`nothing had changed, but: ${text}`))
  })

  it("loads less than 200 kB of script at first", () => {
    const scripts = [...read("index.html").matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/gu)].map(([, path]) => path!)
    assert.isNotEmpty(scripts)
    const weight = scripts.reduce((sum, path) => sum + gzipSync(read(path), { level: 9 }).length, 0)
    assert.isBelow(weight, budget)
  })

  it("has nothing inline that its policy would forbid", () => {
    const pages = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".html"))
    assert.isAbove(pages.length, 20)
    for (const page of pages) {
      assert.notMatch(read(page), /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/iu, page)
    }
  })

  it("can be installed", () => {
    const manifest = JSON.parse(read("manifest.webmanifest"))
    assert.deepInclude(manifest, { display: "standalone", start_url: "/" })
    for (const { src } of manifest.icons) assert.include(read(src), "<svg")
  })

  it("shows a sentence of the spec for every message, and each where it stands", () => {
    const sentences = readSentences()
    for (const id of allRules) {
      const sentence = sentences[id]
      assert.isDefined(sentence, `the spec has no ${id}`)
      assert.include(read(`spec/${sentence!.chapter}.html`), `id="${id}"`)
    }
    for (const type of Object.keys(requestSchemas)) assert.isNotEmpty(rulesOf("sent", { type }), type)
    assert.deepStrictEqual(rulesOf("received", { type: "news-of-tomorrow" }), ["EXT-2"])
  })

  it("says the same in both languages", () => {
    // What isn't there is said as the server says it.
    const open = new Set(["codes", "forbiddenTo"])
    const names = (words: object): ReadonlyArray<string> =>
      Object.entries(words).flatMap(([name, value]) =>
        typeof value === "object" && value !== null && !open.has(name)
          ? names(value).map((inner) => `${name}.${inner}`)
          : [`${name}: ${typeof value}`]
      )
    assert.deepStrictEqual([...names(es)].sort(), [...names(en)].sort())
  })
})
