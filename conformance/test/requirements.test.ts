import { assert, describe, it } from "@effect/vitest"
import { makeChapter, requirementFaults, requirementIdSource, requirementsOf } from "../src/spec/requirements.ts"

const chapter = (text: string) => makeChapter("spec/wire.md", text)
const faults = (text: string) => requirementFaults([chapter(text)]).map(({ at, message }) => `${at} ${message}`)

describe("requirements", () => {
  it("are read from the prose, over several lines, up to the next item", () => {
    const [first, second, ...more] = requirementsOf([
      chapter(`# Wire

Profile: history

- <a id="FRAME-1"></a>**[FRAME-1]** Each side MUST send [lines](x.md#y),
  ended by **LF**.
- <a id="FRAME-2"></a>**[FRAME-2]** A client SHOULD NOT send \`MAY\`.
A paragraph.
`)
    ])
    assert.deepStrictEqual(first, {
      id: "FRAME-1",
      level: "MUST",
      who: "both",
      profile: "history",
      chapter: "wire",
      text: "Each side MUST send lines, ended by LF.",
      link: "spec/wire.md#FRAME-1",
      line: 5
    })
    assert.strictEqual(second?.level, "SHOULD")
    assert.strictEqual(second?.who, "client")
    assert.deepStrictEqual(more, [])
  })

  it("may be untestable or removed, with a reason", () => {
    const [kept, gone] = requirementsOf([
      chapter(`<a id="A-1"></a>**[A-1]** A server MUST be kind. *(untestable: nobody sees it)*

<a id="A-2"></a>**[A-2]** *removed: it was silly*`)
    ])
    assert.strictEqual(kept?.untestable, "nobody sees it")
    assert.strictEqual(kept?.text, "A server MUST be kind.")
    assert.strictEqual(gone?.removed, "it was silly")
  })

  it("inside a fence are none", () => {
    assert.deepStrictEqual(requirementsOf([chapter('```\n- <a id="A-1"></a>**[A-1]** A server MUST.\n```')]), [])
  })

  it("make a union of the IDs that are in force", () => {
    const source = requirementIdSource(
      requirementsOf([
        chapter(`- <a id="A-1"></a>**[A-1]** A server MUST.
- <a id="A-2"></a>**[A-2]** *removed: it was silly*`)
      ])
    )
    assert.include(source, 'export type RequirementId =\n  | "A-1"\n')
    assert.notInclude(source, "A-2")
  })
})

describe("faults of requirements", () => {
  it("a sound chapter has none", () => {
    assert.deepStrictEqual(
      faults(`> The key words "MUST" and "MAY" are to be
> interpreted as they SHOULD be.

\`MUST\` in code is nothing.

- <a id="A-1"></a>**[A-1]** A server MUST.`),
      []
    )
  })

  it("a keyword outside a numbered sentence is named, with its line", () => {
    assert.deepStrictEqual(faults("one\nA server MUST NOT."), [
      "spec/wire.md:2 MUST NOT stands outside a numbered sentence: number it, or write it in small letters"
    ])
  })

  it("an ID given twice, an odd ID, another anchor, no keyword and nobody who is bound are named", () => {
    const found = faults(`- <a id="A-1"></a>**[A-1]** A server MUST.
- <a id="A-1"></a>**[A-1]** A server MUST.
- <a id="a1"></a>**[a1]** A server MUST.
- <a id="A-3"></a>**[A-2]** A server MUST.
- <a id="A-4"></a>**[A-4]** A server does.
- <a id="A-5"></a>**[A-5]** Somebody MUST.`)
    assert.deepStrictEqual(found, [
      "spec/wire.md:2 A-1 is already the name of the sentence at spec/wire.md:1",
      "spec/wire.md:3 a1 is no ID: write LETTERS-NUMBER, as in FRAME-1",
      "spec/wire.md:4 the anchor of A-2 is A-3",
      "spec/wire.md:5 A-4 has no MUST, SHOULD or MAY: it requires nothing",
      "spec/wire.md:6 A-5 doesn't say who is bound: name the server, the client or each side"
    ])
  })
})
