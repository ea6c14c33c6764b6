import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { makeChapter, readRequirements, requirementsOf, specFolder } from "../src/spec/requirements.ts"
import {
  faultsOf,
  fingerprint,
  readRequirementsIn,
  readTranslatedChapters,
  translationFaults,
  translationsOf
} from "../src/spec/translations.ts"

const sentence = "A server MUST answer `ping` with `pong` (REPLY-1)."
const original = (text: string = sentence) =>
  requirementsOf([makeChapter("spec/session.md", `- <a id="REPLY-10"></a>**[REPLY-10]** ${text}`)])
const translation = (text: string, of: string = fingerprint(sentence), file = "spec/es/session.md") =>
  translationsOf([makeChapter(file, `- <a id="REPLY-10"></a>**[REPLY-10]** ${text}\n  <!-- en: ${of} -->`)])
const good = "Un servidor DEBE responder a `ping` con `pong` (REPLY-1)."
const faults = (...args: Parameters<typeof translation>) =>
  faultsOf("es", original(), translation(...args)).map(({ message }) => message)

describe("The translations of the spec", () => {
  it("are on disk for every numbered sentence as it now stands", () => {
    expect(translationFaults(readRequirements())).toEqual([])
  })

  it("have no link that leads nowhere", () => {
    const folder = join(specFolder, "es")
    const broken = readTranslatedChapters("es").flatMap(({ file, lines }) =>
      [...lines.join("\n").matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/gu)]
        .filter(([, to = "", anchor]) => {
          const target = join(folder, to)
          if (!existsSync(target)) return true
          return /^[A-Z]/u.test(anchor ?? "") && !readFileSync(target, "utf8").includes(`<a id="${anchor}">`)
        })
        .map(([link]) => `${file}: ${link}`)
    )
    expect(broken).toEqual([])
  })

  it("give a reader the sentence in their language, and change nothing else", () => {
    const english = readRequirements()
    const spanish = readRequirementsIn("es")
    expect(spanish.map(({ text, ...rest }) => rest)).toEqual(english.map(({ text, ...rest }) => rest))
    // What was removed binds nobody, and is shown to nobody.
    const binding = spanish.filter(({ removed }) => removed === undefined)
    const textOf = new Map(english.map(({ id, text }) => [id, text]))
    expect(binding.filter(({ id, text }) => text === textOf.get(id))).toEqual([])
    expect(spanish.filter(({ text }) => text.includes("<!--"))).toEqual([])
  })
})

describe("The table of threats", () => {
  const requirementsIn = (file: string): ReadonlyArray<string | undefined> =>
    readFileSync(join(specFolder, file), "utf8")
      .split("\n")
      .map((line) => /\| ([A-Z]+-\d+(?:, [A-Z]+-\d+)*) \|$/u.exec(line)?.[1])
      .filter((found) => found !== undefined)

  it("has the same rows in Spanish, each with requirements that there are", () => {
    const rows = requirementsIn("security.md")
    expect(rows.length).toBeGreaterThan(40)
    expect(requirementsIn("es/security.md")).toEqual(rows)
    const known = new Set<string>(readRequirements().map(({ id }) => id))
    expect(rows.flatMap((row) => row!.split(", ")).filter((id) => !known.has(id))).toEqual([])
  })
})

describe("The check of translations", () => {
  it("accepts a good one", () => expect(faults(good)).toEqual([]))

  it("names a sentence that has none, and where to write it", () => {
    const [fault] = faultsOf("es", original(), [])
    expect(fault?.at).toBe("spec/session.md:1")
    expect(fault?.message).toContain("REPLY-10 has no translation: write it into spec/es/session.md")
    expect(fault?.message).toContain(`<!-- en: ${fingerprint(sentence)} -->`)
  })

  it("names one whose English has changed since, with the English and its fingerprint", () => {
    const [fault] = faultsOf("es", original("A server MUST NOT answer `ping`."), translation(good))
    expect(fault?.at).toBe("spec/es/session.md:1")
    expect(fault?.message).toContain('read "A server MUST NOT answer `ping`."')
    expect(fault?.message).toContain(`<!-- en: ${fingerprint("A server MUST NOT answer `ping`.")} -->`)
  })

  it("doesn't mind how the English is wrapped", () => {
    expect(faultsOf("es", original(sentence.replace(" with", "\n  with")), translation(good))).toEqual([])
  })

  it("names one that binds more or less than the English", () => {
    expect(faults(good.replace("DEBE", "DEBERÍA"))).toEqual(["the key words of REPLY-10: MUST in English, SHOULD here"])
    expect(faults(good.replace("DEBE", "NO DEBE"))).toEqual([
      "the key words of REPLY-10: MUST in English, MUST NOT here"
    ])
    expect(faults(good.replace("DEBE", "debe"))).toEqual(["the key words of REPLY-10: MUST in English, nothing here"])
  })

  it("names one that translates code, or mentions another requirement", () => {
    expect(faults(good.replace("`pong`", "`pum`"))).toEqual([
      "the code in REPLY-10: `ping`, `pong` in English, `ping`, `pum` here"
    ])
    expect(faults(good.replace("REPLY-1)", "REPLY-2)"))).toHaveLength(1)
  })

  it("names what stands in the wrong file, stands twice, or translates nothing", () => {
    expect(faults(good, undefined, "spec/es/rooms.md")).toEqual([
      "REPLY-10 belongs into spec/es/session.md, with the anchor REPLY-10"
    ])
    const twice = [...translation(good), ...translation(good)]
    expect(faultsOf("es", original(), twice).map(({ message }) => message)).toEqual(["REPLY-10 is translated twice"])
    expect(faultsOf("es", [], translation(good)).map(({ message }) => message)).toEqual([
      "REPLY-10 is translated, and the spec doesn't have it"
    ])
  })
})
