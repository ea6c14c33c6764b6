import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { searchText, text, wordless, wordy } from "../src/arbitraries.ts"
import { hasWords, holds, matches, wordsOf } from "../src/index.ts"
import { search } from "../src/vectors.ts"

describe("the words of a text", () => {
  for (const vector of search.vectors) {
    it(`are those of the vector "${vector.name}"`, () => assert.deepStrictEqual(wordsOf(vector.text), vector.words))
  }

  it("are words of themselves, whatever is folded once more", () => {
    fc.assert(
      fc.property(fc.oneof(text, wordy), (one) => {
        for (const word of wordsOf(one)) assert.deepStrictEqual(wordsOf(word), [word])
      })
    )
  })

  it("are the same however the text is composed", () => {
    fc.assert(
      fc.property(fc.oneof(text, wordy), (one) => {
        assert.deepStrictEqual(wordsOf(one.normalize("NFC")), wordsOf(one.normalize("NFD")))
      })
    )
  })

  it("are there, or there is nothing to search for", () => {
    fc.assert(fc.property(text, (one) => assert.strictEqual(hasWords(one), wordsOf(one).length > 0)))
    fc.assert(fc.property(wordless, (one) => assert.isFalse(hasWords(one))))
    fc.assert(fc.property(searchText, (one) => assert.isTrue(hasWords(one) && holds(one, wordsOf(one)))))
  })

  it("are found by the Python of the chapter, too", (t) => {
    const chapter = readFileSync(new URL("../../../spec/search.md", import.meta.url), "utf8")
    const code = /```python3\n([\s\S]*?)```/u.exec(chapter)![1]!
    const texts = [
      ...search.vectors.map((vector) => vector.text),
      ...fc.sample(fc.oneof(wordy, searchText), { numRuns: 300, seed: 1 })
    ]
    const script = `${code}
import json, sys
print(json.dumps([sorted(words(text)) for text in json.load(sys.stdin)]))`
    const { error, stderr, stdout } = spawnSync("python3", ["-c", script], {
      input: JSON.stringify(texts),
      encoding: "utf8"
    })
    if (error !== undefined) return t.skip("there is no python3 here")
    assert.strictEqual(stderr, "")
    const found = JSON.parse(stdout) as ReadonlyArray<ReadonlyArray<string>>
    for (const [index, one] of texts.entries()) {
      assert.deepStrictEqual([...found[index]!].sort(), [...wordsOf(one)].sort(), JSON.stringify(one))
    }
  })
})

it("an entry matches by its words, its author and its time", () => {
  const entry = { from: "ana", text: "¿Y la CANCIÓN?", at: "2026-11-20T20:08:00.000Z" }
  assert.isTrue(matches(entry, { text: "cancion la", from: "ana", since: entry.at, until: entry.at }))
  assert.isFalse(matches(entry, { text: "canci" }))
  assert.isFalse(matches(entry, { text: "cancion", from: "leo" }))
  assert.isFalse(matches(entry, { text: "cancion", since: "2026-11-20T20:08:00.001Z" }))
  assert.isFalse(matches(entry, { text: "cancion", until: "2026-11-20T20:07:59.999Z" }))
})
