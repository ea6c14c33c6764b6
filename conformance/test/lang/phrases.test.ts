import { hostile } from "@tertulia/protocol/vectors"
import { describe, expect, it } from "vitest"
import commands from "../../src/lang/es/commands.json" with { type: "json" }
import hints from "../../src/lang/es/hints.json" with { type: "json" }
import { spanish } from "../../src/lang/es/phrase-book.ts"
import phrases from "../../src/lang/es/phrases.json" with { type: "json" }
import titles from "../../src/lang/es/titles.json" with { type: "json" }
import { makePhrases } from "../../src/lang/phrases.ts"
import { gather } from "./gather.ts"

describe("A phrase book", () => {
  const { knows, of } = makePhrases({
    "a reply": "una respuesta",
    "{} within {} s": "{} dentro de {} s",
    "{} before {}": "después de {2}, {1}",
    "{}, then {}": "{}, luego {}",
    "nothing{}": "nada{}",
    'the text "{}"': 'el texto "{}"'
  })

  it("gives a phrase in its language", () => expect(of("a reply")).toBe("una respuesta"))

  it("leaves what it doesn't know as it is, and says so", () => {
    expect(of("a rose")).toBe("a rose")
    expect([knows("a rose"), knows("a reply")]).toEqual([false, true])
  })

  it("fills holes, and translates what stands in them", () => {
    expect(of("a reply within 2 s")).toBe("una respuesta dentro de 2 s")
    expect(of("a rose before a reply")).toBe("después de una respuesta, a rose")
    expect(of("a reply, then a reply, then FIN")).toBe("una respuesta, luego una respuesta, luego FIN")
    expect(of("nothing")).toBe("nada")
  })

  it("takes what stands in quotes for data, unless it is a phrase as it stands", () => {
    expect(of('the text "a reply within 2 s"')).toBe('el texto "a reply within 2 s"')
    expect(of('the text "a reply"')).toBe('el texto "una respuesta"')
  })

  it("never touches JSON, whole or cut", () => {
    const json = '{"text":"a reply, then {\\"} within 2 s"}'
    expect(of(json)).toBe(json)
    expect(of(`${json}, then ["a reply","a, then b"]`)).toBe(`${json}, luego ["a reply","a, then b"]`)
    expect(of('a reply, then {"text":"one, then two')).toBe('una respuesta, luego {"text":"one, then two')
  })
})

describe("The Spanish phrase book", () => {
  const gathered = gather()

  it("has every phrase that the suite's tests say, and every title", () => {
    const said = [...gathered, ...hostile.vectors.map(({ name }) => ({ phrase: name, file: "hostile vectors" }))]
    const missing = said.filter(({ phrase }) => !Object.hasOwn(spanish, phrase))
    expect(missing.map(({ file, phrase }) => `${file}: ${phrase}`)).toEqual([])
  })

  it("is asked about as many phrases as there are: the sources are read as they should be", () => {
    expect(gathered.length).toBeGreaterThan(500)
    expect(gathered.map(({ phrase }) => phrase)).toContain("the reply to request {}")
  })

  it("has the same holes on both sides", () => {
    const odd = Object.entries(spanish).filter(([phrase, translation]) => {
      const holes = phrase.split("{}").length - 1
      const numbered = [...translation.matchAll(/\{([1-9])\}/gu)].map((match) => Number(match[1]))
      return numbered.length > 0 ? numbered.some((nth) => nth > holes) : translation.split("{}").length - 1 > holes
    })
    expect(odd.map(([phrase]) => phrase)).toEqual([])
  })

  it("leaves code as it is", () => {
    const codeOf = (text: string) => [...text.matchAll(/`[^`]*`/gu)].map(String).toSorted()
    const odd = Object.entries(spanish).filter(([one, other]) => codeOf(one).join() !== codeOf(other).join())
    expect(odd).toEqual([])
  })

  it("says each phrase once", () => {
    const all = [titles, phrases, hints, commands].flatMap((part) => Object.keys(part))
    expect(all.length).toBe(new Set(all).size)
  })
})
